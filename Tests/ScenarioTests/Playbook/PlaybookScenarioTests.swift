import CampaignKit
import JourneyKit
import Testing

extension Scenarios {
    /// The onboarding playbook in the hands of those it is for, through all five services.
    @Suite(.serialized, .sharedStack)
    struct PlaybookScenarioTests {
        @Test(
            "Five people walk the whole playbook, each doing what is theirs, in their language",
            .timeLimit(.minutes(15)), arguments: ["en", "ko"])
        func fivePeople(language: String) async throws {
            try await SharedStack.with { stack in
                let walk = try await FivePeople(stack, language)
                try await walk.switchTestingOn()
                try await walk.initialSetup()
                try await walk.dataCapture()
                try await walk.development()
                try await walk.testingAndTraining()
                try await walk.goLive()
                try await walk.lookBack()
            }
        }

        @Test("Two people are in one activity at once", .timeLimit(.minutes(15)))
        func twoPeople() async throws {
            try await SharedStack.with { stack in
                let two = try await TwoPeople(stack)
                try await two.shareADraft()
                try await two.completeAtOnce()
            }
        }

        @Test(
            "Dates and cases that are being moved are moved whole, whoever is killed meanwhile",
            .timeLimit(.minutes(15))
        )
        func killedChanges() async throws {
            try await SharedStack.with { stack in
                let changes = try await KilledChanges(stack)
                try await changes.dates()
                try await changes.migration()
            }
        }

        @Test("Whatever makes something is killed in the middle, and everything is made once", .timeLimit(.minutes(15)))
        func killedWalk() async throws {
            try await SharedStack.with { stack in
                try await FivePeople(stack, "en").switchTestingOn()
                try await KilledWalk(stack).run()
            }
        }
    }
}
