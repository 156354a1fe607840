import Foundation
import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Workbook

/// The error workbook (ADR 0032): the rows of a task that need attention in the layout of its template. Wrong cells are
/// filled and have the reasons in a note; a last column that people see has them all, and a hidden one the ``RowKey``, by
/// which the corrected workbook mends those very rows (``MendRun``).
struct ErrorWorkbook: Sendable {
    /// Most rows of one workbook. A larger task is corrected by parts, which the filter tells.
    static let mostRows = 100_000
    private static let page = 500

    let database: Database
    let access: TaskAccess
    /// With more rows than this the caller has to choose.
    var most = mostRows

    /// Writes the workbook for its caller, a page of rows at a time.
    func export(
        _ request: ExportStagingErrorsRequest, _ call: Call, _ context: WriteContext, _ tx: Transaction
    ) throws -> Export {
        let task = try access.read(request.importTask, by: call.caller, in: tx)
        let target = try ImportTarget.of(task, tx).corrected
        let language = try ExportLimit.language(request.language, call)
        let rows = StagingEndpoints(database: database, access: access)
        let condition = try rows.condition(
            task.id, status: RowStatus.needsAttention.rawValue, filter: request.filter, call)
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("errors-\(UUID().uuidString).xlsx")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let plan = try CheckPlan.shown(for: task, target, tx)
        let writer = try WorkbookWriter(
            path: path, sheet: target.schema.label(language),
            columns: plan.columns.map { $0.templateColumn(language) } + Self.ownColumns(language),
            texts: Language(tag: language) == .ko ? .korean : .english)
        let count = try write(condition, target, language, writer, call, tx)
        try writer.finish()
        var chunks = try ExportChunks(database, for: call.caller, now: context.now, in: tx)
        try chunks.append(contentsOf: path)
        return try chunks.finish(
            rows: count, fileName: "\(target.schema.collection)-errors-\(database.clock.today).xlsx",
            contentType: AttachmentKind.xlsx.contentType)
    }

    /// Writes the rows that meet a condition, in the order of their files; how many.
    private func write(
        _ condition: SQL, _ target: ImportTarget, _ language: String, _ writer: WorkbookWriter, _ call: Call,
        _ tx: Transaction
    ) throws -> Int {
        tx.send(
            "DECLARE staging_errors NO SCROLL CURSOR FOR " + StagingEndpoints.selection + condition
                + " ORDER BY row_number, id LIMIT \(most + 1)")
        var count = 0
        while true {
            guard !call.deadline.isPast else { throw Problem.deadlineExceeded() }
            let rows = try tx.query("FETCH FORWARD \(raw: String(Self.page)) FROM staging_errors")
            count += rows.count
            guard count <= most else { throw Self.tooMany }
            for row in rows { try writer.append(Self.cells(row, target, language, for: call.caller)) }
            guard rows.count == Self.page else { break }
        }
        tx.send("CLOSE staging_errors")
        return count
    }

    /// The cells of a row, each wrong one with what is wrong with it, then all reasons and the key.
    private static func cells(
        _ row: Row, _ target: ImportTarget, _ language: String, for caller: Caller
    ) throws -> [WorkbookCell] {
        let message = try StagingEndpoints.message(row, target, language, for: caller)
        let held = try row.strings(StagingColumn.cells)
        var reasons: [String: [String]] = [:]
        for error in message.errors { reasons[error.field, default: []].append(error.message) }
        let cells = target.fields.enumerated().map { position, field in
            let notes = reasons[field.name]
            return WorkbookCell(
                position < held.count ? held[position] : "", isMarked: notes != nil,
                note: notes?.joined(separator: "\n"))
        }
        // What is said of the row as a whole marks the column of reasons.
        let isMarked = message.errors.contains { target.position(of: $0.field) == nil }
        return cells + [
            WorkbookCell(message.comment, isMarked: isMarked), WorkbookCell(RowKey(message.id, held).text),
        ]
    }

    private static let tooMany = Problem(
        .resourceExhausted,
        Text(
            en: "More than \(mostRows) rows need attention. Narrow the filter, say by row_number.",
            ko: "확인해야 할 행이 \(grouped: mostRows)개를 초과합니다. 행 번호('row_number') 등으로 필터 범위를 좁히세요."),
        reason: "EXPORT_TOO_LARGE", metadata: ["rows": String(mostRows)])

    // MARK: Its own columns

    private static let reasonsTitle = Text(en: "What to correct", ko: "수정할 내용")
    private static let keyTitle = Text(en: "Row key (do not change)", ko: "행 식별자(변경하지 마세요)")

    private static func ownColumns(_ language: String) -> [WorkbookColumn] {
        [
            WorkbookColumn(label: reasonsTitle(language)), WorkbookColumn(label: keyTitle(language), isHidden: true),
        ]
    }

    /// Whether a title is that of the column of row keys, in either language.
    static func isKeyTitle(_ title: String) -> Bool { isAlike(title, keyTitle) }

    /// Whether a title is one of the error workbook's own.
    static func hasTitle(_ title: String) -> Bool { isAlike(title, reasonsTitle) || isKeyTitle(title) }

    private static func isAlike(_ title: String, _ own: Text) -> Bool {
        let key = HeaderMatcher.key(title)
        return key == HeaderMatcher.key(own.en) || key == HeaderMatcher.key(own.ko)
    }

    /// Why an error workbook whose rows are not to be told any more is not loaded.
    static let withoutKeys = RunFailure(
        text: Text(
            en:
                "The file is an error workbook without its column \"\(keyTitle.en)\", by which its rows are known again. Export it anew.",
            ko: "오류 통합 문서에서 행을 식별하는 ‘\(keyTitle.ko)’ 열이 없습니다. 오류 통합 문서를 다시 내보내세요."))
}
