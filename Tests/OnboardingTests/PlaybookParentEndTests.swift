import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// The end of a case ends its runs, and nothing begins over it (G-128).
@Suite(.timeLimit(.minutes(15))) struct PlaybookParentEndTests {
    /// A case in a stage that makes tasks of the case.
    private func begin(_ lane: String, _ stage: PlaybookStage) async throws -> OnboardingCase {
        let record = try await stage.begin()
        try await stage.setUp(record)
        try await stage.finishImports(record)
        if lane != "development" {
            try await stage.finish(record, "development")
            try await stage.complete(record, "related_work")
            try await stage.complete(record, "development_summary")
        }
        if lane == "go_live" { for _ in 1...2 { try await stage.finish(record, "testing_and_training") } }
        #expect(try await stage.stages(record).current == lane)
        return record
    }

    private func tasks(_ record: OnboardingCase, _ stage: PlaybookStage) async throws -> [LifecycleTask] {
        var list = ListRequest()
        (list.filter, list.pageSize) = ("parent = \"\(record.id)\"", 1_000)
        return try await stage.world.call(OnboardingAPI.listLifecycleTasks, list, as: stage.agent).lifecycleTasks
    }

    /// What has begun or failed so far.
    private func begun(_ record: OnboardingCase, _ stage: PlaybookStage) async throws -> [String] {
        var list = ListPlaybookLogRequest()
        (list.run, list.pageSize) = (try #require(try await stage.stages(record).run?.id), 1_000)
        return try await stage.world.call(OnboardingAPI.listPlaybookLog, list, as: stage.agent).entries
            .filter { ["started", "failed", "created"].contains($0.action) }.map(\.id)
    }

    @Test(arguments: ["development", "testing_and_training", "go_live"])
    func nothingBeginsOverACanceledCase(_ lane: String) async throws {
        let stage = try await PlaybookStage()
        let record = try await begin(lane, stage)
        let before = (try await tasks(record, stage), try await begun(record, stage))
        let canceled = try await stage.world.update(record.id, as: stage.agent) { $0.state = "canceled" }
        #expect(canceled.state == "canceled")
        #expect(try await stage.stages(record).run?.state == "canceled")
        let states = try await stage.activities(record).map(\.state)
        #expect(Set(states).isSubset(of: ["done", "skipped", "canceled"]), "\(states)")
        let after = try await tasks(record, stage)
        #expect(after.map(\.id) == before.0.map(\.id) && after.allSatisfy { $0.active == false })
        #expect(try await begun(record, stage) == before.1)
    }

    /// What would follow on what is canceled is not made for the case to close over, but named.
    @Test func whatFollowsOnWhatIsCanceledIsNamed() async throws {
        let stage = try await PlaybookStage()
        let record = try await begin("testing_and_training", stage)
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.state = "active" }
        let before = try await tasks(record, stage).map(\.state)
        let refused = try #require(
            await stage.world.problem(OnboardingAPI.closeOnboardingCase, closing(record), as: stage.agent))
        #expect(refused.reason == "OPEN_STAGES", "\(refused)")
        #expect(refused.text.en.contains("Go-live support case") && refused.metadata["count"] == "2", "\(refused)")
        #expect(try await tasks(record, stage).map(\.state) == before)
        #expect(try await stage.activity(record, "plan_training").state == "in_progress")
    }

    private func closing(_ record: OnboardingCase, etag: String = "") -> CloseOnboardingCaseRequest {
        var closing = CloseOnboardingCaseRequest()
        (closing.id, closing.cancelOpenTasks, closing.etag) = (record.id, true, etag)
        return closing
    }

    /// Two activities that make an import task, of which the playbook cancels one with its case.
    private static let imports = """
        table: onboarding_case
        label: {en: Imports, ko: 가져오기}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
        """

    private static func importing(_ key: String, _ target: String, _ more: String = "") -> String {
        """

              - key: \(key)
                kind: create_task
                label: {en: Import, ko: 가져오기}
                start: {when: with_lane}
                creates:
                  table: import_task
                  fields:
                    - {field: parent, from_field: id}
                    - {field: account, from_field: account}
                    - {field: target_table, text: \(target)}
                    - {field: source_table, text: sn_acct_lc_account_onb_import_\(target)s}
                    - {field: data_source, text: any.xlsx}
                    - {field: short_description, text: Import}
                  \(more)
        """
    }

    /// A run ends as done when all that is left of it is canceled with its case, whatever its etag was.
    @Test func aRunMayEndByWhatIsCanceled() async throws {
        let stage = try await PlaybookStage(isAlone: true)
        let run = try await stage.run(
            """
            table: onboarding_case
            label: {en: Short, ko: 짧음}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
                  - key: install
                    kind: create_task
                    label: {en: Install, ko: 설치}
                    creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: I}]}
            """, over: stage.world.openCase())
        let record = try await stage.world.update(run.record, as: stage.agent) { $0.state = "active" }
        let closed = try await stage.world.call(
            OnboardingAPI.closeOnboardingCase, closing(record, etag: record.etag), as: stage.agent)
        #expect(closed.state == "closed")
        #expect(try await stage.now(run).state == "done")
    }

    /// The canceled condition is looked at when the case is canceled, too (G-53).
    @Test func thePlaybookCancelsWithTheCaseWhatItSays() async throws {
        let stage = try await PlaybookStage()
        let run = try await stage.run(
            Self.imports + Self.importing("one", "location", "canceled_condition: parent.state = canceled")
                + Self.importing("two", "contract"), over: stage.world.openCase())
        let made = try await stage.eventually("both tasks") {
            let keys = ["one", "two"]
            var made: [String] = []
            for key in keys { made += try await stage.activity(of: run, key).created.map(\.id) }
            return made.count == keys.count ? made : nil
        }
        _ = try await stage.world.update(run.record, as: stage.agent) { $0.state = "canceled" }
        _ = try await stage.eventually("the end of the import task") { stage.imports.task(made[0], "canceled") }
        // The other one ends when import-validation hears of the case.
        try await stage.eventually("that nothing is asked for") {
            try await stage.server.admin.run("SELECT 1 FROM onboarding.playbook_call WHERE run = \(run.id)").isEmpty
                ? () : nil
        }
        #expect(stage.imports.task(made[1], "open") != nil)
        #expect(try await stage.activity(of: run, "two").state == "canceled")
    }

    /// All eight of the shipped playbook say so.
    @Test func theShippedPlaybookCancelsItsImportTasks() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.begin()
        try await stage.setUp(record)
        let made = try await stage.importActivities(record).compactMap(\.created.first?.id)
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.state = "canceled" }
        for task in made {
            _ = try await stage.eventually("the end of an import task") { stage.imports.task(task, "canceled") }
        }
        #expect(try await stage.stages(record).run?.state == "canceled")
    }
}
