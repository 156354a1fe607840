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

/// A run that is canceled begins nothing more, and tells what it had made.
@Suite(.timeLimit(.minutes(15))) struct CancelTests {
    private static let review = "Setup Next Quarterly Business Review"

    private static func answers(_ subject: String) -> String {
        #"{"meeting_date": "2027-03-31", "subject": "\#(subject)"}"#
    }

    private func cancel(_ run: String, _ reason: String = "Not wanted any more.") -> CancelFlowRunRequest {
        var request = CancelFlowRunRequest()
        (request.id, request.reason) = (run, reason)
        return request
    }

    /// The call under way is waited for: what it makes is told. Nothing is begun behind it.
    @Test func whatIsUnderWayIsWaitedFor() async throws {
        let stage = try await Stage.shared.value
        let (caller, source, subject) = (try person(successAgent), uuid(), "Review \(uuid())")
        stage.owner.hold(subject)
        let run = try await stage.launch(Self.review, Self.answers(subject), from: source, as: caller)
        while stage.owner.creations(subject).isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        for (request, role, code) in [
            (cancel(run.id), successAgent, .permissionDenied),
            (cancel(run.id, "  "), playAdministrator, .invalidArgument),
            (cancel(uuid()), playAdministrator, .notFound),
        ] as [(CancelFlowRunRequest, String, Problem.Code)] {
            let problem = await stage.problem(PlayLauncherAPI.cancelFlowRun, request, as: try person(role))
            #expect(problem?.code == code)
        }
        let administrator = try person(playAdministrator)
        let asked = try await stage.call(PlayLauncherAPI.cancelFlowRun, cancel(run.id), as: administrator)
        #expect(asked.state == "in_progress" && asked.canceledBy == administrator.subject)
        #expect(asked.cancelReason == "Not wanted any more.")
        // Who was first stays.
        let again = try await stage.call(PlayLauncherAPI.cancelFlowRun, cancel(run.id, "Other"), as: caller)
        #expect(again.canceledBy == administrator.subject && again.cancelReason == "Not wanted any more.")
        stage.owner.letGo(subject)
        let end = try await stage.end(of: run.id)
        let touchpoint = try #require(stage.owner.touchpoints(subject).first)
        #expect(end.state == "canceled" && end.completedAt != nil && end.step == nil)
        #expect(end.createdRecords?.contains(touchpoint.id) == true)
        #expect(
            end.message
                == "Success play \"\(Self.review)\" was canceled: Not wanted any more. Created before that: Touchpoint "
                + "\(touchpoint.number ?? "").")
        #expect(end.messageKo?.contains("취소되었습니다: Not wanted any more.") == true)
        #expect(stage.owner.creations(subject).count == 1 && stage.owner.playbooks(over: touchpoint.id).isEmpty)
        #expect(stage.owner.notes(on: source).map(\.text) == [end.message])
        let steps = try await stage.steps(of: run.id)
        #expect(steps.map(\.state) == ["done", "done"], "the call and the note")
        let over = await stage.problem(PlayLauncherAPI.cancelFlowRun, cancel(run.id), as: administrator)
        #expect(over?.reason == "RUN_OVER")
        var retry = RetryFlowRunRequest()
        retry.id = run.id
        #expect(await stage.problem(PlayLauncherAPI.retryFlowRun, retry, as: administrator)?.reason == "RUN_NOT_FAILED")
    }

    /// Runs that wait, for their time, for a service that is away or for somebody, end at once.
    @Test func whatWaitsEndsAtOnce() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(playAdministrator)
        let name = "c\(uuid().suffix(8))"
        let title = try await stage.define(name, inside: "  - pause: {wait: {days: 3}}\n")
        let waiting = try await stage.launch(title, from: uuid(), as: caller)
        let (away, inactive) = ("Review \(uuid())", "Review \(uuid())")
        stage.owner.refuse(away, with: Array(repeating: .unavailable(), count: 60))
        stage.owner.refuse(inactive, with: [.unauthenticated(reason: StandingRefusal.inactive.rawValue)])
        let retried = try await stage.launch(Self.review, Self.answers(away), from: uuid(), as: caller)
        let held = try await stage.launch(Self.review, Self.answers(inactive), from: uuid(), as: caller)
        let stood = try await stage.run(waiting.id) { $0.state == "waiting" }
        #expect(stood.step == "Wait" && stood.stepKo == "대기")
        _ = try await stage.run(retried.id) { $0.step != nil }
        #expect(try await stage.run(held.id) { $0.state == "held" }.step == "Create: Touchpoint")
        for run in [waiting, retried, held] {
            _ = try await stage.call(PlayLauncherAPI.cancelFlowRun, cancel(run.id), as: caller)
            let end = try await stage.end(of: run.id)
            #expect(end.state == "canceled" && end.createdRecords == "[]" && end.step == nil, "\(end.title ?? "")")
        }
        #expect(stage.owner.touchpoints(away).isEmpty && stage.owner.touchpoints(inactive).isEmpty)
    }

    /// A play that was begun and not launched has no more to it.
    @Test func whatNobodyLaunchedIsOverWithIt() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent)
        var begin = BeginPlayRequest()
        (begin.sourceTable, begin.sourceRecord) = ("engagement", uuid())
        let begun = try await stage.call(PlayLauncherAPI.beginPlay, begin, as: caller)
        let ended = try await stage.call(PlayLauncherAPI.cancelFlowRun, cancel(begun.id), as: caller)
        #expect(ended.state == "canceled" && ended.completedAt != nil)
        var launch = LaunchPlayRequest()
        launch.flowRun = begun.id
        launch.definitionRecord = try await stage.entry(Self.review).id
        launch.answers = #"{"meeting_date": "2027-03-31"}"#
        #expect(await stage.problem(PlayLauncherAPI.launchPlay, launch, as: caller)?.reason == "G-78")
    }
}
