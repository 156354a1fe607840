import CustomerSuccessWire
import RPC
import Records
import Testing
import Wire

@testable import CustomerSuccessService

/// The link to the parent cannot change once something depends on the record.
@Suite struct LockedFieldTests {
    /// What can depend on a record, made in its world.
    enum Dependant: Sendable, Hashable {
        /// A risk signal that names the record as its source (G-97).
        case risk
        case outcome, milestone, milestoneOfOutcome, initiative, task, playTask
        case objective, successCase, play, riskOfEngagement
    }

    /// Table, rule, the field that is fixed, and what fixes it.
    static let locks: [(any Sample.Type, String, String, [Dependant])] = [
        (SuccessObjective.self, "BR-12", "engagement", [.outcome, .risk]),
        (SuccessObjective.self, "G-118", "engagement", [.milestone]),
        (SuccessOutcome.self, "G-118", "success_objective", [.milestoneOfOutcome]),
        (SuccessOutcome.self, "BR-18", "success_objective", [.initiative, .risk]),
        (SuccessInitiative.self, "BR-24", "success_outcome", [.task, .risk]),
        (SuccessCase.self, "BR-29", "engagement", [.task, .risk]),
        (Touchpoint.self, "BR-33", "engagement", [.task, .risk]),
        (SuccessTask.self, "BR-37", "parent", [.risk]),
        (InternalPlay.self, "BR-42", "engagement", [.playTask, .risk]),
        (InternalPlayTask.self, "BR-46", "internal_play", [.risk]),
    ]

    static let cases: [(Int, Dependant)] = locks.indices.flatMap { row in locks[row].3.map { (row, $0) } }

    @Test(arguments: cases.indices)
    func theParentIsFixedByWhatDepends(index: Int) async throws {
        let (row, dependant) = Self.cases[index]
        let (type, rule, field, _) = Self.locks[row]
        try await check(type, rule, field, dependant)
    }

    private func check<R: Sample>(
        _ type: R.Type, _ rule: String, _ field: String, _ dependant: Dependant
    ) async throws {
        let world = try await World()
        let record = try await world.make(type)
        let other = try await R.draft(in: world)[named: field]
        let third = try await R.draft(in: world)[named: field]
        // Nothing depends on it yet.
        #expect(try await world.set(record, field, other)[named: field] == other)
        try await make(dependant, of: record.id, table: R.schema.table, in: world)
        let problem = try await breaks(rule, field: "\(R.schema.table).\(field)") {
            _ = try await world.set(record, field, third)
        }
        #expect(problem.code == .invalidArgument)
        #expect(try await world.get(R.self, record.id)[named: field] == other)
        // Other fields may still change.
        #expect(try await world.set(record, "priority", .int(1))[named: "priority"] == .int(1))
    }

    private func make(_ dependant: Dependant, of id: String, table: String, in world: World) async throws {
        switch dependant {
        case .risk:
            _ = try await world.make(RiskSignal.self) {
                $0.table = table
                $0.sourceRecord = id
            }
        case .outcome: _ = try await world.make(SuccessOutcome.self) { $0.successObjective = id }
        case .milestone: _ = try await world.make(SuccessMilestone.self) { $0.successObjective = id }
        case .milestoneOfOutcome:
            let objective = try await world.get(SuccessOutcome.self, id).successObjective
            _ = try await world.make(SuccessMilestone.self) {
                $0.successObjective = objective
                $0.successOutcome = id
            }
        case .initiative: _ = try await world.make(SuccessInitiative.self) { $0.successOutcome = id }
        case .task: _ = try await world.make(SuccessTask.self) { $0.parent = id }
        case .playTask: _ = try await world.make(InternalPlayTask.self) { $0.internalPlay = id }
        case .objective: _ = try await world.make(SuccessObjective.self) { $0.engagement = id }
        case .successCase: _ = try await world.make(SuccessCase.self) { $0.engagement = id }
        case .play: _ = try await world.make(InternalPlay.self) { $0.engagement = id }
        case .riskOfEngagement: _ = try await world.make(RiskSignal.self) { $0.engagement = id }
        }
    }

    /// BR-05; touchpoints do not count (G-96).
    @Test(arguments: [Dependant.objective, .successCase, .play, .riskOfEngagement])
    func theAccountOfAnEngagementIsFixed(by dependant: Dependant) async throws {
        let world = try await World()
        let other = try await World(world.server)
        let engagement = try await world.make(Engagement.self)
        try await make(dependant, of: engagement.id, table: "engagement", in: world)
        var moved = Engagement()
        moved.id = engagement.id
        moved.account = other.account
        moved.initialOnboarding = other.onboarding
        try await breaks("BR-05", field: "engagement.account") { _ = try await world.update(moved) }
    }

