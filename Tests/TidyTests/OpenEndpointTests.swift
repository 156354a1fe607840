import Testing

/// What works without a token is in one place, where it is named and bounded: no other file opens an endpoint.
@Suite struct OpenEndpointTests {
    private static let place = "Services/Onboarding/SignIn/WithoutToken.swift"

    static func findings(in file: SourceFile) -> [Finding] {
        guard file.path != place, file.folders.first == "Services" || file.folders.first == "Shared" else { return [] }
        return Repository.code(of: file).enumerated().filter { $0.element.contains("access: .anonymous") }
            .map { Finding(file.path, line: $0.offset + 1, "opens an endpoint, which only \(place) may") }
    }

    @Test func oneFileOpensEndpoints() {
        let findings = Repository.swift.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
        #expect(Repository.text(Self.place)?.contains("access: .anonymous") == true)
    }

    @Test func theCheckCatches() {
        let text = "let a = 1\nEndpoint(method, access: .anonymous) { _, _ in }\n"
        let opened = Self.findings(in: SourceFile(path: "Services/Notifier/Notifier.swift", text: text))
        #expect(opened.map(\.line) == [2])
        #expect(Self.findings(in: SourceFile(path: Self.place, text: text)).isEmpty)
        #expect(Self.findings(in: SourceFile(path: "Tests/RPCTests/ServiceTests.swift", text: text)).isEmpty)
    }
}
