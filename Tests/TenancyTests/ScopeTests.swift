import Tenancy
import Testing

@Suite struct ScopeTests {
    static let paths = [
        "/", "/provider/", "/provider/d0000001/", "/provider/d0000001/x/", "/provider/d0000002/", "/provider-2/",
        "/provider0/",
        "/provide/", "/providerx/", "/a/", "/z/",
    ]

    /// What Postgres does with the bounds under `COLLATE "C"`.
    private func inRange(_ scope: Scope, _ row: DomainPath) -> Bool {
        let path = Array(row.path.utf8)
        return !path.lexicographicallyPrecedes(scope.lowerBound.utf8)
            && path.lexicographicallyPrecedes(scope.upperBound.utf8)
    }

    @Test(arguments: paths) func boundsAgreeWithContainment(_ path: String) throws {
        let domain = try #require(DomainPath(path))
        let scope = Scope.domain(domain)
        for other in Self.paths.compactMap(DomainPath.init) {
            #expect(inRange(scope, other) == domain.contains(other), "\(path) and \(other)")
            #expect(scope.sees(other, .data) == domain.contains(other))
            let listed = scope.ancestorArray.contains("\"\(other.path)\"")
            #expect(scope.sees(other, .definition) == listed, "\(path) and \(other)")
        }
    }

    @Test func boundsAgreeWithContainmentOnRandomPaths() throws {
        var random = SplitMix(state: 0x5EED)
        // Few letters make relatives and near misses likely; those at the edges of the alphabet matter most.
        let letters = Array("-09az")
        func randomPath() -> DomainPath? {
            let depth = Int.random(in: 0...4, using: &random)
            let segments = (0..<depth).map { _ in
                String(
                    (0..<Int.random(in: 1...2, using: &random)).map { _ in letters.randomElement(using: &random) ?? "a"
                    })
            }
            return DomainPath("/" + segments.map { $0 + "/" }.joined())
        }
        var related = 0
        for _ in 0..<20_000 {
            let domain = try #require(randomPath())
            let scope = Scope.domain(domain)
            let row = try #require(randomPath())
            #expect(inRange(scope, row) == scope.sees(row, .data), "\(domain) and \(row)")
            #expect(row.ancestors.contains(domain) == scope.sees(row, .data))
            #expect(domain.ancestors.contains(row) == scope.sees(row, .definition))
            related += scope.sees(row, .data) ? 1 : 0
        }
        #expect(related > 1_000, "the random paths must not all be strangers")
    }

    @Test func texts() throws {
        let provider = Scope.domain(try #require(DomainPath("/provider/")))
        #expect(provider.lowerBound == "/provider/")
        #expect(provider.upperBound == "/provider0")
        #expect(provider.ancestorArray == #"{"/","/provider/"}"#)
        let root = Scope.domain(.root)
        #expect(root.lowerBound == "/")
        #expect(root.upperBound == "0")
        #expect(root.ancestorArray == #"{"/"}"#)
    }

    /// What the policy of a table makes of a set: within the hull, and below one of the listed domains.
    @Test func aSetSeesWhatItsDomainsSee() throws {
        let paths = Self.paths.compactMap(DomainPath.init)
        for first in paths {
            for second in paths {
                let scope = Scope.domains([second, first, second])
                let parts = [Scope.domain(first), .domain(second)]
                #expect(scope == .domains([first, second]))
                #expect(scope.hasGaps == !(first.contains(second) || second.contains(first)))
                for row in paths {
                    let isSeen = parts.contains { $0.sees(row, .data) }
                    let listed = scope.domains.contains { row.path.hasPrefix($0.path) }
                    #expect(scope.sees(row, .data) == isSeen && (inRange(scope, row) && listed) == isSeen)
                    // A domain below another is a part of that one, and what is in between is seen as its data.
                    guard scope.hasGaps || first == second else { continue }
                    let isDefinition = parts.contains { $0.sees(row, .definition) }
                    #expect(scope.sees(row, .definition) == isDefinition)
                    #expect(scope.ancestorArray.contains("\"\(row.path)\"") == isDefinition)
                }
            }
        }
        let nothing = Scope.domains([])
        #expect(!paths.contains { nothing.sees($0, .data) || nothing.sees($0, .definition) })
        #expect(nothing.lowerBound.isEmpty && nothing.upperBound.isEmpty && nothing.ancestorArray == "{}")
    }

    /// A customer of several accounts is the same caller in whatever order they are named.
    @Test func aCustomerSeesTheDomainsOfAllAccounts() throws {
        let one = Membership(account: "a1", domain: try #require(DomainPath("/p/d1/")), contact: "c1")
        let two = Membership(account: "a2", domain: try #require(DomainPath("/p/d2/")))
        let caller = try #require(Caller(subject: "s", roles: [], memberships: [two, one]))
        #expect(caller == Caller(subject: "s", roles: [], memberships: [one, two]))
        #expect(caller.kind == .customer && caller.domain.path == "/p/d1/")
        #expect(caller.account == "a1" && caller.contact == "c1")
        #expect(caller.membership(of: "a2") == two && caller.membership(of: "a3") == nil)
        #expect(caller.membership(of: nil) == nil)
        #expect(caller.scope.accountArray == #"{"a1","a2"}"#)
        #expect(caller.scope.domainArray == #"{"/p/d1/","/p/d2/"}"#)
        #expect(caller.scope.lowerBound == "/p/d1/" && caller.scope.upperBound == "/p/d20")
        #expect(one.owns(account: "a1", in: one.domain) && !one.owns(account: "a2", in: one.domain))
        #expect(!one.owns(account: "a1", in: two.domain))
        let single = Caller(
            subject: "s", kind: .customer, domain: one.domain, roles: [], account: "a1", contact: "c1")
        #expect(single == Caller(subject: "s", roles: [], memberships: [one]))
        #expect(Caller(subject: "s", roles: [], memberships: []) == nil)
    }

    /// Nobody is a customer without an account, and nobody else has one.
    @Test func accountsAreOfCustomersAlone() throws {
        let domain = try #require(DomainPath("/p/d1/"))
        let stranger = Caller(subject: "s", kind: .customer, domain: domain, roles: [])
        #expect(!stranger.scope.sees(domain, .data) && !stranger.scope.sees(.root, .definition))
        #expect(stranger.scope.accountArray == "{}")
        let person = Caller(subject: "s", kind: .person, domain: domain, roles: [], account: "a", contact: "c")
        #expect(person.memberships.isEmpty && person.account == nil && person.contact == nil)
        #expect(person.scope == .domain(domain) && person.scope.accountArray.isEmpty)
    }

    @Test func callerScopeIsItsDomain() throws {
        let domain = try #require(DomainPath("/provider/d0000001/"))
        let caller = Caller(subject: "service:notifier", kind: .service, domain: domain, roles: ["admin"])
        #expect(caller.scope == .domain(domain))
        #expect(caller.has("admin"))
        #expect(!caller.has("Admin"))
        #expect(caller.locale == "en")
    }
}

/// A generator with a seed, so that a failure can be repeated.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
