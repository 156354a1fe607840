import ImportValidationWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Why the rows of a task need attention, and how many have each reason: what a person works off one after the other.
struct ErrorCounts: Sendable {
    /// Most reasons of one answer.
    private static let most: Int32 = 100
    private static let usual: Int32 = 20

    /// The columns of the answer.
    private enum Column: String {
        case check, field, value, details, rows
        case looked
    }

    let database: Database
    let access: TaskAccess
    /// Most rows that are looked at.
    var mostRows = 100_000

    var endpoint: Endpoint {
        Endpoint(ImportValidationAPI.countStagingErrors) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                try count(request, call, tx)
            }
        }
    }

    private func count(
        _ request: CountStagingErrorsRequest, _ call: Call, _ tx: Transaction
    ) throws -> CountStagingErrorsResponse {
        let task = try access.read(request.importTask, by: call.caller, in: tx)
        let target = try ImportTarget.of(task, tx)
        let limit = Int(request.limit <= 0 ? Self.usual : min(request.limit, Self.most))
        // The first of the rows that need attention, in the order of their index: others hold those of all tasks.
        let counted = try tx.walking {
            try tx.query(statement(task.id, target, limit: limit + 1, for: call.caller))
        }
        var response = CountStagingErrorsResponse()
        response.more = counted.count > limit
        for row in counted.prefix(limit) {
            response.partial = try row.int64(Column.looked) > Int64(mostRows)
            response.counts.append(try Self.message(row, target, call))
        }
        return response
    }

    /// The value is a part of the reason where it is what is wrong; what is wrong with several records or a whole row is told
    /// by its details alone.
    private func statement(_ task: String, _ target: ImportTarget, limit: Int, for caller: Caller) -> SQL {
        let names = target.fields.map(\.name)
        return """
            WITH looked AS (SELECT errors, cells FROM import_validation.staging_row \
            WHERE import_task = \(task) AND status = \(RowStatus.needsAttention.sql) \
            AND \(TaskAccess.rows(of: task, for: caller)) ORDER BY row_number, id LIMIT \(mostRows + 1)), \
            reasons AS (SELECT error->>'c' AS "check", coalesce(error->>'f', '') AS field, \
            CASE WHEN error->>'c' = ANY(\(Self.ofValue)::text[]) \
            THEN coalesce(cells[array_position(\(names)::text[], error->>'f')], '') ELSE '' END AS value, \
            error AS details FROM looked, jsonb_array_elements(errors) error) \
            SELECT "check", field, value, (array_agg(details))[1]::text AS details, count(*) AS rows, \
            (SELECT count(*) FROM looked) AS looked FROM reasons \
            GROUP BY "check", field, value, \
            CASE WHEN "check" IN (\(literal: RowError.Check.record.rawValue), \(literal: RowError.Check.comment.rawValue)) \
            THEN details->>'d' END \
            ORDER BY count(*) DESC, field, "check", value LIMIT \(limit)
            """
    }

    /// Checks that judge what a cell says; one of the whole record does where it names the cell.
    private static let ofValue = [
        RowError.Check.reference, .choice, .date, .datetime, .boolean, .integer, .decimal, .field, .record,
    ].map(\.rawValue)

    private static func message(_ row: Row, _ target: ImportTarget, _ call: Call) throws -> StagingErrorCount {
        var message = StagingErrorCount()
        message.check = try row.string(Column.check)
        message.field = try row.string(Column.field)
        message.value = try row.string(Column.value)
        message.rows = try row.int64(Column.rows)
        let read = RowError.read("[\(try row.string(Column.details))]", comment: nil)
        guard var error = read.first else { return message }
        // Of rows that are doubles of one another, and to the contact of a task, no single row is named.
        if error.check == .double || call.caller.kind == .customer { error = error.forContact(of: "") }
        if error.check == .double { error = RowError(.double) }
        let cells = target.fields.map { $0.name == message.field ? message.value : "" }
        message.message = error.text(cells, target)(call.language)
        return message
    }

    /// The rows that a request narrows to one reason, as a condition that follows others.
    static func condition(_ request: ListStagingRowsRequest, _ target: ImportTarget) throws(Problem) -> SQL {
        var wanted: [String] = []
        if !request.errorCheck.isEmpty {
            guard let check = RowError.Check(rawValue: request.errorCheck) else {
                throw .invalid(
                    field: ListStagingRowsRequest.Field.errorCheck,
                    Text(en: "There is no such check.", ko: "해당 검증 항목이 없습니다."))
            }
            wanted.append("\"c\": \"\(check.rawValue)\"")
        }
        var condition: SQL = ""
        if !request.errorField.isEmpty {
            guard let position = target.position(of: request.errorField) else {
                throw .invalid(
                    field: ListStagingRowsRequest.Field.errorField,
                    Text(en: "There is no such field.", ko: "해당 필드가 없습니다."))
            }
            wanted.append("\"f\": \"\(target.fields[position].name)\"")
            if !request.errorValue.isEmpty {
                condition += " AND coalesce(cells[\(position + 1)::int4], '') = \(request.errorValue)"
            }
        }
        guard !wanted.isEmpty else { return condition }
        let json = "[{" + wanted.joined(separator: ", ") + "}]"
        return condition + " AND errors @> \(json)::jsonb"
    }
}
