import Foundation
import Ground
import Postgres
import RPC
import Tenancy
import Wire
import Workbook

/// The bounds of exports.
public enum ExportLimit {
    /// The most records: what a sheet holds below its header.
    public static let rows = 1_048_575
    /// The most bytes of one file.
    public static let bytes = 256 * 1_024 * 1_024
    /// Bytes of one chunk; the last one may have fewer. Also as JSON it fits into one message.
    public static let chunkBytes = 512 * 1_024
    /// How long a file can be read.
    public static let lifetime: Int64 = 15 * 60
    /// Files that one caller can have at a time; the oldest make room.
    static let perCaller = 3
    /// Exports that one instance writes at a time, one domain half of them; each holds a connection.
    static let atOnce = 4
    /// Records fetched at a time.
    static let page = 1_000

    /// The language that a request asks a file in, "en" or "ko"; that of the caller where it asks for none.
    public static func language(_ asked: String, _ call: Call) throws(Problem) -> String {
        switch asked {
        case "": return call.language
        case "en", "ko": return asked
        default:
            throw .invalid(
                field: ExportRequest.Field.language, Text(en: "Languages: en, ko.", ko: "사용할 수 있는 언어: en, ko."))
        }
    }

    static func tooLarge(_ field: String) -> Problem {
        Problem(
            .resourceExhausted,
            Text(
                en: "The list is too long for one file. Narrow the filter or export fewer fields.",
                ko: "목록이 너무 길어 파일 하나로 내보낼 수 없습니다. 필터 범위를 좁히거나 내보낼 필드 수를 줄이세요."),
            reason: "EXPORT_TOO_LARGE", metadata: ["rows": String(rows), "bytes": String(bytes)])
    }
}

extension Store {
    /// Writes the list a request describes as a file, chunk by chunk into the database, where every instance finds
    /// it. Rows come through a cursor: one snapshot, and no more than a page of them in memory.
    func export(_ request: ExportRequest, _ call: Call, _ context: WriteContext, in tx: Transaction) throws -> Export {
        try authorize(.read, call.caller)
        let language = try ExportLimit.language(request.language, call)
        let access = FieldAccess(call.caller, layout)
        let columns = try exportColumns(request, access, language, call.caller)
        let references = columns.compactMap { column in column.naming.map { (field: column.index, tables: $0) } }
        var listing = ListRequest()
        listing.filter = request.filter
        listing.orderBy = request.orderBy
        let query = try listQuery(listing, access, call.caller, nil)
        guard
            var file = try ExportFile(
                request.format, sheet: R.schema.label(language), columns: columns.map(\.column))
        else {
            throw Problem.invalid(
                field: ExportRequest.Field.format, Text(en: "Formats: csv, xlsx.", ko: "사용할 수 있는 형식: csv, xlsx."))
        }
        defer { file.discard() }
        var chunks = try ExportChunks(database, for: call.caller, now: context.now, in: tx)
        let cursor = SQL.quoted(identifier: "export_\(R.schema.table)")
        tx.send(
            """
            DECLARE \(raw: cursor) NO SCROLL CURSOR FOR \(layout.selectAll) \
            WHERE \(query.condition) ORDER BY \(raw: query.order)
            """)
        let today = database.clock.today
        // Names are in the language of the file.
        var reader = call.caller
        reader.locale = language
        var count = 0
        while true {
            let rows = try tx.query("FETCH FORWARD \(raw: String(ExportLimit.page)) FROM \(raw: cursor)")
            count += rows.count
            guard count <= ExportLimit.rows else { throw ExportLimit.tooLarge("rows") }
            let records = try rows.map { row in
                var record = try layout.record(row, today: today)
                access.project(&record, for: call.caller)
                return record
            }
            let names = try ReferenceNames(records, references, database: database, caller: reader, in: tx)
            for record in records { try file.append(columns.map { $0.text(record[fieldAt: $0.index], names.text) }) }
            try chunks.append(file.take())
            guard rows.count == ExportLimit.page, !call.deadline.isPast else { break }
        }
        guard !call.deadline.isPast else { throw Problem.deadlineExceeded() }
        tx.send("CLOSE \(raw: cursor)")
        try file.finish { try chunks.append($0) }
        let name = "\(R.schema.collection)-\(today).\(request.format)"
        return try chunks.finish(rows: count, fileName: name, contentType: file.contentType)
    }

