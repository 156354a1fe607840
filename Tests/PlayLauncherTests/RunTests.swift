import Flows
import Platform
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import PlayLauncherService

/// Runs on a real Postgres, with a stand-in for the service they call.
@Suite struct RunTests {
    private static let review = "Setup Next Quarterly Business Review"

    private static func answers(_ subject: String) -> String {
        #"{"meeting_date": "2027-03-31", "subject": "\#(subject)"}"#
    }

    @Test func aPlayCreatesItsTouchpointForThePersonWhoLaunchedIt() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent, locale: "ko")
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        let run = try await stage.launch(Self.review, Self.answers(subject), from: engagement, as: caller)
        let end = try await stage.end(of: run.id)
        #expect(end.state == "completed" && end.completedAt != nil)
        let touchpoint = try #require(stage.owner.touchpoints(subject).first)
        #expect(touchpoint.meetingType == "qbr" && touchpoint.priority == 4 && touchpoint.engagement == engagement)
        // Answers nobody gave come from the record and the person.
        #expect(touchpoint.contact == "00000000-0000-4000-8000-00000000000c")
        #expect(touchpoint.assignedTo == caller.subject)
        let request = try #require(stage.owner.creations(subject).first)
        #expect(request.caller.subject == caller.subject && request.caller.actor == "service:play-launcher")
        #expect(request.caller.domain == caller.domain && request.caller.roles == caller.roles)
        #expect(request.language == "ko")
        #expect(
            end.createdRecords
                == #"[{"id":"\#(touchpoint.id)","number":"\#(touchpoint.number ?? "")","table":"touchpoint"}]"#)
        let note = try #require(stage.owner.notes(on: engagement).first)
        #expect(note.caller.subject == "service:play-launcher")
        #expect(note.text == end.message)
        #expect(note.text.hasPrefix("성공 플레이 ‘다음 분기 비즈니스 리뷰(QBR) 준비’가 완료되었습니다."))
        #expect(try await stage.steps(of: run.id).map(\.state) == ["done", "done", "done"])
        // Whoever else is told of it reads it in their own language.
        #expect(run.title == Self.review && run.titleKo == "다음 분기 비즈니스 리뷰(QBR) 준비")
        #expect(end.messageKo == end.message)
        #expect(end.messageEn?.hasPrefix("Success play \"\(Self.review)\" is completed. Created: Touchpoint") == true)
    }

    /// Nobody who reads Korean finds records in English: what a play writes by itself is in their language.
    @Test func recordsAreInTheLanguageOfThePersonWhoLaunched() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent, locale: "ko")
        let run = try await stage.launch(
            Self.review, #"{"meeting_date": "2027-03-31"}"#, from: uuid(), as: caller)
        _ = try await stage.end(of: run.id)
        let made = stage.owner.touchpoints("다음 분기 비즈니스 리뷰(QBR) 준비").filter { $0.assignedTo == caller.subject }
        #expect(made.count == 1 && made[0].description?.hasPrefix("다음 분기 비즈니스 리뷰(QBR)를") == true)
    }

    @Test func theSameRequestLaunchesOnce() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent)
        let (engagement, subject, id) = (uuid(), "Review \(uuid())", uuid())
        let first = try await stage.launch(
            Self.review, Self.answers(subject), from: engagement, as: caller, requestID: id)
        let second = try await stage.launch(
            Self.review, Self.answers(subject), from: engagement, as: caller, requestID: id)
        #expect(first == second)
        _ = try await stage.end(of: first.id)
        #expect(stage.owner.creations(subject).count == 1)
    }

    @Test func aStepThatMayPassIsRetriedUnderTheSameRequestID() async throws {
        let stage = try await Stage.shared.value
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        stage.owner.refuse(subject, with: [.unavailable(), .deadlineExceeded(), .aborted(Text(en: "x", ko: "x"))])
        let run = try await stage.launch(
            Self.review, Self.answers(subject), from: engagement, as: try person(successAgent))
        #expect(try await stage.end(of: run.id).state == "completed")
        let calls = stage.owner.creations(subject)
        #expect(calls.count == 4 && Set(calls.map(\.id)).count == 1)
        #expect(try await stage.steps(of: run.id).map(\.attempts) == [4, 1, 1])
        #expect(stage.owner.notes(on: engagement).count == 1)
    }

    /// A token made here a moment ago and refused for its times means that clocks differ: the run waits for them.
    @Test func clocksThatDifferDoNotFailTheRun() async throws {
        let stage = try await Stage.shared.value
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        func skewed(_ reason: String, _ seconds: Int64) -> Problem {
            var problem = Problem.unauthenticated(reason: reason)
            problem.metadata[Problem.serverTime] = String(SystemClock().now.seconds + seconds)
            return problem
        }
        stage.owner.refuse(subject, with: [skewed("TOKEN_NOT_YET_VALID", -900), skewed("TOKEN_EXPIRED", 900)])
        let run = try await stage.launch(
            Self.review, Self.answers(subject), from: engagement, as: try person(successAgent))
        #expect(try await stage.end(of: run.id).state == "completed")
        #expect(try await stage.steps(of: run.id).map(\.attempts) == [3, 1, 1])
        let problem = skewed("TOKEN_EXPIRED", 900)
        #expect(problem.mayPass && !Problem.unauthenticated(reason: "TOKEN_INVALID").mayPass)
        #expect((899...901).contains(problem.skew(from: SystemClock().now) ?? 0))
        #expect(FlowError(problem, "en").detail.contains("clocks"))
        #expect(!FlowError(problem, "ko").detail.contains("로그인"))
    }

    @Test func aStepThatIsRefusedFailsTheRun() async throws {
        let stage = try await Stage.shared.value
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        stage.owner.refuse(subject, with: [.permissionDenied(Text(en: "Not you.", ko: "안 됩니다."))])
        let run = try await stage.launch(
            Self.review, Self.answers(subject), from: engagement, as: try person(successAgent))
        let end = try await stage.end(of: run.id)
        #expect(end.state == "failed")
        #expect(end.message == "Success play \"\(Self.review)\" failed: Not you.")
        #expect(end.createdRecords == "[]")
        #expect(stage.owner.notes(on: engagement).map(\.text) == [end.message])
        #expect(stage.owner.creations(subject).count == 1)
    }

    /// A runner that was killed leaves its lease and a step whose answer nobody recorded.
    @Test func anotherRunnerGoesOnWhereOneWasKilled() async throws {
        let stage = try await Stage.shared.value
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        // Only fails, so that the run is let go and can be put into the state of a kill.
        stage.owner.refuse(subject, with: Array(repeating: .unavailable(), count: 2))
        let run = try await stage.launch(
            Self.review, Self.answers(subject), from: engagement, as: try person(successAgent))
        let id = run.id
        let dead = uuid()
        try await stage.admin.transaction { tx in
            tx.send(
                """
                UPDATE play_launcher.flow_execution SET owner = \(dead), lease_until = now() + interval '1 second', \
                due_at = now() WHERE run = \(id)
                """)
        }
        #expect(try await stage.end(of: id).state == "completed")
        #expect(stage.owner.touchpoints(subject).count == 1)
        #expect(stage.owner.notes(on: engagement).count == 1)
        #expect(Set(stage.owner.creations(subject).map(\.id)).count == 1)
    }

    @Test func waitsEventsAndSubflowsAreCarriedOut() async throws {
        let stage = try await Stage.shared.value
        let name = try await stage.define(
            "w\(uuid().suffix(8))",
            inside: """
                  - pause: {wait: {milliseconds: 50}}
                  - tell: {emit: {event: {with: {type: test.told, data: {a: 1}}}}}
                  - give: {set: {b: 2}}
                """)
        let run = try await stage.launch(name, from: uuid(), as: try person(successAgent)).id
        #expect(try await stage.end(of: run).state == "completed")
        let steps = try await stage.steps(of: run)
        #expect(
            steps.map(\.key) == [
                "do/below#1", "do/below#1/do/pause#1", "do/below#1/do/tell#1", Telling.step,
            ])
        #expect(steps.allSatisfy { $0.state == "done" } && steps[0].result == #"{"b":2}"#)
        // The end of the wait, the event and the ends of both flows are one move, stored at once.
        let writers = try await stage.admin.run(
            """
            SELECT DISTINCT xmin::text FROM play_launcher.flow_step WHERE run = \(run) AND key <> \(Telling.step) \
            UNION SELECT xmin::text FROM play_launcher.outbox WHERE record = \(run) AND subject LIKE '%.emitted'
            """)
        #expect(writers.count == 1)
        let actions = try await stage.events(of: run).map { $0.subject.split(separator: ".").last }
        #expect(actions == ["created", "updated", "updated", "emitted", "updated"])
    }

    @Test func answersOfCallsAreTheRequestersOwn() async throws {
        let stage = try await Stage.shared.value
        let (caller, subject) = (try person(successAgent), "Review \(uuid())")
        let run = try await stage.launch(Self.review, Self.answers(subject), from: uuid(), as: caller)
        _ = try await stage.end(of: run.id)
        var request = ListFlowStepsRequest()
        request.flowRun = run.id
        let own = try await stage.call(PlayLauncherAPI.listFlowSteps, request, as: caller)
        let others = try await stage.call(PlayLauncherAPI.listFlowSteps, request, as: try person(successAgent))
        #expect(own.steps[0].result.contains(subject))
        #expect(others.steps.map(\.key) == own.steps.map(\.key))
        #expect(others.steps.allSatisfy { $0.result.isEmpty })
    }
}
