import Ground
import Postgres
import RPC
import Roles
import Tenancy
import Wire

/// Answers the methods that `proto/` declares for a collection, verb by verb. Verbs of their own are added by hand;
/// a declared method without an endpoint stops the service at its start.
public struct RecordEndpoints: Sendable {
    /// The endpoints made so far.
    public private(set) var endpoints: [Endpoint] = []
    /// The record types, for the dictionary.
    public private(set) var described: [any Record.Type] = []
    private let declared: [String: MethodInfo]
    let database: Database
    let replicas: ReplicaSource?
    /// What is taken as attachments.
    let attachments: AttachmentBounds
    /// Exports of all records of the service share it.
    private let exportCapacity = Capacity.exports()
    /// So do batches.
    let batchCapacity = Capacity.batches()

    /// Endpoints for the methods `api` of one service. `replicas` fetches what a reference names and a replica does
    /// not have yet; `attachments` bounds what is attached to records.
    public init(
        _ database: Database, api: [MethodInfo], replicas: ReplicaSource? = nil,
        attachments: AttachmentBounds = .standard
    ) {
        self.database = database
        self.replicas = replicas
        self.attachments = attachments
        declared = Dictionary(uniqueKeysWithValues: api.map { ($0.subject, $0) })
    }

    /// Adds one endpoint made by hand.
    public mutating func add(_ endpoint: Endpoint) { endpoints.append(endpoint) }

    /// Adds endpoints made by hand.
    public mutating func add(_ more: [Endpoint]) { endpoints += more }

    /// Declared methods that nothing answers.
    public var missing: [String] {
        let answered = Set(endpoints.map(\.subject))
        return declared.keys.filter { !answered.contains($0) }.sorted()
    }

    /// References that callers may write although the service has neither the records they name nor a copy of them:
    /// nothing could tell whether there are such records, and whose they are.
    public var unknownReferences: [String] {
        described.flatMap { type in
            let collection = "ale.v1.\(type.schema.service).\(type.schema.collection)"
            guard declared["\(collection).create"] != nil || declared["\(collection).update"] != nil else {
                return [String]()
            }
            return type.writableReferences.filter { database.referenceTable($0.table) == nil }
                .map { "\(type.schema.table).\($0.field) to \($0.table)" }
        }
    }

    /// Looks at what a write brings before its transaction.
    public typealias Check<R: Record> = @Sendable (_ brought: Brought<R>, _ call: Call) async throws(Problem) -> Void

    /// Adds every verb declared for `R` that is the same for all records. `check` looks at what a create, an update or a
    /// closing brings before its transaction, for what needs to wait, such as compiling a script.
    public mutating func add<R: StandardRecord>(_ type: R.Type, check: Check<R>? = nil) {
        addSingle(type, check: check)
    }

    /// Adds the verbs for single records.
    mutating func addSingle<R: StandardRecord>(_ type: R.Type, check: Check<R>?) {
        add(listed: type)
        let store = Store<R>(database)
        let database = database
        let replicas = replicas
        if let method: Method<R.Creation, R> = method(R.self, "create") {
            endpoints.append(
                Endpoint(method) { call, request async throws(Problem) in
                    let draft = request.resource ?? R()
                    try await Self.look(check, Brought(draft), for: .create, store, call)
                    return try await fetchingReplicas(replicas, call) { () async throws(Problem) in
                        try await database.perform(
                            call, method.name, request, requestID: request.requestID,
                            validateOnly: request.validateOnly
                        ) { tx, context in
                            store.projected(try store.create(draft, context, in: tx), for: call.caller)
                        }
                    }
                })
        }
        if let method: Method<R.Modification, R> = method(R.self, "update") {
            endpoints.append(
                Endpoint(method) { call, request async throws(Problem) in
                    let values = request.resource ?? R()
                    try await Self.look(check, Brought(values, mask: request.updateMask), for: .write, store, call)
                    return try await fetchingReplicas(replicas, call) { () async throws(Problem) in
                        try await database.perform(
                            call, method.name, request, requestID: request.requestID,
                            validateOnly: request.validateOnly
                        ) { tx, context in
                            let record = try store.update(values, mask: request.updateMask, context, in: tx)
                            return store.projected(record, for: call.caller)
                        }
                    }
                })
        }
        addDeletion(of: store)
        addActions(of: store, check)
        addJournal(of: store)
        addAttachments(of: store)
    }

