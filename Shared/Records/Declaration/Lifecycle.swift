import Ground
import Korean
import RPC
import Tenancy
import Wire

/// The fields of a record that ends: its state, whether it is at work, and the closure information (G-11).
public typealias HasClosure = HasState & HasActive & HasClosedAt & HasClosedBy & HasCloseNotes

/// How the state of a record moves, what closing stamps, and which other field the state drives. An object, since every
/// write asks it.
public final class Lifecycle<R: Record>: Sendable {
    /// A field whose values depend on the state: Stage of a case, Progress of a task (G-01).
    public struct Tie: Sendable {
        let field: R.Field
        let values: [String: [String]]

        /// `field` follows the state: for each state its default, then the other values allowed in it.
        public init(_ field: R.Field, _ values: [String: [String]]) {
            self.field = field
            self.values = values
        }
    }

    let moves: [String: Set<String>]
    let closed: Set<String>
    let reopened: String
    let tie: Tie?
    let closingRule: String?
    let reopeningRule: String?
    let closingNeeds: [R.Field]
    let clearedOnReopening: [R.Field]
    let closingDefaults: [String: [R.Field: String]]
    let mayMove: @Sendable (Caller, R, String) -> Bool
    /// The field with the state.
    let field: R.Field
    let active: R.Field
    let closedAt: R.Field
    let closedBy: R.Field
    let closeNotes: R.Field

    /// A life cycle over the field `state`. States and values that the dictionary does not have are a programming error
    /// and trap.
    /// - Parameters:
    ///   - moves: for each state the states it may go to; reopening is not listed here.
    ///   - reopened: the state a closed or canceled record returns to.
    ///   - tie: the field that follows the state.
    ///   - closingRule: the rule that closing carries out ("BR-31"), named where it fails.
    ///   - closingNeeds: fields that must be filled in before the record closes.
    ///   - closingDefaults: for a closed state, values that fields take when they are empty.
    ///   - mayMove: who may move a record to a state, beyond write access.
    public init(
        moves: [String: Set<String>], closed: Set<String> = Set(EndState.allCases.map(\.rawValue)), reopened: String,
        tie: Tie? = nil,
        closingRule: String? = nil, reopeningRule: String? = nil, closingNeeds: [R.Field] = [],
        clearedOnReopening: [R.Field] = [.closeNotes],
        closingDefaults: [String: [R.Field: String]] = [:],
        mayMove: @escaping @Sendable (Caller, R, String) -> Bool = { _, _, _ in true }
    ) where R.Field: HasClosure {
        self.moves = moves
        self.closed = closed
        self.reopened = reopened
        self.tie = tie
        self.closingRule = closingRule
        self.reopeningRule = reopeningRule
        self.closingNeeds = closingNeeds
        self.clearedOnReopening = clearedOnReopening
        self.closingDefaults = closingDefaults
        self.mayMove = mayMove
        (field, active, closedAt, closedBy, closeNotes) = (.state, .active, .closedAt, .closedBy, .closeNotes)
        let named = closed.union(moves.keys).union(moves.values.joined()).union([reopened])
        precondition(named.isSubset(of: Self.choices(of: .state)), "\(R.schema.table) moves to states that it has not")
        if let tie {
            let values = tie.values.filter { named.contains($0.key) }.values.joined()
            precondition(
                Self.choices(of: tie.field).isSuperset(of: values), "\(tie.field) of \(R.schema.table) has other values"
            )
        }
    }

    private static func choices(of field: R.Field) -> Set<String> {
        Set(R.schema.fields[R.index(field)].choices.compactMap(\.value.string))
    }

    /// Whether a closed or canceled record goes on.
    func reopens(_ change: Change<R>) -> Bool {
        guard let old = change.old else { return false }
        return closed.contains(state(of: old)) && !closed.contains(state(of: change.new))
    }

    func state(of record: R) -> String { record[field: field].string ?? "" }

