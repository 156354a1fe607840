import CustomerSuccessWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// The perceived health of engagements week by week, of what the journal tells of its changes (ADR 0068).
struct HealthWeeks: Sendable {
    /// Weeks of a strip, the current one among them.
    static let weeks = 12
    /// Changes that are looked at of one engagement; the health before them is not known.
    private static let changes = 60

    private enum Column: String {
        case record, at, before
    }

    /// What the health was before a day on which it changed.
    private struct Turn {
        let day: CivilDate
        let before: String
    }

    private let today: CivilDate
    private let isRead: Bool
    private var turns: [String: [Turn]] = [:]

    /// The weeks up to `today`, as `caller` may read them.
    init(_ today: CivilDate, _ caller: Caller) {
        self.today = today
        isRead = Access.mayRead(caller.roles, field: Self.field.rawValue, of: Engagement.schema.table) != false
    }

    private static var field: Engagement.Field { .perceivedHealth }

    /// The changes of the engagements in the array `ids`, the newest of each first.
    func statement(of ids: SQL) -> SQL {
        """
        SELECT j.record, j.at, j.old_values[array_position(j.fields, \(literal: Self.field))] AS before \
        FROM unnest(\(ids)) AS engagement(id) CROSS JOIN LATERAL (SELECT i.* FROM customer_success.journal i \
        WHERE i.record = engagement.id AND \(literal: Self.field) = ANY(i.fields) \
        ORDER BY i.id DESC LIMIT \(Self.changes)) j ORDER BY j.record, j.id DESC
        """
    }

    /// Takes the answer to that statement.
    mutating func read(_ rows: Rows) throws {
        for row in rows {
            let day = Timestamp(microseconds: try row.timestamp(Column.at)).day
            let before = try row.optionalString(Column.before) ?? ""
            turns[try row.string(Column.record), default: []].append(Turn(day: day, before: before))
        }
    }

    /// The health at the end of each week, oldest first; the last one is that of now.
    func health(of engagement: Engagement) -> [String] {
        guard isRead else { return [] }
        var health = engagement.perceivedHealth ?? ""
        var later = (turns[engagement.id] ?? [])[...]
        let begun = engagement.createdAt?.day
        let newestFirst = (0..<Self.weeks).map { week -> String in
            let end = today.adding(days: -7 * week)
            while let turn = later.first, turn.day > end {
                health = turn.before
                later = later.dropFirst()
            }
            return begun.map { $0 > end } == true ? "" : health
        }
        return newestFirst.reversed()
    }
}
