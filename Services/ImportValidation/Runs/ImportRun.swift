import ImportValidationWire
import Records
import Wire

extension ImportRun: Record {
    /// Which runs a closed task still has, ``TaskAccess`` and the undo decide.
    public static let storage = Storage<ImportRun>(domain: .references([.importTask]), outlivesParent: true)
}
