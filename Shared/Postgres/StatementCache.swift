/// A statement prepared, or about to be, on one connection.
final class PreparedStatement {
    let name: String
    let text: String
    /// Sent for preparation; true from the moment it is queued.
    var isSent = false
    var lastUse: UInt64 = 0

    init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

/// The prepared statements of one connection by their text; the least recently used goes first.
struct StatementCache {
    let capacity: Int
    private var byText: [String: PreparedStatement] = [:]
    private var clock: UInt64 = 0
    private var serial = 0
    /// Names the server still holds and nobody uses; deallocated before the next piece of work, outside of any
    /// transaction, because a failed transaction would refuse it.
    private(set) var abandoned: [String] = []

    init(capacity: Int) { self.capacity = max(capacity, 8) }

    var count: Int { byText.count }

    mutating func statement(for text: String) -> PreparedStatement {
        clock += 1
        if let known = byText[text] {
            known.lastUse = clock
            return known
        }
        if byText.count >= capacity, let oldest = byText.values.min(by: { $0.lastUse < $1.lastUse }) {
            forget(oldest, onServer: true)
        }
        serial += 1
        let statement = PreparedStatement(name: "s\(serial)", text: text)
        statement.lastUse = clock
        byText[text] = statement
        return statement
    }

    /// Drops a statement; `onServer` when the server may hold it under its name.
    mutating func forget(_ statement: PreparedStatement, onServer: Bool) {
        guard byText[statement.text] === statement else { return }
        byText[statement.text] = nil
        if onServer { abandoned.append(statement.name) }
    }

    mutating func takeAbandoned() -> [String] {
        defer { abandoned.removeAll() }
        return abandoned
    }
}
