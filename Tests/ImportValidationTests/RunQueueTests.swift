import Identity
import Logging
import NATS
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire
import Work

@testable import ImportValidationService
@testable import Platform

/// Runs in the queue that all work stands in; also those of instances that know the queue of an earlier version.
@Suite(.timeLimit(.minutes(15))) struct RunQueueTests {
    @Test func whatWasQueuedStaysQueued() async throws {
        let upgrade = try await Upgrade()
        let load = try await upgrade.add("load")
        let worker = uuid()
        let publish = try await upgrade.add("publish", worker: "\(worker)-2", attempts: 3)
        try await upgrade.migrate()
        let rows = try await upgrade.psql(
            """
            SELECT run, takings, turn, owner, due_at = queued_at, lease_until = beat_at + interval '6 seconds'
            FROM import_validation.import_run_work ORDER BY queued_at
            """)
        #expect(rows == "\(load)|0|||t|\n\(publish)|3|\(upgrade.task)|\(worker)|t|t")
    }

    /// During an upgrade both versions work side by side: neither takes what the other has, nor what is of its turn.
    @Test func instancesOfTwoVersionsShareTheRuns() async throws {
        let upgrade = try await Upgrade()
        let first = try await upgrade.add("publish")
        let second = try await upgrade.add("publish")
        try await upgrade.migrate()
        // An instance that runs on has the first one, and says for a long time that it lives.
        let old = "\(uuid())-1"
        #expect(try await upgrade.takeAsBefore(old) == first)
        let beaten = try await upgrade.psql(
            """
            UPDATE import_validation.import_run_work SET beat_at = clock_timestamp() + interval '10 minutes'
            WHERE run = '\(first)' AND worker = '\(old)' RETURNING lease_until > now() + interval '5 minutes'
            """)
        #expect(beaten == "t")
        let database = try upgrade.database()
        let queue = RunQueue(database, workers: 4)
        let taken = Mutex<[Claim]>([])
        let work = Task {
            await queue.run { claim in
                taken.withLock { $0.append(claim) }
                try await Task.sleep(for: .seconds(600))
            }
        }
        let load = try await upgrade.add("load")
        try await Stage.until { taken.withLock { $0.map(\.run) } == [load] }
        #expect(taken.withLock { $0[0].requester.caller.locale } == "ko")
        // It ends its run; the next one of the turn is the new version's, and the old one finds nothing.
        try await upgrade.psql("DELETE FROM import_validation.import_run_work WHERE run = '\(first)'")
        try await Stage.until { taken.withLock { $0.map(\.run) } == [load, second] }
        _ = try await upgrade.add("publish")
        #expect(try await upgrade.takeAsBefore(old) == "")
        work.cancel()
        await work.value
        // Given back, it is there for both.
        #expect(try await upgrade.takeAsBefore(old) == second)
        await database.pool.close()
    }

    /// A run that kills those who take it ends as failed, and its task goes on.
    @Test func aRunThatIsTakenTooOftenFails() async throws {
        let upgrade = try await Upgrade()
        try await upgrade.migrate()
        let run = try await upgrade.add("validate")
        try await upgrade.psql(
            "UPDATE import_validation.import_run_work SET takings = \(RunQueue.maximumTakings) WHERE run = '\(run)'")
        let nats = try await NATSServer.start(jetStream: false)
        let connection = try await Connection.connect(ConnectionOptions(urls: [nats.url], name: "runs"))
        let database = try upgrade.database()
        let settings = try ImportSettings(
            Settings(values: [
                "ALE_FILES_DIRECTORY": upgrade.server.directory + "/files", "ALE_SCRIPT_WORKER": "/bin/true",
            ]))
        let client = Client(InMemoryTransport())
        let context = ServiceParts(
            database: database, client: client, connection: connection, issuer: nil, ownCredential: nil,
            people: Nobody(), settings: Settings(values: [:]), log: database.log)
        let workers = ImportWorkers(
            context, settings, RunQueue(database, workers: 1), ImportValidation.replicas(database, client))
        let work = Task { await workers.run() }
        try await Stage.until {
            try await upgrade.psql("SELECT state FROM import_validation.import_run WHERE id = '\(run)'") == "failed"
        }
        #expect(try await upgrade.psql("SELECT count(*) FROM import_validation.import_run_work") == "0")
        let message = try await upgrade.psql("SELECT message FROM import_validation.import_run WHERE id = '\(run)'")
        #expect(message == RunMessages.givenUp.ko + " " + RunMessages.untold.ko)
        work.cancel()
        await work.value
        await connection.close()
        await database.pool.close()
    }
}

/// Knows nobody; nobody is asked for.
private struct Nobody: People {
    func person(_ subject: String) async throws(Problem) -> KnownPerson? { nil }
}
