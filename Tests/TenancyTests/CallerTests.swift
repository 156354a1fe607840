import Tenancy
import Testing

@Suite struct CallerTests {
    /// A task is its contact's at the account of that contact alone.
    @Test func aContactIsOneOfAnAccount() throws {
        let memberships = try ["1", "2"].map { number in
            Membership(
                account: "a\(number)", domain: try #require(DomainPath("/provider/d\(number)/")),
                contact: number == "1" ? "c1" : nil)
        }
        let caller = try #require(Caller(subject: "carol", roles: [], memberships: memberships))
        #expect(caller.isContact("c1", of: "a1"))
        #expect(!caller.isContact("c1", of: "a2"))
        #expect(!caller.isContact(nil, of: "a2"))
        #expect(!caller.isContact("c1", of: nil))
    }
}