    /// The fields asked for, or all; what the caller may not read does not exist. A reference to records whose names the
    /// caller may read has a second column with them.
    private func exportColumns(
        _ request: ExportRequest, _ access: FieldAccess<R>, _ language: String, _ caller: Caller
    ) throws -> [ExportColumn] {
        let hidden = Set(access.hidden)
        let open = R.schema.fields.indices.filter { index in
            let type = R.schema.fields[index].type
            return !hidden.contains(index) && type != .journal && type != .attachment
        }
        let isWorkbook = request.format == "xlsx"
        let chosen =
            try request.fields.isEmpty
            ? open
            : request.fields.map { name in
                if let index = R.schema.index(of: name), open.contains(index) { return index }
                let known = open.map { R.schema.fields[$0] }
                let names = known.map(\.name).joined(separator: ", ")
                let shown = String(name.prefix(60))
                throw Problem.invalid(
                    field: ExportRequest.Field.fields,
                    Text(
                        en: "There is no field \(shown). Fields: \(names).",
                        ko: "‘\(shown)’ 필드는 없습니다. 사용할 수 있는 필드: \(FieldSchema.named(known))"))
            }
        guard Set(chosen).count == chosen.count else {
            throw Problem.invalid(
                field: ExportRequest.Field.fields, Text(en: "A field is named twice.", ko: "같은 필드가 두 번 지정되었습니다."))
        }
        return try chosen.flatMap { index in
            let field = R.schema.fields[index]
            let column = ExportColumn(index, field, isWorkbook: isWorkbook, language: language)
            // A reference kept as a name is one already.
            let tables = field.keptAsName ? [] : try ReferenceNames.tables(field, database, caller)
            return tables.isEmpty ? [column] : [column, column.withNames(of: tables)]
        }
    }
}

/// Files made by exports, read by those who made them.
public struct Exports: Sendable {
    private let database: Database

    /// The exports of a service.
    public init(_ database: Database) { self.database = database }

    /// Answers the chunk at an offset.
    public func endpoint(_ method: Method<ReadExportRequest, ExportChunk>) -> Endpoint {
        Endpoint(method) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try read(request, call.caller, in: tx)
            }
        }
    }

    private enum Column: String {
        case content
        case size = "size_bytes"
    }

    private func read(_ request: ReadExportRequest, _ caller: Caller, in tx: Transaction) throws -> ExportChunk {
        let unknown = Problem.notFound(Text(en: "Export", ko: "내보낸 파일"), id: String(request.token.prefix(36)))
        guard Validation.isUUID(request.token) else { throw unknown }
        let (position, rest) = request.offset.quotientAndRemainder(dividingBy: Int64(ExportLimit.chunkBytes))
        let rows = try tx.query(
            """
            SELECT e.size_bytes, c.content FROM \(identifier: database.schema).export e \
            LEFT JOIN \(identifier: database.schema).export_chunk c ON c.export = e.id AND c.position = \(position) \
            WHERE e.id = \(request.token) AND e.caller = \(caller.owner) AND e.domain = \(caller.domain.path) \
            AND e.expires_at > \(database.clock.now.sqlValue)
            """)
        guard let row = rows.first else { throw unknown }
        guard rest == 0, request.offset >= 0, let content = try row.optionalBytes(Column.content) else {
            throw Problem.invalid(
                field: ReadExportRequest.Field.offset,
                Text(en: "Use next_offset of the chunk before.", ko: "이전 조각의 다음 위치를 사용하세요."))
        }
        var chunk = ExportChunk()
        chunk.offset = request.offset
        chunk.content = content
        chunk.nextOffset = request.offset + Int64(content.count)
        chunk.last = chunk.nextOffset == (try row.int64(Column.size))
        return chunk
    }

    /// Removes files whose time is over, in `domain` and below; answers how many. The next export of a domain does the
    /// same for that domain.
    public func removeExpired(in domain: DomainPath = .root) async throws(Problem) -> Int {
        let now = database.clock.now
        let schema = database.schema
        return try await database.transaction(as: .service(database.service, domain: domain)) { tx in
            try tx.query("DELETE FROM \(identifier: schema).export WHERE expires_at <= \(now.sqlValue)").affected
        }
    }
}
