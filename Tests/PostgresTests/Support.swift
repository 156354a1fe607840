import Postgres
import Synchronization
import TestKit
import Testing

private let commonDatabase = Task { try await PostgresServer.shared.createDatabase("postgres_tests") }
private let nextSchema = Mutex(0)

/// A pool on a schema of its own with one connection open; the closure is the test.
func withPool<T>(
    size: Int = 2, cache: Int = 256, queueLimit: Int = 64, acquire: Duration = .seconds(5),
    idle: Duration = .seconds(60),
    _ body: (Pool) async throws -> T
) async throws -> T {
    let schema = nextSchema.withLock { number in
        number += 1
        return "test_\(number)"
    }
    let database = try await commonDatabase.value
    let pool = try Pool(
        PoolConfiguration(
            connectionString: database + " options='-c search_path=\(schema)'", size: size, queueLimit: queueLimit,
            statementCacheSize: cache,
            acquireTimeout: acquire, idleTime: idle, applicationName: "test"))
    let result = await Result {
        // Connecting can take longer than what a test allows for waiting.
        try await waitUntil {
            (try? await pool.run("CREATE SCHEMA IF NOT EXISTS \(identifier: schema)")) != nil
        }
        return try await body(pool)
    }
    await pool.close()
    return try result.get()
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// The error of a body that must fail with a `PostgresError`.
func failure(
    _ body: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) async throws -> PostgresError {
    let error = await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) { try await body() }
    return try #require(error, sourceLocation: sourceLocation)
}

/// Keeps a connection of a pool at work until it is told to end, so that what waits behind it waits however slow or fast the
/// machine is.
struct Occupation {
    private let isOver: Latch
    private let work: Task<Void, any Error>

    private final class Latch: Sendable {
        let isOpen = Atomic(false)
    }

    /// Comes back when the connection is at work.
    static func begin(_ pool: Pool) async throws -> Occupation {
        let isOver = Latch()
        let before = pool.metrics.inUse
        let work = Task {
            try await pool.transaction(timeout: .seconds(60)) { tx in
                while !isOver.isOpen.load(ordering: .acquiring) { _ = try tx.query("SELECT pg_sleep(0.005)") }
            }
        }
        try await waitUntil { pool.metrics.inUse == before + 1 }
        return Occupation(isOver: isOver, work: work)
    }

    /// Lets the work end, and waits for it.
    func end() async throws {
        isOver.isOpen.store(true, ordering: .releasing)
        try await work.value
    }
}
