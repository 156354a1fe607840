import Testing

/// deploy/nats/consumers.tsv lists the durable consumers of each service: the NATS server refuses every other.
///
/// A consumer is the name of an `EventHandler("…"`, `<service>-replica-<table>` for each `Replica(Type.self`, or
/// `<service>-standing-<table>` for each `forgetting("table"`, which every service but the owner of people has.
@Suite struct ConsumerTests {
    static let list = "deploy/nats/consumers.tsv"

    /// The consumers that the code of one service declares.
    static func declared(service: String, in text: String, records: [ProtoRecord]) -> Set<String> {
        var names: Set<String> = []
        for name in arguments(of: "EventHandler(", in: text) where name.hasPrefix("\"") && !name.hasPrefix("\"\\(") {
            names.insert(String(name.dropFirst().prefix { $0 != "\"" }))
        }
        for argument in arguments(of: "Replica(", in: text) {
            let type = argument.prefix { $0 != "." }
            if let record = records.first(where: { $0.name == type }) {
                names.insert("\(service)-replica-\(record.table)")
            }
        }
        for argument in arguments(of: "forgetting(", in: text) {
            let table = argument.dropFirst().prefix { $0 != "\"" }
            if records.contains(where: { $0.table == table }) { names.insert("\(service)-standing-\(table)") }
        }
        return names
    }

    /// The text that follows each call, from its first argument on.
    private static func arguments(of call: String, in text: String) -> [Substring] {
        text.split(separator: call, omittingEmptySubsequences: false).dropFirst().map { $0.drop { $0.isWhitespace } }
    }

    /// `service consumer` for each line but the first, which names the columns.
    static func listed(in table: String) -> Set<String> {
        Set(table.split(separator: "\n").dropFirst().map { line in String(line.map { $0 == "\t" ? " " : $0 }) })
    }

    @Test func theListIsWhatTheServicesDeclare() throws {
        let listed = Self.listed(in: try #require(Repository.text(Self.list)))
        let standing = try #require(Repository.text("Shared/Platform/StandingTable.swift"))
        var declared: Set<String> = []
        for file in Repository.swift where file.folders[0] == "Services" && file.folders.count > 2 {
            let service = Self.name(of: file.folders[1])
            for consumer in Self.declared(service: service, in: file.text, records: ProtoRecord.all) {
                declared.insert("\(service) \(consumer)")
            }
            // The one knows people itself, the other none.
            guard service != "onboarding", service != "workspace" else { continue }
            for consumer in Self.declared(service: service, in: standing, records: ProtoRecord.all) {
                declared.insert("\(service) \(consumer)")
            }
        }
        #expect(declared.subtracting(listed).sorted() == [], "declared in Services/, not listed in \(Self.list)")
        #expect(listed.subtracting(declared).sorted() == [], "listed in \(Self.list), declared nowhere")
    }

    /// `CustomerSuccess` is `customer-success`.
    static func name(of folder: Substring) -> String {
        folder.reduce(into: "") { name, letter in
            if letter.isUppercase, !name.isEmpty { name.append("-") }
            name += letter.lowercased()
        }
    }

    @Test func theCheckCatches() {
        let text =
            "EventHandler(\n  \"a-case-created\", service: \"b\")\n Replica(Account.self, fields: []) forgetting(\"account\") forgetting(\"acount\")"
        let record = ProtoRecord(name: "Account", table: "account", collection: "accounts")
        let declared = Self.declared(service: "a", in: text, records: [record])
        #expect(
            declared == [
                "a-case-created", "a-replica-account", "a-standing-account",
            ])
        #expect(Self.listed(in: "service\tconsumer\na\ta-b\n") == ["a a-b"])
        #expect(Self.name(of: "CustomerSuccess") == "customer-success")
    }
}
