import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import ImportValidationService

/// The end of an onboarding case ends its import tasks, once, and nothing begins behind it (G-128).
@Suite struct CaseEndTests {
    @Test(arguments: ["closed", "canceled"])
    func theEndOfACaseCancelsWhatIsOpen(state: String) async throws {
        let stage = try await Stage()
        try await stage.turn("new", "created", revision: 1)
        try await stage.bringTasks()
        let tasks = try await stage.tasks()
        #expect(tasks.count == 8 && tasks.allSatisfy(\.isOpen))
        let done = try await stage.update(tasks[0].id) { $0.state = "closed" }
        try await stage.turn(state, state, revision: 2)
        let ended = try await stage.tasks()
        #expect(ended[0] == done)
        #expect(ended.dropFirst().allSatisfy { $0.state == "canceled" && $0.progress == "finished" })
        // The event again: an effect it had is not had twice.
        try await stage.turn(state, state, revision: 2)
        #expect(try await stage.tasks() == ended)
    }

    /// Its playbook brings the tasks of a case, and nothing that has ended gets any.
    @Test func aCaseHasNoTasksByItselfAndNoneAfterItsEnd() async throws {
        let stage = try await Stage()
        try await stage.turn("new", "created", revision: 1)
        #expect(try await stage.tasks().isEmpty)
        try await stage.turn("canceled", "canceled", revision: 2)
        let refused = await problem { () async throws(Problem) in try await stage.bringTasks() }
        #expect(refused?.reason == "G-128")
        #expect(try await stage.tasks().isEmpty)
    }

    @Test func nothingBeginsWhenTheCaseHasEnded() async throws {
        let stage = try await Stage()
        try await stage.turn("new", "created", revision: 1)
        try await stage.bringTasks()
        try await stage.turn("closed", "closed", revision: 2)
        let refused = await problem { () async throws(Problem) in try await stage.create() }
        #expect(refused?.code == .failedPrecondition && refused?.reason == "G-128", "\(String(describing: refused))")
        let task = try #require(try await stage.tasks().first)
        let reopened = await problem { () async throws(Problem) in
            try await stage.update(task.id) { $0.state = "open" }
        }
        #expect(reopened?.reason == "G-128")
        // Work on its rows and files ends, too, even where the task is still open for the moment.
        let database = stage.database
        let open = {
            var task = task
            task.state = "open"
            return task
        }()
        let work = await problem { () async throws(Problem) in
            try await database.transaction(as: stage.agent, deadline: .patient) { tx in
                try TaskAccess.requireOpen(open, tx)
            }
        }
        #expect(work?.reason == "CASE_CLOSED")
        try await stage.turn("active", "reopened", revision: 3)
        #expect(try await stage.update(task.id) { $0.state = "open" }.isOpen)
    }

    /// Two writers: while one adds tasks, the event of the case's end is taken in. None of them stays open.
    @Test(.timeLimit(.minutes(15))) func creationsRaceTheEnd() async throws {
        let stage = try await Stage()
        try await stage.turn("active", "updated", revision: 1)
        let targets = ImportTarget.all.map(\.table)
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for table in targets {
                group.addTask { (try? await stage.create { $0.targetTable = table }) == nil ? 0 : 1 }
            }
            group.addTask {
                try await stage.turn("closed", "closed", revision: 2)
                return 0
            }
            return try await group.reduce(0, +)
        }
        let tasks = try await stage.tasks()
        #expect(tasks.count == made && tasks.allSatisfy { $0.state == "canceled" })
    }

    /// Contact and assignee are there, and stand on their sides.
    @Test func peopleOfATask() async throws {
        let stage = try await Stage()
        try await stage.turn("active", "updated", revision: 1)
        let task = try await stage.create()
        func person(account: String? = nil, isActive: Bool = true, kind: String = "person") async throws -> String {
            var user = User()
            user.id = uuid()
            user.domain = account == nil ? "/provider/" : stage.domain
            user.account = account
            user.active = isActive
            user.kind = kind
            try await stage.hear(user, "created")
            return user.id
        }
        for user in [
            try await person(account: stage.account), try await person(isActive: false),
            try await person(kind: "system"),
        ] {
            let refused = await problem { () async throws(Problem) in
                try await stage.update(task.id) { $0.assignedTo = user }
            }
            #expect(refused?.violations.map(\.rule) == ["PERSON_SIDE"], "\(String(describing: refused))")
        }
        let colleague = try await person()
        #expect(try await stage.update(task.id) { $0.assignedTo = colleague }.assignedTo == colleague)
        let stranger = try await Stage()
        var contact = CustomerContact()
        contact.id = uuid()
        contact.domain = stranger.domain
        contact.account = stranger.account
        try await stage.hear(contact, "created")
        for id in [uuid(), contact.id] {
            let refused = await problem { () async throws(Problem) in
                try await stage.update(task.id) { $0.contact = id }
            }
            #expect(refused?.reason == "NO_SUCH_REFERENCE")
        }
        let nobody = await problem { () async throws(Problem) in
            try await stage.update(task.id) { $0.assignedTo = uuid() }
        }
        #expect(nobody?.reason == "NO_SUCH_REFERENCE")
        contact.id = uuid()
        contact.domain = stage.domain
        contact.account = stage.account
        try await stage.hear(contact, "created")
        let own = contact.id
        #expect(try await stage.update(task.id) { $0.contact = own }.contact == own)
        contact.id = uuid()
        contact.active = false
        try await stage.hear(contact, "created")
        let former = contact.id
        let gone = await problem { () async throws(Problem) in
            try await stage.update(task.id) { $0.contact = former }
        }
        #expect(gone?.violations.map(\.rule) == ["PERSON_SIDE"], "\(String(describing: gone))")
    }

    /// A row whose number the field cannot hold, or of which nobody sees anything, needs attention before publication.
    @Test func checksKnowTheBounds() async throws {
        let target = try #require(ImportTarget.named("sold_product"))
        let quantity = try #require(target.position(of: "quantity"))
        let checker = RowChecker(
            CheckPlan(target, []), records: [:], language: "en",
            resolve: { _, texts in Dictionary(uniqueKeysWithValues: texts.map { ($0, RowChecker.Match(count: 1)) }) },
            run: { _, _ in [] })
        func comment(_ text: String) async throws -> String {
            var cells = target.fields.map { _ in "" }
            cells[quantity] = text
            return try await checker.check([cells])[0].comment
        }
        #expect(try await comment("-3").contains("Quantity must be at least 0."))
        #expect(try await comment("3").contains("Quantity") == false)
        #expect(try await comment("x").contains("Quantity"))
        var cells = target.fields.map { _ in "" }
        cells[try #require(target.position(of: "name"))] = "\u{200B}\u{AD}"
        #expect(try await checker.check([cells])[0].comment.contains("Name is mandatory."))
    }
}
