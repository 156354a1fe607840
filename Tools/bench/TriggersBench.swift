import CustomerSuccessWire
import Foundation
import JourneyKit
import PlayLauncherWire
import RPC
import Records
import Wire

/// What plays that start themselves cost: of an event that starts none among a thousand triggers, and to be told from the
/// journal what a trigger would have started.
struct TriggersBench {
    private static let triggers = 1_000
    private static let touchpoints = 500
    private static let rounds = 20
    /// Changes of the journal that a back-test goes through, spread over so many days.
    private static let changes = 100_000
    private static let days = 90

    private let stack: BenchStack
    private let client: Client
    private let administrator: Credential
    private let manager: Credential
    private let actor: String
    private let engagement: String
    private let play: String

    static func measure(_ stack: BenchStack) async throws {
        let journey = Journey(stack.world())
        try await journey.meetPeople()
        try await journey.openAccount()
        try await journey.seeCaseAndTasks()
        try await journey.goLive()
        try await journey.createEngagement()
        let bench = try await TriggersBench(stack, journey)
        let records = try await bench.makeTouchpoints()
        try await bench.event(records, "triggers", under: 100, condition).printed()
        try await bench.event(records, "triggers that ask for ranges", under: 100, ranged).printed()
        try await bench.backTest().printed()
    }

    private init(_ stack: BenchStack, _ journey: Journey) async throws {
        self.stack = stack
        client = Client(NATSTransport(stack.connection))
        administrator = try journey.credential(.playAdministrator)
        manager = try journey.credential(.successManager)
        engagement = journey.engagement.id
        actor = journey.users[.successManager] ?? ""
        var request = ListRequest()
        request.filter = "title = \"Setup Next Quarterly Business Review\""
        let found = try await client.call(PlayLauncherAPI.listDefinitionRecords, request, as: administrator)
        guard let entry = found.definitionRecords.first else { throw JourneyFailure("the play is not there") }
        play = entry.id
    }

    // MARK: Events

