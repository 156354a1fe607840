import Glibc
import Synchronization
import TestKit
import Testing

@testable import Postgres

/// What happens when the server dies; the suite has a server of its own to kill.
@Suite(.serialized) struct RecoveryTests {
    private static let starting = Task { try await PostgresServer.start() }

    private func withOwnServer(_ body: (PostgresServer, String) async throws -> Void) async throws {
        let server = try await Self.starting.value
        try await body(server, try await server.createDatabase())
    }

    @Test func workResumesAfterACrash() async throws {
        try await withOwnServer { server, database in
            let pool = try Pool(PoolConfiguration(connectionString: database, size: 2))
            _ = try await pool.run("CREATE TABLE t (id int4)")
            let during = Task {
                try await pool.transaction { tx in
                    _ = try tx.query("INSERT INTO t VALUES (1) RETURNING id")
                    _ = try tx.query("SELECT pg_sleep(20)")
                }
            }
            try await waitUntil { pool.metrics.inUse == 1 }
            // The statement is under way once the server shows it.
            try await waitUntil {
                try await pool.run("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND state = 'active'")
                    .count > 1
            }
            try await server.kill()
            let lost = try await failure { try await during.value }
            #expect(lost.isConnectionFailure, "not committed: it never came to COMMIT")
            // Asked while the server is down: waits, and is answered when it is back.
            let waiting = Task { try await pool.run("SELECT count(*) AS n FROM t", readOnly: true)[0].int("n") }
            try await server.restart()
            #expect(try await waiting.value == 0)
            try await pool.transaction { tx in tx.send("INSERT INTO t VALUES (2)") }
            await pool.close()
        }
    }

    @Test func idleConnectionsThatDiedAreNotUsed() async throws {
        try await withOwnServer { server, database in
            let pool = try Pool(PoolConfiguration(connectionString: database, size: 1))
            _ = try await pool.run("CREATE TABLE t (id int4)")
            try await server.kill()
            try await server.restart()
            // A write, which would be in doubt if it had been sent into the dead connection.
            _ = try await pool.run("INSERT INTO t VALUES (1)")
            #expect(pool.metrics.connects == 2)
            await pool.close()
        }
    }

    @Test func aConnectionLostDuringCommitIsInDoubt() async throws {
        try await withOwnServer { server, database in
            let pool = try Pool(PoolConfiguration(connectionString: database, size: 2))
            _ = try await pool.run("CREATE TABLE t (id int4)")
            _ = try await pool.run(
                """
                CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_sleep(20); RETURN NULL; END'
                """)
            _ = try await pool.run(
                """
                CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION slow()
                """)
            let commit = Task { try await pool.transaction { tx in tx.send("INSERT INTO t VALUES (1)") } }
            let sleeping: SQL = "SELECT 1 FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'PgSleep'"
            try await waitUntil { try await pool.run(sleeping).count == 1 }
            let single = Task { try await pool.run("INSERT INTO t VALUES (2)") }
            try await waitUntil { pool.metrics.inUse == 2 }
            try await server.kill()
            let error = try await failure { try await commit.value }
            #expect(error.kind == .commitUnknown)
            #expect(!error.isConnectionFailure, "must not be taken for surely undone")
            #expect(try await failure { _ = try await single.value }.kind == .commitUnknown)
            try await server.restart()
            #expect(try await pool.run("SELECT 1 FROM t").isEmpty)
            await pool.close()
        }
    }

    @Test func aTerminatedSessionIsReplaced() async throws {
        try await withOwnServer { server, database in
            let pool = try Pool(PoolConfiguration(connectionString: database, size: 1))
            _ = try await pool.run("CREATE TABLE t (id int4)")
            let error = try await failure {
                try await pool.transaction { tx in
                    tx.send("INSERT INTO t VALUES (1)")
                    tx.send("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(error.isConnectionFailure, "the server said so before the COMMIT")
            #expect(error.sqlState == "57P01")
            #expect(try await pool.run("SELECT 1 FROM t").isEmpty)
            await pool.close()
        }
    }

    @Test func workIsRepeatedOnlyBeforeItWasAnswered() async throws {
        try await withOwnServer { server, database in
            let pool = try Pool(PoolConfiguration(connectionString: database, size: 1))
            let bodies = Mutex(0)
            // The first session dies at its first answer; the body runs again on another.
            let rows = try await pool.transaction { tx in
                let isFirst = bodies.withLock { bodies in
                    bodies += 1
                    return bodies == 1
                }
                if isFirst { tx.send("SELECT pg_terminate_backend(pg_backend_pid())") }
                return try tx.query("SELECT pg_backend_pid() AS pid").count
            }
            #expect(rows == 1)
            #expect(bodies.withLock { $0 } == 2)
            // One that was answered is not.
            let runs = Mutex(0)
            let error = try await failure {
                try await pool.transaction { tx in
                    runs.withLock { $0 += 1 }
                    _ = try tx.query("SELECT 1")
                    _ = try tx.query("SELECT pg_terminate_backend(pg_backend_pid())")
                }
            }
            #expect(error.isConnectionFailure)
            #expect(runs.withLock { $0 } == 1)
            await pool.close()
        }
    }

    @Test func aFrozenServerIsGivenUp() async throws {
        try await withOwnServer { server, database in
            let pool = try Pool(PoolConfiguration(connectionString: database, size: 1))
            let backend = try await pool.run("SELECT pg_backend_pid() AS pid")[0].int("pid")
            let start = ContinuousClock.now
            kill(pid_t(backend), SIGSTOP)
            defer { kill(pid_t(backend), SIGCONT) }
            let error = try await failure {
                _ = try await pool.run("SELECT 1", readOnly: true, timeout: .milliseconds(100))
            }
            #expect(error.kind == .timedOut)
            #expect(ContinuousClock.now - start < .seconds(4))
            #expect(try await pool.run("SELECT 1").count == 1)
            await pool.close()
        }
    }

    @Test func leadershipPassesOn() async throws {
        try await withOwnServer { server, database in
            let changes = Mutex<[String]>([])
            let owner = try Pool(PoolConfiguration(connectionString: database, size: 1))
            _ = try await owner.run("CREATE TABLE leader (name text PRIMARY KEY, number bigint NOT NULL)")
            await owner.close()
            func stand(_ name: String) throws -> Leadership {
                try Leadership(
                    connectionString: database, schema: "public", name: "relay", checkEvery: .milliseconds(50)
                ) { leads in changes.withLock { $0.append("\(name) \(leads)") } }
            }
            let first = try stand("first")
            try await waitUntil { first.isLeader }
            let second = try stand("second")
            // The server knows both; only one holds.
            try await waitUntil {
                try await server.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'leader relay'")
                    == "2"
            }
            #expect(!second.isLeader)
            await first.resign()
            #expect(!first.isLeader)
            try await waitUntil { second.isLeader }
            #expect(changes.withLock { $0 } == ["first true", "first false", "second true"])
            // Lost with the connection, won again with a new one.
            try await server.kill()
            try await waitUntil { !second.isLeader }
            try await server.restart()
            try await waitUntil { second.isLeader }
            #expect(changes.withLock { $0.suffix(2) } == ["second false", "second true"])
            await second.resign()
        }
    }

    @Test func stopTheServer() async throws {
        try await Self.starting.value.stop()
    }
}
