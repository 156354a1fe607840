import OnboardingWire
import RPC
import Synchronization
import Testing
import Wire

@testable import WorkspaceService

/// The details of a case, folded on its page: what they name, whose they are, and what becomes of two people at one case.
@Suite struct CaseFormTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ba"
    private static let watcher = "018f0000-0000-7000-8000-0000000000bc"
    private static let added = "018f0000-0000-7000-8000-0000000000bd"
    private static let href = "/cases/ALEONB0001001"

    /// A case that is stored, changed by whoever has its etag.
    private final class Stored: Sendable {
        private let record: Mutex<OnboardingCase>
        let said = Said()

        init() {
            var record = OnboardingCase()
            (record.id, record.etag, record.number, record.account) = (id, "1", "ALEONB0001001", "acc-1")
            (record.state, record.shortDescription, record.priority) = ("active", "Onboarding", 3)
            (record.contact, record.watchList) = ("c-1", [watcher])
            self.record = Mutex(record)
        }

        var value: OnboardingCase { record.withLock { $0 } }

        func change(_ edit: (inout OnboardingCase) -> Void) {
            record.withLock { record in
                edit(&record)
                record.etag = "\((Int(record.etag) ?? 0) + 1)"
            }
        }

        private func write(_ new: OnboardingCase, _ paths: [String]) throws(Problem) {
            guard new.etag == value.etag else {
                throw Problem(.aborted, Text(en: "It was changed meanwhile.", ko: "먼저 변경되었습니다."))
            }
            guard new.shortDescription != "Refused" else {
                throw .invalid(
                    field: OnboardingCase.path(.shortDescription), Text(en: "Not so.", ko: "사용할 수 없는 값입니다."))
            }
            said.add(paths.joined(separator: " "))
            change { record in
                if paths.contains("short_description") { record.shortDescription = new.shortDescription }
                if paths.contains("priority") { record.priority = new.priority }
                if paths.contains("watch_list") { record.watchList = new.watchList }
            }
        }

        var endpoints: [Endpoint] {
            [
                Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in self.value },
                Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in
                    var (page, person) = (OnboardingCasePage(), NamedPerson())
                    (person.user, person.name) = (watcher, "Wanda Watcher")
                    (page.onboardingCase, page.names, page.contactName) = (self.value, [person], "Ida Berg")
                    return page
                },
                Endpoint(OnboardingAPI.updateOnboardingCase) { _, request async throws(Problem) in
                    try self.write(request.onboardingCase ?? OnboardingCase(), request.updateMask?.paths ?? [])
                    return self.value
                },
                Endpoint(OnboardingAPI.batchUpdateOnboardingCases) { _, request async throws(Problem) in
                    var (response, result) = (BatchResponse(), BatchResult())
                    for new in request.onboardingCases {
                        try self.write(new, request.updateMask?.paths ?? [])
                        result.id = new.id
                    }
                    (response.succeeded, response.results) = (1, [result])
                    return response
                },
                Endpoint(OnboardingAPI.listUsers) { _, request in
                    self.said.add("named")
                    var (list, user) = (ListUsersResponse(), User())
                    (user.id, user.name) = (added, "Olivia Late")
                    list.users = request.filter.contains(added) ? [user] : []
                    return list
                },
            ]
        }
    }

    private static let was = [
        ("was-short_description", "Onboarding"), ("was-priority", "3"), ("was-watch_list", "[\"\(watcher)\"]"),
        ("watch_list", watcher), ("etag", "1"),
    ]

    private func opened(_ roles: [String] = ["sn_acct_lc.agent"]) async throws -> (Browser, Stored) {
        let (bench, stored) = (try Bench(), Stored())
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer("onboarding", stored.endpoints)
        return (Browser(bench, session: "good"), stored)
    }

    private func post(_ browser: Browser, _ fields: [(String, String)]) async throws -> Bench.Seen {
        let csrf = Secrets.proof(of: StandIn.token("good"))
        return try await browser.post(Self.href, [("csrf", csrf)] + Self.was + fields)
    }

    /// The form is folded, and asks nobody for its names; who may not write a case has none, nor has a case that has ended.
    @Test func theDetailsOfACaseAreFolded() async throws {
        let (browser, stored) = try await opened()
        let page = try await browser.get(Self.href).text
        for text in [
            "<details class=\"panel\" id=\"details\"><summary><b>Details</b>",
            "value=\"\(Self.watcher)\" checked> Wanda Watcher",
            "value=\"Ida Berg\"", "/choose/customer_contact?filter=\(Fields.encoded("account = \"acc-1\""))",
            "name=\"was-priority\" value=\"3\"",
        ] { #expect(page.contains(text), "\(text)") }
        #expect(stored.said.texts.isEmpty && !page.contains("name=\"go_live_date\""))
        let (reader, _) = try await opened(["sn_acct_lc.ale_success_viewer"])
        let read = try await reader.get(Self.href)
        #expect(read.status == 200 && !read.text.contains("id=\"details\""))
        stored.change { ($0.state, $0.active) = ("closed", false) }
        #expect(!(try await browser.get(Self.href).text.contains("id=\"details\"")))
    }

    /// Only what was changed is written, and it is taken back as long as nobody has changed the case since.
    @Test func whatIsSavedIsTakenBack() async throws {
        let (browser, stored) = try await opened()
        let saved = try await post(
            browser,
            [
                ("short_description", "Second phase"), ("priority", "3"), ("watch_list-add", Self.added),
                ("watch_list-add-text", "Olivia"),
            ])
        #expect(saved.location.hasPrefix("\(Self.href)?done=saved&saved=edit&undo="))
        #expect(stored.said.texts == ["short_description watch_list"])
        #expect(stored.value.watchList == [Self.watcher, Self.added])
        let page = try await browser.get(saved.location)
        let undo = try #require(page.text.firstMatch(of: #/action="(\/cases\/ALEONB0001001\/undo\/[^"]+)"/#)).output.1
        let back = try await browser.post(String(undo), [("csrf", page.csrf)])
        #expect(back.location == "\(Self.href)?done=restored")
        #expect(stored.value.shortDescription == "Onboarding" && stored.value.watchList == [Self.watcher])
        let same = try await self.post(browser, [("short_description", "Onboarding"), ("priority", "3")])
        #expect(same.location == "\(Self.href)?done=saved&saved=edit")
    }

    /// Where two have changed one field the second chooses, in the form, which stands open; other fields stay as both have them.
    @Test func twoPeopleAtOneCaseChoose() async throws {
        let (browser, stored) = try await opened()
        stored.change { $0.priority = 2 }
        let apart = try await post(browser, [("short_description", "Second phase"), ("priority", "3")])
        #expect(apart.status == 303 && stored.value.priority == 2 && stored.value.shortDescription == "Second phase")
        let asked = try await post(browser, [("short_description", "Third phase"), ("priority", "1")])
        #expect(asked.status == 409)
        for text in [
            "<details class=\"panel\" id=\"details\" open>", "name=\"keep-priority\" value=\"theirs\"",
            "name=\"keep-short_description\"", "value=\"Third phase\"",
        ] { #expect(asked.text.contains(text), "\(text)") }
        #expect(!asked.text.contains("keep-watch_list"))
    }

    /// What the service refuses stands at its field in the open form, with what was typed; who was chosen meanwhile has a name.
    @Test func whatIsRefusedStandsInTheForm() async throws {
        let (browser, stored) = try await opened()
        let refused = try await post(
            browser,
            [
                ("short_description", "Refused"), ("priority", "3"), ("watch_list", Self.added),
            ])
        #expect(refused.status == 422 && stored.said.texts == ["named"])
        for text in [
            "id=\"details\" open>", "id=\"short_description-wrong\">Not so.", "value=\"Refused\"",
            "value=\"\(Self.added)\" checked> Olivia Late",
        ] { #expect(refused.text.contains(text), "\(text)") }
        #expect(refused.text.matches(of: #/role="alert"/#).count == 1)
    }
}
