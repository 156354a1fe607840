import Testing

/// What the compiler cannot check has its reason beside it: a comment on the same line, or on the lines just above.
@Suite struct UnsafetyTests {
    static func findings(in file: SourceFile) -> [Finding] {
        let original = file.lines
        let isTest = file.path.hasPrefix("Tests/")
        return Repository.code(of: file).enumerated().compactMap { index, line in
            guard let what = unsafety(of: line, isTest: isTest), !hasReason(original, index) else { return nil }
            return Finding(file.path, line: index + 1, "\(what) without its reason beside it")
        }
    }

    /// A forced unwrap in a test fails that test only, so it needs no reason there.
    private static func unsafety(of line: String, isTest: Bool) -> String? {
        let always = ["@unchecked Sendable", "nonisolated(unsafe)", "unsafeBitCast"]
        if let mark = always.first(where: line.contains) { return mark }
        guard !isTest else { return nil }
        for mark in ["try!", "as!"] where line.contains(mark) { return mark }
        return forcesUnwrap(line) ? "a forced unwrap" : nil
    }

    /// A `!` after a name, a bracket or a quote, not followed by `=`.
    private static func forcesUnwrap(_ line: String) -> Bool {
        let bytes = Array(line.utf8)
        return bytes.indices.dropFirst().contains { index in
            guard bytes[index] == UInt8(ascii: "!") else { return false }
            let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: " ")
            let previous = Character(Unicode.Scalar(bytes[index - 1]))
            let follows = previous.isLetter || previous.isNumber || "_)]}>\"`".contains(previous)
            return follows && next != UInt8(ascii: "=")
        }
    }

    private static func hasReason(_ lines: [Substring], _ index: Int) -> Bool {
        func holdsComment(_ line: Substring) -> Bool { line.contains("//") }
        guard index < lines.count else { return false }
        if holdsComment(lines[index]) { return true }
        // A statement may begin a line or two above; its comment stands over it.
        return lines[max(0, index - 3)..<index].contains { line in
            line.drop(while: { $0 == " " }).hasPrefix("//")
        }
    }

    @Test func whatIsUnsafeHasAReason() {
        let findings = Repository.swift.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test(
        arguments: [
            ("final class A: @unchecked Sendable {}", 1),
            ("// One thread owns it.\nfinal class A: @unchecked Sendable {}", 0),
            ("let a = try! f()", 1), ("let a = b!.c", 1), ("let a = f()!", 1), ("var a: Int!", 1),
            ("let a = b! // never nil: checked above", 0), ("if a != b, !c {}", 0), ("let a = \"b!\"", 0),
        ])
    func theCheckCatches(source: String, count: Int) {
        #expect(Self.findings(in: SourceFile(path: "Shared/A/a.swift", text: source)).count == count)
    }
}
