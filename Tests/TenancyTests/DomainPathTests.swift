import Tenancy
import Testing

@Suite struct DomainPathTests {
    @Test(arguments: [
        "/", "/provider/", "/provider/d0000001/", "/a/b-c/0/", "/-/", "/\(String(repeating: "x", count: 32))/",
    ])
    func accepts(_ path: String) throws {
        let domain = try #require(DomainPath(path))
        #expect(domain.path == path)
        #expect(domain.description == path)
    }

    @Test(arguments: [
        "", "provider", "/provider", "provider/", "//", "/a//b/", "/A/", "/a b/", "/a_b/", "/a.b/", "/é/", "/a/\n",
        "/*/",
        "/>/", "/'/", "/\"/", "/\\/", "/\(String(repeating: "x", count: 33))/", "/a\u{0}/",
        "/" + String(repeating: "a/", count: 17),
    ])
    func refuses(_ path: String) {
        #expect(DomainPath(path) == nil)
    }

    @Test func deepestPathIsAccepted() {
        #expect(DomainPath("/" + String(repeating: "a/", count: DomainPath.maximumDepth)) != nil)
    }

    @Test(arguments: [
        ("/", "/", true), ("/", "/provider/", true), ("/provider/", "/provider/d1/", true), ("/provider/", "/", false),
        ("/provider/", "/provider/", true), ("/provider/", "/provider2/", false), ("/provider/", "/provide/", false),
        ("/provider/d1/", "/provider/d10/", false), ("/provider/d1/", "/provider/d1/x/", true),
        ("/provider/d1/", "/provider/", false), ("/a/", "/a-b/", false),
    ])
    func containment(_ outer: String, _ inner: String, _ expected: Bool) throws {
        let outer = try #require(DomainPath(outer))
        let inner = try #require(DomainPath(inner))
        #expect(outer.contains(inner) == expected)
        #expect(inner.ancestors.contains(outer) == expected)
    }

    @Test func family() throws {
        let account = try #require(DomainPath("/provider/d0000001/"))
        #expect(account.ancestors.map(\.path) == ["/", "/provider/", "/provider/d0000001/"])
        #expect(account.parent?.path == "/provider/")
        #expect(account.parent?.parent == .root)
        #expect(DomainPath.root.parent == nil)
        #expect(DomainPath.root.ancestors == [.root])
        #expect(account.parent?.child("d0000001") == account)
        #expect(account.child("Bad") == nil)
        #expect(account.child("") == nil)
        #expect(account.child("a/b") == nil)
        #expect(DomainPath.root.child("provider")?.path == "/provider/")
    }

    @Test func aTreeTooDeepHasNoChild() throws {
        let deepest = try #require(DomainPath("/" + String(repeating: "a/", count: DomainPath.maximumDepth)))
        #expect(deepest.child("a") == nil)
    }

    @Test(arguments: [("/", "_"), ("/provider/", "provider"), ("/provider/d-1/", "provider_d-1")])
    func subjectToken(_ path: String, _ token: String) throws {
        #expect(try #require(DomainPath(path)).subjectToken == token)
    }

    @Test func orderIsByteOrder() throws {
        let paths = ["/", "/a-b/", "/a/", "/a/b/", "/a0/", "/b/"]
        #expect(paths.reversed().compactMap(DomainPath.init).sorted().map(\.path) == paths)
    }
}
