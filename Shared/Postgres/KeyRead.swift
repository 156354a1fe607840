/// One statement that reads little and fast, and may share a round trip with others.
struct KeyRead: Sendable {
    let sql: SQL
    let options: TransactionOptions
    let deadline: PostgresDeadline
}

extension PostgresConnection {
    /// Runs reads in one round trip, each as a transaction of its own with its own settings: a refusal of one does not reach
    /// the others. Answers in the same order.
    func reads(_ reads: [KeyRead]) -> [Result<Rows, PostgresError>] {
        // The server stops each statement at its own time; this is for a server that does not answer at all.
        guard let latest = reads.map(\.deadline).max() else { return [] }
        var limit = Limit(deadline: latest.adding(Pool.serverGrace))
        var refused: [Int: PostgresError] = [:]
        var batches: [Batch] = []
        var lost: PostgresError?
        var tidied = 0
        do throws(PostgresError) {
            try enqueueTidying()
            tidied = expected.count { $0.kind == .sync }
            for (index, read) in reads.enumerated() {
                do throws(PostgresError) { try enqueue(read) } catch  where !isBroken { refused[index] = error }
                try enqueueSync()
            }
            try exchange(&limit) { batches.append($0) }
        } catch {
            lost = error
        }
        return reads.enumerated().map { index, read in
            let batch = batches.count > tidied + index ? batches[tidied + index] : nil
            let failure = refused[index] ?? (batch == nil ? lost : batch?.failure)
            if let rows = batch?.kept.first, failure == nil { return .success(rows) }
            let error = failure ?? .decoding("the statement gave no result")
            guard error.isStalePlan, !isBroken else { return .failure(outcome(of: error, read.options)) }
            return Result { () throws(PostgresError) in try single(read.sql, read.options, read.deadline) }
        }
    }

    private func enqueue(_ read: KeyRead) throws(PostgresError) {
        if let assignment = read.options.assignment { try enqueue(assignment, .discard) }
        try read.options.fence?.enqueue(on: self)
        try enqueue(read.sql, .keep)
    }
}
