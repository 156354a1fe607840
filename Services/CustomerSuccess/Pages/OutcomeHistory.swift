import CustomerSuccessWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// How far outcomes have come, with the last values of each (G-129).
struct OutcomeHistory: Sendable {
    /// Values that pages show of an outcome.
    static let shown = 10

    private let database: Database
    private let caller: Caller
    private let limit: Int
    private let isOpen: Bool

    /// The history as `caller` may see it, at most `limit` values of each outcome. Unless it `isOpen`, there is none.
    init(_ database: Database, _ caller: Caller, limit: Int, isOpen: Bool = true) {
        (self.database, self.caller, self.limit, self.isOpen) = (database, caller, limit, isOpen)
    }

    /// The progress by outcome, of outcomes as the reader may see them.
    func progress(of outcomes: [SuccessOutcome], in tx: Transaction) throws -> [String: OutcomeProgress] {
        guard !outcomes.isEmpty else { return [:] }
        let store = Store<Measurement>(database)
        let ids = outcomes.map(\.id)
        let last: SQL = """
            \(isOpen) AND success_outcome = ANY(\(ids)::uuid[]) AND \
            id IN (SELECT chosen.id FROM unnest(\(ids)::uuid[]) AS parent(id) CROSS JOIN LATERAL ( \
            SELECT i.id FROM customer_success.measurement i WHERE i.success_outcome = parent.id \
            ORDER BY i.measured_at DESC, i.source DESC LIMIT \(limit + 1)) chosen)
            """
        let oldestFirst: SQL = "\(identifier: Measurement.Field.measuredAt), \(identifier: Measurement.Field.source)"
        let rows = try tx.query(
            store.selection(where: last, order: oldestFirst, limit: ids.count * (limit + 1), as: caller))
        let history = Dictionary(grouping: try store.records(rows, for: caller)) { $0.successOutcome ?? "" }
        return Dictionary(
            uniqueKeysWithValues: outcomes.map { outcome in
                let known = history[outcome.id] ?? []
                var progress = Self.progress(of: outcome, known.suffix(limit))
                progress.earlier = known.count > limit
                return (outcome.id, progress)
            })
    }

    /// The progress of one outcome, whose values come oldest first.
    static func progress(of outcome: SuccessOutcome, _ history: some Collection<Measurement>) -> OutcomeProgress {
        var progress = OutcomeProgress()
        progress.history = history.map { value in
            var point = MeasuredPoint()
            point.measuredAt = value.measuredAt
            point.value = value.value ?? ""
            point.unit = value.unit ?? ""
            point.source = value.source ?? ""
            point.by = value.source == nil ? "" : value.createdBy
            return point
        }
        guard let way = Way(outcome) else { return progress }
        if let current = outcome.currentValue.flatMap(Double.init) {
            progress.percent = way.percent(at: current)
            progress.reached = way.isReached(by: current)
        }
        let values = history.compactMap { $0.value.flatMap(Double.init) }
        if let first = values.first, let last = values.last, values.count > 1 {
            progress.trend = way.trend(from: first, to: last)
        }
        return progress
    }

    /// Whether the current value of an outcome is its target or better.
    static func isReached(_ outcome: SuccessOutcome) -> Bool {
        guard let way = Way(outcome), let current = outcome.currentValue.flatMap(Double.init) else { return false }
        return way.isReached(by: current)
    }

    /// The way from where an outcome began to its target. Without a base value it begins at zero.
    private struct Way {
        private let base, target: Double

        /// Nil for an outcome without a target.
        init?(_ outcome: SuccessOutcome) {
            guard let target = outcome.targetValue.flatMap(Double.init) else { return nil }
            self.target = target
            base = outcome.baseValue.flatMap(Double.init) ?? 0
        }

        /// Lower is better where the target is below the base.
        private var sign: Double { target < base ? -1 : 1 }

        func isReached(by current: Double) -> Bool { (current - target) * sign >= 0 }

        /// Whole percent, rounded down: what is not reached is not told as 100.
        func percent(at current: Double) -> Int32 {
            guard target != base else { return isReached(by: current) ? 100 : 0 }
            return Int32(min(100, max(0, (100 * (current - base) / (target - base)).rounded(.down))))
        }

        func trend(from first: Double, to last: Double) -> String {
            let better = (last - first) * sign
            return better == 0 ? "steady" : better > 0 ? "improving" : "worsening"
        }
    }
}
