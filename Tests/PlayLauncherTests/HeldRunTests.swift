import Identity
import Platform
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// A run whose launcher may no longer act stops where it is, and somebody else goes on with it.
@Suite struct HeldRunTests {
    private static let review = "Setup Next Quarterly Business Review"
    private static let provider = DomainPath("/provider/") ?? .root

    private static func answers(_ subject: String) -> String {
        #"{"meeting_date": "2027-03-31", "subject": "\#(subject)"}"#
    }

    private func takeOver(_ run: String, as caller: Caller, _ stage: Stage) async throws(Problem) -> FlowRun {
        var request = TakeOverFlowRunRequest()
        request.id = run
        return try await stage.call(PlayLauncherAPI.takeOverFlowRun, request, as: caller)
    }

    private func held(_ run: String, _ stage: Stage) async throws -> FlowRun {
        let limit = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < limit {
            var request = GetRequest()
            request.id = run
            let found = try await stage.call(PlayLauncherAPI.getFlowRun, request, as: try person("admin"))
            if found.state == "held" { return found }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw Problem.deadlineExceeded(cause: "run \(run) is not held")
    }

    @Test func aRunOfSomebodyInactiveIsHeldAndTakenOver() async throws {
        let stage = try await Stage.shared.value
        let launcher = try person(successAgent, locale: "ko")
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        // What a service answers to a person who was deactivated.
        stage.owner.refuse(subject, with: [.unauthenticated(reason: StandingRefusal.inactive.rawValue)])
        let run = try await stage.launch(Self.review, Self.answers(subject), from: engagement, as: launcher)
        let stopped = try await held(run.id, stage)
        #expect(stopped.message?.contains("보류되었습니다") == true && stopped.completedAt == nil)
        #expect(stage.owner.notes(on: engagement).isEmpty, "it is not over")
        let step = try #require(try await stage.steps(of: run.id).first)
        #expect(step.state == "pending" && step.error == stopped.message)
        // Nobody retries it again and again.
        try await Task.sleep(for: .milliseconds(700))
        #expect(stage.owner.creations(subject).count == 1)

        let stranger = try person(successAgent)
        await #expect(throws: Problem.self) { try await takeOver(run.id, as: stranger, stage) }
        let administrator = try person(playAdministrator)
        let resumed = try await takeOver(run.id, as: administrator, stage)
        #expect(resumed.state == "in_progress" && resumed.requestedBy == administrator.subject)
        #expect(resumed.message == nil)
        #expect(try await stage.end(of: run.id).state == "completed")
        let calls = stage.owner.creations(subject)
        #expect(calls.map(\.caller.subject) == [launcher.subject, administrator.subject])
        #expect(Set(calls.map(\.id)).count == 1, "the same step, under the same request id")
        let entries = try await stage.admin.run(
            """
            SELECT by FROM play_launcher.journal \
            WHERE record = \(run.id)::uuid AND 'requested_by' = ANY(fields) AND kind = 'field'
            """)
        #expect(try entries.map { try $0.string(at: 0) } == [administrator.subject])
        // Once is enough.
        let again = await #expect(throws: Problem.self) { try await takeOver(run.id, as: administrator, stage) }
        #expect(again?.reason == "RUN_NOT_HELD")
    }

    @Test func aRunIsHeldWhenARoleOfTheLaunchIsGone() async throws {
        let stage = try await Stage.shared.value
        let launcher = try person(successAgent)
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        stage.people[launcher.subject] = KnownPerson(
            domain: Self.provider, roles: ["sn_acct_lc.ale_success_viewer"])
        stage.owner.refuse(subject, with: [.permissionDenied()])
        let run = try await stage.launch(Self.review, Self.answers(subject), from: engagement, as: launcher)
        #expect(try await held(run.id, stage).message?.contains("is held") == true)
        // Whoever launched it goes on, once the right is back.
        stage.people[launcher.subject] = KnownPerson(domain: Self.provider, roles: [successAgent])
        #expect(try await takeOver(run.id, as: launcher, stage).requestedBy == launcher.subject)
        #expect(try await stage.end(of: run.id).state == "completed")
        #expect(stage.owner.touchpoints(subject).count == 1)
    }

    /// Who lacks a right that the play needs does not take it over: its step would be refused, and the run be over.
    @Test func aRunIsTakenOverOnlyByWhoMayDoWhatThePlayDoes() async throws {
        let stage = try await Stage.shared.value
        let launcher = try person(successAgent)
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        stage.owner.refuse(subject, with: [.unauthenticated(reason: StandingRefusal.inactive.rawValue)])
        let run = try await stage.launch(Self.review, Self.answers(subject), from: engagement, as: launcher)
        _ = try await held(run.id, stage)
        var narrow = try person("sn_acct_lc.agent")
        narrow.subject = launcher.subject
        let refused = await #expect(throws: Problem.self) { try await takeOver(run.id, as: narrow, stage) }
        #expect(refused?.code == .permissionDenied && refused?.reason == "PLAY_RIGHTS")
        #expect(try await held(run.id, stage).requestedBy == launcher.subject)
        _ = try await takeOver(run.id, as: launcher, stage)
        #expect(try await stage.end(of: run.id).state == "completed")
    }

    /// Roles that an identity provider said count as long as its token did; then the run is held like any other.
    @Test(arguments: [(-1, "held"), (3_600, "failed")] as [(Int64, String)])
    func theTrustInRolesEnds(_ seconds: Int64, _ state: String) async throws {
        let stage = try await Stage.shared.value
        let launcher = try person(successAgent)
        stage.people[launcher.subject] = KnownPerson(domain: Self.provider, roles: [])
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        let patience = [Problem](repeating: .unavailable(), count: 3)
        stage.owner.refuse(subject, with: patience + [.permissionDenied()])
        let run = try await stage.launch(Self.review, Self.answers(subject), from: engagement, as: launcher)
        let end = SystemClock().now.seconds + seconds
        // As a launch with a token of such a provider stores it; before the last answer of the service.
        _ = try await stage.admin.run(
            """
            UPDATE play_launcher.flow_execution SET requester = \
            (requester::jsonb || jsonb_build_object('rolesTrustedUntil', \(String(end))::text))::text \
            WHERE run = \(run.id)
            """)
        if state == "held" {
            _ = try await held(run.id, stage)
        } else {
            #expect(try await stage.end(of: run.id).state == state)
        }
    }

    @Test func onlyWhatExistsForTheCallerIsTakenOver() async throws {
        let stage = try await Stage.shared.value
        let nothing = await #expect(throws: Problem.self) {
            try await takeOver(uuid(), as: try person(playAdministrator), stage)
        }
        #expect(nothing?.code == .notFound)
        let viewer = await #expect(throws: Problem.self) {
            try await takeOver(uuid(), as: try person("sn_acct_lc.ale_success_viewer"), stage)
        }
        #expect(viewer?.code == .permissionDenied)
    }
}
