import CustomerSuccessWire
import PlaybooksWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Playbooks of initiatives: what their runs make, and what the end of an initiative does to them (BR-25).
@Suite struct PlaybookTests {
    /// A world with an active playbook of its own, whose only activity makes a success task.
    private struct Stage {
        let world: World
        let key = "initiative_\(UInt32.random(in: 0...UInt32.max))"

        init(_ server: Server? = nil, trigger: String = "") async throws {
            world = try await World(server)
            let designer = Self.holding("process_automation_designer")
            var request = ImportPlaybookRequest()
            request.yaml = """
                key: \(key)
                table: success_initiative
                label: {en: Initiative, ko: 이니셔티브}
                \(trigger)
                lanes:
                  - key: only
                    label: {en: Only, ko: 유일}
                    activities:
                      - key: kick_off
                        kind: create_task
                        label: {en: Kick-off, ko: 착수}
                        creates:
                          table: success_task
                          fields:
                            - {field: parent, from_field: id}
                            - {field: subject, text: Kick-off workshop}
                            - {field: description, from_field: description}
                            - {field: assigned_to, from_field: assigned_to}
                """
            let draft = try await world.call(CustomerSuccessAPI.importPlaybookDefinition, request, as: designer)
            var activate = ActionRequest()
            activate.id = draft.id
            _ = try await world.call(CustomerSuccessAPI.activatePlaybookDefinition, activate, as: designer)
        }

        /// Somebody of the provider who holds one role and nothing else.
        static func holding(_ role: String) -> Caller {
            Caller(
                subject: uuid(), kind: .person, domain: DomainPath("/provider/") ?? .root,
                roles: RoleCatalog.close([role]))
        }

        /// An initiative that is being worked on.
        func initiative() async throws -> SuccessInitiative {
            let made = try await world.make(SuccessInitiative.self) { $0.assignedTo = world.manager }
            return try await world.set(made, "state", .string("in_progress"))
        }

        @discardableResult
        func start(
            _ initiative: SuccessInitiative, requestID: String = "", as caller: Caller? = nil
        ) async throws -> PlaybookRun {
            var request = StartPlaybookRunRequest()
            (request.definition, request.table, request.record) = (key, "success_initiative", initiative.id)
            request.requestID = requestID
            return try await world.call(CustomerSuccessAPI.startPlaybookRun, request, as: caller)
        }

        func cancel(_ run: PlaybookRun, as caller: Caller? = nil) async throws -> PlaybookRun {
            var request = CancelPlaybookRunRequest()
            request.id = run.id
            return try await world.call(CustomerSuccessAPI.cancelPlaybookRun, request, as: caller)
        }

        func complete(_ activity: PlaybookActivity, as caller: Caller? = nil) async throws -> PlaybookActivity {
            var request = EnterPlaybookActivityRequest()
            request.id = activity.id
            return try await world.call(CustomerSuccessAPI.completePlaybookActivity, request, as: caller)
        }

        func now(_ run: PlaybookRun) async throws -> PlaybookRun {
            var request = GetRequest()
            request.id = run.id
            return try await world.call(CustomerSuccessAPI.getPlaybookRun, request)
        }

        func runs(of initiative: SuccessInitiative) async throws -> [PlaybookRun] {
            var request = ListPlaybookRunsRequest()
            (request.table, request.record) = ("success_initiative", initiative.id)
            return try await world.call(CustomerSuccessAPI.listPlaybookRuns, request).runs
        }

        /// The only activity of a run.
        func activity(_ run: PlaybookRun) async throws -> PlaybookActivity {
            var request = ListPlaybookActivitiesRequest()
            request.run = run.id
            let found = try await world.call(CustomerSuccessAPI.listPlaybookActivities, request).activities
            return try #require(found.first)
        }

        func log(_ run: PlaybookRun) async throws -> [PlaybookLogEntry] {
            var request = ListPlaybookLogRequest()
            request.run = run.id
            return try await world.call(CustomerSuccessAPI.listPlaybookLog, request).entries
        }

        /// The task that the activity of a run has made.
        func task(of run: PlaybookRun) async throws -> SuccessTask {
            let created = try await activity(run).created
            #expect(created.count == 1)
            return try await world.get(SuccessTask.self, try #require(created.first).id)
        }

        func tasks(of initiative: SuccessInitiative) async throws -> [SuccessTask] {
            try await world.list(SuccessTask.self, filter: "parent = \"\(initiative.id)\"").resources
        }
    }