    /// Carries out a move of the state: refuses what is not allowed, drives the tied field, stamps or clears the
    /// closure information (G-11).
    func apply(_ change: inout Change<R>, _ context: WriteContext) throws(Problem) {
        let to = state(of: change.new)
        let from = change.old.map(state(of:))
        if let from, from != to {
            try checkMove(from: from, to: to, change.new, context)
        }
        if from != to { try stamp(&change, from: from, to: to, context) }
        try follow(&change, stateChanged: from != to, state: to)
    }

    private func checkMove(from: String, to: String, _ record: R, _ context: WriteContext) throws(Problem) {
        let isReopening = closed.contains(from) && to == reopened
        guard isReopening || moves[from]?.contains(to) == true else {
            let allowed = (moves[from] ?? []).union(closed.contains(from) ? [reopened] : []).sorted()
            let field = R.schema.fields[R.index(self.field)]
            let targets = allowed.map { field.label(ofChoice: $0).ko }.joined(separator: ", ")
            let text = Text(
                en: "A record in state \(from) cannot go to \(to); allowed: \(allowed.joined(separator: ", ")).",
                ko: """
                    ‘\(field.label(ofChoice: from).ko)’ 상태의 레코드는 ‘\(field.label(ofChoice: to).ko)’ 상태로 바꿀 수 없습니다. \
                    바꿀 수 있는 상태: \(targets)
                    """)
            throw Problem(
                .failedPrecondition, text, reason: "STATE_MOVE",
                violations: [.init(field: R.path(field), text: text, rule: "G-02")])
        }
        guard context.isSystem || mayMove(context.caller, record, to) else { throw .permissionDenied() }
    }

    private func stamp(_ change: inout Change<R>, from: String?, to: String, _ context: WriteContext) throws(Problem) {
        let closes = closed.contains(to)
        let wasClosed = from.map(closed.contains) ?? false
        if closes, !wasClosed {
            for (field, value) in closingDefaults[to] ?? [:] where change.new[field: field].isEmpty {
                change.new[field: field] = .string(value)
            }
            for field in closingNeeds where change.new[field: field].isEmpty {
                throw .broken(
                    closingRule ?? "G-11", R.self, field: field,
                    Text(
                        en: "\(R.label(field).en) is needed to close.",
                        ko: "종결하려면 \(R.label(field).ko, .subject) 필요합니다."))
            }
            change.new[field: closedAt] = .timestamp(context.now)
            change.new[field: closedBy] = .string(context.caller.subject)
            change.new[field: active] = .bool(false)
        } else if !closes {
            change.new[field: active] = .bool(true)
            if wasClosed {
                for field in [closedAt, closedBy] + clearedOnReopening { change.new[field: field] = .null }
            }
        }
    }

    private func follow(_ change: inout Change<R>, stateChanged: Bool, state: String) throws(Problem) {
        guard let tie, let allowed = tie.values[state], let first = allowed.first else { return }
        let index = R.index(tie.field)
        let chosen = change.changes(at: index)
        if stateChanged, !chosen || change.isCreation && change.new[fieldAt: index].isEmpty {
            change.new[fieldAt: index] = .string(first)
        }
        guard let value = change.new[fieldAt: index].string, allowed.contains(value) else {
            // A value chosen together with the state must fit it; one left over from the old state gives way.
            let values = allowed.map { R.schema.fields[index].label(ofChoice: $0) }
            let shown = R.schema.fields[R.index(field)].label(ofChoice: state)
            let (english, korean) = (
                values.map(\.en).joined(separator: ", "), values.map(\.ko).joined(separator: ", ")
            )
            let text = Text(
                en: "\(R.label(tie.field).en) in state \(shown.en) must be one of: \(english).",
                ko: "‘\(shown.ko)’ 상태에서 \(R.label(tie.field).ko, .topic) 다음 중 하나여야 합니다: \(korean).")
            throw .broken("G-01", R.self, field: tie.field, text)
        }
    }
}
