import Ground
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Has other services do what activities ask of them, in any number of instances: each call once, however often it is
/// tried, under a request id of its own.
public struct RemoteCalls: Sendable {
    private let playbooks: Playbooks
    private let client: Client
    private let queue: LeasedQueue

    /// Calls with `client`, as the service itself.
    public init(_ playbooks: Playbooks, _ client: Client) {
        self.playbooks = playbooks
        self.client = client
        queue = LeasedQueue(
            playbooks.database, table: "playbook_call", key: "id", takesTurns: true, limit: 4)
    }

    /// How often a call is tried before its activity fails: for about half an hour.
    private static let attempts = 180
    /// The longest pause between two tries: people wait for what comes of it.
    private static let longestPause = 10

    /// Works until the task is cancelled.
    public func run() async {
        await queue.run { lease in
            let (database, schema) = (playbooks.database, playbooks.database.schema)
            let loaded = try await database.transaction(as: .service(database.service, domain: .root)) { tx in
                try RemoteCall.load(lease, in: schema, tx)
            }
            guard let call = loaded else { return }
            try await record(await carryOut(call), of: call, lease)
        }
    }

    /// What came of a try.
    private enum Outcome: Sendable {
        /// A record was made, or taken over.
        case made(any RecordMessage)
        /// A record was ended; its event tells the rest.
        case ended
        case later(Problem)
        case never(Problem)
    }

    private func carryOut(_ call: RemoteCall) async -> Outcome {
        guard let table = playbooks.remote[call.table] else {
            return .never(.internalError(cause: "no remote table \(call.table)"))
        }
        do throws(Problem) {
            switch call.action {
            case .create:
                if let known = try await adopted(call, table) { return .made(known) }
                return .made(try await table.create(client, call.values, call.requestID))
            case .close, .cancel:
                var request = CloseRequest()
                request.id = call.target ?? ""
                request.closeNotes = call.values["close_notes"] ?? ""
                request.requestID = call.requestID
                try await (call.action == .close ? table.close : table.cancel)(client, request)
                return .ended
            }
        } catch {
            // What has ended meanwhile needs no second end.
            if call.action != .create, error.reason == "STATE_MOVE" || error.code == .notFound { return .ended }
            return error.mayPass && call.failures < Self.attempts ? .later(error) : .never(error)
        }
    }

    /// The record that is taken over instead of making one: of the same parent for the same purpose, and no activity's yet.
    private func adopted(_ call: RemoteCall, _ table: RemoteTable) async throws(Problem) -> (any RecordMessage)? {
        guard call.adopts, !table.adoptedBy.isEmpty else { return nil }
        let key = call.values.filter { table.adoptedBy.contains($0.key) }
        guard key.count == table.adoptedBy.count else { return nil }
        let found = try await table.find(client, key)
        guard !found.isEmpty else { return nil }
        let (database, ids) = (playbooks.database, found.map(\.id))
        let taken = try await database.transaction(as: .service(database.service, domain: .root), readOnly: true) {
            tx in
            let rows = try tx.query(
                """
                SELECT made FROM \(identifier: database.schema).playbook_activity WHERE made = ANY(\(ids)::uuid[])
                """)
            return Set(try rows.map { try $0.string(at: 0) })
        }
        return found.first { !taken.contains($0.id) }
    }

    private func record(_ outcome: Outcome, of call: RemoteCall, _ lease: Lease) async throws {
        let (playbooks, database) = (playbooks, playbooks.database)
        if case .later(let problem) = outcome {
            database.log.warning(
                "a playbook waits for another service",
                metadata: ["call": "\(call.id)", "code": "\(problem.code.name)"])
        }
        try await database.transaction(as: .service(database.service, domain: .root)) { tx in
            if case .later = outcome {
                let pause = min(Self.longestPause, 1 << min(call.failures, 6))
                tx.send(
                    """
                    UPDATE \(identifier: database.schema).playbook_call SET failures = failures + 1 \
                    WHERE \(lease.held)
                    """, expecting: 1)
                return lease.retry(after: .seconds(pause), in: tx)
            }
            lease.complete(in: tx)
            let write = WriteContext.system(database.service, domain: .root, now: database.clock.now)
            let context = RuleContext(transaction: tx, write: write, database: database)
            guard var work = try RunWork(call.run, playbooks, context),
                let place = work.place(ofActivity: call.activity)
            else { return }
            switch outcome {
            case .made(let record):
                work.keep(
                    place,
                    .init(
                        service: type(of: record).schema.service, table: call.table, id: record.id,
                        number: record.text("number")))
                if work.run.state == .canceled || work.activities[place].state == .canceled {
                    // It was given up while it was being made.
                    try work.endRecord(of: place, .canceled)
                } else {
                    try work.madeChanged(place, record)
                }
            case .never(let problem): work.fail(place, problem.text)
            case .ended, .later: break
            }
            try work.settle()
            try work.store()
        }
    }
}

extension Problem {
    /// Whether the same call may go through later.
    fileprivate var mayPass: Bool {
        switch code {
        case .unavailable, .deadlineExceeded, .resourceExhausted, .aborted, .canceled, .unauthenticated: true
        default: code.isFault
        }
    }
}