    @Test func aRunMakesATaskAndEndsWithIt() async throws {
        let stage = try await Stage()
        let initiative = try await stage.initiative()
        let run = try await stage.start(initiative)
        #expect(run.state == "in_progress" && run.record == initiative.id)
        #expect(try await stage.world.get(SuccessInitiative.self, initiative.id).playbookRun == run.id)
        let task = try await stage.task(of: run)
        #expect(task.parent == initiative.id && task.parentTable == "success_initiative" && task.active == true)
        #expect(task.subject == "Kick-off workshop" && task.description == initiative.description)
        #expect(task.assignedTo == stage.world.manager && task.account == stage.world.account)
        _ = try await stage.world.set(task, "state", .string("in_progress"))
        _ = try await stage.world.close(task)
        #expect(try await stage.activity(run).state == "done")
        #expect(try await stage.now(run).state == "done")
        #expect(try await stage.world.get(SuccessInitiative.self, initiative.id).playbookRun == nil)
        // Taken up again, the task takes its activity along, and so the initiative has an open run.
        _ = try await stage.world.act("reopen", task)
        #expect(try await stage.now(run).state == "in_progress")
        #expect(try await stage.world.get(SuccessInitiative.self, initiative.id).playbookRun == run.id)
        #expect(try await stage.cancel(run).state == "canceled")
        #expect(try await stage.world.get(SuccessInitiative.self, initiative.id).playbookRun == nil)
    }

    /// BR-25, whichever way an initiative ends.
    @Test(arguments: ["close", "cancel", "update"])
    func theEndOfAnInitiativeCancelsItsRuns(verb: String) async throws {
        let (stage, second) = (try await Stage(), try await Stage())
        let (ending, other) = (try await stage.initiative(), try await stage.initiative())
        let runs = [try await stage.start(ending)]
        var request = StartPlaybookRunRequest()
        (request.definition, request.table, request.record) = (second.key, "success_initiative", ending.id)
        let beside = try await stage.world.call(CustomerSuccessAPI.startPlaybookRun, request)
        let kept = try await stage.start(other)
        #expect(try await stage.world.get(SuccessInitiative.self, ending.id).playbookRun == runs[0].id)
        if verb == "update" {
            var draft = SuccessInitiative()
            (draft.id, draft.state, draft.closeNotes) = (ending.id, "canceled", "Not wanted.")
            _ = try await stage.world.update(draft)
        } else {
            _ = try await stage.world.close(ending, verb, code: verb == "close" ? "missed" : "", notes: "Done.")
        }
        #expect(try await stage.world.get(SuccessInitiative.self, ending.id).playbookRun == nil)
        for run in runs + [beside] {
            let now = try await stage.now(run)
            #expect(now.state == "canceled" && now.endedBy == stage.world.manager && now.endedAt != nil)
            #expect(try await stage.activity(run).state == "canceled")
            let canceled = try await stage.log(run).filter { $0.action == "canceled" }
            #expect(canceled.count == 2 && canceled.allSatisfy { $0.by == stage.world.manager })
        }
        // What has been made stays, and others' runs go on.
        #expect(try await stage.task(of: runs[0]).active == true)
        #expect(try await stage.now(kept).state == "in_progress")
        #expect(try await stage.world.get(SuccessInitiative.self, other.id).playbookRun == kept.id)
        // Nothing begins, and nothing goes on, over what has ended.
        try await breaks("G-128") { try await stage.start(ending) }
        let activity = try await stage.activity(runs[0])
        try await breaks("G-50") { _ = try await stage.complete(activity) }
    }

    @Test func aRequestThatComesAgainStartsNothingTwice() async throws {
        let stage = try await Stage()
        let initiative = try await stage.initiative()
        let id = uuid()
        let run = try await stage.start(initiative, requestID: id)
        #expect(try await stage.start(initiative, requestID: id).id == run.id)
        try await breaks("RUN_EXISTS") { try await stage.start(initiative) }
        #expect(try await stage.runs(of: initiative).map(\.id) == [run.id])
        #expect(try await stage.tasks(of: initiative).count == 1)
        _ = try await stage.world.close(initiative, "cancel", notes: "Done.")
        #expect(try await stage.start(initiative, requestID: id).id == run.id)
        #expect(try await stage.runs(of: initiative).map(\.state) == ["canceled"])
    }

    /// Whoever works on a run may write its initiative; reading that is not enough, and customers have no part in it.
    @Test func runsAreForThoseWhoWorkTheInitiative() async throws {
        let stage = try await Stage()
        let initiative = try await stage.initiative()
        let others = [
            stage.world.customer, Stage.holding("sn_acct_lc.ale_success_viewer"), Stage.holding("sn_acct_lc.agent"),
        ]
        for caller in others {
            let refused = try await refusal { try await stage.start(initiative, as: caller) }
            #expect(refused.code == .permissionDenied, "\(caller.roles)")
        }
        #expect(try await stage.runs(of: initiative).isEmpty)
        let run = try await stage.start(initiative)
        let activity = try await stage.activity(run)
        for caller in others {
            let kept = try await refusal { _ = try await stage.cancel(run, as: caller) }
            let open = try await refusal { _ = try await stage.complete(activity, as: caller) }
            #expect(kept.code == .permissionDenied && open.code == .permissionDenied, "\(caller.roles)")
        }
        #expect(try await stage.now(run).state == "in_progress")
        #expect(try await stage.activity(run).state == "in_progress")
    }

