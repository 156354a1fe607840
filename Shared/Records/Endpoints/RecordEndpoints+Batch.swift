import Ground
import Postgres
import RPC
import Roles
import Wire

/// What the requests for many records have in common.
private struct BatchOptions: Sendable {
    let requestID: String
    let validateOnly: Bool
    let allOrNothing: Bool

    init(_ request: some BatchRequest) {
        requestID = request.requestID
        validateOnly = request.validateOnly
        allOrNothing = request.allOrNothing
    }

    init(_ request: BatchReassignRequest) {
        requestID = request.requestID
        validateOnly = request.validateOnly
        allOrNothing = request.allOrNothing
    }
}

extension RecordEndpoints {
    /// Adds every verb declared for `R` that is the same for all records, those for many records at once included.
    /// `check` is as for single records; what it refuses is the error of that record alone.
    public mutating func add<R: BulkRecord>(_ type: R.Type, check: Check<R>? = nil) {
        addSingle(type, check: check)
        let store = Store<R>(database)
        let batches = Batches(store: store, replicas: replicas, capacity: batchCapacity)
        if let method: Method<R.BatchCreation, BatchResponse> = method(R.self, "batch_create") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    let drafts = request.resources
                    try BatchLimit.check(drafts.count)
                    let refused = await Self.refusals(drafts.map { Brought($0) }, check, for: .create, store, call)
                    return try await batches.write(
                        call, method.name, request, BatchOptions(request), count: drafts.count, .create, refused
                    ) { range, position, context, tx in
                        var offset = 0
                        defer { position = range.lowerBound + offset }
                        return try store.createAll(drafts[range], context, in: tx, at: &offset)
                    }
                })
        }
        if let method: Method<R.BatchModification, BatchResponse> = method(R.self, "batch_update") {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    let changes = request.resources
                    try BatchLimit.check(changes.count)
                    let refused = await Self.refusals(
                        changes.map { Brought($0, mask: request.updateMask) }, check, for: .write, store, call)
                    return try await batches.update(
                        call, method.name, request, BatchOptions(request), changes, request.updateMask, refused)
                })
        }
        if let method: Method<BatchReassignRequest, BatchResponse> = method(R.self, "batch_reassign"),
            let assignee = R.assignee
        {
            add(
                Endpoint(method) { call, request async throws(Problem) in
                    try BatchLimit.check(request.records.count)
                    let changes = request.records.map { target in
                        var change = R()
                        change.id = target.id
                        change.etag = target.etag
                        change[field: assignee] = .string(request.assignedTo)
                        return change
                    }
                    return try await batches.update(
                        call, method.name, request, BatchOptions(request), changes, [assignee.rawValue], [:])
                })
        }
    }

    /// What `check` refuses; nothing of who may not write at all, who is refused by the batch.
    private static func refusals<R: Record>(
        _ writes: [Brought<R>], _ check: Check<R>?, for operation: Operation, _ store: Store<R>, _ call: Call
    ) async -> [Int: Problem] {
        guard let check, (try? store.authorize(operation, call.caller)) != nil else { return [:] }
        var refused: [Int: Problem] = [:]
        for (index, brought) in writes.enumerated() {
            do throws(Problem) { try await check(brought, call) } catch { refused[index] = error }
        }
        return refused
    }
}

/// Answers requests that write many records of one type.
private struct Batches<R: Record>: Sendable {
    let store: Store<R>
    let replicas: ReplicaSource?
    let capacity: Capacity

    /// Changes records one after the other; `mask` holds for all.
    ///
    /// In the order of their ids, whatever the request's: two batches that meet then take turns. The rows are locked
    /// one by one, each under the savepoint that changes it, because a lock taken outside would leave Postgres with a
    /// multixact per row.
    func update<Request: Message>(
        _ call: Call, _ name: String, _ request: Request, _ options: BatchOptions, _ changes: [R], _ mask: FieldMask?,
        _ refused: [Int: Problem]
    ) async throws(Problem) -> BatchResponse {
        let order = changes.indices.sorted { (changes[$0].id, $0) < (changes[$1].id, $1) }
        var refusedInOrder: [Int: Problem] = [:]
        for (place, index) in order.enumerated() { refusedInOrder[place] = refused[index] }
        var response = try await write(
            call, name, request, options, count: changes.count, .write, refusedInOrder, order: order,
            prepare: { context, _ in _ = try store.maskedFields(R(), mask, context) },
            { range, position, context, tx in
                let known = KnownReferences<R>()
                return try range.map { place in
                    position = place
                    return try store.update(changes[order[place]], mask: mask, context, in: tx, known: known)
                }
            })
        response.results.sort { $0.index < $1.index }
        return response
    }

    /// Runs a batch in one transaction; when records refer to what the replicas do not hold yet, asks the owners for
    /// it and runs it once more. RESOURCE_EXHAUSTED when the service has enough batches at work.
    func write<Request: Message>(
        _ call: Call, _ name: String, _ request: Request, _ options: BatchOptions, count: Int,
        _ operation: Operation, _ refused: [Int: Problem],
        order: [Int]? = nil, prepare: @escaping @Sendable (WriteContext, Transaction) throws -> Void = { _, _ in },
        _ body: @escaping @Sendable (Range<Int>, inout Int, WriteContext, Transaction) throws -> [R]
    ) async throws(Problem) -> BatchResponse {
        let missing = MissingReplicas()
        let run = { (isLast: Bool) async throws(Problem) -> BatchResponse in
            try await store.database.perform(
                call, name, request, requestID: options.requestID, validateOnly: options.validateOnly, isCounted: true
            ) { tx, context in
                // Who may not do it for any record is refused once.
                try store.authorize(operation, call.caller)
                try prepare(context, tx)
                var batch = BatchRun(
                    store, call, tx, order: order, refused: refused, advice: context.advice
                ) { range, position in try body(range, &position, context, tx) }
                try batch.run(count)
                if !isLast, !batch.missing.isEmpty {
                    missing.insert(batch.missing)
                    throw Problem.unavailable(reason: "REPLICA_BEHIND")
                }
                return try settle(batch.response, options, operation)
            }
        }
        try store.authorize(operation, call.caller)
        return try await capacity.take(count, for: call.caller.domain) { () async throws(Problem) in
            guard let replicas else { return try await run(true) }
            do throws(Problem) {
                return try await run(false)
            } catch {
                guard !missing.keys.isEmpty else { throw error }
                for key in missing.keys.prefix(BatchLimit.fetched) {
                    _ = try await replicas.fetch(key.table, key.id, call)
                }
                return try await run(true)
            }
        }
    }

    /// The answer; leaves the transaction when nothing of it is to stay.
    private func settle(
        _ given: BatchResponse, _ options: BatchOptions, _ operation: Operation
    ) throws -> BatchResponse {
        var response = given
        let isUndone = options.allOrNothing && response.failed > 0
        response.applied = !isUndone && !options.validateOnly
        if !response.applied {
            for index in response.results.indices {
                response.results[index].etag = ""
                if operation == .create { response.results[index].id = "" }
            }
        }
        guard !isUndone else { throw DryRun(response: response) }
        return response
    }
}
