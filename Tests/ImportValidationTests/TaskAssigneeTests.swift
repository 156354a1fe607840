import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import TestKit
import Testing
import Wire

@testable import ImportValidationService

/// An import task goes to whoever holds its responsibility on the case, else to the assignee of the case (G-44).
@Suite struct TaskAssigneeTests {
    private func open(_ stage: Stage, assignedTo user: String?, revision: Int64 = 1) async throws {
        var record = OnboardingCase()
        record.id = stage.onboarding
        record.domain = stage.domain
        record.account = stage.account
        record.state = "new"
        record.assignedTo = user
        try await stage.hear(record, "created", revision: revision)
    }

    /// A member of the team of the stage's case, as onboarding tells of it.
    private func join(
        _ stage: Stage, _ user: String, responsibility: String = TaskAssignee.responsibility, side: String = "provider"
    ) async throws {
        var member = CaseTeamMember()
        member.id = uuid()
        member.domain = stage.domain
        member.onboardingCase = stage.onboarding
        member.responsibility = responsibility
        member.side = side
        member.user = user
        try await stage.hear(member, "created")
        // An event that comes twice has the effect of one.
        try await stage.hear(member, "created")
    }

    private func person(_ stage: Stage, isActive: Bool = true) async throws -> String {
        var user = User()
        user.id = uuid()
        user.domain = "/provider/"
        user.active = isActive
        user.kind = "person"
        try await stage.hear(user, "created")
        return user.id
    }

    @Test func tasksAreTheDevelopersBeforeTheyAreTheAssignees() async throws {
        let stage = try await Stage()
        let (assignee, developer) = (try await person(stage), try await person(stage))
        try await join(stage, developer)
        try await open(stage, assignedTo: assignee)
        try await stage.bringTasks()
        let tasks = try await stage.tasks()
        #expect(tasks.count == 8 && tasks.allSatisfy { $0.assignedTo == developer })
        #expect(try await stage.create().assignedTo == developer)
        // Who is named has the task.
        #expect(try await stage.create { $0.assignedTo = assignee }.assignedTo == assignee)
    }

    @Test func withoutADeveloperTasksAreTheAssignees() async throws {
        let stage = try await Stage()
        let assignee = try await person(stage)
        try await join(stage, try await person(stage), responsibility: uuid())
        try await join(stage, try await person(stage), side: "customer")
        try await join(stage, try await person(stage, isActive: false))
        try await open(stage, assignedTo: assignee)
        try await stage.bringTasks()
        #expect(try await stage.tasks().count == 8)
        #expect(try await stage.tasks().allSatisfy { $0.assignedTo == assignee })
        #expect(try await stage.create().assignedTo == assignee)
    }

    @Test func nobodyHasTheTasksOfACaseThatNobodyHas() async throws {
        let stage = try await Stage()
        try await open(stage, assignedTo: nil)
        #expect(try await stage.create().assignedTo == nil)
        try await open(stage, assignedTo: try await person(stage, isActive: false), revision: 2)
        #expect(try await stage.create().assignedTo == nil)
    }

    /// The assignee of the case has left, and there is no developer: the account team has the tasks rather than nobody.
    @Test func theTeamHasTheTasksWhenTheAssigneeHasLeft() async throws {
        let stage = try await Stage()
        let analyst = try await person(stage)
        try await join(stage, try await person(stage, isActive: false), responsibility: uuid())
        try await join(stage, try await person(stage), responsibility: uuid(), side: "customer")
        try await join(stage, analyst, responsibility: uuid())
        try await open(stage, assignedTo: try await person(stage, isActive: false))
        #expect(try await stage.create().assignedTo == analyst)
    }

    /// The team is made after the case and its tasks: what nobody has begun or given to somebody goes to the developer.
    @Test func whatNobodyHasBegunIsHandedOver() async throws {
        let stage = try await Stage()
        let (assignee, other, developer) = (
            try await person(stage), try await person(stage), try await person(stage)
        )
        try await open(stage, assignedTo: assignee)
        try await stage.bringTasks()
        let byHand = try await stage.create { $0.assignedTo = assignee }
        let tasks = try await stage.tasks().filter { $0.id != byHand.id }
        _ = try await stage.update(tasks[0].id) { $0.assignedTo = other }
        _ = try await stage.update(tasks[1].id) { $0.state = "in_progress" }
        _ = try await stage.update(tasks[2].id) { $0.state = "closed" }
        try await join(stage, developer)
        let after = try await stage.tasks()
        func assignees(_ part: ArraySlice<ImportTask>) -> [String?] {
            part.map { task in after.first { $0.id == task.id }?.assignedTo }
        }
        #expect(assignees(tasks[..<3]) == [other, assignee, assignee])
        #expect(assignees(tasks[3...]) == Array(repeating: developer, count: 5))
        #expect(after.first { $0.id == byHand.id } == byHand)
    }

    /// The tasks of a case come while its team is heard of: in either order they are the developer's.
    @Test(arguments: 0..<8) func caseAndTeamComeAtOnce(_: Int) async throws {
        let stage = try await Stage()
        let (assignee, developer) = (try await person(stage), try await person(stage))
        try await withThrowingTaskGroup { group in
            try await open(stage, assignedTo: assignee)
            group.addTask { try await stage.bringTasks() }
            group.addTask { try await join(stage, developer) }
            try await group.waitForAll()
        }
        let tasks = try await stage.tasks()
        #expect(tasks.count == 8 && tasks.allSatisfy { $0.assignedTo == developer })
    }

    /// A developer who joins while a task is being made, which does not see him any more.
    @Test func whoJoinsMeanwhileHasTheTask() async throws {
        let stage = try await Stage()
        let (assignee, developer) = (try await person(stage), try await person(stage))
        try await open(stage, assignedTo: assignee)
        let (held, asked) = ("test \(stage.onboarding)", "import_task.assigned_to \(stage.onboarding)")
        _ = try await stage.bench.admin.run("SELECT pg_advisory_lock(hashtextextended(\(held), 0))")
        let joined = Counter()
        try await withThrowingTaskGroup { group in
            group.addTask { try await make(stage, holding: held) }
            try await waitUntil("the task made") { try await isWaitedFor(held, stage) }
            group.addTask {
                try await join(stage, developer)
                joined.add()
            }
            try await waitUntil("the event heard") {
                if joined.value == 1 { return true }
                return try await isWaitedFor(asked, stage)
            }
            _ = try await stage.bench.admin.run("SELECT pg_advisory_unlock(hashtextextended(\(held), 0))")
            try await group.waitForAll()
        }
        #expect(try await stage.tasks().map(\.assignedTo) == [developer])
    }

    /// A task of the stage's case, as onboarding makes it; its transaction ends once it has a lock.
    private func make(_ stage: Stage, holding lock: String) async throws {
        var task = ImportTask()
        (task.parent, task.targetTable) = (stage.onboarding, "location")
        let (draft, database) = (task, stage.database)
        let context = WriteContext(caller: .service("onboarding", domain: .root), now: database.clock.now)
        try await database.transaction(as: context.caller, deadline: .after(.seconds(250))) { tx in
            _ = try Store<ImportTask>(database).create(draft, context, in: tx)
            _ = try tx.query("SELECT pg_advisory_xact_lock(hashtextextended(\(lock), 0))")
        }
    }

    private func isWaitedFor(_ lock: String, _ stage: Stage) async throws -> Bool {
        try await !stage.bench.admin.run(
            """
            SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
            AND (classid::int8 << 32 | objid::int8) = hashtextextended(\(lock), 0)
            """
        ).isEmpty
    }
}
