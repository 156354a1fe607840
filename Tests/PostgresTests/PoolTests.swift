import Synchronization
import TestKit
import Testing

@testable import Postgres

/// Queue, deadlines, cancellation, scope of row-level security.
@Suite struct PoolTests {
    @Test func exhaustionIsRefusedWithinTheDeadline() async throws {
        let acquire = Duration.seconds(2)
        try await withPool(size: 1, queueLimit: 2, acquire: acquire) { pool in
            let refusedBefore = pool.metrics.refused
            let busy = try await Occupation.begin(pool)
            let start = ContinuousClock.now
            async let first = failure { _ = try await pool.run("SELECT 1") }
            async let second = failure { _ = try await pool.transaction { tx in try tx.query("SELECT 2") } }
            try await waitUntil { pool.metrics.waiting == 2 }
            // The queue is full: refused at once, while those in it go on waiting.
            let third = try await failure { _ = try await pool.run("SELECT 3") }
            #expect(third.kind == .poolExhausted)
            #expect(pool.metrics.waiting == 2)
            #expect(try await first.kind == .poolExhausted)
            #expect(try await second.kind == .poolExhausted)
            #expect(ContinuousClock.now - start >= acquire)
            #expect(pool.metrics.inUse == 1, "they were refused though the one that works goes on")
            #expect(pool.metrics.refused == refusedBefore + 3)
            #expect(pool.metrics.waiting == 0)
            try await busy.end()
            #expect(try await pool.run("SELECT 1").count == 1)
        }
    }

    @Test func aCancelledTaskLeavesTheQueue() async throws {
        try await withPool(size: 1) { pool in
            let busy = try await Occupation.begin(pool)
            let ran = Mutex(false)
            let waiting = Task { try await pool.transaction { _ in ran.withLock { $0 = true } } }
            try await waitUntil { pool.metrics.waiting == 1 }
            waiting.cancel()
            let error = try await failure { try await waiting.value }
            #expect(error.kind == .canceled)
            #expect(pool.metrics.inUse == 1, "the one that works is left alone")
            try await busy.end()
            #expect(ran.withLock { $0 } == false)
        }
    }

    @Test func theServerStopsAStatementAtItsTimeout() async throws {
        try await withPool(size: 1) { pool in
            let start = ContinuousClock.now
            let alone = try await failure { _ = try await pool.run("SELECT pg_sleep(20)", timeout: .milliseconds(600)) }
            let together = try await failure {
                try await pool.transaction(timeout: .milliseconds(600)) { tx in
                    _ = try tx.query("SELECT 1")
                    _ = try tx.query("SELECT pg_sleep(20)")
                }
            }
            #expect(alone.isQueryCanceled)
            #expect(together.isQueryCanceled)
            #expect(ContinuousClock.now - start < .seconds(6))
            #expect(pool.metrics.connects == 1, "the server stopped them, and the session goes on")
            #expect(try await pool.run("SHOW statement_timeout")[0].string(at: 0) == "30s")
        }
    }

    @Test func theClientStopsASumOfStatements() async throws {
        try await withPool(size: 1) { pool in
            let start = ContinuousClock.now
            let error = try await failure {
                try await pool.transaction(timeout: .milliseconds(600)) { tx in
                    // Each is within the server's timeout.
                    while true { _ = try tx.query("SELECT pg_sleep(0.2)") }
                }
            }
            #expect(error.isQueryCanceled)
            #expect(ContinuousClock.now - start < .seconds(4))
            #expect(try await pool.run("SELECT 1").count == 1)
        }
    }

