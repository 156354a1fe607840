import Testing

/// Pages show the records of other services through `Database.replica(_:_:as:)`, which knows who may read them: no
/// statement of a page names the table of a replica.
@Suite struct ReplicaReadingTests {
    /// The tables of the replicas that a service declares.
    static func replicas(in text: String, records: [ProtoRecord]) -> Set<String> {
        Set(
            text.split(separator: "Replica(", omittingEmptySubsequences: false).dropFirst().compactMap { declared in
                let type = declared.drop { $0.isWhitespace }.prefix { $0 != "." }
                return records.first { $0.name == type }?.table
            })
    }

    static func findings(in page: SourceFile, schema: String, replicas: Set<String>) -> [Finding] {
        page.lines.enumerated().flatMap { number, line in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
            let plain = String(line.filter { $0 != "\"" && $0 != "\\" })
            let unquoted = Set(words + plain.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") })
            return replicas.sorted().filter { unquoted.contains("\(schema).\($0)") }.map {
                Finding(page.path, line: number + 1, "read \($0) through Database.replica")
            }
        }
    }

    @Test func pagesAskWhoMayRead() {
        let pages = Repository.swift.filter { $0.folders[0] == "Services" && $0.folders.contains("Pages") }
        let findings = pages.flatMap { page in
            let declared = Repository.text("Services/\(page.folders[1])/Replicas.swift") ?? ""
            let schema = ConsumerTests.name(of: page.folders[1]).map { $0 == "-" ? "_" : $0 }
            return Self.findings(
                in: page, schema: String(schema), replicas: Self.replicas(in: declared, records: ProtoRecord.all))
        }
        #expect(!pages.isEmpty)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        let records = ["Account", "User"].map {
            ProtoRecord(name: $0, table: $0.lowercased(), collection: $0.lowercased() + "s")
        }
        let replicas = Self.replicas(in: "[\n  Replica(\n  Account.self, …), Replica(User.self, …)]", records: records)
        #expect(replicas == ["account", "user"])
        func count(_ text: String) -> Int {
            Self.findings(in: SourceFile(path: "A.swift", text: text), schema: "a_b", replicas: replicas).count
        }
        #expect(count("SELECT name FROM a_b.account WHERE") == 1)
        #expect(count("JOIN a_b.\\\"user\\\" u") == 1 && count("JOIN a_b.\"user\" u") == 1)
        #expect(count("FROM a_b.account_note") == 0 && count("FROM \\(accounts) account") == 0)
    }
}
