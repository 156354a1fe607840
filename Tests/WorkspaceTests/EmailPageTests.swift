import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// E-mails that administrators see, try, replace, and send as they are shipped again (G-131).
@Suite struct EmailPageTests {
    private static let address = "/administration/emails/play-completed/en"

    private static func email(_ key: String, _ language: String) -> ShippedEmail {
        var email = ShippedEmail()
        (email.key, email.language, email.subject) = (key, language, "<{{title}}>")
        (email.text, email.html, email.placeholders) = ("Hello {{name}}", "<p>{{name}}</p>", ["name", "title"])
        return email
    }

    private func browser(_ said: Said, replaced: Bool = false, roles: [String] = ["admin"]) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer("notifier", Self.looks(replaced) + Self.acts(said))
        try await bench.answer(
            "play-launcher",
            [
                Endpoint(PlayLauncherAPI.listFlowRuns) { _, _ in
                    var (run, list) = (FlowRun(), ListFlowRunsResponse())
                    (run.id, run.title) = ("run-1", "Review")
                    list.flowRuns = [run]
                    return list
                }
            ])
        return Browser(bench, session: "good")
    }

    private static func looks(_ replaced: Bool) -> [Endpoint] {
        [
            Endpoint(NotifierAPI.listShippedEmails) { _, _ in
                var list = ListShippedEmailsResponse()
                list.emails = [email("play-completed", "en"), email("invitation", "ko")]
                return list
            },
            Endpoint(NotifierAPI.listEmailTemplates) { _, _ in
                var (own, list) = (EmailTemplate(), ListEmailTemplatesResponse())
                (own.id, own.etag, own.key, own.language) = ("own", "7", "play-completed", "en")
                (own.subject, own.text, own.html) = ("Ours", "Our text", "<p>Ours</p>")
                list.emailTemplates = replaced ? [own] : []
                return list
            },
        ]
    }

    private static func acts(_ said: Said) -> [Endpoint] {
        [
            Endpoint(NotifierAPI.createEmailTemplate) { _, request async throws(Problem) in
                let made = request.emailTemplate ?? EmailTemplate()
                guard made.subject != "{{nothing}}" else {
                    throw .invalid(
                        field: EmailTemplate.path(.subject), Text(en: "Nobody knows nothing.", ko: "모르는 항목입니다."))
                }
                said.add("create \(made.key ?? "") \(made.language ?? "") \(made.subject ?? "")")
                return made
            },
            Endpoint(NotifierAPI.updateEmailTemplate) { _, request in
                let made = request.emailTemplate ?? EmailTemplate()
                said.add("update \(made.id) \(made.etag) \(made.text ?? "") \(request.updateMask?.paths ?? [])")
                return made
            },
            Endpoint(NotifierAPI.deleteEmailTemplate) { _, request in
                said.add("delete \(request.id) \(request.etag)")
                return Empty()
            },
            Endpoint(NotifierAPI.previewEmailTemplate) { _, request in
                said.add("look \(request.subject) \(request.sourceRecord)")
                var preview = EmailPreview()
                (preview.subject, preview.text) = ("Review <is> complete", "Hello Sam")
                return preview
            },
        ]
    }

    @Test func allAreListedWithWhatIsSentInstead() async throws {
        let page = try await browser(Said(), replaced: true).get("/administration/emails")
        for text in ["Success play completed", Self.address, "Invitation", "&lt;{{title}}&gt;", "Changed"] {
            #expect(page.text.contains(text), "\(text)")
        }
        let agent = try await browser(Said(), roles: ["sn_acct_lc.agent"])
        #expect(try await agent.get("/administration/emails").status == 404)
        #expect(try await agent.get(Self.address).status == 404)
        #expect(try await browser(Said()).get("/administration/emails/nothing/en").status == 404)
    }

    @Test func oneBeginsWithWhatIsShippedAndIsTriedBeforeItIsSaved() async throws {
        let said = Said()
        let browser = try await browser(said)
        let page = try await browser.get(Self.address)
        for text in ["Hello {{name}}", "<code>{{title}}</code>", "/choose/flow_run"] {
            #expect(page.text.contains(text), "\(text)")
        }
        #expect(!page.text.contains("value=\"shipped\""))
        let typed = [("csrf", page.csrf), ("subject", "Done: {{title}}"), ("text", "Bye"), ("html", "<p>Bye</p>")]
        let looked = try await browser.post(
            Self.address, typed + [("do", "look"), ("source_record", "run-1"), ("source_record-text", "Review")])
        #expect(looked.status == 200)
        for text in ["Review &lt;is&gt; complete", "Hello Sam", "value=\"Done: {{title}}\""] {
            #expect(looked.text.contains(text), "\(text)")
        }
        let saved = try await browser.post(Self.address, typed + [("do", "save")])
        #expect(saved.location == "\(Self.address)?done=saved&saved=edit")
        #expect(said.texts == ["look Done: {{title}} run-1", "create play-completed en Done: {{title}}"])
        let refused = try await browser.post(
            Self.address,
            [("csrf", page.csrf), ("subject", "{{nothing}}"), ("text", "Kept"), ("html", "x"), ("do", "save")])
        #expect(refused.status == 422)
        #expect(refused.text.contains("Nobody knows nothing.") && refused.text.contains("Kept"))
    }

    @Test func whatWasReplacedIsChangedAndGivenUp() async throws {
        let said = Said()
        let browser = try await browser(said, replaced: true)
        let page = try await browser.get(Self.address)
        #expect(page.text.contains("Our text") && page.text.contains("value=\"shipped\""))
        let posted = [
            ("csrf", page.csrf), ("etag", "7"), ("was-subject", "Ours"), ("subject", "Ours"), ("was-text", "Our text"),
            ("text", "New text"), ("was-html", "<p>Ours</p>"), ("html", "<p>Ours</p>"),
        ]
        _ = try await browser.post(Self.address, posted + [("do", "save")])
        let restored = try await browser.post(Self.address, posted + [("do", "shipped")])
        #expect(restored.location == "\(Self.address)?done=restored&saved=edit")
        #expect(said.texts == ["update own 7 New text [\"text\"]", "delete own 7"])
    }
}