    @Test func aSessionLeftInATransactionIsNotUsedAgain() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("BEGIN")
            #expect(try await pool.run("SELECT 1").count == 1)
            #expect(pool.metrics.connects == 2)
        }
    }

    @Test func closingLetsAcceptedWorkEnd() async throws {
        let database = try await PostgresServer.shared.createDatabase()
        let pool = try Pool(PoolConfiguration(connectionString: database, size: 1))
        let first = try await Occupation.begin(pool)
        let second = Task { try await pool.run("SELECT 2 AS n")[0].int("n") }
        try await waitUntil { pool.metrics.waiting == 1 }
        async let closing: Void = pool.close()
        try await first.end()
        await closing
        #expect(try await second.value == 2)
        #expect(try await failure { _ = try await pool.run("SELECT 1") }.kind == .closed)
        #expect(pool.metrics.connected == 0)
        await pool.close()
    }

    @Test func connectionsOpenWhenNeeded() async throws {
        try await withPool(size: 8) { pool in
            for _ in 0..<20 { _ = try await pool.run("SELECT 1") }
            #expect(pool.metrics.connected == 1)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await pool.run("SELECT pg_sleep(0.2)") } }
                try await group.waitForAll()
            }
            #expect(pool.metrics.connected > 1)
        }
    }

    /// What a crowd has opened is closed again, but for one, while somebody still asks; and the next crowd finds all of them.
    @Test func connectionsThatNobodyNeedsAreClosed() async throws {
        try await withPool(size: 6, idle: .milliseconds(200)) { pool in
            for _ in 0..<2 {
                var crowd: [Occupation] = []
                for _ in 0..<6 { crowd.append(try await Occupation.begin(pool)) }
                #expect(pool.metrics.connected == 6)
                for occupation in crowd { try await occupation.end() }
                try await waitUntil {
                    _ = try await pool.run("SELECT 1")
                    return pool.metrics.connected == 1
                }
            }
            // The last one stays.
            try await Task.sleep(for: .milliseconds(600))
            #expect(pool.metrics.connected == 1 && pool.metrics.refused == 0)
            let connects = pool.metrics.connects
            _ = try await pool.run("SELECT 1")
            #expect(pool.metrics.connects == connects)
        }
    }

    @Test func wrongConfigurationStopsTheStart() throws {
        for configuration in [
            PoolConfiguration(connectionString: "host=x port"), PoolConfiguration(connectionString: "", size: 0),
            PoolConfiguration(connectionString: "", acquireTimeout: .zero),
        ] {
            let error = #expect(throws: PostgresError.self) { _ = try Pool(configuration) }
            #expect(error?.kind == .invalidParameter)
        }
    }

    @Test func anUnreachableServerIsAConnectionFailure() async throws {
        let pool = try Pool(
            PoolConfiguration(
                connectionString: "host=/nonexistent port=1 dbname=x", size: 1, acquireTimeout: .milliseconds(300)))
        let start = ContinuousClock.now
        let error = try await failure { _ = try await pool.run("SELECT 1") }
        #expect(error.isConnectionFailure)
        #expect(error.message.contains("/nonexistent"))
        #expect(ContinuousClock.now - start < .seconds(2))
        await pool.close()
    }

    @Test func rowLevelSecurityFollowsTheScope() async throws {
        let server = try await PostgresServer.shared
        let owner = try await server.createDatabase("row_level")
        let setUp = try Migrator(
            connectionString: owner, schema: "svc",
            migrations: [
                Migration(
                    number: 1, name: "account",
                    sql: """
                        CREATE ROLE svc_app LOGIN;
                        GRANT USAGE ON SCHEMA svc TO svc_app;
                        CREATE TABLE svc.account (id int4 PRIMARY KEY, domain text COLLATE "C" NOT NULL);
                        ALTER TABLE svc.account ENABLE ROW LEVEL SECURITY;
                        GRANT SELECT, INSERT, UPDATE, DELETE ON svc.account TO svc_app;
                        CREATE POLICY account_scope ON svc.account
                            USING (domain >= current_setting('ale.scope_lower', true)
                                AND domain < current_setting('ale.scope_upper', true));
                        INSERT INTO svc.account VALUES (1, '/a/'), (2, '/a/b/'), (3, '/ab/'), (4, '/'), (5, '/c/');
                        """)
            ])
        _ = try await setUp.migrate()
        let target = server.connectionString(database: "row_level", user: "svc_app")
        let pool = try Pool(PoolConfiguration(connectionString: target, size: 1))
        func seen(_ lower: String, _ upper: String) async throws -> [Int] {
            let settings = [(name: "ale.scope_lower", value: lower), (name: "ale.scope_upper", value: upper)]
            return try await pool.run("SELECT id FROM svc.account ORDER BY id", settings: settings).map { row in
                try row.int("id")
            }
        }
        #expect(try await seen("/a/", "/a0") == [1, 2])
        #expect(try await seen("/", "0") == [1, 2, 3, 4, 5])
        #expect(try await seen("/x/", "/x0") == [])
        #expect(try await seen("", "") == [])
        // No scope at all, on a connection that had one before.
        #expect(try await pool.run("SELECT 1 FROM svc.account").isEmpty)
        let foreign = try await failure {
            try await pool.transaction(settings: [
                (name: "ale.scope_lower", value: "/a/"), (name: "ale.scope_upper", value: "/a0"),
            ]) { tx in
                tx.send("UPDATE svc.account SET domain = '/a/' WHERE id = \(1)", expecting: 1)
                tx.send("INSERT INTO svc.account VALUES (9, '/c/')")
            }
        }
        #expect(foreign.isInsufficientPrivilege)
        let hidden = try await failure {
            try await pool.transaction(settings: [
                (name: "ale.scope_lower", value: "/a/"), (name: "ale.scope_upper", value: "/a0"),
            ]) { tx in tx.send("DELETE FROM svc.account WHERE id = \(5)", expecting: 1) }
        }
        #expect(hidden.kind == .unexpectedRowCount)
        #expect(try await failure { _ = try await pool.run("DROP TABLE svc.account") }.isInsufficientPrivilege)
        await pool.close()
    }
}
