/// How the server is to plan statements: what it expects of a table is of before an import, and of a tenant that is new it knows
/// nothing. It takes such a table for next to nothing, and then reads and sorts all of it for each page, or compares each of its
/// rows with each that it is joined with.
enum Planning: String {
    case sort = "enable_sort"
    case tableScan = "enable_seqscan"
    case nestedLoop = "enable_nestloop"
}

extension Transaction {
    /// Has the statements of `body`, which say an order, read rows in the order of an index, and no further than asked.
    public func walking<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
        try without([.tableScan, .sort], body)
    }

    /// Has the statements of `body` find the rows that they name by their indexes, and join them with what is said of them by
    /// hashing.
    public func joiningByHash<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
        try without([.tableScan, .nestedLoop], body)
    }

    private func without<Answer>(_ ways: [Planning], _ body: () throws -> Answer) rethrows -> Answer {
        for way in ways { send("SET LOCAL \(identifier: way.rawValue) = off") }
        defer { for way in ways { send("SET LOCAL \(identifier: way.rawValue) = on") } }
        return try body()
    }

    /// Has each statement of the rest of the transaction planned with its values, for whoever asks. A plan kept for everybody would
    /// be somebody else's: what is quick within one customer's domain reads all of a provider's million records, and the other way
    /// round.
    public func planEach() { send("SET LOCAL plan_cache_mode = 'force_custom_plan'") }

    /// Has the statements of the rest of the transaction planned once for all that `key` stands for, whatever their values:
    /// for those whose plan does not depend on them, of who sees the same rows.
    public func planOnce(for key: String) {
        send("SET LOCAL plan_cache_mode = 'force_generic_plan'")
        connection.planKey = key
    }
}
