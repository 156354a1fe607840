import Testing

/// Only the queue writes the columns of a queue: what becomes of a row is said by its `Lease`, in one place
/// (`Shared/Work`).
@Suite struct QueueColumnTests {
    private static let columns = ["owner", "lease_until", "takings", "due_at"]

    /// Statements outside of the queue that set or compare one of its columns: `lease_until = …`, `owner IS NULL`.
    static func findings(in file: SourceFile) -> [Finding] {
        let folders = file.folders.prefix(2)
        guard ["Services", "Shared"].contains(folders.first), folders != ["Shared", "Work"] else { return [] }
        let code = Repository.code(of: file)
        return file.lines.enumerated().compactMap { index, line in
            // What literals hold is blanked in the code: a name that is still there is one of Swift.
            guard let column = columns.first(where: { writes($0, line) && !writes($0, code[index]) }) else {
                return nil
            }
            return Finding(file.path, line: index + 1, "\(column) is the queue's own: say it by the Lease of the row")
        }
    }

    /// Whether the name stands in the line by itself with a comparison or an assignment behind it.
    private static func writes(_ column: String, _ line: some StringProtocol) -> Bool {
        let words = line.split { $0 == " " || $0 == "," || $0 == "(" || $0 == ")" || $0 == "\"" }
        return zip(words, words.dropFirst()).contains { word, next in
            let name = word.split(separator: ".").last ?? word
            return name == column && ["=", "<", ">", "<=", ">=", "<>", "IS"].contains(next)
        }
    }

    @Test func nobodyElseWritesThem() {
        let findings = Repository.swift.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test(
        arguments: [
            (#"tx.send("UPDATE a.b SET owner = NULL, lease_until = NULL WHERE id = \(id)")"#, 1),
            (#"tx.send("SELECT 1 FROM a.b WHERE b.owner IS NULL")"#, 1),
            ("tx.send(\n    \"\"\"\n    UPDATE a.b SET c = 1, \\\n    due_at = now()\n    \"\"\")", 1),
            (#"tx.send("UPDATE a.b SET c = 1 WHERE \(lease.held)", expecting: 1)"#, 0),
            ("let owner = queue.owner", 0), (#"tx.send("SELECT owner FROM a.b")"#, 0),
        ])
    func theCheckCatches(source: String, count: Int) {
        #expect(Self.findings(in: SourceFile(path: "Services/A/a.swift", text: source)).count == count)
        let queue = ["Shared", "Work", "a.swift"].joined(separator: "/")
        #expect(Self.findings(in: SourceFile(path: queue, text: source)).isEmpty)
    }
}
