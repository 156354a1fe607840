import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// What an undo takes back: all that a publication has done, or chosen rows of it. It bears the id of its run.
struct PublicationUndo: Sendable {
    let run: String
    let publication: Publication
    /// Whether it is for chosen rows alone.
    private let isChosen: Bool
    /// Only rows with which this was done; nil for any.
    private let outcome: String?

    private enum Column: String {
        case publication, outcome, number
        case isChosen = "is_chosen"
    }

    /// Keeps the beginning of an undo, in the transaction that queues its run. Rows that the publication does not have are
    /// refused: whoever names them means another one.
    static func begin(
        _ run: ImportRun, of publication: Publication, _ request: UndoPublicationRequest, _ tx: Transaction
    ) throws {
        let ids = Set(request.stagingRows)
        let found = try tx.query(
            """
            SELECT number, staging_row FROM import_validation.publication_row \
            WHERE publication = \(publication.id) AND staging_row = ANY(\(ids.sorted())::uuid[]) ORDER BY number
            """)
        let numbers = try found.map { try $0.int64(Column.number) }
        // A row may have been published twice by one run.
        let others = ids.count - Set(try found.map { try $0.string(Publication.Column.stagingRow) }).count
        guard others == 0 else {
            throw Problem.invalid(
                field: UndoPublicationRequest.Field.stagingRows,
                Text(
                    en: "\(others) of the rows were not published by this run.",
                    ko: "지정한 행 중 \(grouped: others)개는 이 실행에서 게시한 행이 아닙니다."))
        }
        let chosen: SQL = numbers.isEmpty ? "NULL" : "\(numbers)::int8[]"
        tx.send(
            """
            INSERT INTO import_validation.publication_undo (id, domain, publication, chosen, outcome) \
            VALUES (\(run.id), \(run.domain), \(publication.id), \(chosen), nullif(\(request.outcome), ''))
            """)
    }

    /// What the run `run` is to undo.
    static func find(_ run: String, _ tx: Transaction) throws -> PublicationUndo? {
        let rows = try tx.query(
            """
            SELECT publication, outcome, chosen IS NOT NULL AS is_chosen FROM import_validation.publication_undo \
            WHERE id = \(run)
            """)
        guard let row = rows.first, let publication = try Publication.find(row.string(Column.publication), tx) else {
            return nil
        }
        return PublicationUndo(
            run: run, publication: publication, isChosen: try row.bool(Column.isChosen),
            outcome: try row.optionalString(Column.outcome))
    }

    /// Which of its rows are looked for.
    enum Rows {
        /// Those that it has not dealt with.
        case open
        /// Those that it has kept.
        case kept
    }

    /// The rows that it has not dealt with.
    private var open: SQL {
        var open: SQL =
            "publication = \(publication.id) AND undone_at IS NULL AND undo_run IS DISTINCT FROM \(run)::uuid"
        if isChosen {
            open +=
                " AND number = ANY ((SELECT chosen FROM import_validation.publication_undo WHERE id = \(run))::int8[])"
        }
        if let outcome { open += " AND outcome = \(outcome)" }
        return open
    }

    /// The rows that it has kept: of what it may take back, for it has dealt with no other.
    private var kept: SQL { "publication = \(publication.id) AND undone_at IS NULL AND undo_run = \(run)::uuid" }

    /// The next rows, the last that was published first.
    func rows(_ which: Rows, before number: Int64?, limit: Int, _ tx: Transaction) throws -> [Publication.Written] {
        try tx.walking {
            try Publication.written(
                (which == .open ? open : kept)
                    + " AND number < \(number ?? Int64.max)::int8 ORDER BY number DESC LIMIT \(limit)", tx)
        }
    }

    /// The rows of the publication with these numbers, the last that was published first.
    func rows(numbered numbers: [Int64], _ tx: Transaction) throws -> [Publication.Written] {
        try Publication.written(
            "publication = \(publication.id) AND number = ANY(\(numbers)::int8[]) ORDER BY number DESC", tx)
    }

    /// How many rows are left.
    func count(_ tx: Transaction) throws -> Int64 {
        try tx.query("SELECT count(*) FROM import_validation.publication_row WHERE " + open).first?
            .int64(UnnamedColumn.count) ?? 0
    }
}
