import Postgres
import RPC
import Tenancy
import Wire

/// What a page of the portal shows of a record besides its own fields: what is attached and what was said where customers
/// see it (G-28, G-121), and what the caller may do. Names stand there and no ids of people, whoever looks.
public struct PortalParts<R: Record>: Sendable {
    private let store: Store<R>
    private let call: Call

    /// The parts of a record of `store` for the caller of `call`.
    public init(_ store: Store<R>, _ call: Call) {
        self.store = store
        self.call = call
    }

    /// The finished files that are shown to customers.
    public func attachments(of id: String, in tx: Transaction) throws -> [Attachment] {
        try store.attachments(of: id, as: call.caller, in: tx).filter { $0.visibleToCustomer && $0.complete }
            .map { file in
                var file = file
                file.createdBy = ""
                return file
            }
    }

    /// The newest comments. Work notes never (G-28).
    public func comments(on id: String, atMost count: Int, in tx: Transaction) throws -> [PortalComment] {
        try store.comments(on: id, atMost: count, as: call.caller, in: tx).map { entry in
            var comment = PortalComment()
            (comment.at, comment.by, comment.text) = (entry.at, entry.byName, entry.text)
            comment.own = entry.by == call.caller.subject
            return comment
        }
    }

    /// The newest changes of fields that customers see and that are no references, of the last `count` entries of the stream.
    public func changes(on id: String, atMost count: Int, in tx: Transaction) throws -> [PortalChange] {
        var request = ListActivityRequest()
        (request.id, request.pageSize) = (id, Int32(count))
        return try store.activity(request, as: call.caller, byName: true, in: tx).entries.compactMap { entry in
            guard let field = R.schema.field(entry.field), field.customerVisible, Self.shown.contains(field.type)
            else { return nil }
            var change = PortalChange()
            (change.at, change.by, change.label) = (entry.at, entry.byName, field.label(call.language))
            (change.oldValue, change.newValue) = (value(entry.oldValue, field), value(entry.newValue, field))
            return change
        }
    }

    /// Types whose values people read as they are kept, or by a label.
    private static var shown: Set<FieldType> {
        [.string, .text, .integer, .decimal, .boolean, .date, .datetime, .choice]
    }

    private func value(_ text: String, _ field: FieldSchema) -> String {
        if field.type == .boolean, !text.isEmpty {
            return (text == "true" ? Text(en: "Yes", ko: "예") : Text(en: "No", ko: "아니요"))(call.language)
        }
        return field.choices.first { $0.value.journalText == text }?.label(call.language) ?? text
    }

    /// What the caller, who sees the record, may do with it beyond reading it.
    public func rights(on id: String, in tx: Transaction) throws -> PortalRights? {
        guard let whole = try store.find(id, in: tx) else { return nil }
        let rights = try store.rights(on: whole, of: call.caller)
        var answer = PortalRights()
        answer.writableFields = rights.fields
        answer.states = rights.states
        if let index = R.schema.index(of: .state) {
            answer.stateLabels = rights.states.map { R.schema.fields[index].label(ofChoice: $0)(call.language) }
        }
        answer.mayComment = rights.mayComment
        answer.mayAttach = rights.mayAttach
        return answer
    }
}
