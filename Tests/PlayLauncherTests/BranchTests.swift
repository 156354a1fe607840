import CustomerSuccessWire
import Flows
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

/// Branches, timeouts and waits for events, on a real Postgres. One after another: a run hears what happens in its domain, which
/// is also what another test has happen there.
@Suite(.serialized, .timeLimit(.minutes(15))) struct BranchTests {
    private static func touchpoint(_ subject: String) -> String {
        "{call: rpc, with: {method: customer-success.touchpoints.create, request: {touchpoint: {subject: '\(subject)'}}}}"
    }

    /// The event of a touchpoint that was closed in a domain.
    private static func closed(_ domain: String, id: String = uuid()) -> RecordEvent {
        var event = RecordEvent()
        (event.eventID, event.service, event.table, event.action) = (uuid(), "customer-success", "touchpoint", "closed")
        (event.id, event.domain, event.number, event.at) = (id, domain, "TCHPT1", SystemClock().now)
        return event
    }

    private func hear(_ event: RecordEvent, _ stage: Stage) async throws {
        try await stage.events.handlers[0].take(event, in: stage.database)
    }

    private func launch(_ title: String, _ stage: Stage, as caller: Caller? = nil) async throws -> FlowRun {
        try await stage.launch(title, from: uuid(), as: caller ?? person(successAgent))
    }

    private func states(_ run: FlowRun, _ stage: Stage) async throws -> [String: String] {
        let steps = try await stage.steps(of: run.id)
        return Dictionary(steps.map { ($0.key.split(separator: "/").last.map(String.init) ?? "", $0.state) }) { $1 }
    }

    /// A branch that waits holds nobody up, and every branch is recorded.
    @Test func branchesGoOnByThemselves() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        let title = try await stage.define(
            "branches-\(mark)",
            inside: """
                  - all:
                      fork:
                        branches:
                          - slow: {do: [w: {wait: PT2S}, c: \(Self.touchpoint("slow \(mark)"))]}
                          - quick: \(Self.touchpoint("quick \(mark)"))
                """)
        let run = try await launch(title, stage)
        let waiting = try await stage.run(run.id) { $0.state == "waiting" }
        #expect(stage.owner.touchpoints("quick \(mark)").count == 1 && waiting.step == "Wait")
        #expect(stage.owner.touchpoints("slow \(mark)").isEmpty)
        #expect(try await stage.end(of: run.id).state == "completed")
        #expect(stage.owner.touchpoints("slow \(mark)").count == 1)
        let states = try await states(run, stage)
        #expect(states == ["below#1": "done", "w#1": "done", "c#1": "done", "quick#1": "done", "work-note": "done"])
    }

    /// A run that has nothing to do before it waits says so as well.
    @Test func aRunThatBeginsByWaitingSaysSo() async throws {
        let stage = try await Stage.shared.value
        let admin = try person(playAdministrator)
        let name = "begins-\(uuid().prefix(8))"
        var request = CreateFlowDefinitionRequest()
        request.flowDefinition = FlowDefinition()
        request.flowDefinition?.definition =
            "document: {dsl: '1.0.0', namespace: ale, name: \(name), version: '1.0.0', title: \(name)}\ndo:\n  - one: {wait: PT6S}\n"
        var (record, creation) = (DefinitionRecord(), CreateDefinitionRecordRequest())
        record.flow = try await stage.call(PlayLauncherAPI.createFlowDefinition, request, as: admin).id
        (record.title, record.category, record.state) = (name, "success_support", "published")
        creation.definitionRecord = record
        _ = try await stage.call(PlayLauncherAPI.createDefinitionRecord, creation, as: admin)
        let run = try await launch(name, stage)
        let waiting = try await stage.run(run.id) { $0.state == "waiting" || $0.state == "completed" }
        #expect(waiting.state == "waiting" && waiting.step == "Wait")
        #expect(try await stage.end(of: run.id).state == "completed")
    }

    /// What fails in one branch fails the run, says so, and nothing more comes of the others.
    @Test func aBranchThatFailsEndsTheOthers() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        stage.owner.refuse("bad \(mark)", with: [.permissionDenied(Text(en: "Not you.", ko: "안 됩니다."))])
        let title = try await stage.define(
            "fails-\(mark)",
            inside: """
                  - all:
                      fork:
                        branches:
                          - bad: \(Self.touchpoint("bad \(mark)"))
                          - slow: {wait: PT1H}
                          - next: \(Self.touchpoint("next \(mark)"))

                """)
        let run = try await launch(title, stage)
        let end = try await stage.end(of: run.id)
        #expect(
            end.state == "failed" && end.step == "Create: Touchpoint" && end.messageEn?.contains("Not you.") == true)
        #expect(stage.owner.touchpoints("next \(mark)").isEmpty)
        let states = try await states(run, stage)
        #expect(states["bad#1"] == "failed" && states["slow#1"] == "canceled" && states["next#1"] == "canceled")
    }

    /// The timeout of a task around a subflow ends what the subflow waits for.
    @Test func aTimeoutEndsASubflow() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        let title = try await stage.define(
            "timeout-\(mark)", inside: "  - long: {wait: PT1H}\n", beside: ", timeout: {after: PT3S}")
        let run = try await launch(title, stage)
        let end = try await stage.end(of: run.id)
        #expect(end.state == "failed")
        #expect(end.messageEn?.contains("A task took too long: more than 3.0 s.") == true)
        #expect(end.messageKo?.contains("시간이 초과되었습니다.") == true)
        let states = try await states(run, stage)
        #expect(states == ["below#1": "canceled", "long#1": "canceled", "work-note": "done"])
    }

    /// A call that cannot be made is given up when the time of its task is over.
    @Test func aTimeoutEndsRetries() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        stage.owner.refuse("away \(mark)", with: Array(repeating: .unavailable(), count: 50))
        let title = try await stage.define(
            "away-\(mark)",
            inside: """
                  - safe:
                      try: [c: {timeout: {after: PT1S}, do: [c: \(Self.touchpoint("away \(mark)"))]}]
                      catch: {errors: {with: {status: 408}}, do: [d: \(Self.touchpoint("late \(mark)"))]}
                """)
        let run = try await launch(title, stage)
        #expect(try await stage.end(of: run.id).state == "completed")
        #expect(stage.owner.touchpoints("late \(mark)").count == 1 && stage.owner.touchpoints("away \(mark)").isEmpty)
        #expect(try await states(run, stage)["c#1"] == "canceled")
    }

    /// A run hears what happens in its own domain, once, and nothing of another tenant's.
    @Test func aRunHearsItsOwnTenant() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        let title = try await stage.define(
            "listens-\(mark)",
            inside: """
                  - heard: {listen: {to: {one: {with: {type: customer-success.touchpoint.closed}}}}}
                  - made:
                      call: rpc
                      with:
                        method: customer-success.touchpoints.create
                        request: {touchpoint: {subject: '${ "after \\(.[0].id)" }'}}
                """)
        let run = try await launch(title, stage)
        _ = try await stage.run(run.id) { $0.state == "waiting" }
        let id = uuid()
        try await hear(Self.closed("/provider/d0000002/", id: id), stage)
        var other = Self.closed(StandIn.domain, id: id)
        other.action = "updated"
        try await hear(other, stage)
        let waiting = try await stage.admin.run(
            "SELECT count(*) AS count FROM play_launcher.flow_heard WHERE run = \(run.id)")
        #expect(try waiting[0].int(Counted.count) == 0)
        let own = Self.closed(StandIn.domain, id: id)
        try await hear(own, stage)
        try await hear(own, stage)
        #expect(try await stage.end(of: run.id).state == "completed")
        #expect(stage.owner.touchpoints("after \(id)").count == 1)
        let left = try await stage.admin.run(
            "SELECT count(*) AS count FROM play_launcher.flow_listener WHERE run = \(run.id)")
        #expect(try left[0].int(Counted.count) == 0)
        try await stage.heard.read()
        #expect(stage.heard.wants(own) && !stage.heard.wants(other))
    }

    /// An event that the filters of a run miss by what is written out in them is not kept for it.
    @Test func aRunIsNotKeptWhatItCannotTake() async throws {
        let stage = try await Stage.shared.value
        let (mark, id) = (uuid(), uuid())
        let title = try await stage.define(
            "names-\(mark)",
            inside:
                "  - heard: {listen: {to: {one: {with: {type: customer-success.touchpoint.closed, subject: '\(id)'}}}}}\n"
        )
        let run = try await launch(title, stage)
        _ = try await stage.run(run.id) { $0.state == "waiting" }
        try await hear(Self.closed(StandIn.domain), stage)
        let kept = try await stage.admin.run(
            "SELECT count(*) AS count FROM play_launcher.flow_heard WHERE run = \(run.id)")
        #expect(try kept[0].int(Counted.count) == 0)
        try await hear(Self.closed(StandIn.domain, id: id), stage)
        #expect(try await stage.end(of: run.id).state == "completed")
    }

    /// A run to which more events come than wait for it is told so: it does not wait for ever for one that was among them.
    @Test func aRunIsToldOfEventsThatItMissed() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        let title = try await stage.define(
            "misses-\(mark)",
            inside: """
                  - try:
                      try: [heard: {listen: {to: {one: {with: {type: customer-success.touchpoint.canceled, subject: '${ . == "none" }'}}}}}]
                      catch: {errors: {with: {status: 413}}, do: [d: \(Self.touchpoint("missed \(mark)"))]}
                """)
        let run = try await launch(title, stage)
        _ = try await stage.run(run.id) { $0.state == "waiting" }
        // The run is at work, say, while so many come.
        _ = try await stage.admin.run(
            """
            INSERT INTO play_launcher.flow_heard (run, domain, event) SELECT \(run.id)::uuid, \(StandIn.domain), \
            '{"type": "customer-success.touchpoint.canceled", "subject": "x"}' FROM generate_series(1, \(Listening.most))
            """)
        var event = Self.closed(StandIn.domain)
        event.action = "canceled"
        try await hear(event, stage)
        _ = try await stage.admin.run(
            "UPDATE play_launcher.flow_execution SET due_at = now() WHERE run = \(run.id)::uuid")
        #expect(try await stage.end(of: run.id).state == "completed")
        #expect(stage.owner.touchpoints("missed \(mark)").count == 1)
    }

    /// What happens while a branch makes a call is heard by another when that has come back.
    @Test func aRunHearsWhileItIsAtWork() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        let title = try await stage.define(
            "works-\(mark)",
            inside: """
                  - all:
                      fork:
                        branches:
                          - heard: {listen: {to: {one: {with: {type: customer-success.touchpoint.closed}}}}}
                          - made: \(Self.touchpoint("held \(mark)"))

                """)
        stage.owner.hold("held \(mark)")
        let run = try await launch(title, stage)
        while stage.owner.creations("held \(mark)").isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        try await hear(Self.closed(StandIn.domain), stage)
        stage.owner.letGo("held \(mark)")
        #expect(try await stage.end(of: run.id).state == "completed")
        let states = try await states(run, stage)
        #expect(states["heard#1"] == "done" && states["made#1"] == "done")
    }

    private enum Counted: String { case count }

    /// A server that the operator lists is asked, again while it is away, under the same key.
    @Test func aListedHostIsAsked() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        let title = try await stage.define(
            "asks-\(mark)",
            inside: """
                  - ask:
                      call: http
                      with: {method: post, endpoint: 'https://\(Stage.host)/v1/{id}', body: {n: 1}, headers: {X-Mark: '\(mark)'}}
                      input: {from: '{id: "7 8"}'}
                  - made:
                      call: rpc
                      with:
                        method: customer-success.touchpoints.create
                        request: {touchpoint: {subject: '${ "asked \\(.said)" }'}}

                """)
        let run = try await launch(title, stage)
        #expect(try await stage.end(of: run.id).state == "completed")
        let asked = stage.web.asked.withLock { $0.filter { $0.headers["X-Mark"] == mark } }
        #expect(asked.count == 2 && Set(asked.compactMap { $0.headers["Idempotency-Key"] }).count == 1)
        #expect(asked[0].url == "https://\(Stage.host)/v1/7%208" && asked[0].body == #"{"n":1}"#)
        #expect(stage.owner.touchpoints("asked \(mark)").count == 1)
        let step = try #require(try await stage.steps(of: run.id).first { $0.kind == "http" })
        #expect(step.method == Stage.host && step.attempts == 2 && step.state == "done")
    }

    /// Whoever may not read a table hears nothing of it: the run goes on waiting.
    @Test func aRunHearsWhatItsPersonMayRead() async throws {
        let stage = try await Stage.shared.value
        let mark = uuid()
        let title = try await stage.define(
            "hears-\(mark)",
            inside: """
                  - l:
                      listen:
                        to:
                          any:
                            - with: {type: play-launcher.ale_choice.updated}
                            - with: {type: emitted.\(mark), data: '${ .n > 1 }'}
                """)
        let run = try await launch(title, stage)
        _ = try await stage.run(run.id) { $0.state == "waiting" }
        for number in 1...2 {
            var event = RecordEvent()
            (event.eventID, event.service, event.table, event.action) = (uuid(), "play-launcher", "flow_run", "emitted")
            (event.id, event.domain, event.at) = (uuid(), StandIn.domain, SystemClock().now)
            event.text = #"{"type":"emitted.\#(mark)","data":{"n":\#(number)}}"#
            // What passes for a record's event is none.
            if number == 1 {
                var pretending = event
                pretending.eventID = uuid()
                pretending.text = #"{"type":"play-launcher.ale_choice.updated","data":{}}"#
                try await hear(pretending, stage)
            }
            try await hear(event, stage)
        }
        let end = try await stage.end(of: run.id)
        #expect(end.state == "completed")
        let step = try #require(try await stage.steps(of: run.id).first { $0.kind == "listen" })
        #expect(step.result == #"[{"n":2}]"# && step.state == "done")
    }

    @Test(arguments: [
        ("  - a: {listen: {to: {one: {with: {type: customer-success.nothing.closed}}}}}\n", "There are no events"),
        ("  - a: {call: grpc, with: {}}\n", "Line 3, column 15 (do/0/a/call): 'call: grpc' is not available in flows."),
        (
            "  - a: {call: http, with: {method: get, endpoint: 'https://elsewhere.example'}}\n",
            "Line 3: flows may not ask elsewhere.example."
        ),
    ])
    func whatCannotBeHeardOrCalledIsRefused(tasks: String, says: String) async throws {
        let stage = try await Stage.shared.value
        var request = CreateFlowDefinitionRequest()
        request.flowDefinition = FlowDefinition()
        request.flowDefinition?.definition =
            "document: {dsl: '1.0.0', namespace: ale, name: refused, version: '1.0.0'}\ndo:\n\(tasks)"
        let problem = await stage.problem(
            PlayLauncherAPI.createFlowDefinition, request, as: try person(playAdministrator))
        #expect(problem?.violations.first?.text("en").contains(says) == true, "\(String(describing: problem))")
    }
}
