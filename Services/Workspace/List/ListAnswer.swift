import RPC
import Records
import Wire
import WireCatalog

/// What the list of any table answers: every such answer has its records first, then where the next ones begin.
struct ListAnswer<R: RecordMessage>: Message {
    /// The numbers of its fields.
    private enum Number: UInt64 {
        case records = 1
        case next
    }

    static var fullName: String { "ale.common.v1.ListAnswer" }

    private(set) var records: [R] = []
    private(set) var next = ""

    static func decode(protobuf bytes: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Self {
        var answer = Self()
        for (number, value) in try ProtobufOutline.values(in: bytes, limits: limits) {
            switch Number(rawValue: number) {
            case .records: answer.records.append(try R.decode(protobuf: value, limits: limits))
            case .next: answer.next = String(decoding: value, as: UTF8.self)
            case nil: break
            }
        }
        return answer
    }

    /// It is read in protobuf alone, and never written.
    static func decode(json: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Self { Self() }
    func encodeProtobuf() throws(WireError) -> [UInt8] { [] }
    func encodeJSON() throws(WireError) -> [UInt8] { [] }
}

/// Records of a table that is known by its name alone, as its list answers them.
enum AnyList {
    private static let types = Dictionary(
        Catalog.records.map { ("\($0.schema.service).\($0.schema.table)", $0) }, uniquingKeysWith: { first, _ in first }
    )

    /// The type of the records of a table; nil where there is none.
    static func type(of schema: RecordSchema) -> (any RecordMessage.Type)? {
        types["\(schema.service).\(schema.table)"]
    }

    /// Asks the list of a table with the rights of whoever asks.
    static func read(
        _ request: ListRequest, of schema: RecordSchema, _ visit: Visit
    ) async throws(Problem) -> (records: [any RecordMessage], next: String) {
        guard let type = type(of: schema) else { return ([], "") }
        return try await read(type, request, visit)
    }

    private static func read<R: RecordMessage>(
        _ type: R.Type, _ request: ListRequest, _ visit: Visit
    ) async throws(Problem) -> (records: [any RecordMessage], next: String) {
        let method = Method<ListRequest, ListAnswer<R>>(
            service: R.schema.service, subject: ListedRecords.subject("list", R.schema), name: "List", summary: "")
        let answer = try await visit.ask(method, request)
        return (answer.records, answer.next)
    }
}

extension RecordMessage {
    /// The single value of a field as text, by its proto or JSON name; empty for none, and for lists.
    func single(_ name: String) -> String {
        guard let index = Self.schema.index(of: name) else { return "" }
        return switch self[fieldAt: index] {
        case .string(let text): text
        case .int(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .timestamp(let time): time.rfc3339
        case .strings, .null: ""
        }
    }
}

extension RecordMessage {
    /// The value of a field that goes by a known name; empty where the record has none.
    func single(_ field: KnownField) -> String { single(field.rawValue) }
}

extension RecordSchema {
    /// The field that goes by a known name; nil where the table has none.
    func field(_ known: KnownField) -> FieldSchema? { field(known.rawValue) }
}
