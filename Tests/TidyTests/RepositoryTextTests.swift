import Testing

/// The repository speaks of the project alone: not of the machine it was written on, not of how it came about.
@Suite struct RepositoryTextTests {
    /// In parts, so that this file does not find itself. Lower case.
    static let forbidden: [(text: String, why: String)] = [
        ("/wo" + "rk/", "a path of one machine"),
        ("/ro" + "ot/", "a path of one machine"),
        ("py" + "pi.org", "the host of a registry"),
        ("pythonho" + "sted.org", "the host of a registry"),
        ("deb.deb" + "ian.org", "the host of a registry"),
        ("docker" + ".io/", "the host of a registry"),
        ("gh" + "cr.io", "the host of a registry"),
        ("npm" + "js.org", "the host of a registry"),
        ("crat" + "es.io", "the host of a registry"),
        ("this " + "session", "how the work came about"),
        ("previous " + "session", "how the work came about"),
        ("next " + "session", "how the work came about"),
        ("sub" + "agent", "how the work came about"),
        ("language " + "model", "how the work came about"),
        ("iss" + "ue #", "a number that only a tracker knows"),
    ]

    static func findings(in file: SourceFile) -> [Finding] {
        let text = file.text.lowercased()
        return forbidden.filter { text.contains($0.text) }.flatMap { entry in
            text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
                .filter { $0.element.contains(entry.text) }
                .map { Finding(file.path, line: $0.offset + 1, "names \(entry.why): \(entry.text)") }
        }
    }

    @Test func theRepositorySpeaksOfTheProjectAlone() {
        let findings = Repository.files.filter { !$0.path.hasPrefix("Shared/CProto/") }.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        let text = "See \(Self.forbidden[0].text.uppercased())main\nfine\n"
        #expect(Self.findings(in: SourceFile(path: "a.md", text: text)).map(\.line) == [1])
    }
}
