/// A statement prepared, or about to be, on one connection.
final class PreparedStatement {
    let name: String
    let text: String
    /// Whom its plan is for, where that is not everybody.
    let planKey: String
    /// Sent for preparation; true from the moment it is queued.
    var isSent = false
    var lastUse: UInt64 = 0

    init(name: String, text: String, planKey: String) {
        self.name = name
        self.text = text
        self.planKey = planKey
    }
}

/// The prepared statements of one connection by their text and by whom their plan is for; the least recently used goes
/// first.
struct StatementCache {
    private struct Key: Hashable {
        let text: String
        let planKey: String
    }

    let capacity: Int
    private var known: [Key: PreparedStatement] = [:]
    private var clock: UInt64 = 0
    private var serial = 0
    /// Names the server still holds and nobody uses; deallocated before the next piece of work, outside of any
    /// transaction, because a failed transaction would refuse it.
    private(set) var abandoned: [String] = []

    init(capacity: Int) { self.capacity = max(capacity, 8) }

    var count: Int { known.count }

    mutating func statement(for text: String, planKey: String = "") -> PreparedStatement {
        clock += 1
        let key = Key(text: text, planKey: planKey)
        if let statement = known[key] {
            statement.lastUse = clock
            return statement
        }
        if known.count >= capacity, let oldest = known.values.min(by: { $0.lastUse < $1.lastUse }) {
            forget(oldest, onServer: true)
        }
        serial += 1
        let statement = PreparedStatement(name: "s\(serial)", text: text, planKey: planKey)
        statement.lastUse = clock
        known[key] = statement
        return statement
    }

    /// Drops a statement; `onServer` when the server may hold it under its name.
    mutating func forget(_ statement: PreparedStatement, onServer: Bool) {
        let key = Key(text: statement.text, planKey: statement.planKey)
        guard known[key] === statement else { return }
        known[key] = nil
        if onServer { abandoned.append(statement.name) }
    }

    mutating func takeAbandoned() -> [String] {
        defer { abandoned.removeAll() }
        return abandoned
    }
}
