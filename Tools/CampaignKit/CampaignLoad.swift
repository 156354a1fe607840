import CustomerSuccessWire
import JourneyKit
import PlayLauncherWire
import RPC
import Wire

/// Customers in the making: from account to running plays, as many at once as there are workers.
struct CampaignLoad: Sendable {
    private static let play = "Setup Next Quarterly Business Review"

    let world: JourneyWorld

    /// Begins customers as long as `goesOn` and carries each to its end; what was acknowledged of them.
    func run(workers: Int, while goesOn: @escaping @Sendable () async -> Bool) async throws -> Ledger {
        // The people first, once: two workers would enter them twice.
        try await Journey(world).meetPeople()
        return try await withThrowingTaskGroup(of: Ledger.self) { group in
            for _ in 0..<workers {
                group.addTask {
                    var ledger = Ledger()
                    while await goesOn() { ledger.add(try await makeCustomer()) }
                    return ledger
                }
            }
            return try await group.reduce(into: Ledger()) { $0.add($1) }
        }
    }

    /// One customer. The journey sees for itself that everything came out as it must.
    func makeCustomer() async throws -> Ledger {
        let journey = Journey(world)
        try await journey.meetPeople()
        try await journey.openAccount()
        try await journey.seeCaseAndTasks()
        try await journey.importWorkbook(Campaign.contracts)
        try await journey.importWorkbook(Campaign.locations)
        var ledger = Ledger()
        let agent = try journey.credential(.agent)
        try await AttachedFile(journey.onboardingCase).attach(in: world, as: agent, to: &ledger)
        try await ImportStages(journey, Campaign.contracts, world: world, agent: agent)?.carryOut(&ledger)
        try await journey.goLive()
        try await journey.beginEngagement()
        ledger.accounts = [journey.account.id]
        ledger.cases[journey.account.id] = journey.onboardingCase.id
        ledger.tasks = Set(journey.importTasks.values.map(\.id))
        // One of those that need attention is mended on the way.
        ledger.contracts[journey.account.id] = Int(Campaign.contracts.ready) + 1
        ledger.locations[journey.account.id] = Int(Campaign.locations.ready)
        ledger.engagements = [journey.engagement.id]
        ledger.links[journey.engagement.id] = 3
        let manager = try journey.credential(.successManager)
        for number in 1...3 { try await keepInTouch(number, journey.engagement, manager, &ledger) }
        for _ in 1...2 { ledger.runs.insert(try await launch(from: journey.engagement, manager)) }
        return ledger
    }

    /// A touchpoint with a work note; every other one is canceled again.
    private func keepInTouch(
        _ number: Int, _ engagement: Engagement, _ manager: Credential, _ ledger: inout Ledger
    ) async throws {
        var creation = CreateTouchpointRequest()
        var draft = Touchpoint()
        draft.engagement = engagement.id
        draft.subject = "Check-in \(number)"
        draft.description = "Weekly."
        creation.touchpoint = draft
        let made = try await world.call(CustomerSuccessAPI.createTouchpoint, creation, as: manager)
        ledger.touchpoints[made.id] = made.state
        var note = AddEntryRequest()
        note.id = made.id
        note.text = "Called, nobody there."
        _ = try await world.call(CustomerSuccessAPI.addTouchpointWorkNote, note, as: manager)
        ledger.notes[made.id] = 1
        guard number.isMultiple(of: 2) else { return }
        var closing = CloseRequest()
        closing.id = made.id
        closing.closeNotes = "Not needed any more."
        let canceled = try await world.call(CustomerSuccessAPI.cancelTouchpoint, closing, as: manager)
        ledger.touchpoints[made.id] = canceled.state
    }

    private func launch(from engagement: Engagement, _ manager: Credential) async throws -> String {
        var offer = ListPlayCategoriesRequest()
        offer.sourceTable = "engagement"
        let categories = try await world.call(PlayLauncherAPI.listPlayCategories, offer, as: manager).categories
        guard let entry = categories.flatMap(\.entries).first(where: { $0.title == Self.play }) else {
            throw JourneyFailure("the launcher does not offer \(Self.play)")
        }
        var launch = LaunchPlayRequest()
        launch.definitionRecord = entry.definitionRecord
        launch.sourceTable = "engagement"
        launch.sourceRecord = engagement.id
        launch.answers = #"{"meeting_date": "2027-03-15"}"#
        return try await world.call(PlayLauncherAPI.launchPlay, launch, as: manager).id
    }
}
