import Foundation
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
            try await expect(.notFound, request, as: otherDomain(), "from another domain")
            try await expect(.notFound, request, as: otherCustomer(), "as a customer of another account")
            let nobody = Caller(
                subject: RecordID.derived(from: "nobody"), kind: .person, domain: JourneyWorld.provider, roles: [])
            try await expect(.permissionDenied, request, as: .token(try world.token(nobody)), "without the role")
        }
    }

    private func expect(
        _ code: Problem.Code, _ request: GetRequest, as credential: Credential, _ who: String
    ) async throws {
        let problem = try await world.refusal(CustomerSuccessAPI.getEngagement, request, as: credential)
        try expect(problem.code == code, "\(who): \(problem.code.name) instead of \(code.name)")
    }

    private func otherDomain() throws -> Credential {
        let domain = JourneyWorld.provider.child("elsewhere") ?? .root
        let caller = Caller(
            subject: RecordID.derived(from: "elsewhere"), kind: .person, domain: domain,
            roles: RoleCatalog.close(Persona.successManager.roles))
        return .token(try world.token(caller))
    }

    private func otherCustomer() throws -> Credential {
        let domain = JourneyWorld.provider.child("elsewhere") ?? .root
        let caller = Caller(
            subject: RecordID.derived(from: "other customer"), kind: .customer, domain: domain,
            roles: RoleCatalog.close(["sn_acct_lc.ale_success_customer"]),
            account: RecordID.derived(from: "other account"), contact: RecordID.derived(from: "other contact"))
        return .token(try world.token(caller))
    }
}
