import ImportValidationWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// Where a published value comes from is told in names: ids say nothing to whoever asks.
@Suite struct LineagePageTests {
    private static let old = "018f0000-0000-7000-8000-0000000000a1"
    private static let new = "018f0000-0000-7000-8000-0000000000a2"
    private static let person = "018f0000-0000-7000-8000-0000000000be"

    @Test func whatIsNamedIsShownByItsName() async throws {
        let bench = try Bench()
        let accounts = Endpoint(OnboardingAPI.listCustomerAccounts) { _, _ in
            var answer = ListCustomerAccountsResponse()
            answer.customerAccounts = [(Self.old, "Nordlicht Reisen"), (Self.new, "Ernst Handel")].map {
                var account = CustomerAccount()
                (account.id, account.name) = $0
                return account
            }
            return answer
        }
        let users = Endpoint(OnboardingAPI.listUsers) { _, _ in
            var (answer, user) = (ListUsersResponse(), User())
            (user.id, user.name) = (Self.person, "Ben Berg")
            answer.users = [user]
            return answer
        }
        try await bench.answer("onboarding", StandIn.sessions() + [accounts, users])
        let lineage = Endpoint(ImportValidationAPI.getLineage) { _, request in
            var answer = GetLineageResponse()
            answer.entries = [("account", Self.old, Self.new), ("name", "Graz", "Graz 2")].map { field, before, after in
                var entry = LineageEntry()
                (entry.field, entry.before, entry.after, entry.publishedBy) = (field, before, after, Self.person)
                return entry
            }
            return answer
        }
        try await bench.answer("import-validation", [lineage])
        let page = try await Browser(bench, session: "good").get("/imports/\(Self.old)/lineage?table=location&record=x")
        let content = page.text.split(separator: "<tbody>").last.map(String.init) ?? ""
        for text in ["Nordlicht Reisen", "Ernst Handel", "Graz 2", "Ben Berg"] {
            #expect(content.contains(text), "\(text)")
        }
        for id in [Self.old, Self.new, Self.person] { #expect(!content.contains(id)) }
    }
}
