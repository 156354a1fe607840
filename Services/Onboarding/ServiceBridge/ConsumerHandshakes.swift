import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// Makes the handshakes that wait, in any number of instances, two at a time in each. Without a way to instances they wait.
struct ConsumerHandshakes: Sendable {
    let database: Database
    let handshake: any ConsumerHandshake
    private let queue: LeasedQueue

    init(_ database: Database, _ handshake: any ConsumerHandshake) {
        self.database = database
        self.handshake = handshake
        queue = LeasedQueue(database, table: "consumer_handshake", key: "registration", limit: 2)
    }

    /// Wakes whoever waits for work.
    var wake: Signal { queue.wake }

    /// Most attempts, and the seconds before the second, the third and so on.
    static let pauses = [5, 30, 120, 600]

    /// Works until the task is cancelled.
    func run() async {
        await queue.run { lease in try await attempt(lease) }
    }

    /// One attempt: the record says that it goes on, then what came of it.
    private func attempt(_ lease: Lease) async throws {
        let database = database
        let begun: ConsumerRegistration? = try await asService { context in
            try lease.hold(in: context.transaction)
            return try Store<ConsumerRegistration>(database).change(lease.row, context.write, in: context.transaction) {
                $0.status = ConsumerRegistration.Status.inProgress
                $0.attempts = ($0.attempts ?? 0) + 1
            }
        }
        guard let record = begun else { return }
        let outcome = await handshake.register(
            ConsumerOffer(
                registration: record.id, instance: record.instanceUrl ?? "", sentAt: database.clock.now))
        let pause = Self.pause(after: outcome, attempts: Int(record.attempts ?? 0))
        try await asService { context in
            let tx = context.transaction
            if let pause {
                return lease.retry(after: .seconds(pause), in: tx)
            }
            lease.complete(in: tx)
            _ = try Store<ConsumerRegistration>(database).change(record.id, context.write, in: tx) { record in
                switch outcome {
                case .registered:
                    record.status = ConsumerRegistration.Status.registered
                    record.registeredAt = context.write.now
                case .failed(let failure), .later(let failure):
                    record.status = ConsumerRegistration.Status.failed
                    record.failure = failure
                }
            }
        }
    }

    /// Seconds until the next attempt; nil when there is none.
    static func pause(after outcome: HandshakeOutcome, attempts: Int) -> Int? {
        guard case .later = outcome, attempts >= 1, attempts <= pauses.count else { return nil }
        return pauses[attempts - 1]
    }

    private func asService<T: Sendable>(
        _ body: @escaping @Sendable (RuleContext) throws -> T
    ) async throws(Problem) -> T {
        let database = database
        let write = WriteContext.system(database.service, domain: .root, now: database.clock.now)
        return try await database.transaction(as: write.caller) { tx in
            try body(RuleContext(transaction: tx, write: write, database: database))
        }
    }
}
