import OnboardingWire
import ServiceTestKit
import Testing
import Wire

@testable import ImportValidationService

/// What an import task is called is a text for the person who is to do it, in their language.
@Suite struct TaskTitleTests {
    @Test(arguments: [("ko", "계약 가져오기"), ("en", "Import contracts"), (nil, "Import contracts")])
    func titlesAreInTheLanguageOfTheAssignee(language: String?, title: String) async throws {
        let stage = try await Stage()
        var user = User()
        user.id = uuid()
        user.domain = "/provider/"
        user.active = true
        user.kind = "person"
        user.language = language
        try await stage.hear(user, "created")
        var record = OnboardingCase()
        record.id = stage.onboarding
        record.domain = stage.domain
        record.account = stage.account
        record.state = "new"
        record.assignedTo = user.id
        try await stage.hear(record, "created")
        try await stage.bringTasks()
        let tasks = try await stage.tasks()
        #expect(tasks.first { $0.targetTable == "contract" }?.shortDescription == title)
    }

    /// Without anybody to do it the title is in the language of whoever makes the task.
    @Test func anotherTitleStays() async throws {
        let stage = try await Stage()
        try await stage.turn("new", "created", revision: 1)
        try await stage.bringTasks()
        let task = try #require(try await stage.tasks().first { $0.targetTable == "location" })
        #expect(task.shortDescription == "Import locations")
        let named = try await stage.update(task.id) { $0.shortDescription = "Offices" }
        #expect(named.shortDescription == "Offices")
    }
}
