import Events
import Ground
import Tenancy
import Wire

extension Outbox {
    /// The event of a change.
    static func event<R: Record>(
        _ change: Change<R>, action: String, changed: [Int], text: String = "", at: Timestamp, _ context: WriteContext
    ) throws -> RecordEvent {
        var event = RecordEvent()
        event.eventID = RecordID.make(at: at)
        event.service = R.schema.service
        event.table = R.schema.table
        event.action = action
        event.id = change.new.id
        event.number = R.numberField.flatMap { change.new[field: $0].string } ?? ""
        event.domain = change.new.domain
        event.revision = Int64(change.new.etag) ?? 0
        event.actor = context.caller.subject
        event.at = at
        event.changedFields = changed.map { R.schema.fields[$0].name }
        if let old = change.old { event.oldValues = changed.map { old[fieldAt: $0].journalText } }
        event.record = try change.new.encodeProtobuf()
        event.text = text
        event.notify = listeners(change.new, action: action)
        return event
    }

    /// Watch list: every update; work notes list: new work notes (G-29).
    private static func listeners<R: Record>(_ record: R, action: String) -> [String] {
        let field: KnownField = action == "noted" ? .workNotesList : .watchList
        guard let index = R.schema.index(of: field) else { return [] }
        return record[fieldAt: index].strings ?? []
    }
}
