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
            playbooks.database, table: "playbook_call", key: PlaybookColumn.id.rawValue, takesTurns: true, limit: 4)
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
        /// A record was ended, now or before.
        case ended
        case later(Problem)
        case never(Problem)

        var record: (any RecordMessage)? { if case .made(let record) = self { record } else { nil } }
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
                request.closeNotes = call.values[KnownField.closeNotes.rawValue] ?? ""
                request.requestID = call.requestID
                try await (call.action == .close ? table.close : table.cancel)(client, request)
                return .ended
            }
        } catch {
            // What has ended meanwhile needs no second end.
            if call.action != .create, error.reason == "STATE_MOVE" || error.code == .notFound { return .ended }
            return error.mayPassElsewhere && call.failures < Self.attempts ? .later(error) : .never(error)
        }
    }

    /// The record that is taken over instead of making one: of the same parent for the same purpose, and no activity's yet;
    /// an open one before one that is closed, and none that is canceled.
    private func adopted(_ call: RemoteCall, _ table: RemoteTable) async throws(Problem) -> (any RecordMessage)? {
        guard call.adopts else { return nil }
        let all = try await table.find(client, call.values).filter { $0.text(.state) != EndState.canceled.rawValue }
        let found = all.filter { !$0.hasEnded } + all.filter(\.hasEnded)
        guard !found.isEmpty else { return nil }
        let (database, ids) = (playbooks.database, found.map(\.id))
        let taken = try await database.transaction(as: .service(database.service, domain: .root), readOnly: true) {
            tx in
            let rows = try tx.query(
                """
                SELECT made FROM \(identifier: database.schema).playbook_activity WHERE made = ANY(\(ids)::uuid[])
                """)
            return Set(try rows.map { try $0.string(PlaybookColumn.made) })
        }
        return found.first { !taken.contains($0.id) }
    }

    /// Whether a record has become another activity's while it was asked for. Those who ask for one wait for each other.
    private func isTaken(_ record: String, from call: RemoteCall, _ tx: Transaction) throws -> Bool {
        tx.send("SELECT pg_advisory_xact_lock(hashtextextended(\(record), 0))")
        return try playbooks.maker(of: record, tx).map { $0.activity != call.activity } ?? false
    }

    private static let taken = Problem(
        .failedPrecondition,
        Text(
            en: "The record belongs to another activity. Begin this one anew.",
            ko: "다른 활동에 속한 레코드입니다. 활동을 다시 시작하세요."), reason: "RECORD_TAKEN")

    /// Gives an activity its record; one that was given up meanwhile cancels it.
    private static func keep(_ record: any RecordMessage, at place: Int, in work: inout RunWork) throws {
        let schema = type(of: record).schema
        work.keep(
            place, .init(service: schema.service, table: schema.table, id: record.id, number: record.text(.number)))
        if work.isGivenUp(place) {
            try work.cancelMade(place)
        } else {
            try work.madeChanged(place, record)
        }
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
            var outcome = outcome
            if let record = outcome.record, try isTaken(record.id, from: call, tx) {
                if call.adopts {
                    // Whoever is late makes its own.
                    tx.send(
                        """
                        UPDATE \(identifier: database.schema).playbook_call SET adopts = false WHERE \(lease.held)
                        """, expecting: 1)
                    return lease.retry(in: tx)
                }
                outcome = .never(Self.taken)
            }
            lease.complete(in: tx)
            // What goes on from here goes on in the domain of the run, as it does after an event there: elsewhere may be
            // others of the same name.
            guard let run = try RunRow.find(call.run, in: database.schema, tx), let domain = DomainPath(run.domain)
            else { return }
            tx.sendScope(.domain(domain))
            let write = WriteContext.system(database.service, domain: domain, now: database.clock.now)
            let context = RuleContext(transaction: tx, write: write, database: database)
            guard var work = try RunWork(run, playbooks, context),
                let place = work.place(ofActivity: call.activity)
            else { return }
            switch outcome {
            case .made(let record): try Self.keep(record, at: place, in: &work)
            // What somebody has canceled, skipped or done meanwhile stays so.
            case .never(let problem) where work.activities[place].state == .inProgress:
                work.fail(place, problem.blaming(playbooks.remote[call.table]?.schema))
            case .ended: try work.hasEnded(place, call)
            // The log tells of what was in vain all the same.
            case .never(let problem):
                work.note(
                    place, .failed, field: call.table, from: call.target, to: ActivityRow.Said(problem.text).logged)
            case .later: break
            }
            try work.settle()
            try work.store()
        }
    }
}

extension Problem {
    /// Whether the same may go through later as it is: nothing is wrong with what was asked for.
    var mayPass: Bool {
        switch code {
        case .unavailable, .deadlineExceeded, .resourceExhausted, .aborted, .canceled: true
        default: false
        }
    }

    /// The same of a call of another service, whose faults may be mended meanwhile.
    fileprivate var mayPassElsewhere: Bool { mayPass || code == .unauthenticated || code.isFault }
}
