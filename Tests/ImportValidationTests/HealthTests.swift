import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire
import Work

@testable import ImportValidationService

/// What administrators see of the service at work: queues with what stands still, daily jobs with what they did.
@Suite struct HealthTests {
    private static func show(_ stage: Stage, _ caller: Caller) async throws -> ServiceHealth {
        try await stage.call(ImportValidationAPI.showImportHealth, ShowHealthRequest(), as: caller)
    }

    @Test func queuesSayWhatStandsStill() async throws {
        let stage = try await Stage()
        let administrator = Building.caller("admin", domain: stage.domain)
        let quiet = try await Self.show(stage, administrator)
        #expect(quiet.service == "import-validation")
        #expect(quiet.queues.map(\.queue) == ["import_run_work", "staging_backup_work"])
        #expect(quiet.queues.allSatisfy { $0.waiting == 0 && !$0.standsStill })
        // Held by an instance of which nobody has heard for long, it cannot be worked on here before it is looked at.
        let (task, backup) = (try await stage.locations(), uuid())
        _ = try await stage.bench.admin.run(
            """
            INSERT INTO import_validation.staging_backup_work \
            (id, domain, import_task, day, created_before, due_at, owner, lease_until) \
            VALUES (\(backup), \(stage.domain), \(task.id), '2026-11-01', now(), now() - interval '1 hour', \
            \(uuid()), now() + interval '1 hour')
            """)
        let held = try await Self.show(stage, administrator).queues[1]
        #expect(held.underWay == 1 && held.waiting == 0 && !held.standsStill)
        _ = try await stage.bench.admin.run("DELETE FROM import_validation.staging_backup_work WHERE id = \(backup)")
    }

    /// An administrator who runs a job sees that it was done, by whom, and over what; next door nobody does.
    @Test func jobsSayWhatTheyDid() async throws {
        let stage = try await Stage()
        let administrator = Building.caller("admin", domain: stage.domain)
        var run = RunJobRequest()
        run.job = "published-rows"
        _ = try await stage.call(ImportValidationAPI.runImportJob, run, as: administrator)
        let job = try #require(
            try await Self.show(stage, administrator).jobs.first { $0.job == "published-rows" })
        let done = try #require(job.runs.first { $0.askedBy == administrator.subject })
        #expect(done.records == 0 && !done.failed && job.nextAt != nil && job.offUntil.isEmpty)
        let neighbour = Building.caller("admin", domain: "/neighbour\(UInt32.random(in: 0...UInt32.max))/")
        let other = try await Self.show(stage, neighbour).jobs.flatMap(\.runs)
        #expect(!other.contains { $0.askedBy == administrator.subject })
    }

    /// What was done over everything is known below, but not how much of it there was.
    @Test func howMuchThereIsElsewhereIsNotTold() async throws {
        let stage = try await Stage()
        let database = stage.database
        let name = "job-\(UInt32.random(in: 0...UInt32.max))"
        let job = DailyJob(name) { _ in 7 }
        _ = try await job.runNow(in: .root, by: "somebody", database)
        let failing = DailyJob(name) { _ throws(Problem) in throw .unavailable(reason: "AWAY", cause: "away") }
        _ = try? await failing.runNow(in: .root, by: "somebody", database)
        func runs(_ caller: Caller) async throws -> [JobRun] {
            try await database.transaction(as: caller, deadline: .patient, readOnly: true) { tx in
                try JobRuns(database).last(name, 10, for: caller, tx)
            }
        }
        let below = try await runs(Building.caller("admin", domain: stage.domain))
        #expect(below.map(\.failed) == [true, false] && below.allSatisfy { $0.records == nil })
        let above = try await runs(Building.caller("admin", domain: "/"))
        #expect(above.map(\.records) == [nil, 7])
        // Of each job the newest are kept.
        for _ in 0..<25 { _ = try await job.runNow(in: .root, by: "somebody", database) }
        #expect(try await runs(Building.caller("admin", domain: "/")).count == 10)
        let kept = try await stage.bench.admin.run(
            "SELECT count(*) FROM import_validation.job_run WHERE job = \(name)")
        #expect(try kept.first?.int64(at: 0) == 20)
    }

    @Test func itIsTheAdministrators() async throws {
        let stage = try await Stage()
        let denied = await problem { () async throws(Problem) in
            try await stage.call(ImportValidationAPI.showImportHealth, ShowHealthRequest(), as: stage.agent)
        }
        #expect(denied?.code == .permissionDenied)
    }
}
