import CustomerSuccessWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// A list of any table is narrowed by any field that its reader may read, and its address says how.
@Suite struct ListFilterTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"

    /// A list that notes its filter.
    private func browser<Answer: Message>(
        _ service: String, _ list: Wire.Method<ListRequest, Answer>, _ said: Said, _ more: [Endpoint] = [],
        language: Language = .en
    ) async throws -> Browser where Answer: Sendable {
        let bench = try Bench(agreeing: Said())
        var admin = SignedIn.ann()
        (admin.roles, admin.language) = (["admin"], language.rawValue)
        try await bench.answer("onboarding", StandIn.sessions(admin))
        let listing = Endpoint(list) { _, request async throws(Problem) in
            said.add(request.filter)
            return Answer()
        }
        try await bench.answer(service, [listing] + more)
        return Browser(bench, session: "good")
    }

    /// What has no menu is an id, a revision, worked out by its service, or no single thing.
    @Test func everyFieldNarrows() {
        let computed = ["id", "etag", "days_remaining", "health_score", "role_missing"]
        for schema in Dictionaries.all {
            guard let table = ListedTable.named(schema.table) else { continue }
            for field in schema.fields where table.control(field.name, for: false) == nil {
                #expect(
                    computed.contains(field.name) || [.journal, .attachment].contains(field.type),
                    "\(schema.table).\(field.name)")
            }
        }
    }

    @Test func anyOtherFieldIsChosenAndItsMenuOpens() async throws {
        let said = Said()
        let browser = try await browser("onboarding", OnboardingAPI.listLocations, said)
        let page = try await browser.get("/lists/location?account=none")
        #expect(page.text.contains("More filters") && page.text.contains("<option value=\"city\">City</option>"))
        #expect(!page.text.contains("name=\"city\""))
        let opened = try await browser.get("/lists/location?account=none&by=city")
        #expect(opened.text.contains("<details class=\"menu\" open><summary class=\"button\" autofocus>City</summary>"))
        #expect(opened.text.contains("name=\"city\"") && !opened.text.contains("<option value=\"city\">"))
        // What was opened is no part of the list: nothing takes it along, and no view keeps it.
        #expect(!opened.text.contains("name=\"by\" value") && !opened.text.contains("?account=none&amp;by=city&amp;"))
        let narrowed = try await browser.get("/lists/location?city=Ulm&city=a%22b&by=")
        #expect(narrowed.text.contains("City contains Ulm or a&quot;b") && narrowed.text.contains("name=\"city\""))
        #expect(
            said.texts == [
                "NOT account:*", "NOT account:*", "(city : \"Ulm\" OR city : \"a\\\"b\")",
            ])
        let read = try await browser.get("/lists/location?etag=7&id=\(Self.id)&work_notes=x")
        #expect(read.status == 200 && said.texts.last?.isEmpty == true)
    }

    @Test func numbersAndDaysHaveBounds() async throws {
        let said = Said()
        let browser = try await browser("customer-success", CustomerSuccessAPI.listOpportunities, said)
        let page = try await browser.get(
            "/lists/opportunity?value-from=10&value-to=20.50&probability=none&probability-to=7&expected_date-from=2026-01-01"
        )
        for part in [
            "value >= \"10\" AND value <= \"20.50\"", "expected_date >= \"2026-01-01\"",
            "(NOT probability:* OR probability <= \"7\")",
        ] { #expect(said.texts.first?.contains(part) == true, "\(said.texts)") }
        for text in ["is from 10 to 20.50", "is empty or up to 7", "is from 1 Jan 2026"] {
            #expect(page.text.contains(text), "\(text)")
        }
        #expect(page.text.contains("name=\"value-from\" type=\"text\" value=\"10\""))
        // What is no bound narrows nothing.
        _ = try await browser.get("/lists/opportunity?value-from=ten&probability-to=1.5&expected_date-to=today")
        #expect(said.texts.last?.isEmpty == true)
    }

    @Test func peopleAndRecordsOfSeveralTablesAreLookedUp() async throws {
        let said = Said()
        let engagements = Endpoint(CustomerSuccessAPI.listEngagements) { _, _ in
            var (page, one) = (ListEngagementsResponse(), Engagement())
            (one.id, one.title) = (Self.id, "Rollout")
            page.engagements = [one]
            return page
        }
        let browser = try await browser("customer-success", CustomerSuccessAPI.listRiskSignals, said, [engagements])
        let ann = SignedIn.ann().user
        let page = try await browser.get(
            "/lists/risk_signal?source_record=engagement:\(Self.id)&created_by=me&watch_list=me&squad=none")
        for part in [
            "source_record = \"\(Self.id)\"", "created_by = \"\(ann)\"", "watch_list : me()", "NOT squad:*",
        ] { #expect(said.texts.first?.contains(part) == true, "\(said.texts)") }
        #expect(page.text.contains("is Rollout") && page.text.contains("Created by is me"))
        // Without a script a record is named, and its table is found with it.
        let named = try await browser.get("/lists/risk_signal?source_record=&source_record-text=Rollout")
        #expect(
            named.location == "/lists/risk_signal?source_record=engagement%3A\(Self.id)", "\(named.location)")
    }

    /// In which language somebody reads is not in which language the page is.
    @Test func aFieldThatIsCalledAsThePageIsHasAnotherName() async throws {
        let said = Said()
        let browser = try await browser("onboarding", OnboardingAPI.listUsers, said)
        let page = try await browser.get("/lists/user?language-is=ko")
        #expect(said.texts == ["language = \"ko\""] && page.text.contains("lang=\"en\""))
        #expect(page.text.contains("name=\"language-is\" value=\"ko\" checked"))
        let korean = try await browser.get("/lists/user?language=ko")
        #expect(said.texts.last?.isEmpty == true && korean.text.contains("필터 더 보기"))
    }
}
