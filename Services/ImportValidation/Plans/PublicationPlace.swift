/// From where on a publication looks for its next rows. Rows that are on their way are not known to be published yet, and are
/// passed over.
enum PublicationPlace {
    /// Behind the rows of a batch that is on its way.
    case behind(PublicationBatch)
    /// From the first row on, for some may have been put off or become ready meanwhile; `sent` is the batch that is on its
    /// way.
    case start(sent: PublicationBatch?)

    /// The staged row behind which the next ones stand; nil for none.
    var row: HeldRow? {
        guard case .behind(let batch) = self else { return nil }
        return batch.rows.last
    }

    /// The place in the plan behind which the next ones stand.
    var number: Int64 {
        guard case .behind(let batch) = self else { return 0 }
        return batch.planned.max() ?? 0
    }

    /// Staged rows that are on their way, where the place does not tell.
    var sentRows: [String] { sent?.rows.map(\.id) ?? [] }

    /// Their places in the plan.
    var sentNumbers: [Int64] { sent?.planned ?? [] }

    private var sent: PublicationBatch? {
        guard case .start(let sent) = self else { return nil }
        return sent
    }
}
