import Foundation
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// A batch of a publication on its way to the owner of its table.
struct PublicationBatch: Sendable {
    /// Its place among the batches of the run, which are sent in this order.
    var number: Int64 = 0
    /// What is sent, with its id. A message has one encoding, so that it is the same bytes whenever it is sent.
    var request = PublishRowsRequest()
    /// The rows as they were read.
    var rows: [HeldRow] = []
    /// Their places in the plan, by row.
    var places: [String: Int64] = [:]
    /// Places of rows that are not sent, for they are not as they were planned any more.
    var moved: [Int64] = []

    var isEmpty: Bool { rows.isEmpty && moved.isEmpty }

    /// All its places in the plan.
    var planned: [Int64] { rows.compactMap { places[$0.id] } + moved }

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

        enum CodingKeys: CodingKey { case id, revision, number, upload, sheet, correctedBy, place, checkVersion, given }
    }

    /// Its rows, as their column holds them. By hand, for every row that is published is written down so.
    fileprivate func json() throws -> String {
        let json = try JSONWriter.objects(rows) { (row, writer) throws(WireError) in
            typealias Key = Kept.CodingKeys
            try writer.member(Key.id, row.id)
            try writer.member(Key.revision, number: row.revision)
            try writer.member(Key.number, number: row.number)
            try writer.member(Key.upload, row.upload)
            if let sheet = row.sheet { try writer.member(Key.sheet, sheet) }
            if let person = row.correctedBy { try writer.member(Key.correctedBy, person) }
            if let place = places[row.id] { try writer.member(Key.place, number: place) }
            try writer.member(Key.checkVersion, number: row.checkVersion)
            if !row.given.isEmpty { try writer.member(Key.given, texts: row.given) }
        }
        return String(decoding: json, as: UTF8.self)
    }

    /// The batch that was kept. A row is as it was sent, whatever has become of it in staging; its cells are those of now,
    /// for people are told of them only where the row has not changed.
    fileprivate init(_ number: Int64, _ bytes: [UInt8], _ json: String, _ tx: Transaction) throws {
        let kept = try JSONDecoder().decode([Kept].self, from: Data(json.utf8))
        let staged = try StagingStore.page(
            "WHERE id = ANY(\(kept.map(\.id))::uuid[])", after: nil, limit: kept.count, tx)
        let cells = Dictionary(staged.map { ($0.id, $0.cells) }) { first, _ in first }
        self.number = number
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
    /// The rows of a page, as they are published, as many as one request carries. What has moved behind the last of them is
    /// left to the next.
    init(_ page: ImportPlan.Page, _ number: Int64, by publisher: RowPublisher) {
        self.number = number
        rows = RowPublisher.fitting(page.rows)
        places = page.planned.mapValues { $0.number }
        let left = page.rows.dropFirst(rows.count).first.flatMap { places[$0.id] } ?? .max
        moved = page.moved.filter { $0 < left }
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
            INSERT INTO import_validation.publication_batch (publication, number, domain, request, rows) \
            SELECT id, \(batch.number), domain, \(try batch.request.encodeProtobuf())::bytea, \(try batch.json())::jsonb \
            FROM import_validation.publication WHERE id = \(id)
            """)
    }

    /// The batches that were sent, or were about to be, when the run was interrupted, in their order.
    func interrupted(_ tx: Transaction) throws -> [PublicationBatch] {
        let kept = try tx.query(
            """
            SELECT number, request, rows FROM import_validation.publication_batch WHERE publication = \(id) ORDER BY number
            """)
        return try kept.map { row in
            try PublicationBatch(
                row.int64(Column.number), row.bytes(Column.request), row.string(Column.rows), tx)
        }
    }

    /// Lets go of a batch that was sent, in the transaction that keeps what became of it.
    func settle(_ batch: PublicationBatch, _ tx: Transaction) {
        tx.send(
            """
            DELETE FROM import_validation.publication_batch WHERE publication = \(id) AND number = \(batch.number)
            """)
    }
}