    @Test func touchpointsAndTheirTasksMoveWithTheAccount() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let member = try await world.make(SquadMember.self)
        let engagement = try await world.make(Engagement.self)
        let touchpoint = try await world.make(Touchpoint.self) {
            $0.engagement = engagement.id
            $0.contact = world.contact
            $0.product = world.product
            $0.productRelated = true
            $0.squad = [member.id]
        }
        let task = try await world.make(SuccessTask.self) {
            $0.parent = touchpoint.id
            $0.contact = world.contact
        }
        var moved = Engagement()
        moved.id = engagement.id
        moved.account = other.account
        moved.initialOnboarding = other.onboarding
        let after = try await world.update(moved)
        #expect(after.account == other.account && after.domain == other.domain)
        let followed = try await world.get(Touchpoint.self, touchpoint.id)
        #expect(followed.account == other.account && followed.domain == other.domain)
        #expect(followed.contact == nil && followed.product == nil && followed.squad == [])
        let below = try await world.get(SuccessTask.self, task.id)
        #expect(below.account == other.account && below.domain == other.domain && below.contact == nil)
        // The account before no longer knows them.
        let problem = try await refusal { _ = try await world.get(Touchpoint.self, touchpoint.id, as: world.customer) }
        #expect(problem.code == .notFound)
    }

    /// What an engagement refers to must come along or be given up.
    @Test func aMovedEngagementMustNotPointBack() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let engagement = try await world.make(Engagement.self) { $0.keyCustomerContact = world.contact }
        var moved = Engagement()
        moved.id = engagement.id
        moved.account = other.account
        moved.initialOnboarding = other.onboarding
        let problem = try await refusal { _ = try await world.update(moved) }
        #expect(problem.violations.map(\.field) == ["engagement.key_customer_contact"])
        let fields = ["account", "initial_onboarding", "key_customer_contact"]
        #expect(try await world.update(moved, fields).account == other.account)
    }

    /// A linked contract belongs to the account before (BR-58).
    @Test func linkedContractsHoldTheAccount() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let link = try await world.make(EngagementContract.self)
        var moved = Engagement()
        moved.id = try #require(link.engagement)
        moved.account = other.account
        moved.initialOnboarding = other.onboarding
        try await breaks("BR-58") { _ = try await world.update(moved) }
        try await world.delete(link)
        #expect(try await world.update(moved).account == other.account)
    }

    /// What depends on a record keeps it from being deleted, with a foreign key or without one.
    @Test func whatIsDependedOnStays() async throws {
        let world = try await World()
        let successCase = try await world.make(SuccessCase.self)
        let task = try await world.make(SuccessTask.self) { $0.parent = successCase.id }
        try await breaks("AIP-135") { try await world.delete(successCase) }
        let risk = try await world.make(RiskSignal.self) {
            $0.table = "success_task"
            $0.sourceRecord = task.id
        }
        try await breaks("AIP-135") { try await world.delete(task) }
        let solution = try await world.make(RiskSignalSolution.self) {
            $0.riskSignal = risk.id
            $0.solutionTable = "success_task"
            $0.solutionRecord = task.id
        }
        #expect(try await refusal { try await world.delete(risk) }.reason == "REFERENCE_IN_USE")
        try await world.delete(solution)
        try await world.delete(risk)
        try await world.delete(task)
        try await world.delete(successCase)
        let gone = try await refusal { _ = try await world.get(SuccessCase.self, successCase.id) }
        #expect(gone.code == .notFound)
    }

    /// What can solve a risk, the risk itself, and the link that gives each its account (G-84).
    static let solved: [(any Sample.Type, String)] = [
        (InternalPlay.self, "engagement"), (InternalPlayTask.self, "internal_play"), (SuccessCase.self, "engagement"),
        (SuccessTask.self, "parent"), (RiskSignal.self, "engagement"),
    ]

    @Test(arguments: solved.indices)
    func aRiskAndItsSolutionStayInOneAccount(row: Int) async throws {
        let (type, link) = Self.solved[row]
        try await checkSolution(type, link)
    }

    private func checkSolution<R: Sample>(_ type: R.Type, _ link: String) async throws {
        let world = try await World()
        let neighbour = try await World(world.server)
        let record = try await world.make(type)
        let elsewhere = try await R.draft(in: neighbour)[named: link]
        let solution = try await world.make(RiskSignalSolution.self) { solution in
            if R.schema.table == "risk_signal" {
                solution.riskSignal = record.id
            } else {
                solution.solutionTable = R.schema.table
                solution.solutionRecord = record.id
            }
        }
        try await breaks("G-84", field: "\(R.schema.table).\(link)") {
            _ = try await world.set(record, link, elsewhere)
        }
        // Within the account it may move, and anywhere once they do not belong together.
        let near = try await R.draft(in: world)[named: link]
        #expect(try await world.set(record, link, near)[named: link] == near)
        try await world.delete(solution)
        #expect(try await world.set(record, link, elsewhere).domain == neighbour.domain)
    }
}
