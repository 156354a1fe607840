import Hummingbird
import Korean
import OnboardingWire
import RPC
import Records
import Roles
import Wire

/// The file of a list whose service writes none: its pages are asked for one after another and go out as they come, each with
/// what is there by then. It is the file that the services write: the same columns, labels and guards against formulas.
struct ListFile: Sendable {
    /// Most rows of a file. Where a list has more, the last line says so.
    static let most = 10_000
    /// Rows that are asked for at a time, and held in memory.
    private static let page: Int32 = 250

    private let query: ListQuery
    private let format: String
    private let visit: Visit
    private let columns: [ExportColumn]

    init(_ query: ListQuery, format: String, _ visit: Visit) {
        (self.query, self.format) = (query, format)
        // A file takes as long as its line does; each of its pages has a time of its own.
        var unhurried = visit
        unhurried.ask = visit.ask.unhurried
        self.visit = unhurried
        let (schema, language) = (query.table.schema, visit.reader.language.rawValue)
        columns = query.columns.flatMap { field -> [ExportColumn] in
            guard let index = schema.index(of: field.name) else { return [] }
            let column = ExportColumn(index, field, isWorkbook: format == "xlsx", language: language)
            guard let table = Self.named(field, query.table.roles) else { return [column] }
            return [column, column.withNames(of: [table])]
        }
    }

    /// The table whose records a field names, where whoever asks may know what they are called.
    private static func named(_ field: FieldSchema, _ roles: Set<String>) -> String? {
        guard field.type == .reference, let table = field.referencedTable,
            Dictionaries.schema(table)?.verbs.contains("list") == true, Access.allows(roles, .read, on: table)
        else { return nil }
        return table
    }

    /// The answer that saves the file. What is refused is refused before it begins.
    func response() async throws(Problem) -> Response {
        guard let type = Self.types[format] else {
            throw .invalid(
                field: ExportRequest.Field.format, Text(en: "Formats: csv, xlsx.", ko: "사용할 수 있는 형식: csv, xlsx."))
        }
        let first = try await read("")
        let name = "\(query.table.schema.collection)-\(visit.reader.today).\(format)"
        let body = ResponseBody { writer in
            try await write(first) { bytes in try await writer.write(ByteBuffer(bytes: bytes)) }
            try await writer.finish(nil)
        }
        return FileSender.response(name: name, type: type, inline: false, body: body)
    }

    private typealias Page = (records: [any RecordMessage], next: String)

    private func read(_ token: String) async throws(Problem) -> Page {
        var request = ListRequest()
        request.pageSize = Self.page
        request.filter = query.filter
        request.orderBy = query.order
        request.pageToken = token
        return try await AnyList.read(request, of: query.table.schema, visit)
    }

    /// Writes the pages from the first one on, and hands over what can go out.
    private func write(_ first: Page, _ hand: ([UInt8]) async throws -> Void) async throws {
        let sheet = query.table.schema.label(visit.reader.language)
        guard var file = try ExportFile(format, sheet: sheet, columns: columns.map(\.column)) else { return }
        defer { file.discard() }
        var (page, rows) = (first, 0)
        var names: [String: String] = [:]
        while true {
            let records = page.records.prefix(Self.most - rows)
            names = await self.names(records, known: names)
            for record in records {
                try file.append(columns.map { $0.text(record[fieldAt: $0.index]) { called($0, names) } })
            }
            rows += records.count
            let isCut = records.count < page.records.count || rows == Self.most && !page.next.isEmpty
            if isCut { try file.append([visit.reader(Self.cut)]) }
            try await hand(file.take())
            guard !isCut, !page.next.isEmpty else { break }
            page = try await read(page.next)
        }
        var rest: [[UInt8]] = []
        try file.finish { rest.append($0) }
        for piece in rest { try await hand(piece) }
    }

    /// What the records are called that these refer to, beside those that are known from the page before.
    private func names(_ records: some Sequence<any RecordMessage>, known: [String: String]) async -> [String: String] {
        var wanted: [String: Set<String>] = [:]
        for column in columns {
            for table in column.naming ?? [] {
                wanted[table, default: []].formUnion(records.compactMap { $0[fieldAt: column.index].string })
            }
        }
        let all = wanted.values.reduce(into: Set<String>()) { $0.formUnion($1) }
        var names = known.filter { all.contains($0.key) }
        for (table, ids) in wanted {
            let unknown = ids.filter { !$0.isEmpty && known[$0] == nil }
            names.merge(await Lookup(visit).names(ofAll: unknown, in: table)) { first, _ in first }
        }
        return names
    }

    /// What is not known by name stays an id.
    private func called(_ value: FieldValue, _ names: [String: String]) -> String? {
        value.string.map { names[$0] ?? $0 }
    }

    private static let types = [
        "csv": "text/csv; charset=utf-8",
        "xlsx": AttachmentKind.xlsx.contentType,
    ]

    private static let cut = Text(
        en: "Only the first \(grouped: most) rows are here. Narrow the list to export the others.",
        ko: "처음 \(grouped: most)행만 있습니다. 나머지는 목록의 조건을 더 좁혀 내보내세요.")
}
