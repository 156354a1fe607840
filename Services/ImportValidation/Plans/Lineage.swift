import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Where the values of a published record come from: file, sheet and cell, the checks that it has passed, person and time. It never
/// ends (G-133).
struct Lineage: Sendable {
    private static let mostEntries = 1_000
    private static let mostRows = 1_000
    /// Most bytes of the values and names in one answer.
    private static let mostBytes = 500 << 10
    /// The table of the access rules: staged rows are no records.
    private static let stagedRows = "staging_row"

    private typealias Column = Publication.Column

    let database: Database

    func answer(_ call: Call, _ request: GetLineageRequest) async throws(Problem) -> GetLineageResponse {
        guard call.caller.kind != .customer, Access.allows(call.caller.roles, .read, on: Self.stagedRows) else {
            throw .permissionDenied()
        }
        guard let target = ImportTarget.named(request.table) else {
            throw .invalid(
                field: GetLineageRequest.Field.table,
                Text(en: "Nothing is imported into this table.", ko: "이 테이블로는 데이터를 가져오지 않습니다."))
        }
        guard Access.allows(call.caller.roles, .read, on: target.table) else { throw .permissionDenied() }
        guard Validation.isUUID(request.record) else { throw .notFound(target.schema.label, id: request.record) }
        return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            var response = GetLineageResponse()
            let known = try entries(request, target, call.language, tx)
            response.entries = Self.fitting(known)
            response.hasMore = known.count > response.entries.count
            guard !response.entries.isEmpty else { throw Problem.notFound(target.schema.label, id: request.record) }
            return response
        }
    }

    private func entries(
        _ request: GetLineageRequest, _ target: ImportTarget, _ language: String, _ tx: Transaction
    ) throws -> [LineageEntry] {
        let rows = try tx.query(
            """
            SELECT p.id, p.import_task, p.published_by, coalesce(k.name, p.check_version) AS check_version, \
            coalesce(k.checks, p.checks) AS checks, r.fields, r.row_number, \
            r.source_sheet, r.corrected_by, r.published_at, r.undone_at, r.undone_by, coalesce(r.given, '{}') AS given, \
            s.map, u.file_name, u.sha256, \
            coalesce(s.fields, '{}') AS named, coalesce(s.letters, '{}') AS letters \
            FROM import_validation.publication_row AS r JOIN import_validation.publication AS p ON p.id = r.publication \
            LEFT JOIN import_validation.upload AS u ON u.id = r.upload \
            LEFT JOIN import_validation.publication_source AS s \
            ON s.publication = r.publication AND s.upload = r.upload \
            LEFT JOIN import_validation.publication_checks AS k \
            ON k.publication = r.publication AND k.number = r.check_version \
            WHERE r.target_record = \(request.record) AND p.target_table = \(target.table) \
            ORDER BY r.published_at DESC, r.number DESC LIMIT \(Self.mostRows)
            """)
        var entries: [LineageEntry] = []
        for row in rows {
            let map = AppliedMap.read(try row.optionalString(Column.map))
            let given = Set(try row.strings(Column.given))
            for change in KeptChange.read(try row.optionalString(Column.fields)) {
                guard request.field.isEmpty || change.field == request.field else { continue }
                var entry = try Self.entry(row, change)
                let isGiven = given.contains(change.field)
                if isGiven { entry.cell = "" }
                if let map, let filling = map.filling(change.field, isGiven: isGiven) {
                    entry.map = map.message(filling)
                    if isGiven { entry.origin = map.origin(filling)(language) }
                } else if isGiven, let field = target.field(change.field) {
                    entry.origin = target.origin(of: field)(language)
                }
                entries.append(entry)
            }
        }
        return entries
    }

    /// As many entries from the start as one answer carries; at least one.
    private static func fitting(_ entries: [LineageEntry]) -> [LineageEntry] {
        let fitting = entries.fitting(mostBytes) { entry in
            let values =
                entry.before.utf8.count + entry.after.utf8.count + entry.fileName.utf8.count + entry.origin.utf8.count
                + (entry.map.map { 300 + $0.name.utf8.count + $0.text.utf8.count } ?? 0)
            return entry.checks.reduce(600 + values) { $0 + $1.utf8.count + 8 }
        }
        return Array(fitting.prefix(mostEntries))
    }

    private static func entry(_ row: Row, _ change: KeptChange) throws -> LineageEntry {
        var entry = LineageEntry()
        entry.field = change.field
        entry.before = change.before
        entry.after = change.after
        entry.fileName = try row.optionalString(Upload.Field.fileName) ?? ""
        entry.sha256 = try row.optionalString(Upload.Field.sha256) ?? ""
        entry.sheet = try row.optionalString(Column.sourceSheet) ?? ""
        let number = try row.int64(Column.rowNumber)
        entry.rowNumber = Int32(clamping: number)
        entry.cell = try ImportSource.cell(of: change.field, in: number, row)
        entry.checkVersion = try row.string(Column.checkVersion)
        entry.checks = try row.strings(Column.checks)
        entry.publishedBy = try row.string(Column.publishedBy)
        entry.publishedAt = Timestamp(microseconds: try row.timestamp(Column.publishedAt))
        entry.correctedBy = try row.optionalString(Column.correctedBy) ?? ""
        entry.importTask = try row.string(Column.importTask)
        entry.importRun = try row.string(Column.id)
        entry.undoneBy = try row.optionalString(Column.undoneBy) ?? ""
        entry.undoneAt = try row.optionalTimestamp(Column.undoneAt).map { Timestamp(microseconds: $0) }
        return entry
    }
}
