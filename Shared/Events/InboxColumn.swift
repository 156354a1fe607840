/// What is read of `inbox`.
enum InboxColumn: String {
    case event = "event_id"
}
