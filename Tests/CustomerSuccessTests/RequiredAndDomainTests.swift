import CustomerSuccessWire
import RPC
import Records
import Testing
import Wire

@testable import CustomerSuccessService

/// Rules that are the same for many tables: mandatory fields, and the domain that nobody chooses.
@Suite struct RequiredAndDomainTests {
    /// Table, rule of its mandatory fields, and the fields.
    static let required: [(any Sample.Type, String, [String])] = [
        (Engagement.self, "BR-02", ["account", "initial_onboarding", "title"]),
        (SuccessObjective.self, "BR-09", ["engagement", "title", "description"]),
        (SuccessOutcome.self, "BR-15", ["success_objective", "title", "description"]),
        (SuccessMilestone.self, "G-118", ["success_objective", "title", "target_date"]),
        (SuccessInitiative.self, "BR-21", ["success_outcome", "subject", "description"]),
        (SuccessCase.self, "BR-26", ["engagement", "short_description", "description"]),
        (Touchpoint.self, "BR-30", ["engagement", "subject", "description"]),
        (SuccessTask.self, "BR-34", ["parent", "subject", "description"]),
        (InternalPlay.self, "BR-38", ["engagement", "short_description", "description"]),
        (InternalPlayTask.self, "BR-43", ["internal_play", "short_description", "description"]),
        (RiskSignal.self, "BR-48", ["engagement", "short_description", "description", "probability"]),
        (Opportunity.self, "G-120", ["engagement", "kind", "title"]),
        (RiskSignalSolution.self, "G-12", ["solution_table", "solution_record", "risk_signal"]),
        (SquadMember.self, "G-10", ["user", "responsibility", "account"]),
    ]

    @Test(arguments: required.indices)
    func mandatoryFieldsAreNeeded(row: Int) async throws {
        let (type, rule, fields) = Self.required[row]
        try await check(type, rule, fields)
    }

    private func check<R: Sample>(_ type: R.Type, _ rule: String, _ fields: [String]) async throws {
        let world = try await World()
        let draft = try await R.draft(in: world)
        let record = try await world.create(draft)
        for field in fields {
            var lacking = draft
            lacking[named: field] = .null
            try await breaks(rule, field: "\(R.schema.table).\(field)", "create without \(field)") {
                _ = try await world.create(lacking)
            }
            try await breaks(rule, field: "\(R.schema.table).\(field)", "clear \(field)") {
                _ = try await world.set(record, field, .null)
            }
        }
        // All at once are named at once.
        let problem = try await breaks(rule) { _ = try await world.create(R()) }
        #expect(
            Set(problem.violations.map(\.field)).isSuperset(of: fields.dropFirst().map { "\(R.schema.table).\($0)" }))
        #expect(try await world.get(R.self, record.id).etag == "1")
    }

    /// Table and the rule that sets its domain; the others follow their parents the same way (G-13).
    static let domains: [(any Sample.Type, String)] = [
        (Engagement.self, "BR-01"), (SuccessObjective.self, "BR-08"), (SuccessOutcome.self, "BR-14"),
        (SuccessMilestone.self, "G-118"), (RiskSignal.self, "BR-47"), (SquadMember.self, "BR-56"),
        (Opportunity.self, "G-120"),
        (EngagementContract.self, "AIP-203"),
        (SuccessInitiative.self, "AIP-203"), (SuccessCase.self, "AIP-203"), (SuccessTask.self, "AIP-203"),
        (Touchpoint.self, "AIP-203"), (InternalPlay.self, "AIP-203"), (InternalPlayTask.self, "AIP-203"),
        (RiskSignalSolution.self, "AIP-203"),
    ]

    @Test(arguments: domains.indices)
    func theDomainIsTheAccounts(row: Int) async throws {
        let (type, rule) = Self.domains[row]
        try await check(type, rule)
    }

    private func check<R: Sample>(_ type: R.Type, _ rule: String) async throws {
        let world = try await World()
        let record = try await world.make(type) { $0.domain = "/provider/" }
        #expect(record.domain == world.domain)
        if R.schema.index(of: "account") != nil { #expect(record[named: "account"] == .string(world.account)) }
        try await breaks(rule, field: "update_mask") {
            _ = try await world.set(record, "domain", .string("/provider/"))
        }
        #expect(try await world.get(R.self, record.id).domain == world.domain)
    }

    @Test func theDomainFollowsTheAccount() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let engagement = try await world.make(Engagement.self)
        var moved = Engagement()
        moved.id = engagement.id
        moved.account = other.account
        moved.initialOnboarding = other.onboarding
        #expect(try await world.update(moved).domain == other.domain)
        let member = try await world.make(SquadMember.self)
        #expect(try await world.set(member, "account", .string(other.account)).domain == other.domain)
    }

    @Test(arguments: [
        ("success_objective", "BR-08"), ("success_outcome", "BR-14"), ("risk_signal", "BR-47"), ("engagement", "BR-07"),
    ])
    func whatFollowsIsNotSetByHand(table: String, rule: String) async throws {
        let world = try await World()
        switch table {
        case "success_objective": try await account(SuccessObjective.self, rule, world)
        case "success_outcome": try await account(SuccessOutcome.self, rule, world)
        case "risk_signal": try await account(RiskSignal.self, rule, world)
        default:
            let engagement = try await world.make(Engagement.self)
            try await breaks(rule, field: "engagement.initial_go_live") {
                _ = try await world.set(engagement, "initial_go_live", .string("2030-01-01"))
            }
        }
    }

    private func account<R: Sample>(_ type: R.Type, _ rule: String, _ world: World) async throws {
        let record = try await world.make(type)
        let other = try await World(world.server)
        try await breaks(rule, field: "\(R.schema.table).account") {
            _ = try await world.set(record, "account", .string(other.account))
        }
        // The same value again is no change.
        #expect(try await world.set(record, "account", .string(world.account)).etag == "1")
    }
}
