import ImportValidationWire
import Postgres
import Records
import Tenancy
import Wire

extension ImportRun: Record {
    /// Customers see what becomes of the files that they have sent, whoever had them imported, as long as they are the
    /// contact of the task (G-23). Validating and publishing is the provider's work on all rows of a task. Which runs a
    /// closed task still has, ``TaskAccess`` and the undo decide.
    public static let storage = Storage<ImportRun>(
        domain: .references([.importTask]), customer: CustomerAccess(condition: ofOwnFiles), outlivesParent: true)

    private static func ofOwnFiles(_ caller: Caller) -> SQL {
        let sent: SQL = "SELECT own.id FROM import_validation.upload own WHERE own.created_by = \(caller.subject)"
        return TaskAccess.ofContact(caller) + " AND upload IN (" + sent + ")"
    }

    /// What whoever asked for the run is told in `language`, and whoever else reads of it in theirs.
    mutating func tell(_ sentences: [Text], _ language: String) {
        let text = Text(en: sentences.map(\.en).joined(separator: " "), ko: sentences.map(\.ko).joined(separator: " "))
        message = text(language)
        (messageEn, messageKo) = (text.en, text.ko)
    }
}
