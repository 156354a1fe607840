import CustomerSuccessWire
import OnboardingWire
import PlaybooksWire
import RPC
import Synchronization
import Testing
import Wire

@testable import WorkspaceService

/// The pages of who designs playbooks: what versions differ in, and bringing running cases to one.
@Suite struct MigrationPageTests {
    private static let id = "01990000-0000-7000-8000-000000000001"
    private static let other = "01990000-0000-7000-8000-000000000002"

    /// What was asked for.
    private final class Asked: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        func add(_ text: String) { texts.withLock { $0.append(text) } }
    }

    private static func label(_ en: String, _ ko: String) -> LocalText {
        var label = LocalText()
        (label.en, label.ko) = (en, ko)
        return label
    }

    private static func definition() -> PlaybookDefinition {
        var definition = PlaybookDefinition()
        (definition.id, definition.key, definition.state, definition.version) = (id, "k", "active", 2)
        var playbook = Playbook()
        playbook.label = label("Process <one>", "과정")
        definition.playbook = playbook
        return definition
    }

    private static func migration(_ state: String) -> PlaybookMigration {
        var migration = PlaybookMigration()
        (migration.id, migration.definition, migration.version, migration.cases) = (other, id, 2, 1)
        migration.label = label("Process <one>", "과정")
        migration.previewed = state == "previewed" ? 1 : 0
        migration.applied = state == "applied" ? 1 : 0
        return migration
    }

    private static func one(_ state: String) -> PlaybookMigrationCase {
        var one = PlaybookMigrationCase()
        (one.id, one.number, one.fromVersion, one.state) = (id, "ALEONB0001001", 1, state)
        (one.kept, one.added, one.refusal) = (3, 1, state == "applied" ? "Since then <new>." : "")
        var step = PlaybookMigrationStep()
        (step.lane, step.activity, step.outcome, step.before) = ("l", "x", "no_place", "in_progress")
        step.label = label("Report & more", "보고")
        var made = CreatedRecord()
        made.number = "ALETSK0001009"
        step.created = [made]
        (step.recordKeepsDate, step.entered) = (true, 2)
        one.steps = [step]
        return one
    }

    private static func endpoints(_ asked: Asked) -> [Endpoint] {
        @Sendable func state() -> String {
            asked.all.contains { $0.hasPrefix("undo") }
                ? "undone" : asked.all.contains { $0.hasPrefix("apply") } ? "applied" : "previewed"
        }
        return [
            Endpoint(OnboardingAPI.listPlaybookDefinitions) { _, _ in
                var answer = ListPlaybookDefinitionsResponse()
                answer.playbookDefinitions = [definition()]
                return answer
            },
            Endpoint(OnboardingAPI.getPlaybookDefinition) { _, _ in definition() },
            Endpoint(OnboardingAPI.listPlaybookVersions) { _, _ in
                var answer = ListPlaybookVersionsResponse()
                answer.versions = [2, 1].map { number in
                    var version = PlaybookVersion()
                    version.number = Int32(number)
                    return version
                }
                return answer
            },
            Endpoint(OnboardingAPI.comparePlaybookVersions) { _, request in
                asked.add("compare \(request.from) \(request.to)")
                var change = PlaybookChange()
                (change.change, change.lane, change.activity, change.field) = ("changed", "l", "x", "optional")
                (change.label, change.after) = (label("Report", "보고"), "true")
                var answer = ComparePlaybookVersionsResponse()
                answer.changes = [change]
                return answer
            },
            Endpoint(OnboardingAPI.listPlaybookMigrations) { _, _ in
                var answer = ListPlaybookMigrationsResponse()
                answer.migrations = [migration(state())]
                return answer
            },
            Endpoint(OnboardingAPI.previewPlaybookMigration) { _, request in
                asked.add("preview \(request.definition)")
                return migration("previewed")
            },
            Endpoint(OnboardingAPI.getPlaybookMigration) { _, _ in migration(state()) },
            Endpoint(OnboardingAPI.listPlaybookMigrationCases) { _, _ in
                var answer = ListPlaybookMigrationCasesResponse()
                answer.cases = [one(state())]
                return answer
            },
            Endpoint(OnboardingAPI.getPlaybookMigrationCase) { _, _ in one(state()) },
            Endpoint(OnboardingAPI.applyPlaybookMigration) { _, request in
                asked.add("apply \(request.id) \(request.cases)")
                return migration("applied")
            },
            Endpoint(OnboardingAPI.undoPlaybookMigration) { _, request in
                asked.add("undo \(request.id) \(request.cases)")
                return migration("undone")
            },
        ]
    }

    @Test func casesAreShownChosenMovedAndTakenBack() async throws {
        let asked = Asked()
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("onboarding", Self.endpoints(asked))
        let browser = Browser(bench, session: "good")
        let list = try await browser.get("/playbooks")
        #expect(list.text.contains("Process &lt;one&gt;") && list.text.contains("/playbooks/\(Self.id)"))
        let page = try await browser.get("/playbooks/\(Self.id)")
        for text in [
            "Report", "May be skipped", "Yes", "Version 2", "What would version 2 change in records in progress?",
            "1 to apply",
        ] {
            #expect(page.text.contains(text), "\(text)")
        }
        _ = try await browser.get("/playbooks/\(Self.id)?from=2&to=1")
        let told = try await browser.post("/playbooks/\(Self.id)/migrations", [("csrf", page.csrf)])
        let address = "/playbooks/\(Self.id)/migrations/\(Self.other)"
        #expect(told.status == 303 && told.location == address)
        let seen = try await browser.get("\(address)?case=\(Self.id)")
        for text in [
            "ALEONB0001001", "3 kept · 1 added", "Report &amp; more", "No place", "In progress",
            "ALETSK0001009 · the open task keeps its date · 2 entries of its form are lost",
        ] {
            #expect(seen.text.contains(text), "\(text)")
        }
        let nothing = try await browser.post(address, [("csrf", seen.csrf), ("do", "apply")])
        #expect(nothing.status >= 400 && nothing.text.contains("Choose records first that this can be done to."))
        let fields = [("csrf", seen.csrf), ("record", Self.id)]
        let done = try await browser.post(address, fields + [("do", "apply")])
        #expect(done.location == address)
        #expect(try await browser.get(address).text.contains("Since then &lt;new&gt;."))
        _ = try await browser.post(address, fields + [("do", "undo")])
        _ = try await browser.post(address, [("csrf", seen.csrf), ("do", "undo-all")])
        #expect(
            asked.all == [
                "compare 1 2", "compare 2 1", "preview \(Self.id)", "apply \(Self.other) [\"\(Self.id)\"]",
                "undo \(Self.other) [\"\(Self.id)\"]", "undo \(Self.other) []",
            ])
    }

    /// One may be ticked to be applied, another to be taken back: a button is about its own.
    @Test func aButtonTakesOfWhatIsTickedWhatItIsAbout() async throws {
        let asked = Asked()
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        let cases = Endpoint(OnboardingAPI.listPlaybookMigrationCases) { _, _ in
            var answer = ListPlaybookMigrationCasesResponse()
            var applied = Self.one("applied")
            applied.id = Self.other
            answer.cases = [Self.one("previewed"), applied]
            return answer
        }
        let others = Self.endpoints(asked).filter { $0.subject != cases.subject }
        try await bench.answer("onboarding", others + [cases])
        let browser = Browser(bench, session: "good")
        let address = "/playbooks/\(Self.id)/migrations/\(Self.other)"
        let both = [("csrf", try await browser.get(address).csrf), ("record", Self.id), ("record", Self.other)]
        _ = try await browser.post(address, both + [("do", "apply")])
        _ = try await browser.post(address, both + [("do", "undo")])
        #expect(
            asked.all == ["apply \(Self.other) [\"\(Self.id)\"]", "undo \(Self.other) [\"\(Self.other)\"]"])
    }

    /// Customer success answers the same, below addresses of its own; lists go on behind their first page.
    @Test func playbooksOfCustomerSuccessHaveTheSamePages() async throws {
        let asked = Asked()
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.listPlaybookDefinitions) { _, request in
                    asked.add("list \(request.pageToken)")
                    var answer = ListPlaybookDefinitionsResponse()
                    answer.playbookDefinitions = [Self.definition()]
                    answer.nextPageToken = request.pageToken.isEmpty ? "more" : ""
                    return answer
                },
                Endpoint(CustomerSuccessAPI.previewPlaybookMigration) { _, request in
                    asked.add("preview \(request.definition)")
                    return Self.migration("previewed")
                },
                Endpoint(CustomerSuccessAPI.getPlaybookMigration) { _, _ in Self.migration("previewed") },
                Endpoint(CustomerSuccessAPI.listPlaybookMigrationCases) { _, _ in
                    var answer = ListPlaybookMigrationCasesResponse()
                    answer.cases = [Self.one("previewed")]
                    return answer
                },
                Endpoint(CustomerSuccessAPI.applyPlaybookMigration) { _, request in
                    asked.add("apply \(request.cases)")
                    return Self.migration("applied")
                },
            ])
        let browser = Browser(bench, session: "good")
        let list = try await browser.get("/success-playbooks")
        for text in ["Playbooks of customer success", "/success-playbooks/\(Self.id)", "/success-playbooks?page=more"] {
            #expect(list.text.contains(text), "\(text)")
        }
        // The last page leads to no further one.
        let last = try await browser.get("/success-playbooks?page=more")
        #expect(!last.text.contains(#"href="/success-playbooks?page=more"#))
        let told = try await browser.post("/success-playbooks/\(Self.id)/migrations", [("csrf", list.csrf)])
        let address = "/success-playbooks/\(Self.id)/migrations/\(Self.other)"
        #expect(told.location == address)
        // A record without a page of its own is named.
        let seen = try await browser.get(address)
        #expect(seen.text.contains("ALEONB0001001") && !seen.text.contains("href=\"\""))
        _ = try await browser.post(address, [("csrf", seen.csrf), ("record", Self.id), ("do", "apply")])
        #expect(asked.all == ["list ", "list more", "preview \(Self.id)", "apply [\"\(Self.id)\"]"])
    }

    @Test func outcomesAreToldInKorean() async throws {
        var korean = SignedIn.ann()
        korean.language = "ko"
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(korean))
        try await bench.answer("onboarding", Self.endpoints(Asked()))
        let address = "/playbooks/\(Self.id)/migrations/\(Self.other)"
        let seen = try await Browser(bench, session: "good").get("\(address)?case=\(Self.id)")
        for text in [
            "진행 중인 레코드를 버전 2로 전환", "유지 3개 · 추가 1개", "미리 봄", "제외", "보고", "진행 중인 작업의 기한은 그대로 · 입력한 값 2개 삭제",
        ] { #expect(seen.text.contains(text), "\(text)") }
    }

    @Test func theWayThereIsShownToDesigners() throws {
        func person(_ roles: [String]) -> Person {
            var signedIn = SignedIn.ann()
            signedIn.roles = roles
            return Person(signedIn)
        }
        #expect(PlaybookPages.isFor(person(["process_automation_designer"])))
        #expect(!PlaybookPages.isFor(person(["sn_acct_lc.agent"])))
    }
}
