import RPC
import Records
import Roles
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Who asked for a run is kept whole, with all accounts (G-126).
@Suite struct RequesterTests {
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
        let person = Caller(subject: "ann", kind: .person, domain: .root, roles: ["admin"])
        for caller in [person, try Self.customer(1), try Self.customer(2)] {
            #expect(try Requester.caller(Requester(caller, language: caller.locale).text()) == caller)
        }
    }

    /// Runs that an earlier version queued name one account.
    @Test func whatAnEarlierVersionKeptIsUnderstood() throws {
        let caller = try Self.customer(1)
        let stored = """
            {"subject": "carol", "kind": "customer", "domain": "/provider/d1/", "locale": "ko",
             "roles": ["sn_customerservice.customer"], "account": "\(caller.account ?? "")",
             "contact": "\(caller.contact ?? "")"}
            """
        #expect(try Requester.caller(stored) == caller)
    }

    /// A task is its contact's at the account of that contact alone.
    @Test func aContactIsOneOfAnAccount() throws {
        let caller = try Self.customer(2)
        let contact = caller.memberships[0].contact
        #expect(caller.isContact(contact, of: caller.memberships[0].account))
        #expect(!caller.isContact(contact, of: caller.memberships[1].account))
        #expect(!caller.isContact(nil, of: caller.memberships[1].account))
        #expect(!caller.isContact(contact, of: nil))
    }
}
