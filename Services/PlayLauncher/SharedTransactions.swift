import Postgres
import RPC
import Records
import Synchronization
import Tenancy

/// Has what several runs store at the same time committed together: many wait for the disk no longer than one.
///
/// While as many transactions are under way as may be, what comes meanwhile waits, and the next transaction stores all of
/// it, each part under the scope of its own domain. When a part fails, nothing of that transaction is stored, and each
/// part is done once more by itself: nobody fails because of another. Only when nobody can say whether the transaction
/// was committed is none of its parts done again, and each run goes on from what is stored.
final class SharedTransactions: Sendable {
    private struct Part: Sendable {
        let domain: DomainPath
        let isLasting: Bool
        let body: @Sendable (Transaction) throws -> Void
        let ended: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var waiting: [Part] = []
        var running = 0
    }

    /// What a part answers, until its transaction is committed.
    private final class Answer<T: Sendable>: Sendable {
        let value = Mutex<T?>(nil)
    }

    /// Transactions under way at once: a part that has to wait for a row does not hold up everybody else.
    static let atOnce = 2
    /// Most parts of one transaction.
    private static let most = 32

    private let database: Database
    private let state = Mutex(State())

    init(_ database: Database) { self.database = database }

    /// How many parts wait for a transaction.
    var waiting: Int { state.withLock(\.waiting.count) }

    /// Runs `body` in a transaction that sees what the service may see in `domain`; returns when it is committed.
    ///
    /// What need not be `lasting` is seen by everybody then, but the disk is not waited for: a crash of the database may
    /// lose it, though never what another transaction has been promised after it.
    func run<T: Sendable>(
        in domain: DomainPath, lasting: Bool = true, _ body: @escaping @Sendable (Transaction) throws -> T
    ) async throws -> T {
        let answer = Answer<T>()
        try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Void, any Error>) in
            let part = Part(
                domain: domain, isLasting: lasting,
                body: { tx in
                    let value = try body(tx)
                    answer.value.withLock { $0 = value }
                }, ended: ended)
            let begins = state.withLock { state in
                state.waiting.append(part)
                guard state.running < Self.atOnce else { return false }
                state.running += 1
                return true
            }
            if begins { Task.detached { await self.work() } }
        }
        guard let value = answer.value.withLock({ $0 }) else { throw Problem.internalError(cause: "no answer") }
        return value
    }

    /// Carries out what waits until nothing does.
    private func work() async {
        while true {
            let parts = state.withLock { state in
                let parts = Array(state.waiting.prefix(Self.most))
                state.waiting.removeFirst(parts.count)
                if parts.isEmpty { state.running -= 1 }
                return parts
            }
            guard !parts.isEmpty else { return }
            await carryOut(parts)
        }
    }

    private func carryOut(_ parts: [Part]) async {
        if parts.count > 1 {
            do {
                let service = Caller.service(database.service, domain: .root)
                try await database.attempt(as: service, deadline: .after(Deadline.standard)) { tx in
                    if !parts.contains(where: \.isLasting) { tx.hurry() }
                    for part in parts {
                        tx.sendScope(.domain(part.domain))
                        try part.body(tx)
                    }
                }
                for part in parts { part.ended.resume() }
                return
            } catch {
                if (error as? PostgresError)?.isOutcomeUnknown == true {
                    let problem = database.problem(of: error)
                    for part in parts { part.ended.resume(throwing: problem) }
                    return
                }
            }
        }
        for part in parts {
            do {
                try await database.transaction(as: .service(database.service, domain: part.domain)) { tx in
                    if !part.isLasting { tx.hurry() }
                    try part.body(tx)
                }
                part.ended.resume()
            } catch {
                part.ended.resume(throwing: error)
            }
        }
    }
}
