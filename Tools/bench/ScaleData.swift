import Foundation
import JourneyKit
import RPC
import Roles
import Tenancy

/// A stack filled by `scale.sql`, with the people and records that the figures at scale speak of.
struct ScaleData: Sendable {
    let stack: BenchStack
    /// Customers in it; each has 100 engagements and 1,000 touchpoints.
    let domains: Int

    var engagements: Int { domains * 100 }
    var touchpoints: Int { domains * 1_000 }

    /// Lets `body` measure on a stack of its own that is filled.
    static func using(domains: Int, _ body: @Sendable (ScaleData) async throws -> Void) async throws {
        try await BenchStack.using("scale-\(domains)") { stack in
            try await stack.psql(["-v", "domains=\(domains)", "-f", "\(BenchStack.root)/Tools/bench/scale.sql"])
            try await body(ScaleData(stack: stack, domains: domains))
        }
    }

    /// Ids of some touchpoints, spread over all of them.
    func touchpointIDs(_ count: Int) async throws -> [String] {
        try await ids("touchpoint", numbered: "BENCHTCH", count, of: touchpoints)
    }

    /// Ids of some engagements, spread over all of them. Only open ones: nothing new begins under one that has ended (G-128).
    func openEngagementIDs(_ count: Int) async throws -> [String] {
        try await ids("engagement", numbered: "BENCHENG", count, of: engagements, where: "active")
    }

    private func ids(
        _ table: String, numbered prefix: String, _ count: Int, of all: Int, where condition: String = "true"
    ) async throws -> [String] {
        let numbers = stride(from: 0, to: all, by: max(1, all / count)).map { "'\(prefix)\($0)'" }
        return try await stack.psql([
            "-Atc",
            """
            SELECT id FROM customer_success.\(table) WHERE number IN (\(numbers.joined(separator: ","))) \
            AND \(condition) ORDER BY md5(id::text)
            """,
        ]).split(separator: "\n").map(String.init)
    }

    /// Success managers of the provider, who see every customer.
    func managers(_ count: Int) async throws -> [Credential] {
        let output = try await stack.psql([
            "-Atc", "SELECT id FROM customer_success.\"user\" ORDER BY md5(id::text) LIMIT \(count)",
        ])
        return try output.split(separator: "\n").map { .token(try token(String($0), JourneyWorld.provider)) }
    }

    /// A token of somebody with the role of a success manager within `domain`.
    func token(_ subject: String, _ domain: DomainPath) throws -> String {
        let caller = Caller(
            subject: subject, kind: .person, domain: domain, roles: RoleCatalog.close(Persona.successManager.roles))
        return try stack.issuer.token(for: caller, lifetimeSeconds: 3_600)
    }

    /// The domain of a customer.
    func customer(_ number: Int) throws -> DomainPath {
        let digits = String(number)
        let name = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        guard let domain = DomainPath("/provider/c\(name)/") else { throw JourneyFailure("no domain \(name)") }
        return domain
    }
}
