import Roles
import Tenancy
import Wire

/// What a caller may do with one record here and now, beyond reading it. The dictionary tells it of a table; this looks at
/// the record: whose it is, and in which state.
public struct RecordRights: Sendable {
    /// Fields that the caller may change.
    public let fields: [String]
    /// States that the caller may move it to.
    public let states: [String]
    /// Whether the caller may comment.
    public let mayComment: Bool
    /// Whether the caller may attach files.
    public let mayAttach: Bool
}

extension Store {
    /// The rights of `caller`, who sees the record, on it; `record` is the whole of it.
    public func rights(on record: R, of caller: Caller) throws -> RecordRights {
        let (table, roles) = (R.schema.table, caller.roles)
        var fields = WriteRights<R>(caller).inExisting
        if caller.kind == .customer {
            let rule = R.storage.customer?.changeable?(caller)
            if try rule.map({ try matches(record, $0, caller) }) != true { fields = [] }
        }
        let hasEnded = R.lifecycle.map { $0.closed.contains($0.state(of: record)) } ?? false
        func may(_ field: String) -> Bool {
            caller.kind == .service || Access.may(roles, .create, field: field, of: table) == true
        }
        return RecordRights(
            fields: R.schema.fields.filter { fields.contains($0.name) && $0.type != .journal }.map(\.name),
            states: states(of: record, for: caller, fields),
            mayComment: R.schema.verbs.contains("add_comment") && may("comments"),
            mayAttach: R.schema.verbs.contains("list_attachments") && may(Attachment.field) && !hasEnded)
    }

    private func states(of record: R, for caller: Caller, _ fields: Set<String>) -> [String] {
        guard let lifecycle = R.lifecycle, fields.contains(lifecycle.field.rawValue) else { return [] }
        let state = lifecycle.state(of: record)
        let moves =
            lifecycle.closed.contains(state) ? [lifecycle.reopened] : lifecycle.moves[state] ?? []
        return R.schema.fields[R.index(lifecycle.field)].choices.compactMap(\.value.string).filter {
            moves.contains($0) && lifecycle.mayMove(caller, record, $0)
        }
    }
}
