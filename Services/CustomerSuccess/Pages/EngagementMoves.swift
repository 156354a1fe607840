import CustomerSuccessWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// What has moved lately in an engagement: its health, and what may have moved that, a risk signal, a value that was measured, a
/// touchpoint that was held, a milestone that was reached (ADR 0070). Nothing is kept for it: the journal has the health, and records
/// have when they began and ended. Customers neither see the health nor risks (G-18).
struct EngagementMoves {
    /// What happened.
    enum Kind: String {
        case health, raised, closed, canceled, measured, held, reached
    }

    /// Moves that a page shows, and records of each kind that are looked at for them.
    private static let (shown, looked) = (20, 10)

    private enum Column: String {
        case at, by, before, after
    }

    private let caller: Caller
    private let today: CivilDate
    private let risks: Store<RiskSignal>
    private let touchpoints: Store<Touchpoint>
    private let milestones: Store<SuccessMilestone>
    /// What has to be asked; ``read(_:of:_:)`` takes the answers.
    let statements: [SQL]

    init(_ database: Database, _ caller: Caller, of engagement: Engagement) throws {
        (self.caller, today) = (caller, database.clock.today)
        (risks, touchpoints, milestones) = (Store(database), Store(database), Store(database))
        // Each list comes in the order of an index that has nothing else in it.
        func last<R: Record>(_ store: Store<R>, _ field: R.Field, _ condition: SQL = "TRUE") throws -> SQL {
            let newest: SQL = "\(identifier: field) DESC, \(identifier: RiskSignal.Field.id) DESC"
            return try store.selection(
                where: "engagement = \(engagement.id) AND " + condition, order: newest, limit: Self.looked, as: caller)
        }
        statements = [
            Self.health(of: engagement.id, caller), try last(risks, .createdAt),
            try last(risks, .closedAt, "\(identifier: RiskSignal.Field.closedAt) IS NOT NULL"),
            try last(
                touchpoints, .closedAt,
                "\(identifier: Touchpoint.Field.state) = \(literal: Touchpoint.State.closed)"),
            try last(milestones, .reachedOn, "\(identifier: SuccessMilestone.Field.reachedOn) IS NOT NULL"),
        ]
    }

    /// The changes of the health, as the journal has them.
    private static func health(of engagement: String, _ caller: Caller) -> SQL {
        let field = Engagement.Field.perceivedHealth
        let isRead =
            caller.kind != .customer
            && Access.mayRead(caller.roles, field: field.rawValue, of: Engagement.schema.table) != false
        return """
            SELECT j.at, j.by, j.old_values[array_position(j.fields, \(literal: field))] AS before, \
            j.new_values[array_position(j.fields, \(literal: field))] AS after FROM customer_success.journal j \
            WHERE \(isRead) AND j.record = \(engagement) AND \(literal: field) = ANY(j.fields) \
            ORDER BY j.id DESC LIMIT \(looked)
            """
    }

    /// All of them, newest first, with what was measured of `outcomes`. Who did what is still to be named.
    func read(_ answers: [Rows], of engagement: Engagement, _ outcomes: [MeasuredOutcome]) throws -> [EngagementMove] {
        var moves = try answers[0].map { row -> EngagementMove in
            var move = move(.health, engagement)
            move.before = try row.optionalString(Column.before) ?? ""
            move.after = try row.optionalString(Column.after) ?? ""
            Self.date(&move, Timestamp(microseconds: try row.timestamp(Column.at)), by: try row.string(Column.by))
            return move
        }
        moves += try risks.records(answers[1], for: caller).map { risk in
            var move = move(.raised, risk)
            Self.date(&move, risk.createdAt, by: risk.createdBy)
            return move
        }
        moves += try risks.records(answers[2], for: caller).map { risk in
            var move = move(risk.state == RiskSignal.State.canceled ? .canceled : .closed, risk)
            Self.date(&move, risk.closedAt, by: risk.closedBy ?? "")
            return move
        }
        moves += try touchpoints.records(answers[3], for: caller).map { touchpoint in
            var move = move(.held, touchpoint)
            Self.date(&move, touchpoint.closedAt, by: touchpoint.closedBy ?? "")
            // When it was closed is the provider's; customers know the day of the meeting.
            if touchpoint.closedAt == nil { move.day = touchpoint.meetingDate ?? "" }
            return move
        }
        moves += try milestones.records(answers[4], for: caller).map { milestone in
            var move = move(.reached, milestone)
            (move.day, move.by) = (milestone.reachedOn ?? "", milestone.closedBy ?? "")
            return move
        }
        moves += outcomes.flatMap(measured)
        // Of one day what is known to the moment goes before what is not.
        return Array(
            moves.filter { !$0.day.isEmpty }.sorted { left, right in
                (left.day, left.at?.seconds ?? 0, left.at?.nanos ?? 0) > (
                    right.day, right.at?.seconds ?? 0, right.at?.nanos ?? 0
                )
            }.prefix(Self.shown))
    }

    /// The values of an outcome, each with the one before.
    private func measured(_ outcome: MeasuredOutcome) -> [EngagementMove] {
        let history = outcome.progress?.history ?? []
        return history.enumerated().map { place, point in
            var move = EngagementMove()
            (move.kind, move.item) = (Kind.measured.rawValue, outcome.outcome)
            (move.before, move.after) = (place > 0 ? history[place - 1].value : "", point.value)
            move.unit = point.unit.isEmpty ? outcome.unit : point.unit
            Self.date(&move, point.measuredAt, by: point.by)
            return move
        }
    }

    private func move<R: Record>(_ kind: Kind, _ record: R) -> EngagementMove {
        var move = EngagementMove()
        (move.kind, move.item) = (kind.rawValue, PageItem(record, today: today))
        return move
    }

    private static func date(_ move: inout EngagementMove, _ at: Timestamp?, by: String) {
        (move.at, move.by) = (at, by)
        move.day = at?.day.description ?? ""
    }
}
