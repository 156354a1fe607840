import Testing

/// Nothing is left for later in the code: what is open is written down where work is planned.
@Suite struct LeftoverTests {
    /// In parts, so that this file does not find itself.
    static let marks = ["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]

    static func findings(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: { !$0.isLetter })
            guard let mark = marks.first(where: { mark in words.contains { $0 == mark } }) else { return nil }
            return Finding(file.path, line: index + 1, "says \(mark)")
        }
    }

    @Test func nothingIsLeftForLater() {
        let findings = Repository.files.filter { !$0.isGenerated && !$0.path.hasSuffix(".tsv") }.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        func lines(_ text: String) -> [Int?] {
            Self.findings(in: SourceFile(path: "a.swift", text: text)).map(\.line)
        }
        #expect(lines("let a = 1\n// \(Self.marks[0]): b\n") == [2])
        #expect(lines("let \(Self.marks[0])S = 1\n").isEmpty)
    }
}
