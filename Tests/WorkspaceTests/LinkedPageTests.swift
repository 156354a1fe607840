import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// What leads on from one page to the next on the way from signed to renewed.
@Suite struct LinkedPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ab"

    private func person(_ roles: String...) -> Person {
        var ann = SignedIn.ann()
        ann.roles = roles
        return Person(ann)
    }

    /// An account leads to its people, for whoever may invite them.
    @Test func anAccountLeadsToWhomOneMayInvite() {
        let links = RecordAction.links(of: CustomerAccount.schema.table, Self.id, for: person("admin"))
        #expect(links.map(\.href) == ["/people?account=\(Self.id)"])
        let others = [person("sn_acct_lc.touchpoint_read"), nil]
        #expect(others.allSatisfy { RecordAction.links(of: CustomerAccount.schema.table, Self.id, for: $0).isEmpty })
    }

    /// A link names the account by its id; whoever types names it as people call it.
    @Test func peopleAreThoseOfTheAccountThatTheAddressNames() async throws {
        let said = Said()
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = ["admin"]
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.listInvitees) { _, request in
                    said.add("of \(request.account)")
                    return ListInviteesResponse()
                }
            ])
        let browser = Browser(bench, session: "good")
        #expect(try await browser.get("/people?account=\(Self.id)").status == 200)
        #expect(try await browser.get("/people?account=\(Self.id)&account-text=").status == 200)
        #expect(said.texts == ["of \(Self.id)", "of "])
    }

    /// A case that is open leads to the form of a task of it.
    @Test(arguments: [true, false]) func aCaseLeadsToANewTask(isOpen: Bool) async throws {
        let bench = try Bench(agreeing: Said())
        var ann = SignedIn.ann()
        ann.roles = ["admin"]
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingCasePage) { _, _ in
                    var (page, record) = (OnboardingCasePage(), OnboardingCase())
                    (record.id, record.number, record.active) = (Self.id, "ALEONB0001001", isOpen)
                    page.onboardingCase = record
                    return page
                }
            ])
        let page = try await Browser(bench, session: "good").get("/cases/\(Self.id)")
        #expect(page.status == 200)
        #expect(page.text.contains("href=\"/records/lifecycle_task/new?parent=\(Self.id)\"") == isOpen)
    }
}
