/// A record as its proto file declares it.
struct ProtoRecord: Hashable {
    /// The message, which is also the name of the Swift type: `Touchpoint`.
    let name: String
    /// `touchpoint`.
    let table: String
    /// `touchpoints`.
    let collection: String

    /// Every record of the repository.
    static let all: [ProtoRecord] = Repository.completeProtos.flatMap(records)

    /// The records of one file: `message Name { option (….record) = { table: "…" collection: "…" … }; … }`.
    static func records(in file: SourceFile) -> [ProtoRecord] {
        var message = ""
        var table: String?
        var isRecord = false
        var found: [ProtoRecord] = []
        for line in file.lines {
            let code = line.drop { $0 == " " }
            if code.hasPrefix("message ") {
                message = String(code.dropFirst("message ".count).prefix { $0 != " " && $0 != "{" })
                table = nil
                isRecord = false
            }
            isRecord = isRecord || (code.hasPrefix("option (") && code.contains(".record) ="))
            guard isRecord else { continue }
            table = table ?? value(of: "table", in: code)
            if let table, let collection = value(of: "collection", in: code) {
                found.append(ProtoRecord(name: message, table: table, collection: collection))
                isRecord = false
            }
        }
        return found
    }

    private static func value(of key: String, in code: Substring) -> String? {
        guard let start = code.range(of: "\(key): \"")?.upperBound else { return nil }
        return String(code[start...].prefix { $0 != "\"" })
    }
}
