import CustomerSuccessWire
import ImportValidationWire
import NotifierWire
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Lists as tools: what the address says is what is asked, and what is chosen is done, row by row.
@Suite struct ListTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"

    private static var record: OnboardingCase {
        var record = OnboardingCase()
        (record.id, record.etag, record.number) = (id, "7", "ALEONB0001001")
        record.shortDescription = "Onboarding of <Köhler>"
        record.state = OnboardingCase.State.active
        record.priority = 2
        record.goLiveDate = "2026-06-01"
        return record
    }

    /// A list that answers the record, and notes its filter and its order.
    private static func list(_ said: Said) -> Endpoint {
        Endpoint(OnboardingAPI.listOnboardingCases) { _, request async throws(Problem) in
            said.add("\(request.filter) | \(request.orderBy)")
            if request.filter.contains("nonsense") {
                throw .invalid(field: ListRequest.Field.filter, Text(en: "That is no filter.", ko: "필터가 올바르지 않습니다."))
            }
            var page = ListOnboardingCasesResponse()
            page.onboardingCases = [record]
            return page
        }
    }

    private static func views(_ said: Said, _ all: [SavedView] = []) -> [Endpoint] {
        [
            Endpoint(OnboardingAPI.listSavedViews) { _, _ async throws(Problem) in
                var response = ListSavedViewsResponse()
                response.savedViews = all
                return response
            },
            Endpoint(OnboardingAPI.saveView) { _, request async throws(Problem) in
                said.add("\(request.list) \(request.name) \(request.query)")
                return SavedView()
            },
        ]
    }

    private func browser(_ endpoints: [Endpoint], _ person: SignedIn = .ann()) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(person))
        try await bench.answer("onboarding", endpoints)
        return Browser(bench, session: "good")
    }

    /// A list without records says how to get some to see: by another condition where it has one, else somewhere else.
    @Test func anEmptyListLeadsOn() async throws {
        let none = Endpoint(OnboardingAPI.listOnboardingCases) { _, _ in ListOnboardingCasesResponse() }
        let browser = try await browser([none] + Self.views(Said()))
        let narrowed = try await browser.get("/lists/onboarding_case?state=new")
        #expect(narrowed.text.contains("Take away one of the conditions"))
        let bare = try await browser.get("/lists/onboarding_case")
        #expect(bare.text.contains("Nothing is here yet") && !bare.text.contains("Take away one of the conditions"))
        #expect(bare.text.contains("href=\"/onboarding\">My work</a>"))
    }

    @Test func whatIsChosenIsAskedAndReadsAsASentence() async throws {
        let said = Said()
        let browser = try await browser([Self.list(said)] + Self.views(said))
        let seen = try await browser.get(
            "/lists/onboarding_case?state=new&state=active&priority=2&assigned_to=me&go_live_date=overdue&find=a%22b&sort=-number"
        )
        #expect(seen.status == 200)
        #expect(
            said.texts == [
                "(number : \"a\\\"b\" OR short_description : \"a\\\"b\") AND priority = 2 AND "
                    + "(state = \"new\" OR state = \"active\") AND go_live_date < today() AND "
                    + "assigned_to = me() | number desc"
            ])
        for text in [
            "State is New or Active", "Assigned to is me", "Go live date is overdue", "ALEONB0001001",
            "/cases/ALEONB0001001",
            "Onboarding of &lt;Köhler&gt;", "aria-sort=\"descending\"", "/lists/onboarding_case/export?",
        ] { #expect(seen.text.contains(text), "\(text)") }
    }

    @Test func columnsAreThoseOfTheAddress() async throws {
        let browser = try await browser([Self.list(Said())] + Self.views(Said()))
        let seen = try await browser.get("/lists/onboarding_case?column=stage&column=number")
        let heads = seen.text.matches(of: #/<th scope="col"[^>]*>(?:<a [^>]*>)?([^<]+)/#).map { String($0.output.1) }
        #expect(heads == ["Number", "Stage"])
    }

    @Test func aWrongFilterStandsOnThePageWithWhatWasTyped() async throws {
        let browser = try await browser([Self.list(Said())] + Self.views(Said()))
        let seen = try await browser.get("/lists/onboarding_case?filter=nonsense+and+more")
        #expect(
            seen.status == 422 && seen.text.contains("That is no filter.") && seen.text.contains("nonsense and more"))
    }

    @Test func whoIsOnlyNamedIsFoundWithoutAScript() async throws {
        let browser = try await browser(
            [
                Self.list(Said()),
                Endpoint(OnboardingAPI.listUsers) { _, request async throws(Problem) in
                    var page = ListUsersResponse()
                    page.users = request.filter.contains("Ann") ? [User()] : [User(), User()]
                    for place in page.users.indices {
                        (page.users[place].id, page.users[place].name) = ("u\(place)", "Ann")
                    }
                    return page
                },
            ] + Self.views(Said()))
        let list = "/lists/onboarding_case?"
        #expect(
            try await browser.get(list + "assigned_to=me&assigned_to=&assigned_to-text=Ann&state=new").location
                == list + "assigned_to=me&state=new&assigned_to=u0")
        // Beside what a script has found the name says nothing; one of several is nobody.
        #expect(
            try await browser.get(list + "assigned_to=u7&assigned_to-text=Ann").location == list + "assigned_to=u7")
        #expect(try await browser.get(list + "assigned_to=&assigned_to-text=Bob").location == list)
    }

    @Test func whatIsNoListIsNotThere() async throws {
        let browser = try await browser([])
        for path in ["/lists/session", "/lists/playbook_run", "/lists/nothing"] {
            #expect(try await browser.get(path).status == 404)
        }
    }

    /// G-24: fields that the access rules keep from somebody are no columns, no menus, no conditions and no order.
    @Test func whatMayNotBeReadIsNoColumn() async throws {
        let said = Said()
        var viewer = SignedIn.ann()
        viewer.roles = ["sn_acct_lc.ale_success_viewer"]
        let browser = try await browser([Self.list(said)] + Self.views(said), viewer)
        let seen = try await browser.get("/lists/onboarding_case?stage=on_track&priority=2&sort=go_live_date")
        #expect(seen.status == 200 && said.texts == ["priority = 2 | "])
        for text in ["Go live date", ">Stage<", "On track"] { #expect(!seen.text.contains(text), "\(text)") }
    }

    @Test func aViewIsKeptAndOffered() async throws {
        let said = Said()
        var view = SavedView()
        (view.id, view.name, view.query) = (Self.id, "Mine & blocked", "state=blocked")
        let browser = try await browser([Self.list(Said())] + Self.views(said, [view]))
        let page = try await browser.get("/lists/onboarding_case?state=blocked")
        #expect(
            page.text.contains("Mine &amp; blocked") && page.text.contains("?state=blocked\" aria-current=\"true\""))
        let done = try await browser.post(
            "/lists/onboarding_case/views", [("csrf", page.csrf), ("name", "New"), ("query", "state=new")])
        #expect(done.location == "/lists/onboarding_case?state=new&done=saved")
        #expect(said.texts == ["onboarding_case New state=new"])
    }

    /// A view that was taken away is brought back as it was, by whoever has taken it.
    @Test func aViewThatWasTakenAwayComesBack() async throws {
        let said = Said()
        var view = SavedView()
        (view.id, view.name, view.query) = (Self.id, "Mine & blocked", "state=blocked")
        let removal = Endpoint(OnboardingAPI.removeView) { _, request async throws(Problem) in
            said.add("remove \(request.id)")
            return Empty()
        }
        let browser = try await browser([Self.list(Said()), removal] + Self.views(said, [view]))
        let page = try await browser.get("/lists/onboarding_case?state=new")
        let form = [("csrf", page.csrf), ("query", "state=new"), ("name", view.name), ("kept", view.query)]
        for (name, value) in form.dropFirst() {
            let text = value.replacing("&", with: "&amp;")
            #expect(page.text.contains("name=\"\(name)\" value=\"\(text)\""), "\(name)")
        }
        let done = try await browser.post("/lists/onboarding_case/views/\(Self.id)/remove", form)
        let shown = try await browser.get(done.location)
        let undo = try #require(shown.text.firstMatch(of: #/action="([^"]*\/views\/back\/[^"]*)"/#)?.1)
        let back = try await browser.post(String(undo), [("csrf", page.csrf)])
        #expect(back.location == "/lists/onboarding_case?state=blocked&done=restored")
        #expect(said.texts == ["remove \(Self.id)", "onboarding_case Mine & blocked state=blocked"])
    }

    @Test func chosenRowsAreChangedEachWithItsResult() async throws {
        let said = Said()
        let browser = try await browser(
            [
                Self.list(Said()),
                Endpoint(OnboardingAPI.batchUpdateOnboardingCases) { _, request async throws(Problem) in
                    let records = request.onboardingCases.map { "\($0.id) \($0.etag) \($0.priority ?? 0)" }
                    said.add("\(records) \(request.updateMask?.paths ?? [])")
                    var response = BatchResponse()
                    (response.succeeded, response.failed) = (1, request.onboardingCases.count > 1 ? 1 : 0)
                    var result = BatchResult()
                    // As the services answer: by its place alone.
                    result.index = 1
                    result.error = Problem(.aborted, Text(en: "Somebody was quicker.", ko: "먼저 변경되었습니다.")).status(
                        language: "en")
                    if response.failed > 0 { response.results = [result] }
                    return response
                },
            ] + Self.views(Said()))
        let page = try await browser.get("/lists/onboarding_case")
        func post(_ fields: [(String, String)]) async throws -> Bench.Seen {
            try await browser.post("/lists/onboarding_case", [("csrf", page.csrf), ("query", "state=new")] + fields)
        }
        let chosen = [("record", "other 3"), ("record", "\(Self.id) 7")]
        let partly = try await post(chosen + [("do", "set"), ("set", "priority=1")])
        #expect(
            partly.status == 200 && partly.text.contains("1 changed, 1 not.")
                && partly.text.firstMatch(of: #/<li><a href="[^"]+">[^<]+<\/a>: Somebody was quicker\./#) != nil)
        #expect(said.texts == ["[\"other 3 1\", \"\(Self.id) 7 1\"] [\"priority\"]"])
        let done = try await post([("record", "\(Self.id) 7"), ("do", "set"), ("set", "priority=1")])
        #expect(done.location == "/lists/onboarding_case?state=new&done=changed")
        // Nothing chosen, nobody named, and a field that is not to be set.
        for wrong in [[("do", "me")], chosen + [("do", "assign")], chosen + [("do", "set"), ("set", "domain=/")]] {
            #expect(try await post(wrong).status == 422)
        }
        #expect(said.texts.count == 2)
    }

    /// What many records had before, each has again that nobody has changed since.
    @Test func aBulkChangeIsTakenBack() async throws {
        let said = Said()
        let browser = try await browser(
            [
                Self.list(Said()),
                Endpoint(OnboardingAPI.batchUpdateOnboardingCases) { _, request async throws(Problem) in
                    let records = request.onboardingCases.map { "\($0.etag) \($0.priority ?? 0)" }
                    said.add("\(records) \(request.updateMask?.paths ?? [])")
                    var (response, result) = (BatchResponse(), BatchResult())
                    (result.id, result.etag) = (Self.id, "8")
                    if said.texts.count > 3 {
                        result.error = Problem(.aborted, Text(en: "Somebody was quicker.", ko: "먼저 변경되었습니다.")).status(
                            language: "en")
                    }
                    response.results = [result]
                    (response.succeeded, response.failed) = result.error == nil ? (1, 0) : (0, 1)
                    return response
                },
            ] + Self.views(Said()))
        let csrf = try await browser.get("/lists/onboarding_case").csrf
        func change() async throws -> String {
            let fields = [
                ("csrf", csrf), ("query", "state=new"), ("record", "\(Self.id) 7"), ("do", "set"),
                ("set", "priority=1"),
            ]
            let done = try await browser.post("/lists/onboarding_case", fields)
            let page = try await browser.get(done.location)
            let found = page.text.firstMatch(of: #/action="(\/lists\/onboarding_case\/undo\/[^"]+)"/#)
            return try String(#require(found).output.1)
        }
        let back = try await browser.post(change(), [("csrf", csrf)])
        #expect(back.location == "/lists/onboarding_case?state=new&done=restored")
        #expect(said.texts == ["[\"7 1\"] [\"priority\"]", "[\"8 2\"] [\"priority\"]"])
        let refused = try await browser.post(change(), [("csrf", csrf)])
        #expect(refused.status == 200 && refused.text.contains("Somebody was quicker."))
    }

    @Test func aListIsExportedAsItIsShown() async throws {
        let said = Said()
        let browser = try await browser([
            Endpoint(OnboardingAPI.exportOnboardingCases) { _, request async throws(Problem) in
                said.add("\(request.filter) | \(request.orderBy) | \(request.format) | \(request.fields)")
                var export = Export()
                (export.token, export.fileName, export.contentType, export.sizeBytes) = (
                    "t", "cases.csv", "text/csv", 4
                )
                var first = ExportChunk()
                (first.content, first.nextOffset) = (Array("ab".utf8), 2)
                export.first = first
                return export
            },
            Endpoint(OnboardingAPI.readExport) { _, request async throws(Problem) in
                var chunk = ExportChunk()
                (chunk.offset, chunk.content, chunk.nextOffset, chunk.last) = (
                    request.offset, Array("cd".utf8), 4, true
                )
                return chunk
            },
        ])
        let seen = try await browser.get("/lists/onboarding_case/export?format=csv&state=new&column=number&sort=number")
        #expect(seen.status == 200 && seen.text == "abcd")
        #expect(said.texts == ["state = \"new\" | number | csv | [\"number\"]"])
    }

    @Test func aCustomerSeesWhatCustomersSee() async throws {
        let browser = try await browser([Self.list(Said())] + Self.views(Said()), .ann(accounts: ["a"]))
        let seen = try await browser.get("/lists/onboarding_case?assigned_to=me&column=priority&column=number")
        #expect(seen.status == 200 && seen.text.contains("/portal/cases/"))
        for hidden in ["Assigned to", "Priority", "name=\"record\""] {
            #expect(!seen.text.contains(hidden), "\(hidden)")
        }
    }

    @Test func unreadNoticesStandThereWithoutAScript() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("onboarding", [Self.list(Said())] + Self.views(Said()))
        let asked = Counter()
        try await bench.answer(
            "notifier",
            [
                Endpoint(NotifierAPI.listInAppNotifications) { _, request async throws(Problem) in
                    asked.add()
                    var page = ListInAppNotificationsResponse()
                    page.totalSize = 3
                    return page
                }
            ])
        let browser = Browser(bench, session: "good")
        for _ in 0..<3 {
            #expect(try await browser.get("/lists/onboarding_case").text.contains("data-notices>3<"))
        }
        #expect(asked.value == 1)
    }
}
