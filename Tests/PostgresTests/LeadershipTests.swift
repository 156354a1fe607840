import Glibc
import Synchronization
import TestKit
import Testing

@testable import Postgres

/// Who leads, who takes over, and what a former leader can still do.
@Suite(.serialized, .timeLimit(.minutes(15))) struct LeadershipTests {
    /// A database with the table of leaders.
    private static func makeDatabase() async throws -> (server: PostgresServer, name: String, string: String) {
        let server = try await PostgresServer.shared
        let name = "leaders_\(UInt64.random(in: 0...UInt64.max))"
        let string = try await server.createDatabase(name)
        try await server.psql(
            "CREATE TABLE leader (name text PRIMARY KEY, number bigint NOT NULL); CREATE TABLE t (id int4)",
            database: name)
        return (server, name, string)
    }

    private static func stand(_ string: String) throws -> Leadership {
        try Leadership(
            connectionString: string, schema: "public", name: "work", checkEvery: .milliseconds(200))
    }

    /// A leader is cut off without a word: another takes over, and the first has given up by then.
    @Test func aLeaderThatIsCutOffIsReplaced() async throws {
        let (server, name, string) = try await Self.makeDatabase()
        let proxy = try TCPProxy(to: server.port)
        let first = try Self.stand("host=127.0.0.1 port=\(proxy.port) dbname=\(name) user=postgres")
        try await waitUntil { first.isLeader }
        let second = try Self.stand(string)
        proxy.cut()
        let start = ContinuousClock.now
        try await waitUntil(within: .seconds(10)) { second.isLeader }
        #expect(!first.isLeader)
        #expect(start.duration(to: .now) < .seconds(6))
        await second.resign()
        await first.resign()
        proxy.close()
    }

    /// What a former leader still has under way is held back, whichever way it asks.
    @Test func theWorkOfAFormerLeaderIsHeldBack() async throws {
        let (server, name, string) = try await Self.makeDatabase()
        let pool = try Pool(PoolConfiguration(connectionString: string, size: 2))
        let first = try Self.stand(string)
        try await waitUntil { first.isLeader }
        let old = try #require(first.fence)
        try await Fence.$current.withValue(old) {
            _ = try await pool.run("INSERT INTO t VALUES (1)")
            try await pool.transaction { tx in tx.send("INSERT INTO t VALUES (2)") }
        }
        await first.resign()
        #expect(first.fence == nil)
        let second = try Self.stand(string)
        try await waitUntil { second.isLeader }
        let new = try #require(second.fence)
        #expect(new != old)
        try await Fence.$current.withValue(old) {
            #expect(try await failure { _ = try await pool.run("INSERT INTO t VALUES (3)") }.kind == .leadershipLost)
            let together = try await failure {
                try await pool.transaction { tx in
                    tx.send("INSERT INTO t VALUES (4)")
                    tx.send("INSERT INTO t VALUES (5)")
                }
            }
            #expect(together.kind == .leadershipLost)
            // Reading, too: what it would do next rests on it.
            #expect(try await failure { _ = try await pool.run("SELECT 1", readOnly: true) }.kind == .leadershipLost)
        }
        try await Fence.$current.withValue(new) { _ = try await pool.run("INSERT INTO t VALUES (6)") }
        #expect(try await server.psql("SELECT string_agg(id::text, ' ') FROM t", database: name) == "1 2 6")
        // One more than before, and not a check more per transaction than those.
        #expect(try await server.psql("SELECT number FROM leader", database: name) == "2")
        await second.resign()
        await pool.close()
    }

    /// A leader is frozen in the middle of a transaction: the next one does not wait for it, and it is not committed.
    @Test func anOpenTransactionOfAFormerLeaderIsEnded() async throws {
        let (server, name, string) = try await Self.makeDatabase()
        let pool = try Pool(PoolConfiguration(connectionString: string, size: 1))
        let first = try Self.stand(string)
        try await waitUntil { first.isLeader }
        let old = try #require(first.fence)
        let isOpen = Mutex(false)
        let goesOn = Mutex(false)
        let frozen = Task {
            try await Fence.$current.withValue(old) {
                try await pool.transaction { tx in
                    _ = try tx.query("INSERT INTO t VALUES (1) RETURNING id")
                    isOpen.withLock { $0 = true }
                    while !goesOn.withLock({ $0 }) { usleep(1_000) }
                }
            }
        }
        try await waitUntil { isOpen.withLock { $0 } }
        await first.resign()
        let second = try Self.stand(string)
        try await waitUntil { second.isLeader }
        goesOn.withLock { $0 = true }
        let lost = try await failure { try await frozen.value }
        // The end of its session stands in the place of the answer to COMMIT.
        #expect(lost.kind == .commitUnknown && lost.sqlState == "57P01")
        #expect(try await server.psql("SELECT count(*) FROM t", database: name) == "0")
        await second.resign()
        await pool.close()
    }

    /// The check travels along: a leader's transaction waits for the server as often as any other.
    @Test func theFenceCostsNoRoundTrip() async throws {
        let (_, _, string) = try await Self.makeDatabase()
        let pool = try Pool(PoolConfiguration(connectionString: string, size: 1))
        let leadership = try Self.stand(string)
        try await waitUntil { leadership.isLeader }
        func roundTrips(_ fence: Fence?) async throws -> UInt64 {
            let before = pool.metrics.roundTrips
            try await Fence.$current.withValue(fence) {
                try await pool.transaction { tx in
                    _ = try tx.query("SELECT 1")
                    tx.send("INSERT INTO t VALUES (1)")
                }
                _ = try await pool.run("INSERT INTO t VALUES (2)")
            }
            return pool.metrics.roundTrips - before
        }
        #expect(try await roundTrips(nil) == 3)
        #expect(try await roundTrips(leadership.fence) == 3)
        await leadership.resign()
        await pool.close()
    }
}
