import RPC
import Records
import Roles
import Tenancy
import Testing
import Wire

@testable import Work

/// Who asked for work is kept whole, with all accounts (G-126).
@Suite struct KeptCallerTests {
    private static func customer(_ count: Int) throws -> Caller {
        let memberships = try (1...count).map { number in
            Membership(
                account: RecordID.derived(from: "a\(number)"),
                domain: try #require(DomainPath("/provider/d\(number)/")),
                contact: number == 1 ? RecordID.derived(from: "c\(number)") : nil)
        }
        return try #require(
            Caller(subject: "carol", roles: ["sn_customerservice.customer"], memberships: memberships, locale: "ko"))
    }

    @Test func everybodyIsKeptWhole() throws {
        let person = Caller(subject: "ann", kind: .person, domain: .root, roles: ["admin", "b"])
        var trusted = person
        trusted.rolesTrustedUntil = 1_800_000_000
        for caller in [person, trusted, try Self.customer(1), try Self.customer(2)] {
            #expect(try KeptCaller(text: KeptCaller(caller).text()).caller == caller)
        }
        // Told in another language than the token's.
        #expect(try KeptCaller(text: KeptCaller(person, language: "ko").text()).caller.locale == "ko")
    }

    /// Runs that an earlier version queued name one account.
    @Test func oneAccountIsUnderstood() throws {
        let caller = try Self.customer(1)
        let stored = """
            {"subject": "carol", "kind": "customer", "domain": "/provider/d1/", "locale": "ko",
             "roles": ["sn_customerservice.customer"], "account": "\(caller.account ?? "")",
             "contact": "\(caller.contact ?? "")"}
            """
        #expect(try KeptCaller(text: stored).caller == caller)
    }

    /// The end of the trust in roles was once a text, and is a number.
    @Test(arguments: ["1800000000", "\"1800000000\""])
    func theEndOfTrustIsUnderstood(_ end: String) throws {
        let stored = """
            {"domain": "/", "kind": "person", "locale": "en", "roles": ["a"], "rolesTrustedUntil": \(end), "subject": "ann"}
            """
        #expect(try KeptCaller(text: stored).caller.rolesTrustedUntil == 1_800_000_000)
    }

    @Test(arguments: ["", "null", "{}", #"{"subject": "a", "kind": "x", "domain": "/", "locale": "en", "roles": []}"#])
    func whatIsNoCallerIsSaidToBeNone(_ text: String) throws {
        #expect(throws: Problem.self) { try KeptCaller(text: text) }
    }
}
