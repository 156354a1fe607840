import Ground
import Postgres
import Tenancy
import Wire

/// The search of a service for words (G-125), whose schema keeps the words of its records: `search_word`, `search_found`.
extension Store {
    /// How many of somebody's own records are looked through, the newest.
    private static var owned: Int { 5_000 }

    /// The condition on the records that are found by the words of `text` among those that meet `own`, which one person has: each
    /// is asked for the words, so that what others of the domain have hides none of them.
    func found(by text: String, among own: SQL) -> SQL {
        let schema: SQL = "\(identifier: database.schema)"
        return """
            id IN (SELECT mine.id FROM ( \
            SELECT id FROM \(raw: layout.table) WHERE \(own) ORDER BY id DESC LIMIT \(Self.owned)) mine \
            WHERE NOT EXISTS (SELECT FROM \(schema).search_parts(\(text)) part WHERE NOT EXISTS ( \
            SELECT FROM \(schema).search_word word \
            WHERE word.record = mine.id AND word.term >= part.low AND word.term <= part.high)))
            """
    }
}

extension Database {
    private enum Column: String {
        case looked, found
    }

    /// How many records of a table that are found are put into order; which of more, ADR 0038 says. To customers, of whose records
    /// more is asked, the schema gives more.
    private static var candidates: Int { 500 }

    /// The ids of the records of `tables` that are found by the words of `text`, by their tables.
    func found(by text: String, in tables: [String], _ tx: Transaction) throws -> [String: [String]] {
        let rows = try tx.query(
            """
            SELECT looked, found FROM \(identifier: schema).search_found( \
            \(text), \(tables)::text[], \(Self.candidates)::integer)
            """)
        return try rows.reduce(into: [:]) { ids, row in
            ids[try row.string(Column.looked), default: []].append(try row.string(Column.found))
        }
    }

    /// The statement that tells, as `counted`, how many words there are in `text` to look for.
    public func wordsToSearch(_ text: String) -> SQL {
        "SELECT count(*) AS counted FROM \(identifier: schema).search_parts(\(text))"
    }
}
