import Postgres

// What was just loaded or judged, and whatever belongs to a tenant that is new, statistics do not know. Postgres takes it for
// next to nothing, and then reads a whole table for each page, or compares each of its rows with each that it is joined with.
extension Transaction {
    /// Has the statements that follow find rows by their indexes, in the order of these.
    func goByIndexes() {
        send("SET LOCAL enable_seqscan = off")
        send("SET LOCAL enable_sort = off")
    }

    /// Has the statements that follow find the rows that they name by their indexes, and join them with what is said of them
    /// by hashing.
    func joinByHashing() {
        send("SET LOCAL enable_seqscan = off")
        send("SET LOCAL enable_nestloop = off")
    }
}
