import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Closing stamps the closure information, reopening clears it, on every table with a state (G-11).
@Suite struct ClosingTests {
    /// Table, rule of closing, rule of reopening, the states on the way from New to one that can be closed.
    static let closings: [(any Sample.Type, String, String, [String])] = [
        (Engagement.self, "BR-03", "BR-04", ["define", "in_progress"]),
        (SuccessObjective.self, "BR-10", "BR-11", ["define", "in_progress"]),
        (SuccessOutcome.self, "BR-16", "BR-17", ["in_progress"]),
        (SuccessInitiative.self, "BR-22", "BR-23", ["in_progress"]),
        (SuccessCase.self, "BR-27", "BR-28", ["in_progress"]),
        (Touchpoint.self, "BR-31", "BR-32", ["in_progress"]),
        (SuccessTask.self, "BR-35", "BR-36", ["in_progress"]),
        (InternalPlay.self, "BR-39", "BR-40", ["in_progress"]),
        (InternalPlayTask.self, "BR-44", "BR-45", ["in_progress"]),
        (RiskSignal.self, "BR-49", "BR-50", ["active"]),
    ]

    @Test(arguments: closings.indices)
    func closingStampsAndReopeningClears(row: Int) async throws {
        let (type, closing, reopening, way) = Self.closings[row]
        try await check(type, closing, reopening, way)
    }

    private func check<R: Sample>(_ type: R.Type, _ closing: String, _ reopening: String, _ way: [String]) async throws
    {
        let world = try await World()
        var record = try await world.make(type)
        #expect(record[named: "state"] == .string("new"))
        #expect(record[named: "active"] == .bool(true))
        try await breaks(reopening, field: "\(R.schema.table).state") { _ = try await world.act("reopen", record) }
        for state in way { record = try await world.set(record, "state", .string(state)) }
        let code = R.schema.index(of: "close_code") == nil ? "" : "achieved"
        for verb in ["close", "cancel"] {
            let closed = try await world.close(record, verb, code: verb == "close" ? code : "", notes: "Done.")
            #expect(closed[named: "state"] == .string(verb == "close" ? "closed" : "canceled"))
            #expect(closed[named: "closed_at"] == .timestamp(world.server.clock.now))
            #expect(closed[named: "closed_by"] == .string(world.agent.subject))
            #expect(closed[named: "close_notes"] == .string("Done."))
            #expect(closed[named: "active"] == .bool(false))
            try await breaks(closing, field: "\(R.schema.table).state") {
                _ = try await world.close(record, notes: "x")
            }
            record = try await world.act("reopen", record)
            #expect(record[named: "state"] == .string(way.last ?? ""))
            for field in ["closed_at", "closed_by", "close_notes"] {
                #expect(record[named: field] == .null, "\(field)")
            }
            #expect(record[named: "active"] == .bool(true))
        }
        for field in ["active", "closed_by"] {
            try await breaks(closing, field: "update_mask") {
                _ = try await world.set(record, field, field == "active" ? .bool(false) : .string("x"))
            }
        }
    }

    /// Postgres alone refuses closure information that does not go with the state.
    @Test(arguments: closings.indices)
    func theDatabaseKeepsClosureAndStateTogether(row: Int) async throws {
        let (type, closing, _, _) = Self.closings[row]
        try await constraint(type, closing)
    }

    private func constraint<R: Sample>(_ type: R.Type, _ closing: String) async throws {
        let world = try await World()
        let record = try await world.make(type)
        let context = WriteContext.system("test", domain: .root, now: world.server.clock.now)
        let database = world.server.database
        try await breaks(closing) {
            try await database.transaction(as: context.caller, deadline: .patient) { tx in
                tx.send(
                    """
                    UPDATE customer_success.\(identifier: R.schema.table) SET active = false WHERE id = \(record.id)
                    """)
            }
        }
    }

    @Test func aClosedRecordCanBeMadeAtOnce() async throws {
        let world = try await World()
        let touchpoint = try await world.make(Touchpoint.self) { $0.state = "closed" }
        #expect(touchpoint.active == false)
        #expect(touchpoint.closedAt == world.server.clock.now)
        #expect(touchpoint.progress == "completed")
    }

    // MARK: Initiatives

    private func initiative(in world: World) async throws -> SuccessInitiative {
        let initiative = try await world.make(SuccessInitiative.self)
        return try await world.set(initiative, "state", .string("in_progress"))
    }

    @Test func initiativesNeedCodeAndNotes() async throws {
        let world = try await World()
        let initiative = try await initiative(in: world)
        try await breaks("BR-22", field: "success_initiative.close_code") {
            _ = try await world.close(initiative, notes: "Done.")
        }
        try await breaks("BR-22", field: "success_initiative.close_notes") {
            _ = try await world.close(initiative, code: "missed")
        }
        try await breaks("BR-22", field: "success_initiative.close_code") {
            _ = try await world.close(initiative, code: "canceled", notes: "Done.")
        }
        try await breaks("BR-22", field: "success_initiative.close_code") {
            _ = try await world.close(initiative, "cancel", code: "achieved", notes: "Done.")
        }
        let wrong = try await refusal { _ = try await world.close(initiative, code: "won", notes: "Done.") }
        #expect(wrong.violations.map(\.field) == ["close_code"])
        let closed = try await world.close(initiative, code: "partially_achieved", notes: "Most of it.")
        #expect(closed.closeCode == "partially_achieved")
        try await breaks("BR-22", field: "success_initiative.close_notes") {
            _ = try await world.set(closed, "close_notes", .null)
        }
        #expect(try await world.act("reopen", closed).closeCode == nil)
        let canceled = try await world.close(initiative, "cancel", notes: "No longer wanted.")
        #expect(canceled.closeCode == "canceled")
    }

    /// BR-25: a closed initiative has no playbook run any more.
    @Test(arguments: ["close", "cancel"])
    func closingLetsGoOfThePlaybookRun(verb: String) async throws {
        let world = try await World()
        let initiative = try await initiative(in: world)
        let database = world.server.database
        let context = WriteContext.system("test", domain: .root, now: world.server.clock.now)
        let run = uuid()
        _ = try await database.transaction(as: context.caller, deadline: .patient) { tx in
            try Store<SuccessInitiative>(database).change(initiative.id, context, in: tx) { $0.playbookRun = run }
        }
        #expect(try await world.set(initiative, "subject", .string("Other")).playbookRun == run)
        let closed = try await world.close(initiative, verb, code: verb == "close" ? "missed" : "", notes: "Done.")
        #expect(closed.playbookRun == nil)
    }

    @Test func theButtonClosesWhatIsCompleteAndAchieved() async throws {
        let world = try await World()
        let initiative = try await initiative(in: world)
        let task = try await world.make(SuccessTask.self) { $0.parent = initiative.id }
        #expect(task.parentTable == "success_initiative")
        try await breaks("G-19", field: "success_initiative.state") {
            _ = try await world.close(initiative, "close_initiative", code: "achieved", notes: "Done.")
        }
        _ = try await world.close(task, "cancel")
        try await breaks("G-19", field: "success_initiative.close_code") {
            _ = try await world.close(initiative, "close_initiative", code: "missed", notes: "Done.")
        }
        #expect(try await world.get(SuccessInitiative.self, initiative.id).state == "in_progress")
        // The code may stand on the record already.
        _ = try await world.set(initiative, "close_code", .string("achieved"))
        let closed = try await world.close(initiative, "close_initiative", notes: "Done.")
        #expect(closed.state == "closed" && closed.closeCode == "achieved")
        #expect(closed.engagement != nil)
    }
}
