import Foundation
import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Roles
import Sandbox
import Tenancy
import Wire
import Workbook

/// Reads a file as a builder would, before anybody imports by it: what its first rows become, and what the checks say of them.
/// Nothing is kept (imports, section 3).
struct BuilderTrials: Sendable {
    private static let mostBytes = 512 << 10
    private static let checked = 200
    private static let shown = 20

    private typealias Request = TryBuilderRequest.Field

    /// What a file is read by.
    private struct Layout: Sendable {
        let target: ImportTarget
        let assists: [DataValidationAssist]
        /// Fields that have a column or a value.
        let filled: [Int]
    }

    let database: Database
    let scripts: ScriptWorker

    var endpoint: Endpoint {
        Endpoint(ImportValidationAPI.tryBuilder) { call, request async throws(Problem) in
            try BuilderAccess.requireDesigner(call.caller)
            try Access.requireProvider(.write, on: ImportBuilder.schema.table, call.caller)
            let layout = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) {
                tx in
                try self.layout(request.id, call.caller, tx)
            }
            guard (1...Self.mostBytes).contains(request.content.count), request.fileName.utf8.count <= 255 else {
                throw .invalid(
                    field: Request.content,
                    Text(
                        en: "A file to try has at most 512 KiB, and is not empty.",
                        ko: "시험할 파일은 비어 있지 않아야 하며 최대 \(bytes: Int64(Self.mostBytes))입니다."))
            }
            return try await read(request, layout, call)
        }
    }

    private func layout(_ id: String, _ caller: Caller, _ tx: Transaction) throws -> Layout {
        let builder = try Store<ImportBuilder>(database).get(id, as: caller, in: tx)
        let parts = try StoredBuilder.parts(of: builder.id, tx)
        guard let target = ImportTarget.named(builder.targetTable) else {
            throw Problem.internalError(cause: "the builder \(builder.id) has no target")
        }
        guard !parts.fieldMaps.isEmpty, let table = builder.importSetTable else {
            throw Problem.failedPrecondition(
                rule: "IMP-04",
                Text(
                    en: "First finish the step ‘\(BuilderStep.transformMap.label.en)’.",
                    ko: "먼저 ‘\(BuilderStep.transformMap.label.ko)’ 단계를 완료하세요."))
        }
        let filled = Set(parts.fieldMaps.map(\.field))
        return Layout(
            target: ImportTarget(target, BuiltImport(parts, target)),
            assists: try DataValidationAssist.active(for: table, in: builder.domain, tx),
            filled: target.fields.indices.filter { filled.contains(target.fields[$0].name) })
    }

    private func read(
        _ request: TryBuilderRequest, _ layout: Layout, _ call: Call
    ) async throws(Problem) -> BuilderTrial {
        var trial = BuilderTrial()
        trial.fields = layout.filled.map { layout.target.fields[$0].name }
        do {
            let plan = CheckPlan(layout.target, layout.assists)
            let (rows, remarks, more) = try Self.rows(request, layout.target, plan)
            let checker = RowChecker.trying(plan, call.language) { try await scripts.evaluate($0, $1) }
            let verdicts = try await checker.check(rows.map(\.cells), faults: rows.map(\.faults))
            (trial.readable, trial.more, trial.checked) = (true, more, Int32(clamping: rows.count))
            trial.message = remarks.map { $0(call.language) }.joined(separator: " ")
            trial.ready = Int32(clamping: verdicts.count { $0.errors.isEmpty })
            trial.needsAttention = trial.checked - trial.ready
            trial.rows = zip(rows, verdicts).prefix(Self.shown).map { row, verdict in
                var tried = TriedRow()
                tried.number = Int32(clamping: row.number)
                tried.cells = layout.filled.map { $0 < row.cells.count ? row.cells[$0] : "" }
                (tried.status, tried.comment) = (verdict.status, verdict.comment)
                return tried
            }
        } catch let failure as RunFailure {
            trial.message = failure.text(call.language)
        } catch let error as WorkbookError {
            trial.message = Text(en: error.english, ko: error.korean)(call.language)
        } catch ScriptError.workerUnavailable(let cause) {
            throw .unavailable(reason: "SCRIPT_WORKER", cause: cause)
        } catch let error as ScriptError {
            trial.message = Text(en: error.english, ko: error.korean)(call.language)
        } catch {
            throw .internalError(cause: "a file cannot be tried: \(error)")
        }
        return trial
    }

    /// The first rows of the file as they would be staged, what was passed over, and whether there are more.
    private static func rows(
        _ request: TryBuilderRequest, _ target: ImportTarget, _ plan: CheckPlan
    ) throws -> (rows: [ReadRow], remarks: [Text], more: Bool) {
        let path = FileManager.default.temporaryDirectory.appending(path: "trial-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        guard FileManager.default.createFile(atPath: path, contents: Data(request.content)) else {
            throw Problem.internalError(cause: "the file to try cannot be kept at \(path)")
        }
        var limits = WorkbookLimits()
        (limits.fileBytes, limits.inflatedBytes, limits.sheets) = (Int64(mostBytes), 32 << 20, 20)
        let bounds = limits
        let table = try TableFinder.find(target, LoadOptions()) {
            try TableFile.open(path: path, name: request.fileName, takesGuards: true, limits: bounds)
        }
        var reader = RowReader(table.header, plan)
        var rows: [ReadRow] = []
        var row = SheetRow()
        var more = false
        while try table.source.next(into: &row) {
            guard let read = reader.read(row) else { continue }
            guard rows.count < checked else {
                more = true
                break
            }
            rows.append(read)
        }
        return (rows, table.remarks + [table.header.remark].compactMap(\.self) + reader.remarks, more)
    }
}
