import CustomerSuccessWire
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import PlaybooksWire
import RPC
import Synchronization
import Testing
import Wire

@testable import WorkspaceService

/// Pages of stand-in answers: what somebody sees, and what is asked when something is written.
@Suite struct PageTests {
    private func browser(_ endpoints: [Endpoint]) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("onboarding", endpoints)
        return Browser(bench, session: "good")
    }

    private static var page: OnboardingCasePage {
        var record = OnboardingCase()
        record.id = "018f0000-0000-7000-8000-0000000000aa"
        record.number = "ALEONB0001001"
        record.shortDescription = "Onboarding of <Köhler & Söhne>"
        record.state = OnboardingCase.State.active
        record.goLiveDate = "2026-06-01"
        var activity = PlaybookActivity()
        activity.id = "018f0000-0000-7000-8000-0000000000bb"
        activity.etag = "7"
        activity.key = "enter_info"
        activity.state = "in_progress"
        activity.applies = true
        var input = ActivityInput()
        input.key = "go_live_date"
        input.type = "date"
        input.mandatory = true
        var label = LocalText()
        label.en = "Go live date"
        input.label = label
        activity.inputs = [input]
        activity.label = label
        var page = OnboardingCasePage()
        page.onboardingCase = record
        page.accountName = "Köhler"
        page.activities = [activity]
        page.lane = "initial_setup"
        var stage = PlaybookStage()
        stage.lane = "initial_setup"
        stage.label = label
        var picker = StagePicker()
        picker.stages = [stage]
        picker.current = "initial_setup"
        page.stages = picker
        return page
    }

    /// A landing page of one card, with a list of one record.
    private static func landing(_ card: String, _ edit: (inout WorkItem) -> Void) -> OnboardingLandingPage {
        var item = WorkItem()
        (item.service, item.table, item.number) = ("onboarding", "onboarding_case", "ALEONB0001001")
        (item.title, item.state, item.priority, item.stage) = ("A case", "active", 3, "on_track")
        (item.accountName, item.parentNumber, item.date) = ("Genixify", "ALEONB0000009", "2026-05-31")
        edit(&item)
        var shown = OnboardingCard()
        (shown.card, shown.label, shown.count) = (card, "My active cases", 12)
        var list = OnboardingCardList()
        (list.card, list.items) = (card, [item])
        var page = OnboardingLandingPage()
        (page.cards, page.list, page.refreshedAt) = ([shown], list, Bench.now)
        return page
    }

    /// The list has the columns of the specification's sample in their order, the count and when it was read.
    @Test func theLandingPageShowsCardsAndTheirList() async throws {
        let browser = try await browser([
            Endpoint(OnboardingAPI.getOnboardingLandingPage) { _, _ in Self.landing("my_active_cases") { _ in } }
        ])
        let seen = try await browser.get("/onboarding")
        #expect(seen.status == 200)
        for text in [
            "My active cases", "12", "/cases/ALEONB0001001", "A case", "Active", "Genixify", "ALEONB0000009",
            "Moderate", "On track", "Last refreshed just now",
        ] {
            #expect(seen.text.contains(text), "\(text)")
        }
        #expect(
            Self.columns(seen) == [
                "Number", "Account", "Parent", "Short description", "Priority", "State", "Stage", "Go live date",
            ])
        let korean = try await browser.get("/onboarding?language=ko")
        #expect(korean.text.contains("마지막 새로 고침: 방금"))
        #expect(Self.columns(korean) == ["번호", "계정", "상위", "간단한 설명", "우선순위", "상태", "단계", "운영 개시일"])
    }

    /// The days before today are counted to their end, today only so far: what is more than that does not fall.
    @Test func aTrendDoesNotFallWhereCountingStops() async throws {
        func seen(_ counts: [Int32], more: Bool, _ language: String) async throws -> String {
            let browser = try await browser([
                Endpoint(OnboardingAPI.getOnboardingLandingPage) { _, _ in
                    var page = Self.landing("active_tasks") { _ in }
                    page.cards[0].count = counts.last ?? 0
                    page.cards[0].more = more
                    page.cards[0].trend = counts.enumerated().map { place, count in
                        var day = OnboardingCardDay()
                        (day.count, day.more) = (count, more && place == counts.count - 1)
                        return day
                    }
                    return page
                }
            ])
            return try await browser.get("/onboarding?language=\(language)").text
        }
        let beyond = try await seen([4_000, 5_000, 1_000], more: true, "en")
        #expect(beyond.contains("aria-label=\"2 days, from 4,000 to 5,000\"") && beyond.contains("1,000+"))
        #expect(beyond.contains("points=\"0.0,7.6 96.0,2.0\""))
        let risen = try await seen([400, 500, 1_000], more: true, "ko")
        #expect(risen.contains("aria-label=\"3일 동안 400에서 1,000+\""))
        #expect(risen.contains("points=\"0.0,18.8 48.0,16.0 96.0,2.0\""))
        let fallen = try await seen([400, 500, 100], more: false, "en")
        #expect(fallen.contains("aria-label=\"3 days, from 400 to 100\""))
    }

    /// Tasks are due and have progress. A cell without anything keeps its place, on the page and in the list behind it.
    @Test func theListOfTasksNamesItsOwnColumns() async throws {
        let page = Self.landing("active_tasks") {
            ($0.table, $0.progress, $0.parentNumber, $0.accountName) = ("lifecycle_task", "on_track", "", "")
        }
        let browser = try await browser([
            Endpoint(OnboardingAPI.getOnboardingLandingPage) { _, _ in page },
            Endpoint(OnboardingAPI.listOnboardingCard) { _, _ in page.list ?? OnboardingCardList() },
        ])
        for address in ["/onboarding?card=active_tasks", "/onboarding/list?card=active_tasks"] {
            let seen = try await browser.get(address)
            #expect(
                Self.columns(seen) == [
                    "Number", "Account", "Parent", "Subject", "Priority", "State", "Progress", "Due date",
                ])
            let row = try #require(seen.text.firstMatch(of: #/(?s)<tr data-row>(.*?)<\/tr>/#)).output.1
            #expect(row.matches(of: #/<td/#).count == 8 && row.matches(of: #/cell-empty/#).count == 2, "\(row)")
        }
    }

    private static func columns(_ seen: Bench.Seen) -> [String] {
        seen.text.matches(of: #/<th scope="col">([^<]*)</#).map { String($0.output.1) }
    }

    /// A card of several tables leads to the lists where its records are worked on, narrowed as it is.
    @Test func aCardOfSeveralTablesLeadsToTheirLists() async throws {
        let browser = try await browser([
            Endpoint(OnboardingAPI.listOnboardingCard) { _, request async throws(Problem) in
                var list = OnboardingCardList()
                list.card = request.card
                return list
            }
        ])
        let seen = try await browser.get("/onboarding/list?card=overdue_tasks")
        for table in ["lifecycle_task", "import_task"] {
            #expect(seen.text.contains("href=\"/lists/\(table)?active=true&amp;due_date=overdue\""))
        }
        #expect(!seen.text.contains("href=\"/lists/risk_signal"))
        #expect(seen.text.contains("tasks and import tasks are searched and sorted each in their own list"))
    }

    /// Below its cards the landing page leads to where a card's records are searched and sorted: to a list of each table.
    @Test(arguments: [
        ("active_tasks", ["/lists/lifecycle_task?active=true", "/lists/import_task?active=true"]),
        (
            "active_risk_signals",
            ["/lists/risk_signal?active=true&amp;filter=\(Fields.encoded("onboarding_case:*"))"]
        ),
    ])
    func aCardLeadsToItsTools(card: String, hrefs: [String]) async throws {
        let bench = try Bench()
        var ann = SignedIn.ann()
        // Sessions name all that a role contains.
        ann.roles.append("sn_acct_lc.risk_signal_issue_read")
        let landing = Self.landing(card) { _ in }
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer("onboarding", [Endpoint(OnboardingAPI.getOnboardingLandingPage) { _, _ in landing }])
        let seen = try await Browser(bench, session: "good").get("/onboarding?card=\(card)")
        for href in hrefs { #expect(seen.text.contains("button-quiet\" href=\"\(href)\""), "\(href)") }
        #expect(seen.text.contains("Search and sort:") == (hrefs.count > 1))
    }

    @Test func aCaseShowsItsActivities() async throws {
        let browser = try await browser([Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in Self.page }])
        let seen = try await browser.get("/cases/ALEONB0001001")
        #expect(seen.status == 200)
        for text in [
            "ALEONB0001001", "Onboarding of &lt;Köhler &amp; Söhne&gt;", "input-go_live_date", "1 Jun 2026",
            "in 4 days",
        ] { #expect(seen.text.contains(text), "\(text)") }
    }

    @Test func anActivityIsCompletedOrComesBackWithWhatWasTyped() async throws {
        let (asked, reopened) = (Asked(), Mutexed(""))
        let activity = Self.page.activities[0]
        let browser = try await browser([
            Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in Self.page },
            Endpoint(OnboardingAPI.getPlaybookActivity) { _, _ in activity },
            Endpoint(OnboardingAPI.reopenPlaybookActivity) { _, request in
                reopened.set("\(request.id) \(request.etag)")
                return activity
            },
            Endpoint(OnboardingAPI.completePlaybookActivity) { _, request async throws(Problem) in
                asked.add(request)
                guard request.values.first?.value == "2027-06-30" else {
                    throw .invalid(
                        field: EnterPlaybookActivityRequest.Field.values.path("go_live_date"),
                        Text(en: "That day is over.", ko: "지난 날짜입니다."))
                }
                return activity
            },
        ])
        let page = try await browser.get("/cases/ALEONB0001001")
        let address = "/cases/ALEONB0001001/activities/\(activity.id)"
        func post(_ date: String) async throws -> Bench.Seen {
            try await browser.post(
                address, [("csrf", page.csrf), ("etag", "7"), ("input-go_live_date", date), ("do", "complete")])
        }
        let refused = try await post("2020-01-01")
        #expect(refused.status == 422)
        #expect(refused.text.contains("That day is over.") && refused.text.contains("value=\"2020-01-01\""))
        let done = try await post("2027-06-30")
        #expect(done.status == 303 && done.location.hasPrefix("/cases/ALEONB0001001?done=completed"))
        #expect(asked.all.last?.etag == "7")
        // It is taken back with the etag that it has since.
        let undo = "\(address)?do=reopen&etag=7"
        #expect(done.location.contains("&undo=\(Fields.encoded(undo))"))
        _ = try await browser.post(undo, [("csrf", page.csrf)])
        #expect(reopened.value == "\(activity.id) 7")
    }

    @Test func aCommentIsAdded() async throws {
        let said = Mutexed("")
        let browser = try await browser([
            Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in Self.page.onboardingCase ?? OnboardingCase() },
            Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in Self.page },
            Endpoint(OnboardingAPI.addOnboardingCaseComment) { _, request async throws(Problem) in
                said.set("\(request.id) \(request.text)")
                return ActivityEntry()
            },
        ])
        let page = try await browser.get("/cases/ALEONB0001001")
        let done = try await browser.post(
            "/cases/ALEONB0001001/say", [("csrf", page.csrf), ("text", "Hello + goodbye"), ("kind", "comment")])
        #expect(done.location.hasPrefix("/cases/ALEONB0001001?done=commented"))
        #expect(said.value == "018f0000-0000-7000-8000-0000000000aa Hello + goodbye")
    }

    @Test func aCustomerIsAtHomeInThePortal() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        try await bench.answer("onboarding", [Endpoint(OnboardingAPI.getPortal) { _, _ in Portal() }])
        let browser = Browser(bench, session: "good")
        #expect(try await browser.get("/").location == "/portal")
        #expect(try await browser.get("/onboarding").location == "/portal")
        #expect(try await browser.get("/portal").status == 200)
    }

    @Test func searchSaysWhatItCouldNotLookInto() async throws {
        let browser = try await browser([
            Endpoint(OnboardingAPI.searchOnboarding) { _, _ async throws(Problem) in
                var item = WorkItem()
                item.service = "onboarding"
                item.table = "lifecycle_task"
                item.number = "ALETSK0001"
                item.title = "Order laptops"
                var answer = SearchResponse()
                answer.items = [item]
                return answer
            }
        ])
        let seen = try await browser.get("/search?text=laptop")
        #expect(seen.status == 200)
        #expect(seen.text.contains("/tasks/ALETSK0001") && seen.text.contains("import tasks"))
        for what in ["customer success", "plays", "notifications"] { #expect(seen.text.contains(what), "\(what)") }
    }

    private static func found(
        _ method: Method<SearchRequest, SearchResponse>, _ items: [(number: String, state: String, priority: Int32?)]
    ) -> Endpoint {
        Endpoint(method) { _, _ async throws(Problem) in
            var answer = SearchResponse()
            answer.items = items.map { number, state, priority in
                var item = WorkItem()
                item.service = "customer-success"
                item.table = "success_task"
                (item.id, item.number, item.title, item.state) = (number, number, number, state)
                item.priority = priority
                return item
            }
            return answer
        }
    }

    private static func denied(_ method: Method<SearchRequest, SearchResponse>) -> Endpoint {
        Endpoint(method) { _, _ async throws(Problem) in throw .permissionDenied() }
    }

    @Test func searchAsksEveryServiceAndShowsFirstWhatIsOpen() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("onboarding", [Self.denied(OnboardingAPI.searchOnboarding)])
        try await bench.answer(
            "import-validation", [Self.found(ImportValidationAPI.searchImportTasks, [("N1", "closed", 1)])])
        try await bench.answer(
            "customer-success",
            [Self.found(CustomerSuccessAPI.searchCustomerSuccess, [("N2", "new", 3), ("N3", "reached", 2)])])
        try await bench.answer("play-launcher", [Self.found(PlayLauncherAPI.searchPlayLauncher, [("N4", "new", 1)])])
        try await bench.answer("notifier", [Self.found(NotifierAPI.searchNotifier, [("N5", "", nil)])])
        let seen = try await Browser(bench, session: "good").get("/search?text=n")
        #expect(seen.status == 200)
        let numbers = seen.text.matches(of: #/title-number">(N\d)</#).map { String($0.output.1) }
        #expect(numbers == ["N4", "N2", "N5", "N1", "N3"])
        #expect(seen.text.contains("<a class=\"grow\" href=\"/records/success_task/N4\""))
    }

    @Test func whoMaySearchNowhereIsTold() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("onboarding", [Self.denied(OnboardingAPI.searchOnboarding)])
        try await bench.answer("import-validation", [Self.denied(ImportValidationAPI.searchImportTasks)])
        try await bench.answer("customer-success", [Self.denied(CustomerSuccessAPI.searchCustomerSuccess)])
        try await bench.answer("play-launcher", [Self.denied(PlayLauncherAPI.searchPlayLauncher)])
        try await bench.answer("notifier", [Self.denied(NotifierAPI.searchNotifier)])
        #expect(try await Browser(bench, session: "good").get("/search?text=n").status == 403)
    }
}

private final class Asked: Sendable {
    private let requests = Mutex<[EnterPlaybookActivityRequest]>([])
    var all: [EnterPlaybookActivityRequest] { requests.withLock { $0 } }
    func add(_ request: EnterPlaybookActivityRequest) { requests.withLock { $0.append(request) } }
}

/// A text that stand-ins set.
final class Mutexed: Sendable {
    private let text: Mutex<String>
    init(_ text: String) { self.text = Mutex(text) }
    var value: String { text.withLock { $0 } }
    func set(_ new: String) { text.withLock { $0 = new } }
}
