import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// How what activities have made in another service ends, and goes on.
@Suite(.timeLimit(.minutes(15))) struct PlaybookRemoteEndTests {
    /// An optional activity whose import task ends by conditions.
    private static let playbook = """
        table: onboarding_case
        label: {en: Ends, ko: 종료}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - key: import
                kind: create_task
                label: {en: Import, ko: 가져오기}
                start: {when: with_lane}
                optional: true
                creates:
                  table: import_task
                  fields:
                    - {field: parent, from_field: id}
                    - {field: account, from_field: account}
                    - {field: target_table, text: location}
                    - {field: source_table, text: sn_acct_lc_account_onb_import_locations}
                    - {field: data_source, text: cmn_location_template.xlsx}
                    - {field: short_description, text: Import}
                  closed_condition: parent.priority = 2
                  canceled_condition: parent.priority = 1
              - {key: rest, kind: related_work, label: {en: Rest, ko: 나머지}, start: {when: with_lane}}
        """

    private let stage: PlaybookStage
    private let run: PlaybookRun
    private let task: String

    init() async throws {
        stage = try await PlaybookStage()
        let (stage, begun) = (stage, try await stage.run(Self.playbook, over: stage.world.openCase()))
        run = begun
        task = try await stage.eventually("the import task") {
            try await stage.activity(of: begun, "import").created.first?.id
        }
    }

    private func activity() async throws -> PlaybookActivity { try await stage.activity(of: run, "import") }

    private func reaches(_ state: String) async throws -> PlaybookActivity {
        try await stage.eventually("an activity that is \(state)") {
            let now = try await activity()
            return now.state == state ? now : nil
        }
    }

    private func give(_ priority: Int32) async throws {
        _ = try await stage.world.update(run.record, as: stage.agent) { $0.priority = priority }
    }

    /// Somebody moves the task in import-validation, whose event comes.
    private func move(_ state: String, _ action: String, revision: Int64) async throws {
        let current = ["open", "canceled", "closed"].lazy.compactMap { stage.imports.task(task, $0) }.first
        var moved = try #require(current)
        (moved.state, moved.active) = (state, state == "open")
        stage.imports.put(moved)
        try await stage.server.bench.hear(moved, action, revision: revision, from: "import-validation")
    }

    /// An activity that failed because its task could not be ended hears how it ends after all.
    @Test(arguments: [("closed", "done"), ("canceled", "canceled")])
    func aFailedActivityEndsWithItsRecord(_ end: String, _ state: String) async throws {
        stage.imports.keep(task)
        try await give(2)
        #expect(try await reaches("failed").failure?.en == "It stays.")
        // It goes on failing while the task goes on.
        try await move("open", "updated", revision: 2)
        #expect(try await activity().state == "failed")
        try await move(end, end, revision: 3)
        let ended = try await activity()
        #expect(ended.state == state && ended.failure == nil)
    }

    /// Each end is asked for anew, however often a task is taken up again.
    @Test func aTaskIsCanceledEachTimeItsConditionHolds() async throws {
        for time in 1...3 {
            try await give(1)
            #expect(try await reaches("canceled").applies == false)
            #expect(stage.imports.task(task, "canceled") != nil, "\(time)")
            try await give(3)
            try await move("open", "reopened", revision: Int64(2 * time))
            #expect(try await activity().state == "in_progress")
        }
    }

    /// A skipped activity whose task was taken up again goes on with that; else it makes another.
    @Test(arguments: [true, false])
    func whatWasTakenUpAgainIsNotMadeTwice(_ isTakenUp: Bool) async throws {
        let skip = PlaybookStage.moving(try await activity())
        _ = try await stage.world.call(OnboardingAPI.skipPlaybookActivity, skip, as: stage.agent)
        try await stage.eventually("that the task is canceled") {
            try await stage.server.admin.run("SELECT 1 FROM onboarding.playbook_call WHERE run = \(run.id)").isEmpty
                ? () : nil
        }
        #expect(stage.imports.task(task, "canceled") != nil)
        if isTakenUp { try await move("open", "reopened", revision: 2) }
        #expect(try await activity().state == "skipped")
        _ = try await stage.world.call(OnboardingAPI.reopenPlaybookActivity, skip, as: stage.agent)
        let again = try await stage.eventually("its task") {
            let now = try await activity()
            return now.created.count == (isTakenUp ? 1 : 2) ? now : nil
        }
        #expect(again.state == "in_progress")
        try await stage.eventually("that nothing is asked for") {
            try await stage.server.admin.run("SELECT 1 FROM onboarding.playbook_call WHERE run = \(run.id)").isEmpty
                ? () : nil
        }
        #expect(stage.imports.tasks(of: run.record).filter { $0.state == "open" }.count == 1)
        #expect((again.created.last?.id == task) == isTakenUp)
        // It ends as any other.
        if isTakenUp {
            try await move("closed", "closed", revision: 3)
            #expect(try await activity().state == "done")
        }
    }
}
