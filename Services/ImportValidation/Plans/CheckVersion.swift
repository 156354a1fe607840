import Foundation
import ImportValidationWire
import Postgres
import Records
import Wire

/// The checks of a staging table at one moment: those of the dictionary and those that administrators have added.
struct CheckVersion: Sendable, Equatable {
    /// Stands for all of them; another one when any of them has changed.
    let name: String
    /// Those of administrators, each as "name (id, etag)".
    let checks: [String]

    private enum Column: String {
        case id, name, revision
    }

    /// What is in force for the rows of a task: the same whoever asks, and of no other tenant.
    static func current(for task: ImportTask, _ tx: Transaction) throws -> CheckVersion {
        let target = try ImportTarget.of(task, tx)
        let table = task.sourceTable ?? target.stagingTable
        let rows = try tx.query(
            """
            SELECT id, name, revision FROM import_validation.data_validation_assist \
            WHERE staging_table = \(table) AND active IS NOT FALSE AND \(task.domain) ^@ domain ORDER BY id
            """)
        let checks = try rows.map { row in
            let (id, revision) = (try row.string(Column.id), try row.int64(Column.revision))
            return "\(try row.optionalString(Column.name) ?? "") (\(id), \(revision))"
        }
        let dictionary = target.fields.map { "\($0.name) \($0.type.rawValue) \($0.mandatory)" }
        let all = [target.table] + dictionary + checks
        return CheckVersion(name: Hex.sha256(Array(all.joined(separator: "\n").utf8)), checks: checks)
    }
}
