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
        let scope = Scope.domain(try #require(DomainPath(path)))
        for other in Self.paths.compactMap(DomainPath.init) {
            #expect(inRange(scope, other) == scope.domain.contains(other), "\(path) and \(other)")
            #expect(scope.sees(other, .data) == scope.domain.contains(other))
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
            let scope = Scope.domain(try #require(randomPath()))
            let row = try #require(randomPath())
            #expect(inRange(scope, row) == scope.sees(row, .data), "\(scope.domain) and \(row)")
            #expect(row.ancestors.contains(scope.domain) == scope.sees(row, .data))
            #expect(scope.domain.ancestors.contains(row) == scope.sees(row, .definition))
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
