import ImportValidationWire
import Records
import Wire

extension ImportRun: Record {
    public static let storage = Storage<ImportRun>(domain: .references([.importTask]))
}
