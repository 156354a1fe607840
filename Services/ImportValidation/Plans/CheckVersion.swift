import Foundation
import ImportValidationWire
import Postgres
import Records
import Wire

/// The checks of a staging table at one moment: those of the product and of the dictionary, what a builder says of the rows,
/// and those that administrators have added. Rows keep by which they were judged (ADR 0037).
struct CheckVersion: Sendable, Equatable {
    /// Raised when the checks of the product say something else of a row than they did: rows that were judged before are then
    /// judged again.
    private static let edition = 1

    /// Stands for all of them; another one when any of them has changed.
    let name: String
    /// Those of administrators, each as "name (id, etag)".
    let checks: [String]

    private enum Column: String {
        case id, name, revision
    }

    /// The checks of the rows of a target, with `assists` beside the dictionary's.
    init(_ target: ImportTarget, _ assists: [DataValidationAssist]) {
        checks = assists.sorted { $0.id < $1.id }.map { "\($0.name ?? "") (\($0.id), \($0.etag))" }
        let maps = target.built?.columns.map { column in
            (try? column.map?.encodeProtobuf()).map { Hex.text($0) } ?? ""
        }
        let parts =
            ["\(Self.edition)", target.table] + target.fields.map(Self.dictionary) + target.key.map(\.name)
            + (maps ?? []) + checks
        name = Hex.sha256(Array(parts.joined(separator: "\n").utf8))
    }

    /// What is in force for the rows of a task: the same whoever asks, and of no other tenant.
    static func current(for task: ImportTask, _ tx: Transaction) throws -> CheckVersion {
        let target = try ImportTarget.of(task, tx)
        let table = task.sourceTable ?? target.stagingTable
        let rows = try tx.query(
            """
            SELECT id, name, revision FROM import_validation.data_validation_assist \
            WHERE staging_table = \(table) AND active IS NOT FALSE AND \(task.domain) ^@ domain
            """)
        return CheckVersion(
            target,
            try rows.map { row in
                var assist = DataValidationAssist()
                assist.id = try row.string(Column.id)
                assist.name = try row.optionalString(Column.name)
                assist.etag = String(try row.int64(Column.revision))
                return assist
            })
    }

    /// What the dictionary says of the cells of a field.
    private static func dictionary(_ field: FieldSchema) -> String {
        let choices = field.choices.map { "\($0.value) \($0.label.en) \($0.label.ko)" }.joined(separator: ",")
        let bounds = [field.minimum, field.maximum].map { $0.map(String.init) ?? "" }.joined(separator: " ")
        return [
            field.name, field.type.rawValue, "\(field.mandatory)", choices, field.reference ?? "",
            field.format?.rawValue ?? "", bounds, field.notBefore ?? "",
        ].joined(separator: "\t")
    }

    // MARK: In rows

    /// What a row keeps of it.
    var number: Int64 { Self.number(of: name) }

    /// The number of a version by its name: the first 64 bits. 0 is that of no version.
    static func number(of name: String) -> Int64 {
        let number = UInt64(name.prefix(16), radix: 16).map { Int64(bitPattern: $0) } ?? 0
        return number == 0 ? 1 : number
    }
}
