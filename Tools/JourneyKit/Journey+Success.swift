import CustomerSuccessWire
import Foundation
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

extension Journey {
    /// A success agent creates the engagement, and links contracts to it.
    public func beginEngagement() async throws {
        try await createEngagement()
        try await linkContracts()
    }

    /// A success agent creates the engagement; its initial go-live comes from the case.
    public func createEngagement() async throws {
        let manager = try credential(.successManager)
        engagement = try await step("An engagement begins", numbered: \.number) {
            var engagement = Engagement()
            engagement.account = account.id
            engagement.initialOnboarding = onboardingCase.id
            engagement.title = "\(accountName): from live to renewed"
            engagement.customerSuccessManager = users[.successManager]
            var request = CreateEngagementRequest()
            request.engagement = engagement
            return try await world.call(CustomerSuccessAPI.createEngagement, request, as: manager)
        }
        try expect(
            engagement.initialGoLive == onboardingCase.goLiveDate,
            "the initial go-live is \(engagement.initialGoLive ?? "empty")")
    }

    /// Three contracts are linked; the renewal date becomes the earliest that has not expired.
    public func linkContracts() async throws {
        let manager = try credential(.successManager)
        try await step("Three contracts are linked; the renewal date follows", about: engagement.number ?? "") {
            for contract in try await contractsToLink() {
                var link = EngagementContract()
                link.engagement = engagement.id
                link.contract = contract.id
                var request = CreateEngagementContractRequest()
                request.engagementContract = link
                _ = try await world.call(CustomerSuccessAPI.createEngagementContract, request, as: manager)
            }
            var request = GetRequest()
            request.id = engagement.id
            engagement = try await world.call(CustomerSuccessAPI.getEngagement, request, as: manager)
            try expect(
                engagement.renewalDate == "2027-06-30",
                "the renewal date is \(engagement.renewalDate ?? "empty") instead of 2027-06-30")
        }
    }

    /// The mended contract, which runs until 2027-06-30, and the two that ended or end next to it.
    private func contractsToLink() async throws -> [Contract] {
        let agent = try credential(.agent)
        var request = ListRequest()
        request.filter = "account = \"\(account.id)\" AND end_date <= \"2027-06-30\""
        request.orderBy = "end_date desc"
        request.pageSize = 1
        var contracts = try await world.call(OnboardingAPI.listContracts, request, as: agent).contracts
        request.filter = "account = \"\(account.id)\" AND NOT end_date = \"2027-06-30\""
        request.orderBy = "number"
        request.pageSize = 2
        contracts += try await world.call(OnboardingAPI.listContracts, request, as: agent).contracts
        try expect(contracts.count == 3, "\(contracts.count) contracts were found to link")
        return contracts
    }

    /// From the engagement the agent launches a play; it creates a touchpoint and everybody is told.
    public func launchPlay(mailDirectory: String?) async throws {
        let manager = try credential(.successManager)
        let title = "Setup Next Quarterly Business Review"
        let entry = try await step("The play \(title) is found and its questions read") {
            var request = ListPlayCategoriesRequest()
            request.sourceTable = "engagement"
            let categories = try await world.call(PlayLauncherAPI.listPlayCategories, request, as: manager).categories
            let entries = categories.flatMap { $0.entries + $0.subcategories.flatMap(\.entries) }
            guard let entry = entries.first(where: { $0.title == title }) else {
                throw JourneyFailure("the launcher offers: \(entries.map(\.title))")
            }
            var describe = DescribePlayRequest()
            describe.definitionRecord = entry.definitionRecord
            let play = try await world.call(PlayLauncherAPI.describePlay, describe, as: manager)
            try expect(play.questions.contains { $0.name == "meeting_date" }, "the questions are \(play.questions)")
            return entry
        }
        let run = try await step("The play is launched", about: engagement.number ?? "") {
            var launch = LaunchPlayRequest()
            launch.definitionRecord = entry.definitionRecord
            launch.sourceTable = "engagement"
            launch.sourceRecord = engagement.id
            launch.answers = "{\"meeting_date\": \"2027-03-15\"}"
            return try await world.call(PlayLauncherAPI.launchPlay, launch, as: manager)
        }
        notifier = try await step("Its launcher notifier goes to Completed", numbered: \.number) {
            try await world.eventually("the notifier's completion") { () -> SuccessLauncherNotifier? in
                var request = ListRequest()
                request.filter = "flow_run = \"\(run.id)\""
                let found = try await world.call(NotifierAPI.listSuccessLauncherNotifiers, request, as: manager)
                guard let notifier = found.successLauncherNotifiers.first else { return nil }
                try expect(notifier.status != "failed", "the play failed: \(notifier.message ?? "")")
                return notifier.status == "completed" ? notifier : nil
            }
        }
        try await seeWhatThePlayDid(manager)
        if let mailDirectory { try await seeMail(in: mailDirectory) }
    }

    private func seeWhatThePlayDid(_ manager: Credential) async throws {
        touchpoint = try await step("The touchpoint is there", numbered: \.number) {
            var request = ListRequest()
            request.filter = "engagement = \"\(engagement.id)\""
            let found = try await world.call(CustomerSuccessAPI.listTouchpoints, request, as: manager).touchpoints
            try expect(found.count == 1, "\(found.count) touchpoints were created")
            return found[0]
        }
        let number = touchpoint.number ?? ""
        try expect(
            number.hasPrefix("TCHPT") && touchpoint.meetingType == "qbr" && touchpoint.priority == 4,
            "the touchpoint is \(touchpoint)")
        try await step("A work note stands on the engagement", about: engagement.number ?? "") {
            _ = try await world.eventually("the work note") { () -> ActivityEntry? in
                var request = ListActivityRequest()
                request.id = engagement.id
                // The newest page: the engagement is as old as the journey, and few things have happened to it.
                let stream = try await world.call(CustomerSuccessAPI.listEngagementActivity, request, as: manager)
                return stream.entries.first { $0.kind == "work_notes" }
            }
        }
        try await step("Two notifications wait in the product: the play's start and its end") {
            _ = try await world.eventually("the notifications") { () -> Bool? in
                var request = ListRequest()
                request.filter = "source_record = \"\(engagement.id)\""
                let kinds = try await world.call(NotifierAPI.listInAppNotifications, request, as: manager)
                    .inAppNotifications.map { $0.kind ?? "" }.sorted()
                try expect(kinds.count <= 2, "there are the notifications \(kinds)")
                return kinds == ["play_completed", "play_started"] ? true : nil
            }
        }
    }

    /// The mail about this engagement, and no other that the person was ever sent.
    private func seeMail(in directory: String) async throws {
        let admin = try credential(.administrator)
        let folder = MailFolder(path: directory)
        let recipient = "\(Persona.successManager.rawValue)@provider.example"
        try await step("An e-mail is delivered to \(recipient)") {
            _ = try await world.eventually("the e-mail") { () -> String? in
                var request = ListRequest()
                request.filter = "source_record = \"\(engagement.id)\" AND recipient = \"\(recipient)\""
                let found = try await world.call(NotifierAPI.listEmailDeliveries, request, as: admin).emailDeliveries
                try expect(found.count <= 1, "there are \(found.count) deliveries")
                return found.first.flatMap { folder.mail(of: $0.id) }
            }
        }
    }
}
