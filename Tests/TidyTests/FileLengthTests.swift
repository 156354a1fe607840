import Testing

/// A file that needs more is two things.
@Suite struct FileLengthTests {
    static let limit = 400

    static func findings(in files: [SourceFile]) -> [Finding] {
        files.filter { $0.lines.count > limit }
            .map { Finding($0.path, "\($0.lines.count) lines; the limit is \(limit)") }
    }

    @Test func noFileIsTooLong() {
        let code = Repository.files.filter { file in
            !file.isGenerated && ["swift", "c", "h", "sh", "py", "sql"].contains { file.path.hasSuffix("." + $0) }
        }
        let findings = Self.findings(in: code)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        let line = "let a = 1\n"
        #expect(Self.findings(in: [SourceFile(path: "a.swift", text: String(repeating: line, count: 400))]).isEmpty)
        #expect(Self.findings(in: [SourceFile(path: "a.swift", text: String(repeating: line, count: 401))]).count == 1)
    }
}
