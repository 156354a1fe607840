import Mail
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import NotifierService

/// E-mails whose texts an administrator has replaced (G-131).
@Suite struct EmailTemplateTests {
    private static func administrator(_ domain: String = "/provider/") throws -> Caller {
        Caller(
            subject: uuid(), kind: .person, domain: try #require(DomainPath(domain)),
            roles: RoleCatalog.close(["admin"]))
    }

    private static func draft(
        _ key: String, _ language: String = "en", subject: String = "S", text: String = "T", html: String = "<p>H</p>"
    ) -> EmailTemplate {
        var template = EmailTemplate()
        (template.key, template.language) = (key, language)
        (template.subject, template.text, template.html) = (subject, text, html)
        return template
    }

    private func create(_ template: EmailTemplate, as caller: Caller, _ stage: Stage) async throws(Problem)
        -> EmailTemplate
    {
        var request = CreateEmailTemplateRequest()
        request.emailTemplate = template
        return try await stage.client.call(
            NotifierAPI.createEmailTemplate, request, as: CallerTokens.credential(caller))
    }

    private func mail(_ stage: Stage, to user: String) async throws -> String? {
        var run = FlowRun()
        run.id = uuid()
        (run.domain, run.requestedBy, run.state, run.flow) = (Stage.account, user, "completed", "f")
        try await stage.follow(run)
        return try await stage.mails(to: user).last?.subject
    }

    /// The nearest replacement counts, in its language; without one the mail is as it is shipped.
    @Test func theNearestReplacementIsSent() async throws {
        let stage = try await Stage()
        let account = uuid()
        let (staff, customer) = (
            try await stage.meet("sn_acct_lc.agent"),
            try await stage.meet("sn_customerservice.customer", domain: Stage.account, account: account)
        )
        let korean = try await stage.meet("sn_acct_lc.agent", language: "ko")
        #expect(try await mail(stage, to: staff) == "Success play \"f\" is completed")
        let above = try await create(
            Self.draft("play-completed", subject: "Done: {{title}}"), as: Self.administrator(), stage)
        #expect(above.domain == "/provider/")
        #expect(try await mail(stage, to: staff) == "Done: f")
        #expect(try await mail(stage, to: customer) == "Done: f")
        #expect(try await mail(stage, to: korean) == "성공 플레이 ‘f’ 완료")
        _ = try await create(
            Self.draft("play-completed", subject: "{{title}}, of us"), as: Self.administrator(Stage.account), stage)
        #expect(try await mail(stage, to: customer) == "f, of us")
        #expect(try await mail(stage, to: staff) == "Done: f")
        // Other domains see nothing of it, and what is removed falls back.
        var delete = DeleteRequest()
        delete.id = above.id
        _ = try await stage.client.call(
            NotifierAPI.deleteEmailTemplate, delete, as: CallerTokens.credential(Self.administrator()))
        #expect(try await mail(stage, to: staff) == "Success play \"f\" is completed")
    }

    /// Values are escaped in what people write as in what is shipped.
    @Test func valuesAreEscaped() throws {
        let source = MailTemplate.Source(subject: "S", text: "T", html: "<p title='{{title}}'>{{title}}</p>")
        let content = try MailTemplates.render(source, ["title": "<b>'x'</b>"], language: "en")
        #expect(content.html == "<p title='&lt;b&gt;&#39;x&#39;&lt;/b&gt;'>&lt;b&gt;&#39;x&#39;&lt;/b&gt;</p>")
    }

    @Test(arguments: [
        ("subject", "{{titel}}"), ("text", "{{{title}}}"), ("html", "{{#title}}<p>"),
        ("text", "{{people}}"), ("html", "<p onclick=\"x\">H</p>"), ("html", "<p>H"),
    ])
    func whatNobodyFillsInIsRefused(_ field: String, _ text: String) async throws {
        let stage = try await Stage.shared.value
        var template = Self.draft("play-failed")
        template[named: field] = .string(text)
        let wrong = template
        let administrator = try Self.administrator("/provider/d0000007/")
        let problem = await problem { () async throws(Problem) in
            try await create(wrong, as: administrator, stage)
        }
        #expect(problem?.reason == "G-131" && problem?.violations.map(\.field) == ["email_template.\(field)"])
    }

