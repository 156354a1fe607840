import Ground
import Postgres
import Tenancy
import Wire

/// The search of a service for words (G-125), whose schema keeps the words of its records: `search_word`, `search_ids`.
extension Store {
    /// How many records that are found are put into order; of what more have, the newest.
    private static var candidates: Int { 500 }

    /// The condition on the records that are found by the words of `text`.
    public func found(by text: String) -> SQL {
        """
        id IN (SELECT \(identifier: database.schema).search_ids( \
        \(R.schema.table), \(text), \(Self.candidates)::integer))
        """
    }
}

extension Database {
    /// The statement that tells, as `counted`, how many words there are in `text` to look for.
    public func wordsToSearch(_ text: String) -> SQL {
        "SELECT count(*) AS counted FROM \(identifier: schema).search_parts(\(text))"
    }
}