    /// The CPU of the launcher for each event that starts nothing: touchpoints change in a field that every trigger names.
    private func event(
        _ records: [String], _ name: String, under aim: Double, _ condition: @escaping @Sendable (Int) -> String
    ) async throws -> Figure {
        let active = try await withThrowingTaskGroup(of: [String].self) { group in
            for hand in 0..<8 {
                group.addTask {
                    var active: [String] = []
                    for number in stride(from: hand, to: Self.triggers, by: 8) {
                        active.append(try await activate(condition(number)))
                    }
                    return active
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        // The first round fills caches, and its sentinel says that all instances know the triggers.
        let sentinel = try await activate("subject = \"sentinel\"")
        _ = try await change(records, round: 0)
        try await pass(sentinel, records[0], 1)
        let times = ProcessTimes(["play-launcher": try stack.pid("play-launcher")])
        let before = times.milliseconds()["play-launcher"] ?? .nan
        var events = 0
        for round in 1...Self.rounds { events += try await change(records, round: round) }
        try await pass(sentinel, records[0], 2)
        let spent = (times.milliseconds()["play-launcher"] ?? .nan) - before
        for id in active + [sentinel] { try await deactivate(id) }
        let label = "\(events) events, \(Self.triggers) \(name): CPU of each"
        return .bound(label, spent * 1_000 / Double(events), unit: "µs", under: aim)
    }

    /// Conditions without a value that could be looked up: they are found by their bounds.
    @Sendable private static func ranged(_ number: Int) -> String {
        let day = CivilDate("2100-01-01")?.adding(days: number).description ?? ""
        return "due_date > \"\(day)\" AND NOT channel = chat"
    }

    /// What people look for: a value of a choice together with others, dates, words; none of it is met.
    @Sendable private static func condition(_ number: Int) -> String {
        switch number % 4 {
        case 0: "channel = chat AND priority = 1 AND description : \"number \(number)\""
        case 1: "assigned_to = \"\(RecordID.derived(from: "nobody \(number)"))\" AND channel = web"
        case 2: "channel = social AND due_date < days_from_now(\(number % 90))"
        default: "subject = \"never \(number)\" AND NOT channel = chat"
        }
    }

    private func makeTouchpoints() async throws -> [String] {
        var request = BatchCreateTouchpointsRequest()
        request.touchpoints = (0..<Self.touchpoints).map { _ in .weekly(of: engagement) }
        return try await client.call(
            CustomerSuccessAPI.batchCreateTouchpoints, request, as: manager, deadline: .seconds(60)
        ).results.map(\.id).filter { !$0.isEmpty }
    }

    private func change(_ records: [String], round: Int) async throws -> Int {
        var request = BatchUpdateTouchpointsRequest()
        request.updateMask = ["channel"]
        request.touchpoints = records.map { id in
            var touchpoint = Touchpoint()
            (touchpoint.id, touchpoint.channel) = (id, round % 2 == 0 ? "phone" : "email")
            return touchpoint
        }
        _ = try await client.call(
            CustomerSuccessAPI.batchUpdateTouchpoints, request, as: manager, deadline: .seconds(60))
        return records.count
    }

    private func deactivate(_ id: String) async throws {
        var action = ActionRequest()
        action.id = id
        _ = try await client.call(PlayLauncherAPI.deactivatePlayTrigger, action, as: administrator)
    }

    private func activate(_ condition: String) async throws -> String {
        var trigger = PlayTrigger()
        (trigger.title, trigger.sourceTable, trigger.condition) = (condition, "touchpoint", condition)
        (trigger.startsOn, trigger.definitionRecord, trigger.actsAs) = (PlayTrigger.StartsOn.entering, play, actor)
        trigger.answers = #"{"meeting_date": "2027-03-31"}"#
        var request = CreatePlayTriggerRequest()
        request.playTrigger = trigger
        var action = ActionRequest()
        action.id = try await client.call(PlayLauncherAPI.createPlayTrigger, request, as: administrator).id
        _ = try await client.call(PlayLauncherAPI.activatePlayTrigger, action, as: administrator)
        return action.id
    }

    /// Has a record meet a trigger for the nth time, and waits until that is known: events before it were then seen.
    private func pass(_ trigger: String, _ record: String, _ count: Int) async throws {
        for subject in ["other", "sentinel"] {
            var request = UpdateTouchpointRequest()
            var touchpoint = Touchpoint()
            (touchpoint.id, touchpoint.subject) = (record, subject)
            (request.touchpoint, request.updateMask) = (touchpoint, ["subject"])
            _ = try await client.call(CustomerSuccessAPI.updateTouchpoint, request, as: manager)
        }
        let end = ContinuousClock.now + .seconds(120)
        while ContinuousClock.now < end {
            let found = try await stack.psql([
                "-Atc", "SELECT count(*) FROM play_launcher.play_firing WHERE play_trigger = '\(trigger)'",
            ])
            if Int(found.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0 >= count { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw JourneyFailure("the trigger was not met")
    }

    // MARK: Back-test

    private func backTest() async throws -> Figure {
        try await stack.psql(["-c", Self.history])
        var (request, draft) = (BackTestPlayTriggerRequest(), PlayTrigger())
        (draft.sourceTable, draft.condition) = ("touchpoint", "channel = chat")
        draft.startsOn = PlayTrigger.StartsOn.both
        (request.playTrigger, request.days) = (draft, Int32(Self.days + 1))
        let start = ContinuousClock.now
        let answer = try await client.call(
            PlayLauncherAPI.backTestPlayTrigger, request, as: administrator, deadline: .seconds(60))
        let seconds = start.duration(to: .now) / .seconds(1)
        guard !answer.cut, answer.changes >= Self.changes else {
            throw JourneyFailure("\(answer.changes) changes were looked at")
        }
        return .bound("back-test of \(Self.days) days, \(answer.changes) changes", seconds, unit: "s", under: 10)
    }

    /// Changes of the touchpoints, back and forth, in the days behind us; the last has led to what the records hold.
    private static let history = """
        INSERT INTO customer_success.journal \
        (id, table_name, record, domain, at, by, kind, fields, old_values, new_values) \
        SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))::uuid, \
        'touchpoint', id, domain, at, 'bench', 'field', '{channel}', \
        ARRAY[CASE WHEN turn % 2 = 0 THEN 'chat' ELSE 'phone' END], \
        ARRAY[CASE WHEN turn % 2 = 0 THEN 'phone' ELSE 'chat' END] \
        FROM (SELECT t.id, t.domain, n, (n - 1) / \(touchpoints) AS turn, \
        now() - interval '\(days) days' + n * interval '\(days) days' / (\(changes) + 1) AS at \
        FROM generate_series(1, \(changes)) n JOIN ( \
        SELECT id, domain, row_number() OVER (ORDER BY id) AS place FROM customer_success.touchpoint \
        WHERE subject = 'Weekly check-in' OR subject = 'sentinel') t ON t.place = (n - 1) % \(touchpoints) + 1) made
        """
}
