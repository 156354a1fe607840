import Testing

/// All scenarios, one after the other: each starts the whole system, and two at once would only wait for each other.
@Suite(.serialized)
enum Scenarios {}
