import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import PlayLauncherService

/// What the moves of a run cost, and that a runner which keeps a run in memory is bound by its lease all the same.
@Suite(.timeLimit(.minutes(15))) struct MoveTests {
    private static let review = "Setup Next Quarterly Business Review"
    private static let move = "WITH affected AS (UPDATE play_launcher.flow_execution SET machines"

    private static func answers(_ subject: String) -> String {
        #"{"meeting_date": "2027-03-31", "subject": "\#(subject)"}"#
    }

    /// A run that was launched here is not read, its flow is read once for all runs, and each move is one write of the run.
    @Test func aRunIsNotReadAndStoredOncePerMove() async throws {
        let stage = try await Stage.watched.value
        let caller = try person(successAgent)
        // Compiles the flow, and prepares nothing else.
        let first = try await stage.launch(Self.review, Self.answers("Review \(uuid())"), from: uuid(), as: caller)
        _ = try await stage.end(of: first.id)
        let statements = try await stage.statements {
            let run = try await stage.launch(
                Self.review, Self.answers("Review \(uuid())"), from: uuid(), as: caller)
            _ = try await stage.end(of: run.id)
        }
        func count(_ beginning: String) -> Int { statements.filter { $0.hasPrefix(beginning) }.count }
        #expect(count("SELECT domain, requester, trace, title, title_ko, machines") == 0)
        // Where the touchpoint is there, where its playbook has begun and the end is to be told; then the end.
        #expect(count(Self.move) == 2)
        #expect(count("WITH affected AS (UPDATE play_launcher.flow_execution SET phase") == 1)
        #expect(count("SELECT key, kind, method, state, attempts") == 1)
        let lookups = statements.filter {
            $0.contains("FROM \"play_launcher\".\"flow_definition\"") && !$0.contains("ANY(")
        }
        #expect(lookups.isEmpty, "\(lookups)")
    }

    /// A move behind a call that went through does not wait for the disk. What would not come out the same once more is there
    /// before the run goes on: an event that was sent, what a server of others was asked, a call that was refused, the move that
    /// lets a run wait.
    @Test func whatMayNotBeRepeatedIsOnTheDisk() async throws {
        let stage = try await Stage.shared.value
        _ = try await stage.admin.run("CREATE TABLE public.moves (run uuid, waits text)")
        _ = try await stage.admin.run(
            """
            CREATE FUNCTION public.note_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ \
            BEGIN INSERT INTO public.moves VALUES (NEW.run, current_setting('synchronous_commit')); RETURN NULL; END $$
            """)
        _ = try await stage.admin.run(
            """
            CREATE TRIGGER note_move AFTER UPDATE OF machines ON play_launcher.flow_execution \
            FOR EACH ROW EXECUTE FUNCTION public.note_move()
            """)
        let caller = try person(successAgent)
        let review = try await stage.launch(Self.review, Self.answers("Review \(uuid())"), from: uuid(), as: caller)
        let subject = "Refused \(uuid())"
        stage.owner.refuse(subject, with: [.failedPrecondition(rule: "X", Text(en: "Not now.", ko: "안 됩니다."))])
        let lasting = try await stage.launch(
            try await stage.define("lasting-\(uuid())", inside: Self.lasting(subject)), from: uuid(), as: caller)
        for run in [review, lasting] { #expect(try await stage.end(of: run.id).state == "completed") }
        #expect(try await waits(of: review, stage) == ["off", "off"])
        let others = try await waits(of: lasting, stage)
        #expect(others.count >= 3 && others.allSatisfy { $0 == "on" }, "\(others)")
    }

    /// A flow none of whose moves may be made once more.
    private static func lasting(_ subject: String) -> String {
        """
          - told: {emit: {event: {with: {type: lasting.told}}}}
          - asked: {call: http, with: {method: get, endpoint: 'https://\(Stage.host)/lasting'}}
          - tried:
              try: [c: {call: rpc, with: {method: customer-success.touchpoints.create,
                        request: {touchpoint: {subject: '\(subject)'}}}}]
              catch: {do: [later: {wait: PT0.1S}]}
        """
    }

    private func waits(of run: FlowRun, _ stage: Stage) async throws -> [String] {
        try await stage.admin.run("SELECT waits FROM public.moves WHERE run = \(run.id)").map { try $0.string(at: 0) }
    }

    /// The lease is lost while the step's call is under way: what came of it is not stored by who has lost it, and the
    /// step is recorded once, by who has taken the run over.
    @Test func whoHasLostTheLeaseStoresNothing() async throws {
        let stage = try await Stage.shared.value
        let (engagement, subject) = (uuid(), "Review \(uuid())")
        stage.owner.hold(subject)
        let run = try await stage.launch(
            Self.review, Self.answers(subject), from: engagement, as: try person(successAgent)
        ).id
        try await eventually("the call is under way") { stage.owner.creations(subject).count == 1 }
        let other = uuid()
        try await stage.admin.transaction { tx in
            tx.send(
                """
                UPDATE play_launcher.flow_execution SET owner = \(other), lease_until = now() + interval '1 hour' \
                WHERE run = \(run)
                """, expecting: 1)
        }
        stage.owner.letGo(subject)
        try await eventually("the call is answered") { stage.owner.answers(subject) == 1 }
        // The runner has the answer and could store it: another run goes all its way meanwhile.
        let next = try await stage.launch(
            Self.review, Self.answers("Review \(uuid())"), from: uuid(), as: try person(successAgent))
        _ = try await stage.end(of: next.id)
        #expect(try await stage.steps(of: run).map(\.state) == ["pending"])
        let execution = try await stage.admin.run(
            "SELECT owner::text, phase FROM play_launcher.flow_execution WHERE run = \(run)")
        #expect(try execution.first?.string(at: 0) == other && execution.first?.string(at: 1) == "flow")
        // The other one is gone, too; the run goes on at the same step, under the same request id.
        _ = try await stage.admin.run(
            "UPDATE play_launcher.flow_execution SET lease_until = now() WHERE run = \(run)")
        #expect(try await stage.end(of: run).state == "completed")
        #expect(stage.owner.touchpoints(subject).count == 1)
        #expect(Set(stage.owner.creations(subject).map(\.id)).count == 1)
        #expect(try await stage.steps(of: run).map(\.state) == ["done", "done", "done"])
        #expect(stage.owner.notes(on: engagement).count == 1)
    }

    /// Waits for a fact, at most a minute.
    private func eventually(_ what: String, _ isTrue: () -> Bool) async throws {
        let limit = ContinuousClock.now + .seconds(60)
        while !isTrue() {
            guard ContinuousClock.now < limit else { throw Problem.deadlineExceeded(cause: what) }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
