import Records
import Wire

extension ImportRun: Record {
    public static let storage = Storage<ImportRun>(domain: .references(["import_task"]))
}