    /// Adds get, list and export.
    public mutating func add<R: ListedRecord>(listed type: R.Type) {
        database.register(type)
        described.append(type)
        let store = Store<R>(database)
        let database = database
        if let method: Method<GetRequest, R> = method(R.self, "get") {
            endpoints.append(
                Endpoint(method) { call, request async throws(Problem) in
                    try await store.read(request.id, as: call.caller, deadline: call.deadline)
                })
        }
        if let method: Method<ListRequest, R.Page> = method(R.self, "list") {
            endpoints.append(
                Endpoint(method) { call, request async throws(Problem) in
                    let page = try await database.transaction(
                        as: call.caller, deadline: call.deadline, readOnly: true
                    ) { tx in try store.list(request, as: call.caller, in: tx) }
                    return R.Page(
                        resources: page.records, nextPageToken: page.nextPageToken, totalSize: page.totalSize)
                })
        }
        if let method: Method<ExportRequest, Export> = method(R.self, "export") {
            add(
                exporting: method, requestID: { $0.requestID },
                admits: { call throws(Problem) in try store.authorize(.read, call.caller) },
                { request, call, context, tx in try store.export(request, call, context, in: tx) })
        }
    }

    /// Adds a method that writes a file for its caller, by ``ExportChunks``: in one transaction, and within the bounds that
    /// all exports of the service share. `admits` refuses whom it is not for before it takes any of their room.
    public mutating func add<Request: Message>(
        exporting method: Method<Request, Export>, requestID: @escaping @Sendable (Request) -> String,
        admits: @escaping @Sendable (Call) throws(Problem) -> Void = { _ in },
        _ write: @escaping @Sendable (Request, Call, WriteContext, Transaction) throws -> Export
    ) {
        let (database, capacity) = (database, exportCapacity)
        endpoints.append(
            Endpoint(method) { call, request async throws(Problem) in
                try admits(call)
                return try await capacity.take(for: call.caller.domain) { () async throws(Problem) in
                    try await database.perform(
                        call, method.name, request, requestID: requestID(request), isCounted: true
                    ) { tx, context in try write(request, call, context, tx) }
                }
            })
    }

    private mutating func addDeletion<R: Record>(of store: Store<R>) {
        let database = database
        guard let method: Method<DeleteRequest, Empty> = method(R.self, "delete") else { return }
        endpoints.append(
            Endpoint(method) { call, request async throws(Problem) in
                try await database.perform(call, method.name, request, requestID: request.requestID) { tx, context in
                    try store.delete(request, context, in: tx)
                    return Empty()
                }
            })
    }

    private mutating func addActions<R: Record>(of store: Store<R>, _ check: Check<R>?) {
        let database = database
        let replicas = replicas
        for (verb, state) in [("close", EndState.closed), ("cancel", .canceled)] {
            guard let method: Method<CloseRequest, R> = method(R.self, verb) else { continue }
            endpoints.append(
                Endpoint(method) { call, request async throws(Problem) in
                    try await Self.look(check, Brought(Self.values(of: request, state)), for: .write, store, call)
                    return try await database.perform(call, method.name, request, requestID: request.requestID) {
                        tx, context in
                        store.projected(
                            try store.close(request, into: state.rawValue, context, in: tx), for: call.caller)
                    }
                })
        }
        let actions: [(String, @Sendable (ActionRequest, WriteContext, Transaction) throws -> R)] = [
            ("reopen", { try store.reopen($0, $1, in: $2) }),
            ("assign_to_me", { try store.assignToMe($0, $1, in: $2) }),
        ]
        for (verb, action) in actions {
            guard let method: Method<ActionRequest, R> = method(R.self, verb) else { continue }
            endpoints.append(
                Endpoint(method) { call, request async throws(Problem) in
                    try await fetchingReplicas(replicas, call) { () async throws(Problem) in
                        try await database.perform(call, method.name, request, requestID: request.requestID) {
                            tx, context in store.projected(try action(request, context, tx), for: call.caller)
                        }
                    }
                })
        }
    }