    /// A subject is one line, as every name is: nothing in it begins another header.
    @Test func aSubjectIsOneLine() async throws {
        let stage = try await Stage.shared.value
        var template = Self.draft("play-failed")
        template.subject = "a\r\nBcc: x@y.example\u{202E}"
        let made = try await create(template, as: try Self.administrator("/provider/d0000017/"), stage)
        #expect(made.subject == "a Bcc: x@y.example")
    }

    @Test func aMailIsReplacedOnceInADomain() async throws {
        let stage = try await Stage.shared.value
        let administrator = try Self.administrator("/provider/d0000008/")
        let made = try await create(Self.draft("key-members", "ko"), as: administrator, stage)
        let again = await problem { () async throws(Problem) in
            try await create(Self.draft("key-members", "ko"), as: administrator, stage)
        }
        #expect(again?.reason == "G-131")
        _ = try await create(Self.draft("key-members", "en"), as: administrator, stage)
        var update = UpdateEmailTemplateRequest()
        update.emailTemplate = EmailTemplate()
        update.emailTemplate?.id = made.id
        update.emailTemplate?.text = "{{nobody}}"
        let changed = update
        #expect(
            await problem { () async throws(Problem) in
                try await stage.client.call(
                    NotifierAPI.updateEmailTemplate, changed, as: CallerTokens.credential(administrator))
            }?.reason == "G-131")
    }

    /// Every shipped mail could be saved as it is: it keeps to its own placeholders.
    @Test func whatIsShippedKeepsToItsPlaceholders() async throws {
        let stage = try await Stage.shared.value
        let shipped = try await stage.client.call(
            NotifierAPI.listShippedEmails, ListShippedEmailsRequest(),
            as: CallerTokens.credential(Self.administrator())
        ).emails
        #expect(shipped.count == MailTemplates.names.count * 2)
        let choices = try #require(EmailTemplate.schema.field("key")).choices.map(\.value)
        #expect(Set(choices) == Set(MailTemplates.names.map { .string($0) }))
        for email in shipped {
            for (field, text) in zip(EmailTemplate.texts, [email.subject, email.text, email.html]) {
                try EmailTemplate.check(text, of: email.key, field)
            }
            #expect(email.placeholders.contains("name"))
        }
    }

    // MARK: Previews

    private func preview(
        _ stage: Stage, _ key: String, as caller: Caller, _ edit: (inout PreviewEmailTemplateRequest) -> Void = { _ in }
    ) async throws(Problem) -> EmailPreview {
        var request = PreviewEmailTemplateRequest()
        request.key = key
        request.language = "en"
        request.sourceRecord = uuid()
        edit(&request)
        return try await stage.client.call(
            NotifierAPI.previewEmailTemplate, request, as: CallerTokens.credential(caller))
    }

    /// A case of onboarding that is shown to administrators, and a run of a play.
    private func stage() async throws -> Stage {
        let stage = try await Stage()
        try await stage.standIn(
            for: "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingCase) { call, _ async throws(Problem) in
                    guard call.caller.has("admin") else { throw .permissionDenied() }
                    var record = OnboardingCase()
                    (record.id, record.account, record.number) = (uuid(), uuid(), "ALEONB0000004")
                    record.shortDescription = "Phase <1>"
                    return record
                },
                Endpoint(OnboardingAPI.getCustomerAccount) { _, _ async throws(Problem) in
                    var account = CustomerAccount()
                    account.name = "Ernst & Handel"
                    return account
                },
                Endpoint(OnboardingAPI.listResponsibilityDefinitions) { _, request async throws(Problem) in
                    var definition = ResponsibilityDefinition()
                    definition.id = request.filter.contains("\"Key team member\"") ? "key" : "contact"
                    var response = ListResponsibilityDefinitionsResponse()
                    response.responsibilityDefinitions = [definition]
                    return response
                },
                Endpoint(OnboardingAPI.listCaseTeamMembers) { _, request async throws(Problem) in
                    // One has the responsibility twice, and another one has another.
                    let known = [("Roland", "contact"), ("Roland", "contact"), ("Yoshi", "key")]
                    var response = ListCaseTeamMembersResponse()
                    response.caseTeamMembers = known.filter {
                        request.filter.contains("side = \"customer\" AND responsibility = \"\($0.1)\"")
                    }.map {
                        var member = CaseTeamMember()
                        member.contact = $0.0
                        return member
                    }
                    return response
                },
                Endpoint(OnboardingAPI.getCustomerContact) { _, request async throws(Problem) in
                    var contact = CustomerContact()
                    (contact.firstName, contact.lastName) = (request.id, "Mendel")
                    return contact
                },
            ])
        try await stage.standIn(
            for: "play-launcher",
            [
                Endpoint(PlayLauncherAPI.getFlowRun) { _, _ async throws(Problem) in
                    var run = FlowRun()
                    (run.flow, run.message) = ("qbr", "Made TCHPT1.")
                    return run
                }
            ])
        return stage
    }

    @Test func aPreviewIsAboutARecord() async throws {
        let stage = try await stage()
        let administrator = try Self.administrator()
        let shipped = try await preview(stage, "onboarding-contacts", as: administrator)
        #expect(shipped.subject == "Your onboarding contacts for Ernst & Handel")
        #expect(shipped.text.contains("(ALEONB0000004)") && shipped.text.contains("are: Roland Mendel."))
        #expect(shipped.html.contains("Ernst &amp; Handel"))
        let key = try await preview(stage, "key-members", as: administrator)
        #expect(key.text.contains("Yoshi Mendel") && !key.text.contains("Roland"), "\(key.text)")
        let draft = try await preview(stage, "record-updated", as: administrator) {
            ($0.subject, $0.text, $0.html) = ("New: {{subject}}", "{{body}}", "<p>{{body}}</p>")
        }
        #expect(draft.subject == "New: Account onboarding case ALEONB0000004 was updated.")
        #expect(draft.text == "Phase <1>" && draft.html == "<p>Phase &lt;1&gt;</p>")
        #expect(try await preview(stage, "play-failed", as: administrator).text.contains("Made TCHPT1."))
        // What a domain has replaced is shown as it is sent there.
        _ = try await create(Self.draft("play-failed", subject: "Oh: {{title}}"), as: administrator, stage)
        #expect(try await preview(stage, "play-failed", as: administrator).subject == "Oh: qbr")
    }

    @Test func aPreviewIsRefusedLikeASavedText() async throws {
        let stage = try await stage()
        let administrator = try Self.administrator()
        let unknown = await problem { () async throws(Problem) in
            try await preview(stage, "record-updated", as: administrator) { $0.text = "{{people}}" }
        }
        #expect(unknown?.reason == "G-131")
        for (subject, html, language, fields) in [
            ("", "<p>H</p>", "en", ["email_template.subject"]),
            (String(repeating: "x", count: 1_001), "", "en", ["email_template.subject", "email_template.html"]),
            ("S", "<p>H</p>", "fr", ["language"]), ("S", "<script>H</script>", "en", ["email_template.html"]),
        ] {
            let refused = await problem { () async throws(Problem) in
                try await preview(stage, "record-updated", as: administrator) {
                    ($0.subject, $0.text, $0.html, $0.language) = (subject, "T", html, language)
                }
            }
            #expect(refused?.code == .invalidArgument && refused?.violations.map(\.field) == fields)
        }
        let none = await problem { () async throws(Problem) in try await preview(stage, "none", as: administrator) }
        #expect(none?.code == .invalidArgument)
        let agent = Caller(
            subject: uuid(), kind: .person, domain: administrator.domain, roles: RoleCatalog.close(["sn_acct_lc.agent"])
        )
        let refused = await problem { () async throws(Problem) in try await preview(stage, "record-updated", as: agent)
        }
        #expect(refused?.code == .permissionDenied)
    }

    private func problem<T: Sendable>(_ body: () async throws(Problem) -> T) async -> Problem? {
        await ServiceTestKit.problem(of: body)
    }
}
