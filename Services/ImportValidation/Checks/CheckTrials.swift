import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Roles
import Sandbox
import Tenancy
import Wire

/// Runs a check on one row, as it is written now, for whoever may write checks. What it says is what people would read at the
/// row; nothing is stored, and a script meets the same worker and the same bounds as in a run (G-62).
struct CheckTrials: Sendable {
    /// What a check answers.
    private enum Outcome: String {
        case ready, error
        case needsAttention = "needs_attention"
    }

    /// Most characters of a cell that is typed.
    private static let longest = 10_000

    /// A row to try a check on.
    private struct Row: Sendable {
        let target: ImportTarget
        var cells: [String]
        let task: ImportTask?
    }

    let database: Database
    let access: TaskAccess
    let records: ScriptRecords
    /// Of its own: whoever saves a check does not wait for a script that is tried.
    let scripts: ScriptWorker

    var endpoint: Endpoint {
        Endpoint(ImportValidationAPI.runCheck) { call, request async throws(Problem) in
            try Access.requireProvider(.write, on: DataValidationAssist.schema.table, call.caller)
            let assist = request.dataValidationAssist ?? DataValidationAssist()
            let row = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try self.row(request, assist, call.caller, tx)
            }
            var answer =
                assist.validationType == DataValidationAssist.ValidationType.record
                ? try await script(assist, row, request, call) : try await field(assist, row, call)
            answer.cells = StagingEndpoints.staged(row.cells, row.target)
            return answer
        }
    }

    // MARK: The row

    private func row(
        _ request: RunCheckRequest, _ assist: DataValidationAssist, _ caller: Caller, _ tx: Transaction
    ) throws -> Row {
        let target = try AssistParameters.target(of: assist.stagingTable ?? "", for: caller.domain, tx)
        try AssistParameters(assist, target).check()
        guard let target else { throw Problem.internalError(cause: "a check without a target has passed") }
        var row = Row(target: target, cells: Array(repeating: "", count: target.fields.count), task: nil)
        if !request.stagingRow.isEmpty { row = try staged(request.stagingRow, for: target, caller, tx) }
        for cell in request.cells {
            guard let position = target.position(of: cell.field),
                cell.value.unicodeScalars.count <= Self.longest
            else {
                throw Problem.invalid(
                    field: RunCheckRequest.Field.cells,
                    Text(
                        en: "The staging table has no field '\(cell.field.prefix(60))', or its text is too long.",
                        ko: "스테이징 테이블에 '\(cell.field.prefix(60))' 필드가 없거나 텍스트가 너무 깁니다."))
            }
            row.cells[position] = cell.value
        }
        return row
    }

    /// A staged row that the caller may read.
    private func staged(_ id: String, for target: ImportTarget, _ caller: Caller, _ tx: Transaction) throws -> Row {
        let rows = StagingEndpoints(database: database, access: access)
        let (row, own) = try rows.found(id, tx) { try access.read($0, by: caller, in: tx) }
        guard own.table == target.table else {
            throw Problem.invalid(
                field: RunCheckRequest.Field.stagingRow,
                Text(
                    en: "The row is one of \(own.schema.label.en), the check one of \(target.schema.label.en).",
                    ko: "행의 대상은 \(own.schema.label.ko), 검증의 대상은 \(target.schema.label.ko)입니다."))
        }
        var cells = try row.strings(StagingColumn.cells)
        // A field that came to the target since has no cell.
        cells += Array(repeating: "", count: max(0, target.fields.count - cells.count))
        let task = try Store<ImportTask>(database).find(try row.string(StagingColumn.importTask), in: tx)
        return Row(target: target, cells: cells, task: task)
    }

    // MARK: Scripts

    private func script(
        _ assist: DataValidationAssist, _ row: Row, _ request: RunCheckRequest, _ call: Call
    ) async throws(Problem) -> RunCheckResponse {
        var answer = RunCheckResponse()
        let source = assist.script ?? ""
        let seen = try await records(of: row, request)
        let batch = RowChecker.batch([row.cells], at: Array(row.target.fields.indices), row.target, seen)
        do throws(ScriptError) {
            // Loading it is no part of what a row takes.
            try await scripts.check(source)
            let start = ContinuousClock.now
            let (verdict, printed) = try await scripts.rehearse(source, batch)
            answer.elapsedUs = Int64((ContinuousClock.now - start) / .microseconds(1))
            (answer.printed, answer.printedMore) = (printed.lines, printed.isCut)
            switch verdict.said(by: CheckMessage(assist)) {
            case .passed: answer.outcome = Outcome.ready.rawValue
            case .rejected(let texts, _):
                answer.outcome = Outcome.needsAttention.rawValue
                answer.message = RowError(.record, texts).text([], row.target)(call.language)
                if texts.count == 1 { answer.findings = [ScriptFindings.inOneLanguage(call.language)] }
            case .failed(let failure):
                answer.outcome = Outcome.error.rawValue
                answer.message = Text(en: failure.english, ko: failure.korean)(call.language)
                answer.detail = failure.detail
                if !failure.detail.isEmpty { answer.findings = [ScriptFindings.said(failure.detail, source)] }
            }
        } catch {
            if case .workerUnavailable(let cause) = error { throw .unavailable(reason: "SCRIPT_WORKER", cause: cause) }
            answer.outcome = Outcome.error.rawValue
            answer.message = Text(en: error.english, ko: error.korean)(call.language)
            if case .refused(let line, let reason) = error {
                answer.detail = reason
                answer.findings = [ScriptFindings.said(reason, line: line, source)]
            }
        }
        answer.findings += ScriptFindings.unknownColumns(source, row.target, call.language)
        return answer
    }

    private func records(
        of row: Row, _ request: RunCheckRequest
    ) async throws(Problem) -> [String: ScriptValue] {
        guard let task = row.task else { return ScriptRecords.ofAccount(String(request.accountName.prefix(1_000))) }
        do {
            return try await records.of(task)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .internalError(cause: "the records beside a row cannot be read: \(error)")
        }
    }

    // MARK: Fields

    /// What the check of one field says of its cell.
    private func field(
        _ assist: DataValidationAssist, _ row: Row, _ call: Call
    ) async throws(Problem) -> RunCheckResponse {
        var answer = RunCheckResponse()
        let position = row.target.position(of: assist.stagingTableField ?? "") ?? 0
        let name = row.target.fields[position].name
        let start = ContinuousClock.now
        do {
            let checker = RowChecker.trying(CheckPlan(row.target, [assist]), call.language) { _, _ in [] }
            let errors = try await checker.check([row.cells]).first?.errors.filter { $0.field == name } ?? []
            answer.elapsedUs = Int64((ContinuousClock.now - start) / .microseconds(1))
            answer.outcome = (errors.isEmpty ? Outcome.ready : .needsAttention).rawValue
            answer.message = errors.comment(row.cells, row.target, call.language)
            return answer
        } catch {
            throw .internalError(cause: "a check cannot be tried: \(error)")
        }
    }
}

extension RowChecker {
    /// A checker of rows that belong to no import task: records that their texts name are not looked for, and taken as found.
    static func trying(
        _ plan: CheckPlan, _ language: String, run: @escaping Runner
    ) -> RowChecker {
        RowChecker(
            plan, records: [:], language: language,
            resolve: { _, texts in
                Dictionary(texts.map { ($0, Match(count: 1)) }, uniquingKeysWith: { first, _ in first })
            }, run: run)
    }
}
