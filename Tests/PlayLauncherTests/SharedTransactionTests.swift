import Glibc
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// What runs store together, and that none of them is the worse for it.
@Suite(.timeLimit(.minutes(15))) struct SharedTransactionTests {
    private static let domain = DomainPath("/provider/d0000001/") ?? .root

    /// Holds transactions under way.
    private final class Gate: Sendable {
        let begun = Atomic<Int>(0)
        let isOpen = Atomic<Bool>(false)
    }

    /// What becomes of parts that came while all transactions were under way.
    private func together<T: Sendable>(
        _ shared: SharedTransactions, _ bodies: [@Sendable (Transaction) throws -> T]
    ) async throws -> [Result<T, Problem>] {
        let gate = Gate()
        return try await withThrowingTaskGroup(of: (Int, Result<T, Problem>)?.self) { group in
            for number in 1...SharedTransactions.atOnce {
                group.addTask {
                    try await shared.run(in: .root) { tx in
                        gate.begun.add(1, ordering: .sequentiallyConsistent)
                        while !gate.isOpen.load(ordering: .sequentiallyConsistent) { usleep(1_000) }
                        tx.send("SELECT 1")
                    }
                    return nil
                }
                try await eventually { gate.begun.load(ordering: .sequentiallyConsistent) == number }
            }
            for (number, body) in bodies.enumerated() {
                group.addTask {
                    do {
                        return (number, .success(try await shared.run(in: Self.domain, body)))
                    } catch {
                        return (number, .failure(error as? Problem ?? .internalError(cause: "\(error)")))
                    }
                }
            }
            try await eventually { shared.waiting == bodies.count }
            gate.isOpen.store(true, ordering: .sequentiallyConsistent)
            var results: [(Int, Result<T, Problem>)] = []
            for try await result in group { results += [result].compactMap { $0 } }
            return results.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func eventually(_ isTrue: () -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(60)
        while !isTrue() {
            guard ContinuousClock.now < limit else { throw Problem.deadlineExceeded(cause: "it never came true") }
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    @Test func whatComesMeanwhileIsCommittedTogether() async throws {
        let shared = SharedTransactions(try await Stage.shared.value.database)
        let bodies: [@Sendable (Transaction) throws -> String] = (0..<5).map { _ in
            { tx in try tx.query("SELECT pg_current_xact_id()::text").first?.string(at: 0) ?? "" }
        }
        let transactions = try await together(shared, bodies).map { try $0.get() }
        #expect(transactions.count == 5 && Set(transactions).count == 1)
    }

    /// One that fails, and one that the database refuses: the others are stored, each once.
    @Test func nobodyFailsBecauseOfAnother() async throws {
        let database = try await Stage.shared.value.database
        let name = uuid()
        func insertion(_ place: Int, domain: String) -> @Sendable (Transaction) throws -> Int {
            { tx in
                tx.send("INSERT INTO play_launcher.shipped (name, domain) VALUES (\("\(name) \(place)"), \(domain))")
                if place == 1 { throw Problem.aborted(Text(en: "Not now.", ko: "나중에."), reason: "NOT_NOW") }
                return place
            }
        }
        let bodies = [
            insertion(0, domain: Self.domain.path), insertion(1, domain: Self.domain.path),
            // Of another domain: the part's own scope holds, however many share its transaction.
            insertion(2, domain: "/provider/d0000002/"), insertion(3, domain: Self.domain.path),
        ]
        let results = try await together(SharedTransactions(database), bodies)
        let problems = results.map { result -> Problem? in
            if case .failure(let problem) = result { problem } else { nil }
        }
        #expect(problems[0] == nil && problems[3] == nil && problems[1]?.reason == "NOT_NOW" && problems[2] != nil)
        let stored = try await Stage.shared.value.admin.run(
            "SELECT name FROM play_launcher.shipped WHERE name LIKE \(name + "%") ORDER BY name")
        #expect(try stored.map { try $0.string(at: 0) } == ["\(name) 0", "\(name) 3"])
    }
}
