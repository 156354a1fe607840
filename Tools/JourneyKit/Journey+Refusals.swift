import CustomerSuccessWire
import Foundation
import OnboardingWire
import RPC
import Records
import Roles
import Tenancy
import Wire

extension Journey {
    /// Everybody who may not gets the right refusal, and nobody learns what is none of their business.
    public func beRefused() async throws {
        try await step("Strangers, customers and forgers are refused") {
            var request = GetRequest()
            request.id = engagement.id
            try await expect(.unauthenticated, request, as: .anonymous, "without a token")
            try await expect(.unauthenticated, request, as: .token("forged.token.here"), "with a forged token")
            let expired = try world.token(
                world.caller(.successManager, id: users[.successManager] ?? ""), lifetimeSeconds: -3_600)
            try await expect(.unauthenticated, request, as: .token(expired), "with an expired token")
            let stranger = world.caller(.successManager, id: RecordID.derived(from: "stranger"))
            try await expect(.unauthenticated, request, as: .token(try world.token(stranger)), "whom nobody knows")
            try await expect(.notFound, request, as: otherCustomer(), "as a customer of another account")
            let nobody = try await world.person(named: "Nora Nobody", "nobody@provider.example", [])
            // The token says more than was granted.
            let greedy = world.caller(.successManager, id: nobody.id)
            try await expect(.permissionDenied, request, as: .token(try world.token(greedy)), "without the grant")
        }
    }

    private func expect(
        _ code: Problem.Code, _ request: GetRequest, as credential: Credential, _ who: String
    ) async throws {
        let problem = try await world.refusal(CustomerSuccessAPI.getEngagement, request, as: credential)
        try expect(problem.code == code, "\(who): \(problem.code.name) instead of \(code.name)")
    }

    /// Somebody of another account, in the domain of that account.
    private func otherCustomer() async throws -> Credential {
        let agent = try credential(.agent)
        let address = "otto@other.example"
        // Found by its person: there may be more accounts of one name.
        var search = ListRequest()
        search.filter = "email = \"\(address)\""
        let known = try await world.call(OnboardingAPI.listUsers, search, as: .token(world.administrator)).users.first
        let other: CustomerAccount
        if let account = known?.account {
            var request = GetRequest()
            request.id = account
            other = try await world.call(OnboardingAPI.getCustomerAccount, request, as: agent)
        } else {
            var request = CreateCustomerAccountRequest()
            var account = CustomerAccount()
            account.name = "Another customer"
            request.customerAccount = account
            other = try await world.call(OnboardingAPI.createCustomerAccount, request, as: agent)
        }
        let role = "sn_acct_lc.ale_success_customer"
        let person = try await world.person(named: "Otto Other", address, [role], of: other.id)
        let caller = Caller(
            subject: person.id, kind: .customer, domain: DomainPath(other.domain) ?? .root,
            roles: RoleCatalog.close([role]), account: other.id)
        return .token(try world.token(caller))
    }
}