    /// Looks at what a write brings, for who may write at all: nothing is done for anybody else.
    private static func look<R: Record>(
        _ check: Check<R>?, _ brought: Brought<R>, for operation: Operation, _ store: Store<R>, _ call: Call
    ) async throws(Problem) {
        guard let check else { return }
        try store.authorize(operation, call.caller)
        try await check(brought, call)
    }

    /// What closing a record brings.
    private static func values<R: Record>(of request: CloseRequest, _ state: EndState) -> R {
        var values = R()
        values.id = request.id
        guard let lifecycle = R.lifecycle else { return values }
        values[field: lifecycle.field] = .string(state.rawValue)
        if !request.closeNotes.isBlank { values[field: lifecycle.closeNotes] = .string(request.closeNotes) }
        return values
    }

    private mutating func addJournal<R: Record>(of store: Store<R>) {
        let database = database
        for (verb, isComment) in [("add_comment", true), ("add_work_note", false)] {
            guard let method: Method<AddEntryRequest, ActivityEntry> = method(R.self, verb) else { continue }
            endpoints.append(
                Endpoint(method) { call, request async throws(Problem) in
                    try await database.perform(call, method.name, request, requestID: request.requestID) {
                        tx, context in try store.addEntry(request, comment: isComment, context, in: tx)
                    }
                })
        }
        if let method: Method<ListActivityRequest, ListActivityResponse> = method(R.self, "list_activity") {
            endpoints.append(
                Endpoint(method) { call, request async throws(Problem) in
                    try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
                        try store.activity(request, as: call.caller, in: tx)
                    }
                })
        }
    }

    /// The declared method of a verb of `R`, when its messages are the usual ones.
    func method<R: Record, Request: Message, Response: Message>(
        _ type: R.Type, _ verb: String
    ) -> Method<Request, Response>? {
        let subject = "ale.v1.\(R.schema.service).\(R.schema.collection).\(verb)"
        guard let info = declared[subject], info.requestType == Request.fullName,
            info.responseType == Response.fullName
        else { return nil }
        return Method(service: info.service, subject: info.subject, name: info.name, summary: info.summary)
    }
}

/// Runs a write; as often as it refers to another record that the replica does not hold yet, asks the owner for it and
/// runs it once more.
public func fetchingReplicas<T: Sendable>(
    _ source: ReplicaSource?, _ call: Call, _ body: () async throws(Problem) -> T
) async throws(Problem) -> T {
    var fetched: Set<ReplicaKey> = []
    while true {
        do throws(Problem) {
            return try await body()
        } catch {
            guard let source, let key = ReplicaKey(error), fetched.count < ReplicaSource.mostPerWrite,
                fetched.insert(key).inserted, try await source.fetch(key.table, key.id, call)
            else { throw error.withoutReplica }
        }
    }
}

extension Problem {
    /// As the caller sees it: what a replica lacks is the services' own affair, and what lies in another domain reads
    /// like what is nowhere.
    var withoutReplica: Problem {
        guard metadata["replica"] != nil else { return self }
        var problem = self
        problem.metadata["replica"] = nil
        problem.metadata["id"] = nil
        return problem
    }
}

/// Brings single records of other services into this service's replicas.
public struct ReplicaSource: Sendable {
    /// Fetches the record `id` of `table` and stores it; false when the owner does not know it either.
    public let fetch: @Sendable (_ table: String, _ id: String, _ call: Call) async throws(Problem) -> Bool
    /// The most records that a write of one record waits for, one after the other.
    static let mostPerWrite = 8

    /// A source that fetches by `fetch`.
    public init(
        _ fetch: @escaping @Sendable (_ table: String, _ id: String, _ call: Call) async throws(Problem) -> Bool
    ) {
        self.fetch = fetch
    }
}
