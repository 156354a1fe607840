import Postgres

extension Transaction {
    /// Has the statements of `body`, planned in it, read rows in the order of an index, and no further than asked. Without
    /// that the server reads and sorts all of a task's rows wherever it takes them for few: what it expects is of before the
    /// load.
    func walking<Answer>(_ body: () throws -> Answer) rethrows -> Answer {
        send("SET LOCAL enable_sort = off")
        let answer = try body()
        send("SET LOCAL enable_sort = on")
        return answer
    }
}
