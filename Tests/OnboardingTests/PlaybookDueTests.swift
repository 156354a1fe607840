import OnboardingWire
import PlaybooksWire
import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

extension World {
    /// The problem that changing a case meets.
    fileprivate func problem(
        as caller: Caller, changing record: OnboardingCase, _ edit: (inout OnboardingCase) -> Void
    ) async -> Problem? {
        do throws(Problem) {
            _ = try await update(record.id, as: caller, edit)
            return nil
        } catch {
            return error
        }
    }
}

/// Due dates that are counted from the go-live date follow it as long as there is something to do.
@Suite struct PlaybookDueTests {
    private static let yaml = """
        table: onboarding_case
        label: {en: Dates, ko: 날짜}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
        """
        + ["early", "late", "own", "start"].map { key in
            """

                  - key: \(key)
                    kind: create_task
                    label: {en: \(key), ko: \(key)}
                    start: {when: with_lane}
                    creates: {table: lifecycle_task, fields: [{field: parent, from_field: id}, {field: short_description, text: T}]}
                    due: \(key == "start" ? "{days: 3}" : "{days: 2, from: before_field, field: go_live_date}")
            """
        }.joined()

    private func set(_ task: LifecycleTask, _ stage: PlaybookStage, due: String) async throws {
        var request = UpdateLifecycleTaskRequest()
        var values = LifecycleTask()
        (values.id, values.dueDate) = (task.id, due)
        request.lifecycleTask = values
        _ = try await stage.world.call(OnboardingAPI.updateLifecycleTask, request, as: stage.agent)
    }

    @Test func openDatesFollowTheGoLiveDate() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase { $0.goLiveDate = "2026-09-30" }
        let run = try await stage.run(Self.yaml, over: record)
        func dates(_ key: String) async throws -> [String?] {
            let activity = try await stage.activity(of: run, key)
            return [activity.dueDate, try await stage.task(of: activity).dueDate]
        }
        let counted = try await dates("start")
        #expect(try await dates("late") == ["2026-09-28", "2026-09-28"])
        try await stage.move(stage.task(of: stage.activity(of: run, "early")).id, "closed")
        try await set(stage.task(of: stage.activity(of: run, "own")), stage, due: "2026-08-01")
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.goLiveDate = "2026-10-31" }
        #expect(try await dates("late") == ["2026-10-29", "2026-10-29"])
        // What somebody has set stays so, and so does what is done or counted from the start.
        #expect(try await dates("own") == ["2026-10-29", "2026-08-01"])
        #expect(try await dates("early") == ["2026-09-28", "2026-09-28"])
        #expect(try await dates("start") == counted)
        // Taken up again, it is open again, and follows the next change.
        try await stage.move(stage.task(of: stage.activity(of: run, "early")).id, "open")
        _ = try await stage.world.update(record.id, as: stage.agent) { $0.goLiveDate = "2026-11-30" }
        #expect(try await dates("early") == ["2026-11-28", "2026-11-28"])
    }

    // MARK: Dates from which nothing can be counted

    private static let asking = """
        table: onboarding_case
        label: {en: Asking, ko: 질문}
        lanes:
          - key: only
            label: {en: Only, ko: 유일}
            activities:
              - {key: ask, kind: related_work, label: {en: Ask, ko: 질문}, inputs: [{key: live, field: go_live_date}]DUE}
        """

    /// Refused where it is entered: in the case, and in a form, before it is completed where it counts.
    @Test(arguments: ["0001-01-01", "1899-12-31"]) func aDateMustBeOneToCountFrom(_ date: String) async throws {
        let stage = try await PlaybookStage()
        let world = stage.world
        let record = try await world.openCase()
        let refused = await world.problem(as: stage.agent, changing: record) { $0.goLiveDate = date }
        #expect(refused?.code == .invalidArgument && refused?.reason == "DUE_ORIGIN", "\(refused as Any)")
        #expect(refused?.violations.map(\.field) == ["onboarding_case.go_live_date"])
        #expect(refused?.text.en.contains("1900-01-01") == true)
        for (due, method) in [
            (", due: {days: 1, from: before_field, field: go_live_date}", OnboardingAPI.savePlaybookActivity),
            ("", OnboardingAPI.completePlaybookActivity),
        ] {
            let run = try await stage.run(Self.asking.replacing("DUE", with: due), over: record)
            let entering = PlaybookStage.entering(try await stage.activity(of: run, "ask"), ["live": date])
            let problem = await world.problem(method, entering, as: stage.agent)
            #expect(problem?.reason == "DUE_ORIGIN", "\(problem as Any)")
            #expect(problem?.violations.count == 1)
        }
        #expect(try await stage.case(record.id).goLiveDate == record.goLiveDate)
        #expect(await world.problem(as: stage.agent, changing: record) { $0.goLiveDate = "1900-01-01" } == nil)
    }

    /// Today is 2026-03-10.
    @Test func aDateThatHasPassedIsAdvised() async throws {
        let stage = try await PlaybookStage()
        let record = try await stage.world.openCase()
        func warnings(_ date: String, _ priority: Int32) async throws -> [String] {
            var request = UpdateOnboardingCaseRequest()
            var values = OnboardingCase()
            (values.id, values.goLiveDate, values.priority) = (record.id, date, priority)
            request.onboardingCase = values
            return try await stage.world.callWithWarnings(OnboardingAPI.updateOnboardingCase, request).warnings.map {
                "\($0.rule) \($0.field)"
            }
        }
        let advised = ["GO_LIVE_PAST onboarding_case.go_live_date"]
        #expect(try await warnings("2026-03-10", 1) == [])
        #expect(try await warnings("2026-03-09", 1) == advised)
        // Once.
        #expect(try await warnings("2026-03-09", 2) == [])
        let run = try await stage.run(Self.asking.replacing("DUE", with: ""), over: record)
        let entering = PlaybookStage.entering(try await stage.activity(of: run, "ask"), ["live": "2026-02-01"])
        let done = try await stage.world.callWithWarnings(OnboardingAPI.completePlaybookActivity, entering)
        #expect(done.answer.state == "done" && done.warnings.map(\.rule) == ["GO_LIVE_PAST"])
    }
}
