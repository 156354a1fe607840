/// What is read of `outbox`.
enum OutboxColumn: String {
    case subject, record, trace, payload
    case place = "seq"
    case id = "event_id"
    case time = "created_at"
    case sequence = "stream_sequence"
}
