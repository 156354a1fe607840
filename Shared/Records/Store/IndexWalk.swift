import Postgres

extension Transaction {
    /// Has the statements of `body`, which say an order, read rows in the order of an index, and no further than asked.
    /// Without that the server reads and sorts everything wherever it takes that for little, and what it expects of a table is
    /// of before an import.
    public func walking<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
        send("SET LOCAL enable_sort = off")
        let answer = try body()
        send("SET LOCAL enable_sort = on")
        return answer
    }
}
