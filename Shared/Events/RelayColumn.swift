/// What is read of `relay`.
enum RelayColumn: String {
    case created, sequence, returns
    case event = "event_id"
    case wholeUntil = "whole_until"
}
