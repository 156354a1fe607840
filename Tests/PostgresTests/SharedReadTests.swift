import Glibc
import Synchronization
import TestKit
import Testing

@testable import Postgres

/// Reads that share a round trip, each as if it was alone.
@Suite(.timeLimit(.minutes(2))) struct SharedReadTests {
    private final class Hold: Sendable {
        let isOver = Atomic(false)
    }

    /// Lets `count` reads wait behind work that keeps the only connection, and gives what became of them.
    private static func behind(
        _ pool: Pool, _ count: Int, _ read: @escaping @Sendable (Int) async throws -> Rows
    ) async throws -> [Result<Rows, any Error>] {
        let hold = Hold()
        return try await withThrowingTaskGroup(of: (Int, Result<Rows, any Error>).self) { group in
            group.addTask {
                let rows = await Result {
                    try await pool.transaction { tx in
                        let rows = try tx.query("SELECT 1")
                        while !hold.isOver.load(ordering: .acquiring) { usleep(1_000) }
                        return rows
                    }
                }
                return (-1, rows)
            }
            try await waitUntil { pool.metrics.inUse == 1 }
            for number in 0..<count { group.addTask { (number, await Result { try await read(number) }) } }
            try await waitUntil { pool.metrics.waiting == count }
            hold.isOver.store(true, ordering: .releasing)
            let answers = try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
            return (0..<count).compactMap { answers[$0] }
        }
    }

    @Test func whereManyWaitReadsShareARoundTrip() async throws {
        try await withPool(size: 1) { pool in
            let before = pool.metrics
            for number in 0..<4 { #expect(try await pool.read("SELECT \(number)::int4")[0].int(at: 0) == number) }
            #expect(pool.metrics.roundTrips == before.roundTrips + 4, "alone each has its own")
            let answers = try await Self.behind(pool, 24) { number in
                try await pool.read("SELECT \(number)::int4")
            }
            for (number, answer) in answers.enumerated() { #expect(try answer.get()[0].int(at: 0) == number) }
            // The four, two of what they waited behind, and three for eight at a time.
            #expect(pool.metrics.roundTrips == before.roundTrips + 4 + 2 + 3)
            #expect(pool.metrics.started == before.started + 4 + 1 + 24)
        }
    }

    /// Other work keeps its place among them.
    @Test func whatIsNoReadKeepsItsPlace() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE told (id int4)")
            let answers = try await Self.behind(pool, 12) { number in
                number.isMultiple(of: 5)
                    ? try await pool.run("INSERT INTO told VALUES (\(number)) RETURNING id")
                    : try await pool.read("SELECT \(number)::int4 AS id")
            }
            for (number, answer) in answers.enumerated() { #expect(try answer.get()[0].int("id") == number) }
            #expect(try await pool.read("SELECT FROM told").count == 3)
        }
    }

    /// Each has its own settings, which end with it.
    @Test func eachHasItsOwnSettings() async throws {
        try await withPool(size: 1) { pool in
            let answers = try await Self.behind(pool, 16) { number in
                try await pool.read(
                    "SELECT current_setting('ale.scope_lower', true), current_setting('transaction_read_only')",
                    settings: number.isMultiple(of: 4) ? [] : [(name: "ale.scope_lower", value: "/\(number)/")])
            }
            for (number, answer) in answers.enumerated() {
                let row = try answer.get()[0]
                #expect(try row.optionalString(at: 0) ?? "" == (number.isMultiple(of: 4) ? "" : "/\(number)/"))
                #expect(try row.string(at: 1) == "on")
            }
        }
    }

    /// What the server refuses, and what is not even sent, fails alone.
    @Test func oneFailsAlone() async throws {
        try await withPool(size: 1) { pool in
            let answers = try await Self.behind(pool, 18) { number in
                switch number % 6 {
                case 1: try await pool.read("SELECT 1 / \(0)::int4")
                case 3: try await pool.read("SELECT \("a\0b")")
                case 5: try await pool.read("INSERT INTO nowhere VALUES (\(number))")
                default: try await pool.read("SELECT \(number)::int4")
                }
            }
            for (number, answer) in answers.enumerated() {
                if number.isMultiple(of: 2) {
                    #expect(try answer.get()[0].int(at: 0) == number)
                } else {
                    #expect(throws: PostgresError.self) { try answer.get() }
                }
            }
            #expect(pool.metrics.connects == 1, "the connection is used on")
        }
    }

    /// A table changes under a cached plan: those that share the round trip are read all the same.
    @Test func aPlanThatNoLongerFitsIsMadeAnew() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE changing (id int4)")
            _ = try await pool.run("INSERT INTO changing VALUES (1)")
            _ = try await pool.read("SELECT * FROM changing WHERE id = \(1)")
            _ = try await pool.run("ALTER TABLE changing ADD COLUMN more text DEFAULT 'x'")
            let answers = try await Self.behind(pool, 8) { _ in
                try await pool.read("SELECT * FROM changing WHERE id = \(1)")
            }
            for answer in answers { #expect(try answer.get()[0].string("more") == "x") }
        }
    }

    /// The server ends the session while reads wait behind one another: all are read over another connection.
    @Test func aLossIsNotNoticed() async throws {
        let server = try await PostgresServer.start()
        let pool = try Pool(PoolConfiguration(connectionString: try await server.createDatabase(), size: 1))
        let first = try await pool.read("SELECT pg_backend_pid()")[0].int(at: 0)
        let answers = try await Self.behind(pool, 16) { number in
            number == 2
                ? try await pool.read("SELECT pg_terminate_backend(\(first)::int4)::int4")
                : try await pool.read("SELECT \(number)::int4")
        }
        for (number, answer) in answers.enumerated() where number != 2 {
            #expect(try answer.get()[0].int(at: 0) == number)
        }
        #expect(pool.metrics.connects >= 2)
        await pool.close()
        try await server.stop()
    }
}
