import Foundation
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// A batch of a publication on its way to the owner of its table.
struct PublicationBatch: Sendable {
    /// What is sent, with its id. A message has one encoding, so that it is the same bytes whenever it is sent.
    var request = PublishRowsRequest()
    /// The rows as they were read.
    var rows: [HeldRow] = []
    /// Their places in the plan, by row.
    var places: [String: Int64] = [:]
    /// Places of rows that are not sent, for they are not as they were planned any more.
    var moved: [Int64] = []

    var isEmpty: Bool { rows.isEmpty && moved.isEmpty }

    /// What is kept of a row beside the request.
    private struct Kept: Codable {
        let id: String
        let revision: Int64
        let number: Int64
        let upload: String
        let sheet: String?
        let correctedBy: String?
        let place: Int64?
        /// Nil in one that an earlier version has kept.
        let checkVersion: Int64?
        /// Nil for none.
        let given: [String]?
    }

    /// Its rows, as their column holds them.
    fileprivate func json() throws -> String {
        let kept = rows.map { row in
            Kept(
                id: row.id, revision: row.revision, number: row.number, upload: row.upload, sheet: row.sheet,
                correctedBy: row.correctedBy, place: places[row.id],
                checkVersion: row.checkVersion, given: row.given.isEmpty ? nil : row.given)
        }
        return String(decoding: try JSONEncoder().encode(kept), as: UTF8.self)
    }

    /// The batch that was kept. A row is as it was sent, whatever has become of it in staging; its cells are those of now,
    /// for people are told of them only where the row has not changed.
    fileprivate init(_ bytes: [UInt8], _ json: String, _ tx: Transaction) throws {
        let kept = try JSONDecoder().decode([Kept].self, from: Data(json.utf8))
        let staged = try StagingStore.page(
            "WHERE id = ANY(\(kept.map(\.id))::uuid[])", after: nil, limit: kept.count, tx)
        let cells = Dictionary(staged.map { ($0.id, $0.cells) }) { first, _ in first }
        request = try PublishRowsRequest.decode(protobuf: bytes)
        rows = kept.map { row in
            HeldRow(
                id: row.id, revision: row.revision, number: row.number, status: RowStatus.readyToPublish.rawValue,
                cells: cells[row.id] ?? [], key: nil, doubles: [], checkVersion: row.checkVersion ?? 0,
                upload: row.upload, sheet: row.sheet, correctedBy: row.correctedBy, given: row.given ?? [])
        }
        places = Dictionary(kept.compactMap { row in row.place.map { (row.id, $0) } }) { first, _ in first }
    }
}

extension PublicationBatch {
    /// The rows of a page, as they are published.
    init(_ page: ImportPlan.Page, by publisher: RowPublisher) {
        rows = page.rows
        places = page.planned.mapValues { $0.number }
        moved = page.moved
        if !rows.isEmpty { request = publisher.request(toPublish: rows, page.planned.mapValues { $0.seen }) }
    }
}

extension Publication {
    /// Keeps a batch that is about to be sent: after a crash the owner is asked the same again and gives the answer that it
    /// gave, whatever has become of the rows, the checks and the task meanwhile. `checks` are those that its rows have passed.
    func send(_ batch: PublicationBatch, passed checks: CheckVersion, _ tx: Transaction) throws {
        guard !batch.rows.isEmpty else { return }
        tx.send(
            """
            INSERT INTO import_validation.publication_checks (publication, number, domain, name, checks) \
            SELECT id, \(checks.number), domain, \(checks.name), \(checks.checks) FROM import_validation.publication \
            WHERE id = \(id) ON CONFLICT DO NOTHING
            """)
        tx.send(
            """
            UPDATE import_validation.publication SET sending = \(try batch.request.encodeProtobuf()), \
            sending_rows = \(try batch.json())::jsonb WHERE id = \(id)
            """)
    }

    /// The batch that was sent, or was about to be, when the run was interrupted; nil when there is none.
    func interrupted(_ tx: Transaction) throws -> PublicationBatch? {
        let kept = try tx.query(
            """
            SELECT sending, sending_rows FROM import_validation.publication WHERE id = \(id) AND sending IS NOT NULL
            """)
        return try kept.first.map { row in
            try PublicationBatch(row.bytes(Column.sending), row.string(Column.sendingRows), tx)
        }
    }

    /// Lets go of the batch that was sent, in the transaction that keeps what became of it.
    func settle(_ tx: Transaction) {
        tx.send("UPDATE import_validation.publication SET sending = NULL, sending_rows = NULL WHERE id = \(id)")
    }
}
