import Synchronization
import TestKit
import Testing

@testable import Postgres

/// Round trips, commit and rollback, savepoints, prepared statements.
@Suite struct TransactionTests {
    /// How often a piece of work waited for the server, once its statements are prepared.
    private func roundTrips(_ pool: Pool, _ work: () async throws -> Void) async throws -> UInt64 {
        let before = pool.metrics.roundTrips
        try await work()
        return pool.metrics.roundTrips - before
    }

    @Test func oneStatementIsOneRoundTrip() async throws {
        try await withPool(size: 1) { pool in
            let settings = [(name: "ale.scope_lower", value: "/a/")]
            for _ in 0..<2 {
                let count = try await roundTrips(pool) {
                    let sql: SQL = "SELECT current_setting('ale.scope_lower') AS scope, 1 AS one"
                    let rows = try await pool.run(sql, settings: settings)
                    #expect(try rows[0].string("scope") == "/a/")
                }
                #expect(count == 1)
            }
            // The setting ended with its statement.
            let left = try await pool.run("SELECT coalesce(current_setting('ale.scope_lower', true), '') AS scope")
            #expect(try left[0].string("scope") == "")
        }
    }

    @Test func loadDecideSendCommitIsTwoRoundTrips() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4 PRIMARY KEY, n int4 NOT NULL)")
            _ = try await pool.run("INSERT INTO t VALUES (1, 10)")
            let count = try await roundTrips(pool) {
                try await pool.transaction(settings: [(name: "ale.scope_lower", value: "/")]) { tx in
                    let n = try tx.query("SELECT n FROM t WHERE id = 1 FOR UPDATE")[0].int("n")
                    tx.send("UPDATE t SET n = \(n + 1) WHERE id = 1", expecting: 1)
                    tx.send("INSERT INTO t VALUES (2, \(n))")
                    tx.send("INSERT INTO t VALUES (3, \(n))")
                }
            }
            #expect(count == 2)
            let sums = try await pool.run("SELECT sum(n)::int8 AS n FROM t")
            #expect(try sums[0].int("n") == 31)
            #expect(try await roundTrips(pool) { try await pool.transaction { _ in } } == 0)
        }
    }

    @Test func severalQueriesShareARoundTrip() async throws {
        try await withPool(size: 1) { pool in
            let count = try await roundTrips(pool) {
                let answers = try await pool.transaction(readOnly: true) { tx in
                    try tx.queryAll(["SELECT 1 AS n", "SELECT 2 AS n UNION SELECT 3", "SELECT 4 AS n WHERE false"])
                }
                #expect(answers.map(\.count) == [1, 2, 0])
            }
            #expect(count == 2, "the queries, and COMMIT")
        }
    }

    @Test func manySendsStayBounded() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4 PRIMARY KEY, text text)")
            let text = String(repeating: "x", count: 10_000)
            try await pool.transaction { tx in
                for id in 0..<2000 {
                    tx.send("INSERT INTO t VALUES (\(id), \(text)) RETURNING text")
                    #expect(tx.connection.expected.count <= PostgresConnection.pipelineBound)
                }
            }
            #expect(try await pool.run("SELECT count(*) AS n FROM t")[0].int("n") == 2000)
        }
    }

    @Test func anErrorOfTheBodyRollsBack() async throws {
        struct Refused: Error {}
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4)")
            await #expect(throws: Refused.self) {
                try await pool.transaction { tx in
                    tx.send("INSERT INTO t VALUES (1)")
                    _ = try tx.query("INSERT INTO t VALUES (2) RETURNING id")
                    tx.send("INSERT INTO t VALUES (3)")
                    throw Refused()
                }
            }
            #expect(try await pool.run("SELECT 1 FROM t").isEmpty)
            #expect(pool.metrics.connects == 1, "the connection is used on")
        }
    }

    @Test func aSwallowedErrorIsNotCommitted() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4 PRIMARY KEY)")
            let error = try await failure {
                try await pool.transaction { tx in
                    tx.send("INSERT INTO t VALUES (1)")
                    _ = try? tx.query("SELECT 1/0")
                }
            }
            #expect(error.sqlState == "22012")
            #expect(try await pool.run("SELECT 1 FROM t").isEmpty)
        }
    }

    @Test func aSendErrorSurfacesAtTheCommitOrTheNextQuery() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4 CONSTRAINT t_pk PRIMARY KEY)")
            let reached = Mutex(0)
            let atCommit = try await failure {
                try await pool.transaction { tx in
                    tx.send("INSERT INTO t VALUES (1)")
                    tx.send("INSERT INTO t VALUES (1)")
                    tx.send("INSERT INTO t VALUES (2)")
                    reached.withLock { $0 += 1 }
                }
            }
            let atQuery = try await failure {
                try await pool.transaction { tx in
                    tx.send("INSERT INTO t VALUES (1)")
                    tx.send("INSERT INTO t VALUES (1)")
                    _ = try tx.query("SELECT 1")
                    reached.withLock { $0 += 1 }
                }
            }
            #expect(atCommit.isUniqueViolation && atCommit.constraint == "t_pk")
            #expect(atQuery.isUniqueViolation)
            #expect(reached.withLock { $0 } == 1)
            #expect(try await pool.run("SELECT 1 FROM t").isEmpty)
        }
    }

    @Test(arguments: [0, 2])
    func anUnexpectedRowCountIsNotCommitted(expected: Int) async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4 PRIMARY KEY, n int4)")
            _ = try await pool.run("INSERT INTO t VALUES (1, 1)")
            let error = try await failure {
                try await pool.transaction { tx in
                    tx.send("UPDATE t SET n = 2 WHERE id = \(1)", expecting: expected)
                    tx.send("INSERT INTO t VALUES (5, 5)")
                }
            }
            #expect(error.kind == .unexpectedRowCount)
            let rows = try await pool.run("SELECT id, n FROM t")
            #expect(rows.count == 1)
            #expect(try rows[0].int("n") == 1)
            try await pool.transaction { tx in tx.send("DELETE FROM t", expecting: 1) }
            #expect(try await pool.run("SELECT id, n FROM t").isEmpty)
        }
    }

    @Test func deferredConstraintsAreReported() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE p (id int4 PRIMARY KEY)")
            _ = try await pool.run(
                "CREATE TABLE c (p int4 CONSTRAINT c_parent REFERENCES p DEFERRABLE INITIALLY DEFERRED)")
            // Alone, the refusal comes with the end of the batch; in a transaction with COMMIT.
            let alone = try await failure { _ = try await pool.run("INSERT INTO c VALUES (1)") }
            #expect(alone.isForeignKeyViolation && alone.constraint == "c_parent")
            let together = try await failure {
                try await pool.transaction { tx in tx.send("INSERT INTO c VALUES (1)") }
            }
            #expect(together.isForeignKeyViolation && together.constraint == "c_parent")
            #expect(try await pool.run("SELECT 1 FROM c").isEmpty)
            #expect(pool.metrics.connects == 1)
        }
    }

    @Test func savepointsUndoTheirPartOnly() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4 PRIMARY KEY)")
            try await pool.transaction { tx in
                tx.send("INSERT INTO t VALUES (1)")
                let inner = #expect(throws: PostgresError.self) {
                    try tx.savepoint {
                        tx.send("INSERT INTO t VALUES (2)")
                        tx.send("INSERT INTO t VALUES (1)")
                    }
                }
                #expect(inner?.isUniqueViolation == true)
                try tx.savepoint {
                    tx.send("INSERT INTO t VALUES (3)")
                    try? tx.savepoint { _ = try tx.query("SELECT 1/0") }
                    tx.send("INSERT INTO t VALUES (4)")
                }
                tx.send("INSERT INTO t VALUES (5)")
            }
            let ids = try await pool.run("SELECT id FROM t ORDER BY id").map { try $0.int("id") }
            #expect(ids == [1, 3, 4, 5])
        }
    }

    @Test func anErrorBeforeASavepointIsNotTakenForOneInside() async throws {
        try await withPool(size: 1) { pool in
            let error = try await failure {
                try await pool.transaction { tx in
                    tx.send("SELECT 1/0")
                    try? tx.savepoint { tx.send("SELECT 2") }
                }
            }
            #expect(error.sqlState == "22012")
        }
    }

    @Test func readOnlyRefusesWrites() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4)")
            let alone = try await failure { _ = try await pool.run("INSERT INTO t VALUES (1)", readOnly: true) }
            let together = try await failure {
                try await pool.transaction(readOnly: true) { tx in
                    tx.send("INSERT INTO t VALUES (1)")
                }
            }
            #expect(alone.sqlState == "25006")
            #expect(together.sqlState == "25006")
            _ = try await pool.run("INSERT INTO t VALUES (1)")
        }
    }

    @Test func theStatementCacheIsBoundedOnBothSides() async throws {
        try await withPool(size: 1, cache: 8) { pool in
            for round in 0..<3 {
                for number in 0..<40 {
                    let rows = try await pool.run("SELECT \(raw: String(number)) AS n, \(round)::int8 AS round")
                    #expect(try rows[0].int("n") == number)
                }
            }
            // Inside one transaction, where nothing can be deallocated until it ends.
            try await pool.transaction { tx in
                for number in 0..<40 { _ = try tx.query("SELECT \(raw: String(number)) AS m") }
            }
            let held = try await pool.run("SELECT count(*) AS n FROM pg_prepared_statements")[0].int("n")
            #expect(held <= 9, "the cache and the asking statement")
        }
    }

    @Test func aFailedPrepareIsForgotten() async throws {
        try await withPool(size: 1) { pool in
            for _ in 0..<2 {
                let error = try await failure { _ = try await pool.run("SELECT * FROM later") }
                #expect(error.sqlState == "42P01")
                #expect(error.statement == "SELECT * FROM later")
            }
            _ = try await pool.run("CREATE TABLE later (id int4)")
            #expect(try await pool.run("SELECT * FROM later").isEmpty)
            // Prepared behind an error in the same batch: never reached the server.
            for _ in 0..<2 {
                _ = try await failure {
                    try await pool.transaction { tx in
                        tx.send("SELECT 1/0")
                        _ = try tx.query("SELECT 77 AS n")
                    }
                }
            }
            #expect(try await pool.run("SELECT 77 AS n")[0].int("n") == 77)
        }
    }

    @Test func aChangedTableIsPreparedAnew() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4)")
            _ = try await pool.run("INSERT INTO t VALUES (1)")
            #expect(try await pool.run("SELECT * FROM t").columns == ["id"])
            _ = try await pool.run("ALTER TABLE t ADD COLUMN name text")
            #expect(try await pool.run("SELECT * FROM t").columns == ["id", "name"])
            _ = try await pool.run("ALTER TABLE t ADD COLUMN more text")
            let columns = try await pool.transaction { tx in
                tx.send("INSERT INTO t VALUES (2)")
                return try tx.query("SELECT * FROM t").columns
            }
            #expect(columns == ["id", "name", "more"])
            #expect(try await pool.run("SELECT 1 FROM t WHERE id = 2").count == 1, "the body's effect is there once")
            // Somebody dropped the session's statements.
            _ = try await pool.run("DEALLOCATE ALL")
            #expect(try await pool.run("SELECT * FROM t").count == 2)
        }
    }

    /// Who met a conflict is told so, and may begin anew; what is done then is done as if one came after the other.
    @Test func conflictsAreTold() async throws {
        try await withPool(size: 4) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4 PRIMARY KEY, n int4 NOT NULL)")
            _ = try await pool.run("INSERT INTO t VALUES (1, 0)")
            @Sendable func count() async throws {
                for attempt in 1...1_000 {
                    do {
                        return try await pool.transaction { tx in
                            tx.send("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
                            let n = try tx.query("SELECT n FROM t WHERE id = 1")[0].int("n")
                            tx.send("UPDATE t SET n = \(n + 1) WHERE id = 1")
                        }
                    } catch let error as PostgresError where error.isSerializationFailure || error.isDeadlock {
                        try await Task.sleep(for: TransactionRetry.pause(after: attempt))
                    }
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { for _ in 0..<10 { try await count() } } }
                try await group.waitForAll()
            }
            #expect(try await pool.run("SELECT n FROM t")[0].int("n") == 40)
        }
    }

    @Test func constraintsAreNamed() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run(
                """
                CREATE TABLE t (id int4 CONSTRAINT t_unique UNIQUE, n int4 NOT NULL CONSTRAINT t_positive CHECK (n > 0),
                    parent int4 CONSTRAINT t_parent REFERENCES t (id))
                """)
            _ = try await pool.run("INSERT INTO t VALUES (1, 1, NULL)")
            let unique = try await failure { _ = try await pool.run("INSERT INTO t VALUES (1, 1, NULL)") }
            #expect(unique.isUniqueViolation && unique.constraint == "t_unique" && unique.table == "t")
            #expect(unique.detail?.contains("(1)") == true)
            let check = try await failure { _ = try await pool.run("INSERT INTO t VALUES (2, 0, NULL)") }
            #expect(check.isCheckViolation && check.constraint == "t_positive")
            let foreign = try await failure { _ = try await pool.run("INSERT INTO t VALUES (2, 1, 9)") }
            #expect(foreign.isForeignKeyViolation && foreign.constraint == "t_parent")
            let null = try await failure { _ = try await pool.run("INSERT INTO t VALUES (2, NULL, NULL)") }
            #expect(null.isNotNullViolation && null.column == "n")
        }
    }

    @Test func plansAreKeptForWhomTheyAreMade() async throws {
        try await withPool(size: 1) { pool in
            let kept: SQL = "SELECT 1 + \(1)::int8 AS kept"
            for key in ["a", "b", "a"] {
                try await pool.transaction { tx in
                    tx.planOnce(for: key)
                    _ = try tx.query(kept)
                }
            }
            // What comes after such a transaction is planned as ever.
            for _ in 0..<2 { _ = try await pool.run(kept) }
            try await pool.transaction { tx in
                tx.planEach()
                _ = try tx.query(kept)
            }
            let plans = try await pool.run(
                """
                SELECT generic_plans::int8 AS once, custom_plans::int8 AS each FROM pg_prepared_statements \
                WHERE statement LIKE '% AS kept' ORDER BY 1, 2
                """
            ).map { [try $0.int("once"), try $0.int("each")] }
            #expect(plans == [[0, 3], [1, 0], [2, 0]])
        }
    }
}
