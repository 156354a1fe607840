import Foundation
import JWTKit
import RPC
import ServiceTestKit
import Tenancy
import Testing

@testable import Identity

/// Tokens of customers with accounts and domains (G-126), by whoever mints them.
@Suite struct CustomerTokenTests {
    /// The verifier's answer: nil when it accepts.
    private func refusal(_ verifier: Verifier, _ token: String?) async -> Problem? {
        do {
            _ = try await verifier.authenticate(token)
            return nil
        } catch { return error }
    }

    /// G-126: a list of accounts, each with its domain and the contact the person is there.
    @Test func aCustomerOfSeveralAccounts() async throws {
        let fixture = try await IdentityFixture()
        let caller = try IdentityFixture.customerOfTwo()
        let token = try fixture.issuer.token(for: caller, lifetimeSeconds: 60)
        #expect(try await fixture.verifier.authenticate(token) == caller)
        let delegated = try await fixture.verifier.authenticate(fixture.issuer.delegatedToken(for: caller, by: "x"))
        #expect(delegated.memberships == caller.memberships && delegated.actor == "service:x")
        // Another issuer may leave out the domain, or name that of any of the accounts.
        var claims = fixture.claims()
        claims["roles"] = ["sn_customerservice.customer"]
        claims["accounts"] = IdentityFixture.twoAccounts
        for domain in [nil, "/provider/d0000001/", "/provider/d0000002/"] {
            claims["domain"] = domain
            let found = try await fixture.verifier.authenticate(try await fixture.es256Token(claims))
            #expect(found.memberships == caller.memberships && found.domain.path == "/provider/d0000001/")
        }
        // One of a list is one.
        claims["accounts"] = [IdentityFixture.twoAccounts[0]]
        claims["domain"] = nil
        let one = try await fixture.verifier.authenticate(try await fixture.es256Token(claims))
        #expect(one.memberships == [caller.memberships[0]])
        // As many as there may be still fit into a token.
        let many = try (1...Membership.limit).map { number in
            Membership(
                account: uuid(number), domain: try #require(DomainPath("/provider/d\(1_000_000 + number)/")),
                contact: uuid(number))
        }
        let crowd = try #require(Caller(subject: IdentityFixture.ann, roles: [], memberships: many))
        let long = try fixture.issuer.token(for: crowd, lifetimeSeconds: 60)
        #expect(try await fixture.verifier.authenticate(long) == crowd)
    }

    private func uuid(_ number: Int) -> String { "0c6f2c1e-0000-4000-8000-0000000000\(10 + number)" }

    @Test func listsOfAccountsThatAreWrong() async throws {
        let fixture = try await IdentityFixture()
        let first: [String: Any] = IdentityFixture.twoAccounts[0]
        let second: [String: Any] = IdentityFixture.twoAccounts[1]
        func with(_ change: [String: Any]) -> [Any] { [first, second.merging(change) { $1 }] }
        let wrong: [(String, [String: Any])] = [
            ("one account twice", ["accounts": with(["account": IdentityFixture.account])]),
            ("two accounts of one domain", ["accounts": with(["domain": "/provider/d0000001/"])]),
            ("the provider's domain", ["accounts": with(["domain": "/provider/"])]),
            ("the root", ["accounts": with(["domain": "/"])]), ("no path", ["accounts": with(["domain": "x"])]),
            ("no domain", ["accounts": [first, ["account": second["account"] ?? ""]]]),
            ("no account", ["accounts": [first, ["domain": "/provider/d0000002/"]]]),
            ("no id", ["accounts": with(["account": "*"])]), ("no contact's id", ["accounts": with(["contact": "x"])]),
            ("no list", ["accounts": "x"]), ("no accounts", ["accounts": [] as [Any]]),
            ("a domain of none", ["domain": "/provider/d0000003/"]), ("the domain above", ["domain": "/provider/"]),
            ("an account beside them", ["account": IdentityFixture.account, "domain": "/provider/d0000001/"]),
            ("a contact beside them", ["contact": IdentityFixture.contact]),
            ("a provider's role", ["roles": ["sn_customerservice.customer", "sn_acct_lc.agent"]]),
            ("an administrator", ["roles": ["admin"]]), ("a service", ["sub": "service:x"]),
            (
                "too many",
                [
                    "accounts": (0...Membership.limit).map {
                        ["account": uuid($0), "domain": "/provider/d\(1_000_000 + $0)/"]
                    }
                ]
            ),
        ]
        for (what, change) in wrong {
            var claims = fixture.claims()
            claims["roles"] = ["sn_customerservice.customer"]
            claims["accounts"] = IdentityFixture.twoAccounts
            claims["domain"] = nil
            let token = try await fixture.es256Token(claims.merging(change) { $1 })
            #expect(await refusal(fixture.verifier, token)?.reason == "TOKEN_INVALID", "\(what)")
        }
    }

    /// What no service would admit is not minted either.
    @Test func whoCannotBeIsNotMinted() async throws {
        let fixture = try await IdentityFixture()
        let provider = try #require(DomainPath("/provider/"))
        let own = try #require(DomainPath("/provider/d0000001/"))
        func caller(
            _ kind: Caller.Kind, _ domain: DomainPath, _ role: String, account: String? = nil, contact: String? = nil
        ) -> Caller {
            Caller(
                subject: IdentityFixture.ann, kind: kind, domain: domain, roles: RoleSet.close([role]),
                account: account, contact: contact)
        }
        let external = "sn_acct_lc.ale_success_customer"
        let account = IdentityFixture.account
        for wrong in [
            caller(.customer, provider, external, account: account, contact: IdentityFixture.contact),
            caller(.customer, .root, external, account: account), caller(.customer, own, external),
            caller(.customer, own, "sn_acct_lc.agent", account: account), caller(.customer, own, "admin"),
            caller(.customer, own, external, account: "x"), caller(.person, own, external),
            caller(.person, provider, external), caller(.service, provider, "admin"),
        ] {
            #expect(Issuer.fault(of: wrong) != nil)
            #expect(throws: Problem.self) { try fixture.issuer.token(for: wrong, lifetimeSeconds: 60) }
        }
        #expect(Issuer.fault(of: caller(.customer, own, external, account: account)) == nil)
    }
}
