import Foundation
import ImportValidationWire
import OnboardingWire
import Postgres
import RPC
import Records
import Wire

/// A batch of an undo on its way to the owner of its table.
struct UndoBatch: Sendable {
    /// Its rows, the last that was published first.
    let rows: [Publication.Written]
    /// Why rows are kept that are not sent, by their places.
    let kept: [Int64: [RowError]]
    /// What is sent, with its id. A message has one encoding, so that it is the same bytes whenever it is sent.
    let request: UnpublishRowsRequest

    /// What is kept of a row beside the request.
    private struct Kept: Codable {
        let number: Int64
        let reasons: [RowError]?
    }

    /// The columns of `publication_undo` that hold it.
    private enum Column: String {
        case sending
        case sendingRows = "sending_rows"
    }

    /// Rows of a publication, those for which there is a reason to be kept and those that changed nothing left out of what is
    /// sent. The request has an id of its own, for rows that were kept may be asked about once more.
    init(
        _ rows: [Publication.Written], kept: [Int64: [RowError]], of publication: Publication, for account: String,
        requestID: String
    ) {
        self.rows = rows
        self.kept = kept
        let asked = rows.filter { $0.outcome != PlanRow.Outcome.unchanged && kept[$0.number] == nil }
        var request = UnpublishRowsRequest()
        request.targetTable = publication.targetTable
        request.account = account
        request.rows = asked.map { row in
            var sent = UnpublishRow()
            sent.rowID = String(row.number)
            sent.targetRecord = row.record
            sent.wasCreated = row.outcome == PlanRow.Outcome.insert
            sent.fields = row.fields.map(\.published)
            sent.publishedAt = row.publishedAt
            return sent
        }
        request.requestID = requestID
        self.request = request
    }

    /// The batch that an undo has kept; nil when none is on its way.
    init?(left by: PublicationUndo, _ tx: Transaction) throws {
        let found = try tx.query(
            """
            SELECT sending, sending_rows FROM import_validation.publication_undo \
            WHERE id = \(by.run) AND sending IS NOT NULL
            """)
        guard let row = found.first else { return nil }
        let known = try JSONDecoder().decode([Kept].self, from: Data(row.string(Column.sendingRows).utf8))
        request = try UnpublishRowsRequest.decode(protobuf: row.bytes(Column.sending))
        let numbers = known.map(\.number)
        rows = try by.rows(numbered: numbers, tx)
        kept = Dictionary(known.compactMap { row in row.reasons.map { (row.number, $0) } }) { first, _ in first }
    }

    /// Keeps it before it is sent: after a crash the owner is asked the same again and gives the answer that it gave, whatever
    /// has become of the records meanwhile.
    func keep(for undo: PublicationUndo, _ tx: Transaction) throws {
        let known = rows.map { Kept(number: $0.number, reasons: kept[$0.number]) }
        let json = String(decoding: try JSONEncoder().encode(known), as: UTF8.self)
        tx.send(
            """
            UPDATE import_validation.publication_undo SET sending = \(try request.encodeProtobuf()), \
            sending_rows = \(json)::jsonb WHERE id = \(undo.run)
            """)
    }

    /// Why rows of it are kept when the owner has answered, by their places; the others are undone.
    func reasons(_ results: [UnpublishResult]) -> [Int64: [RowError]] {
        let results = Dictionary(results.map { ($0.rowID, $0) }) { first, _ in first }
        var reasons = kept
        for row in request.rows {
            let result = results[row.rowID]
            guard result?.outcome != UnpublishResult.Outcome.undone, let number = Int64(row.rowID) else { continue }
            let errors = RowError.all(result?.faults ?? [])
            reasons[number] = errors.isEmpty ? [Self.unanswered] : errors
        }
        return reasons
    }

    private static var unanswered: RowError {
        let text = Text(en: "There was no answer for this record.", ko: "이 레코드의 결과를 확인하지 못했습니다. 다시 실행 취소하세요.")
        return RowError(.publication, [text.en, text.ko])
    }
}

extension PublicationUndo {
    /// Lets go of the batch that was sent, in the transaction that keeps what became of it.
    func letGo(_ tx: Transaction) {
        tx.send(
            "UPDATE import_validation.publication_undo SET sending = NULL, sending_rows = NULL WHERE id = \(run)")
    }
}
