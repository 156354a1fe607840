import Records
import Wire

extension ImportRun: ListedRecord {
    public typealias Page = ListImportRunsResponse

    public static let storage = Storage<ImportRun>(domain: .references(["import_task"]), newestFirst: true)
}
