import Identity
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// A run can be looked at, and a step at which it failed be retried or skipped.
@Suite(.timeLimit(.minutes(15))) struct StepTests {
    private static let review = "Setup Next Quarterly Business Review"

    private static func answers(_ subject: String) -> String {
        #"{"meeting_date": "2027-03-31", "subject": "\#(subject)"}"#
    }

    private func retry(_ run: String) -> RetryFlowRunRequest {
        var request = RetryFlowRunRequest()
        request.id = run
        return request
    }

    private func skip(_ run: String, _ step: String, _ reason: String = "Done by hand.") -> SkipFlowStepRequest {
        var request = SkipFlowStepRequest()
        (request.id, request.step, request.reason) = (run, step, reason)
        return request
    }

    /// A run whose first step was refused for good, and its subject.
    private func failed(_ stage: Stage, by caller: Caller, from source: String) async throws -> (FlowRun, String) {
        let subject = "Review \(uuid())"
        stage.owner.refuse(subject, with: [.permissionDenied(Text(en: "Not you.", ko: "안 됩니다."))])
        let run = try await stage.launch(Self.review, Self.answers(subject), from: source, as: caller)
        return (try await stage.end(of: run.id), subject)
    }

    /// Input, output, attempts and times of each step, in the language of who looks; not for everybody who sees the run.
    @Test func aRunCanBeLookedAt() async throws {
        let stage = try await Stage.shared.value
        let (caller, subject) = (try person(successAgent, locale: "ko"), "Review \(uuid())")
        stage.owner.refuse(subject, with: [.unavailable()])
        let run = try await stage.launch(Self.review, Self.answers(subject), from: uuid(), as: caller)
        let end = try await stage.end(of: run.id)
        #expect(end.attempt == 1 && end.step == nil)
        var request = ListFlowStepsRequest()
        request.flowRun = run.id
        let steps = try await stage.call(PlayLauncherAPI.listFlowSteps, request, as: caller).steps
        #expect(steps.map(\.title) == ["접점 생성", "플레이북 시작", "작업 메모로 결과 알림"])
        #expect(steps.map(\.attempts) == [2, 1, 1] && steps.allSatisfy { $0.state == "done" })
        #expect(steps[0].input.contains(subject) && steps[0].result.contains("TCHPT"))
        for step in steps {
            let (began, at) = (try #require(step.beganAt), try #require(step.at))
            #expect(began.microseconds <= at.microseconds)
        }
        let others = try await stage.call(PlayLauncherAPI.listFlowSteps, request, as: try person(successAgent)).steps
        #expect(others.map(\.title) == ["Create: Touchpoint", "Start the playbook", "Tell the end in a work note"])
        #expect(others.allSatisfy { $0.input.isEmpty && $0.result.isEmpty && $0.beganAt != nil })
    }

    @Test func aFailedStepIsRetried() async throws {
        let stage = try await Stage.shared.value
        let (launcher, source) = (try person(successAgent), uuid())
        let (end, subject) = try await failed(stage, by: launcher, from: source)
        #expect(end.state == "failed" && end.step == "Create: Touchpoint" && end.stepKo == "접점 생성")
        for (role, code) in [
            (successAgent, Problem.Code.permissionDenied), ("sn_acct_lc.ale_success_viewer", .permissionDenied),
        ] {
            let problem = await stage.problem(PlayLauncherAPI.retryFlowRun, retry(end.id), as: try person(role))
            #expect(problem?.code == code, "\(role)")
        }
        let elsewhere = try person(playAdministrator, domain: "/elsewhere/")
        #expect(await stage.problem(PlayLauncherAPI.retryFlowRun, retry(end.id), as: elsewhere)?.code == .notFound)
        // Who administers runs has it go on, in the name of who launched it.
        let administrator = try person(playAdministrator)
        let again = try await stage.call(PlayLauncherAPI.retryFlowRun, retry(end.id), as: administrator)
        #expect(again.state == "in_progress" && again.attempt == 2 && again.requestedBy == launcher.subject)
        #expect(again.step == nil && again.message == nil && again.completedAt == nil)
        let done = try await stage.end(of: end.id)
        #expect(done.state == "completed" && done.createdRecords?.contains("TCHPT") == true)
        let calls = stage.owner.creations(subject)
        #expect(calls.map(\.caller.subject) == [launcher.subject, launcher.subject])
        #expect(Set(calls.map(\.id)).count == 1 && stage.owner.touchpoints(subject).count == 1)
        // Both ends were told, each once.
        #expect(stage.owner.notes(on: source).map(\.text) == [end.message, done.message])
        let steps = try await stage.steps(of: end.id)
        #expect(steps.map(\.key).filter { $0.hasPrefix(Telling.step) } == [Telling.step, "\(Telling.step)~2"])
        #expect(steps[0].attempts == 2 && steps[0].state == "done" && steps[0].error.isEmpty)
        let journal = try await stage.admin.run(
            """
            SELECT by FROM play_launcher.journal \
            WHERE record = \(end.id)::uuid AND 'attempt' = ANY(fields) AND kind = 'field'
            """)
        #expect(try journal.map { try $0.string(at: 0) } == [administrator.subject])
        // What is over well is not retried, nor what was never launched.
        for run in [end.id, try await begun(stage, launcher)] {
            let problem = await stage.problem(PlayLauncherAPI.retryFlowRun, retry(run), as: launcher)
            #expect(problem?.reason == "RUN_NOT_FAILED")
        }
    }

    private func begun(_ stage: Stage, _ caller: Caller) async throws -> String {
        var begin = BeginPlayRequest()
        (begin.sourceTable, begin.sourceRecord) = ("engagement", uuid())
        return try await stage.call(PlayLauncherAPI.beginPlay, begin, as: caller).id
    }

    /// Where nothing begins any more nothing goes on either (G-128).
    @Test func nothingGoesOnWhereTheRecordHasEnded() async throws {
        let stage = try await Stage.shared.value
        let (launcher, source) = (try person(successAgent), uuid())
        let (end, _) = try await failed(stage, by: launcher, from: source)
        stage.owner.end(source, "closed")
        let step = try await stage.steps(of: end.id)[0].key
        #expect(await stage.problem(PlayLauncherAPI.retryFlowRun, retry(end.id), as: launcher)?.reason == "G-128")
        #expect(await stage.problem(PlayLauncherAPI.skipFlowStep, skip(end.id, step), as: launcher)?.reason == "G-128")
    }

    @Test func aFailedStepIsSkippedForAReason() async throws {
        let stage = try await Stage.shared.value
        let (launcher, source) = (try person(successAgent), uuid())
        let (end, subject) = try await failed(stage, by: launcher, from: source)
        let step = try await stage.steps(of: end.id)[0].key
        for (request, reason) in [
            (skip(end.id, step, " \n"), nil), (skip(end.id, step, String(repeating: "a", count: 1_001)), nil),
            (skip(end.id, "do/other#1"), "STEP_NOT_FAILED"),
        ] as [(SkipFlowStepRequest, String?)] {
            let problem = await stage.problem(PlayLauncherAPI.skipFlowStep, request, as: launcher)
            #expect(problem?.code == (reason == nil ? .invalidArgument : .failedPrecondition))
            if let reason { #expect(problem?.reason == reason) }
        }
        let stranger = try person(successAgent)
        let refused = await stage.problem(PlayLauncherAPI.skipFlowStep, skip(end.id, step), as: stranger)
        #expect(refused?.code == .permissionDenied)
        _ = try await stage.call(PlayLauncherAPI.skipFlowStep, skip(end.id, step), as: launcher)
        let done = try await stage.end(of: end.id)
        #expect(done.state == "completed" && done.createdRecords == "[]")
        #expect(done.message?.hasSuffix("No record was created. Skipped steps: 1.") == true)
        let skipped = try await stage.steps(of: end.id)[0]
        #expect(skipped.state == "skipped" && skipped.reason == "Done by hand.")
        #expect(skipped.skippedBy == launcher.subject && skipped.error == "Not you.")
        #expect(stage.owner.creations(subject).count == 1, "it is not carried out any more")
        let again = await stage.problem(PlayLauncherAPI.skipFlowStep, skip(end.id, step), as: launcher)
        #expect(again?.reason == "RUN_NOT_FAILED")
    }

    /// A step of a flow that runs inside another is retried where it stands; what was done before is not done again.
    @Test func aStepOfAFlowInsideIsRetried() async throws {
        let stage = try await Stage.shared.value
        let (first, second, name) = ("First \(uuid())", "Second \(uuid())", "n\(uuid().suffix(8))")
        func create(_ subject: String) -> String {
            """
              - create\(subject.prefix(5).filter(\.isLetter)):
                  call: rpc
                  with:
                    method: customer-success.touchpoints.create
                    request: {touchpoint: {subject: \(subject)}}
            """
        }
        let title = try await stage.define(
            name,
            inside: create(first) + "\n  - tell: {emit: {event: {with: {type: test.told, data: {}}}}}\n"
                + create(second) + "\n")
        stage.owner.refuse(second, with: [.failedPrecondition(rule: "X", Text(en: "Not now.", ko: "안 됩니다."))])
        let caller = try person(playAdministrator)
        let run = try await stage.launch(title, from: uuid(), as: caller)
        let end = try await stage.end(of: run.id)
        #expect(end.state == "failed" && end.step == "Create: Touchpoint")
        _ = try await stage.call(PlayLauncherAPI.retryFlowRun, retry(run.id), as: caller)
        #expect(try await stage.end(of: run.id).state == "completed")
        #expect(stage.owner.creations(first).count == 1 && stage.owner.creations(second).count == 2)
        let steps = try await stage.steps(of: run.id)
        #expect(steps.allSatisfy { $0.state == "done" })
        let told = try await stage.events(of: run.id).filter { $0.subject.hasSuffix(".emitted") }
        #expect(told.count == 1)
    }

    /// A flow that fails by itself is taken up at the call before, which is answered as it was; behind an event it is not.
    @Test(arguments: [true, false])
    func aFlowThatFailsByItselfIsTakenUpAtItsCall(tells: Bool) async throws {
        let stage = try await Stage.shared.value
        let (subject, name) = ("Made \(uuid())", "f\(uuid().suffix(8))")
        let call = """
              - make:
                  call: rpc
                  with:
                    method: customer-success.touchpoints.create
                    request: {touchpoint: {subject: \(subject)}}
            """
        let tell = tells ? "\n  - tell: {emit: {event: {with: {type: test.told, data: {}}}}}" : ""
        let fail = "\n  - fail: {raise: {error: {type: 'https://a.example/own', status: 409, title: Not so}}}\n"
        let title = try await stage.define(name, inside: call + tell + fail)
        let caller = try person(playAdministrator)
        let run = try await stage.launch(title, from: uuid(), as: caller)
        #expect(try await stage.end(of: run.id).state == "failed")
        if tells {
            let refused = await stage.problem(PlayLauncherAPI.retryFlowRun, retry(run.id), as: caller)
            #expect(refused?.reason == "RUN_NOT_FAILED")
        } else {
            let steps = try await stage.steps(of: run.id)
            let done = try #require(steps.last { !$0.key.hasPrefix(Telling.step) })
            let unskipped = await stage.problem(PlayLauncherAPI.skipFlowStep, skip(run.id, done.key), as: caller)
            #expect(unskipped?.reason == "STEP_NOT_FAILED", "it is done")
            _ = try await stage.call(PlayLauncherAPI.retryFlowRun, retry(run.id), as: caller)
            let again = try await stage.end(of: run.id)
            #expect(again.state == "failed" && again.attempt == 2)
            #expect(stage.owner.creations(subject).count == 2 && stage.owner.touchpoints(subject).count == 1)
        }
    }

    /// A step that is retried for a while is where the run stands, and no more once it has passed.
    @Test func theRunSaysAtWhichStepItStands() async throws {
        let stage = try await Stage.shared.value
        let (caller, subject) = (try person(successAgent), "Review \(uuid())")
        stage.owner.refuse(subject, with: Array(repeating: .unavailable(), count: StepRetry.told))
        let run = try await stage.launch(Self.review, Self.answers(subject), from: uuid(), as: caller)
        let standing = try await stage.run(run.id) { $0.step != nil }
        #expect(standing.state == "in_progress" && standing.step == "Create: Touchpoint")
        #expect(try await stage.steps(of: run.id)[0].attempts == Int32(StepRetry.told))
        let going = try await stage.run(run.id) { $0.step == nil }
        #expect(["in_progress", "completed"].contains(going.state))
        #expect(try await stage.end(of: run.id).state == "completed")
    }
}