    // MARK: Who, and by when

    /// The run of a playbook whose only activity says this of itself, over an initiative.
    private func run(_ said: String, over initiative: SuccessInitiative, _ world: World) async throws -> PlaybookRun {
        let designer = Stage.holding("process_automation_designer")
        var request = ImportPlaybookRequest()
        request.yaml = """
            key: given_\(UInt32.random(in: 0...UInt32.max))
            table: success_initiative
            label: {en: Given, ko: 지정}
            lanes:
              - key: only
                label: {en: Only, ko: 유일}
                activities:
                  - key: make
                    kind: create_task
                    label: {en: Make, ko: 생성}
                    \(said)
                    creates:
                      table: success_task
                      fields: [{field: parent, from_field: id}, {field: subject, text: M}, {field: description, text: M}]
            """
        var activate = ActionRequest()
        activate.id = try await world.call(CustomerSuccessAPI.importPlaybookDefinition, request, as: designer).id
        _ = try await world.call(CustomerSuccessAPI.activatePlaybookDefinition, activate, as: designer)
        // A designer tries it on the initiative before.
        var trial = DryRunPlaybookRequest()
        (trial.id, trial.record) = (activate.id, initiative.id)
        let tried = try await world.call(CustomerSuccessAPI.dryRunPlaybookDefinition, trial, as: designer)
        #expect(tried.steps.map(\.starts) == [true])
        var start = StartPlaybookRunRequest()
        (start.definition, start.table, start.record) = (activate.id, "success_initiative", initiative.id)
        return try await world.call(CustomerSuccessAPI.startPlaybookRun, start)
    }

    /// Responsibilities are those of squads (G-43): their holder in the squad of the account, else the assignee (G-44).
    @Test func workGoesToWhoHoldsTheResponsibilityInTheSquad() async throws {
        let stage = try await Stage()
        let initiative = try await stage.initiative()
        let named = "assignee: {responsibility: Architect}"
        let before = try await stage.activity(run(named, over: initiative, stage.world))
        #expect(before.assignedTo == stage.world.manager)
        let architect = try await stage.world.person()
        _ = try await stage.world.make(SquadMember.self) { member in
            member.account = stage.world.account
            member.user = architect
            member.responsibility = stage.world.responsibility
        }
        let after = try await stage.activity(run(named, over: initiative, stage.world))
        #expect(after.assignedTo == architect)
        let task = try await stage.world.get(SuccessTask.self, try #require(after.created.first).id)
        #expect(task.assignedTo == architect)
        // The provider's own are none of a squad.
        let provider = "Onboarding manager \(uuid())"
        try await stage.world.insert(
            "responsibility_definition", ["id": uuid(), "name": provider, "side": "provider"], domain: "/provider/")
        let refused = try await refusal {
            _ = try await run("assignee: {responsibility: \(provider)}", over: initiative, stage.world)
        }
        #expect(refused.violations.map(\.field) == ["only.make.assignee.responsibility"], "\(refused)")
    }

    /// Counted from the initiative's own due date, an activity and its task follow it.
    @Test func dueDatesFollowTheInitiative() async throws {
        let stage = try await Stage()
        let initiative = try await stage.initiative()
        let due = "due: {days: 2, from: before_field, field: due_date}"
        var dated = SuccessInitiative()
        (dated.id, dated.dueDate) = (initiative.id, "2027-06-30")
        _ = try await stage.world.update(dated)
        let run = try await run(due, over: initiative, stage.world)
        #expect(try await stage.activity(run).dueDate == "2027-06-28")
        #expect(try await stage.task(of: run).dueDate == "2027-06-28")
        dated.dueDate = "2027-07-30"
        _ = try await stage.world.update(dated)
        #expect(try await stage.activity(run).dueDate == "2027-07-28")
        #expect(try await stage.task(of: run).dueDate == "2027-07-28")
    }

    /// G-130: an event starts a run, once, where the condition of the playbook holds.
    @Test func anEventOfAnInitiativeStartsItsPlaybook() async throws {
        let stage = try await Stage(
            try await Server.start(), trigger: "trigger: {event: created, condition: category = \"adoption\"}")
        let world = stage.world
        let adoption = try await world.make(SuccessInitiative.self) { $0.category = "adoption" }
        let general = try await world.make(SuccessInitiative.self) { $0.category = "general" }
        for initiative in [adoption, general, adoption] {
            try await world.server.hear(initiative, "created", revision: 1, from: "customer-success")
        }
        #expect(try await stage.runs(of: general).isEmpty)
        let run = try #require(try await stage.runs(of: adoption).first)
        #expect(try await stage.runs(of: adoption).count == 1)
        #expect(try await world.get(SuccessInitiative.self, adoption.id).playbookRun == run.id)
        #expect(try await stage.tasks(of: adoption).map(\.subject) == ["Kick-off workshop"])
    }
}
