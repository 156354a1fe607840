import CustomerSuccessWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire

/// Rules that advise: the write is done, and the answer says so.
@Suite struct WarningTests {
    private static let loud = Warning(rule: "T-05", field: "touchpoint.subject", message: "No need to shout.")

    /// A create by way of `perform`, with the warnings of its answer.
    private func create(
        _ bench: Workbench, _ subject: String, requestID: String = "", validateOnly: Bool = false, locale: String = "en"
    ) async throws -> (record: TestTouchpoint, warnings: [Warning]) {
        let call = Call(
            caller: Caller(
                subject: "alice", kind: .person, domain: Caller.person().domain, roles: ["admin"], locale: locale))
        var request = CreateTouchpointRequest()
        request.touchpoint = TestTouchpoint.draft(subject).wrapped
        let store = bench.store
        let record = try await bench.database.perform(
            call, "CreateTouchpoint", request, requestID: requestID, validateOnly: validateOnly
        ) { tx, context in try store.create(.draft(subject), context, in: tx) }
        return (record, call.warnings)
    }

    @Test func theWriteIsDoneAndWarnedOf() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        #expect(try await create(bench, "quiet").warnings.isEmpty)
        #expect(try await create(bench, "loud!").warnings == [Self.loud])
        #expect(try await create(bench, "aloud!", locale: "ko").warnings.map(\.message) == ["소리칠 필요는 없습니다."])
        #expect(try await create(bench, "checked!", validateOnly: true).warnings == [Self.loud])
        #expect(try await bench.count("customer_success.touchpoint") == 3)
        await bench.close()
    }

    @Test func theSameAnswerWarnsOfTheSame() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let first = try await create(bench, "loud!", requestID: "r-1", locale: "ko")
        await bench.close()
        let restarted = try bench.restarted()
        let again = try await create(restarted, "loud!", requestID: "r-1", locale: "ko")
        #expect(again.record == first.record && again.warnings == first.warnings && again.warnings.count == 1)
        #expect(try await restarted.count("customer_success.touchpoint") == 1)
        await restarted.close()
    }

    /// A transaction that is run again does not warn twice, and one that fails does not warn at all.
    @Test func onlyTheAttemptThatStandsWarns() async throws {
        let bench = try await Workbench.make(poolSize: 4)
        let call = Call(caller: .person(), deadline: .patient)
        let (store, attempts) = (bench.store, Counter())
        var request = CreateTouchpointRequest()
        request.touchpoint = TestTouchpoint.draft("again!").wrapped
        _ = try await bench.database.perform(call, "CreateTouchpoint", request) { tx, context in
            let made = try store.create(.draft("again!"), context, in: tx)
            attempts.add(1)
            if attempts.value == 1 {
                _ = try tx.query("DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$")
            }
            return made
        }
        #expect(attempts.value == 2 && call.warnings == [Self.loud])
        let failing = Call(caller: .person(), deadline: .patient)
        _ = try await problem {
            _ = try await bench.database.perform(failing, "CreateTouchpoint", request) { tx, context in
                _ = try store.create(.draft("never!"), context, in: tx)
                return try store.create(.draft("again!"), context, in: tx)
            }
        }
        #expect(failing.warnings.isEmpty)
        await bench.close()
    }

    /// What the service does by itself is advice to nobody.
    @Test func theSystemIsNotWarned() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let call = Call(caller: .person(), deadline: .patient)
        let store = bench.store
        _ = try await bench.database.perform(call, "CreateTouchpoint", CreateTouchpointRequest()) { tx, context in
            try store.create(.draft("loud!"), context.asSystem, in: tx)
        }
        #expect(call.warnings.isEmpty)
        await bench.close()
    }

    /// A database that was made when the ground had its first part only.
    @Test func anOldDatabaseIsBroughtUpToDate() async throws {
        let server = try await PostgresServer.shared
        let name = "ground_\(UInt64.random(in: 0...UInt64.max))"
        try await server.createDatabase(name)
        let schema = "old_ground"
        try await server.makeRoles(of: schema)
        try await server.psql("CREATE SCHEMA \(schema) AUTHORIZATION ale_\(schema)_owner", database: name)
        func target(_ user: String) -> String { server.connectionString(database: name, user: user) }
        let own = [Migration(number: 2, name: "own", sql: "CREATE TABLE \(schema).thing (id int);")]
        _ = try await Migrator(
            connectionString: target("ale_\(schema)_owner"), schema: schema,
            migrations: [Ground.migration(schema: schema)] + own
        ).migrate()
        try await server.psql(
            """
            INSERT INTO \(schema).request_log (caller, request_id, domain, method, request_hash, response, created_at)
            VALUES ('alice', 'r-1', '/provider/', 'M', '', '', now())
            """, database: name)
        let grown = try Ground.migrator(connectionString: target("ale_\(schema)_owner"), schema: schema, own: own)
        let applied = try await grown.migrate()
        #expect(applied.first == "ground/0002_warnings.sql")
        #expect(applied.count == (try Ground.additions(schema: schema).count))
        try await Ground.migrator(connectionString: target("ale_\(schema)"), schema: schema, own: own).verify()
        let kept = try await server.psql("SELECT request_id, warnings FROM \(schema).request_log", database: name)
        #expect(kept == "r-1|{}")
    }
}
