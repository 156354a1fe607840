import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire
import WireCatalog

@testable import CustomerSuccessService

/// The rules that belong to one table, each broken once and kept once.
@Suite struct RuleTests {
    // MARK: Engagement

    @Test func anEngagementIsNotBelowItself() async throws {
        let world = try await World()
        let top = try await world.make(Engagement.self)
        let middle = try await world.make(Engagement.self) { $0.parent = top.id }
        let bottom = try await world.make(Engagement.self) { $0.parent = middle.id }
        for parent in [top, middle, bottom] {
            try await breaks("BR-06", field: "engagement.parent") {
                _ = try await world.set(top, "parent", .string(parent.id))
            }
        }
        #expect(try await world.set(bottom, "parent", .string(top.id)).parent == top.id)
        #expect(try await world.set(bottom, "parent", .null).parent == nil)
    }

    @Test func theOnboardingCaseIsOfTheSameAccount() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let engagement = try await world.make(Engagement.self)
        #expect(engagement.initialGoLive == "2027-03-01")
        // A case of the same domain but of another account, and one of another tenant.
        let foreign = uuid()
        try await world.insert("onboarding_case", ["id": foreign, "account": uuid(), "state": "new"])
        try await breaks("BR-07", field: "engagement.initial_onboarding") {
            _ = try await world.set(engagement, "initial_onboarding", .string(foreign))
        }
        try await breaks("BR-07", field: "engagement.initial_onboarding") {
            _ = try await world.make(Engagement.self) { $0.initialOnboarding = foreign }
        }
        let stranger = try await refusal {
            _ = try await world.make(Engagement.self) { $0.initialOnboarding = other.onboarding }
        }
        #expect(stranger.violations.map(\.field) == ["engagement.initial_onboarding"])
        let canceled = uuid()
        try await world.insert(
            "onboarding_case", ["id": canceled, "account": world.account, "state": "canceled"])
        try await breaks("G-91") { _ = try await world.make(Engagement.self) { $0.initialOnboarding = canceled } }
        let later = uuid()
        try await world.insert(
            "onboarding_case",
            ["id": later, "account": world.account, "state": "active", "go_live_date": "2028-02-29"])
        let changed = try await world.set(engagement, "initial_onboarding", .string(later))
        #expect(changed.initialGoLive == "2028-02-29")
    }

    @Test func healthIsRemembered() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        #expect(engagement.perceivedHealth == "unknown" && engagement.healthScore == nil)
        let green = try await world.set(engagement, "perceived_health", .string("green"))
        #expect(green.healthScore == 100 && green.previousPerceivedHealth == "unknown")
        let red = try await world.set(engagement, "perceived_health", .string("red"))
        #expect(red.healthScore == 20 && red.previousPerceivedHealth == "green")
        #expect(red.healthChangedAt == world.server.clock.now)
    }

    // MARK: Dates, tracking, parents

    @Test func plannedDatesAreInOrder() async throws {
        let world = try await World()
        try await dates(SuccessObjective.self, "BR-13", world)
        try await dates(SuccessOutcome.self, "BR-19", world)
    }

    private func dates<R: Sample>(_ type: R.Type, _ rule: String, _ world: World) async throws {
        let draft = try await R.draft(in: world)
        func dated(_ start: String?, _ stop: String?) -> R {
            var draft = draft
            draft[named: "planned_start"] = start.map(FieldValue.string) ?? .null
            draft[named: "planned_stop"] = stop.map(FieldValue.string) ?? .null
            return draft
        }
        try await breaks(rule, field: "\(R.schema.table).planned_stop") {
            _ = try await world.create(dated("2028-03-01", "2028-02-29"))
        }
        for (start, stop) in [("2028-02-29", "2028-02-29"), ("2028-02-28", "2028-03-01"), (nil, "2020-01-01")] {
            let record = try await world.create(dated(start, stop))
            try await breaks(rule) {
                var late = record
                late[named: "planned_start"] = .string("2028-03-02")
                _ = try await world.update(late, ["planned_start"])
            }
        }
    }

    @Test(arguments: [("indicator_kpi", "indicator"), ("survey", "survey"), ("report", "report")])
    func theTrackingMethodNeedsItsReference(method: String, field: String) async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self) { $0.trackingMethod = "manual" }
        try await breaks("BR-20", field: "success_outcome.\(field)") {
            _ = try await world.set(outcome, "tracking_method", .string(method))
        }
        var tracked = SuccessOutcome()
        tracked.id = outcome.id
        tracked.trackingMethod = method
        tracked[named: field] = .string("KPI0007")
        #expect(try await world.update(tracked).trackingMethod == method)
        try await breaks("BR-20", field: "success_outcome.\(field)") {
            _ = try await world.set(outcome, field, .null)
        }
    }

    @Test func anInternalPlayHasNoParent() async throws {
        let world = try await World()
        let play = try await world.make(InternalPlay.self)
        try await breaks("BR-41", field: "internal_play.parent") {
            _ = try await world.make(InternalPlay.self) { $0.parent = play.id }
        }
        try await breaks("BR-41", field: "internal_play.parent") {
            _ = try await world.set(play, "parent", .string(uuid()))
        }
        #expect(try await world.set(play, "parent", .null).etag == play.etag)
    }

    @Test func tasksHaveACaseAnInitiativeOrATouchpointAsParent() async throws {
        let world = try await World()
        let initiative = try await world.make(SuccessInitiative.self)
        let touchpoint = try await world.make(Touchpoint.self)
        let task = try await world.make(SuccessTask.self)
        #expect(task.parentTable == "success_case")
        #expect(try await world.set(task, "parent", .string(initiative.id)).parentTable == "success_initiative")
        #expect(try await world.set(task, "parent", .string(touchpoint.id)).parentTable == "touchpoint")
        let engagement = try #require(touchpoint.engagement)
        let wrong = try await refusal { _ = try await world.set(task, "parent", .string(engagement)) }
        #expect(wrong.violations.map(\.field) == ["success_task.parent"])
    }

    @Test func aTouchpointAboutAProductNamesIt() async throws {
        let world = try await World()
        try await breaks("G-85", field: "touchpoint.product") {
            _ = try await world.make(Touchpoint.self) { $0.productRelated = true }
        }
        let touchpoint = try await world.make(Touchpoint.self) {
            $0.productRelated = true
            $0.product = world.product
        }
        #expect(touchpoint.number?.hasPrefix("TCHPT") == true && touchpoint.priority == 4)
    }

    // MARK: Risks

    @Test func aRiskNeedsAnEngagementOrAnOnboarding() async throws {
        let world = try await World()
        // Nothing begins on a case that has ended (G-128).
        _ = try await world.server.admin.run(
            "UPDATE customer_success.onboarding_case SET state = 'active' WHERE id = \(world.onboarding)")
        func draft(_ scope: String?, _ onboarding: String?) -> RiskSignal {
            var draft = RiskSignal()
            draft.shortDescription = "Late data"
            draft.description = "No contacts yet"
            draft.probability = "low"
            draft.scope = scope
            draft.onboardingCase = onboarding
            return draft
        }
        for (scope, onboarding) in [("onboarding", nil), ("adoption", world.onboarding), (nil, world.onboarding)] {
            try await breaks("BR-48", field: "risk_signal.engagement") {
                _ = try await world.create(draft(scope, onboarding))
            }
        }
        let risk = try await world.create(draft("onboarding", world.onboarding))
        #expect(risk.engagement == nil && risk.account == world.account && risk.domain == world.domain)
        try await breaks("BR-48", field: "risk_signal.engagement") {
            _ = try await world.set(risk, "scope", .string("renewal"))
        }
        let closed = try await world.create(draft("onboarding", world.onboarding))
        _ = try await world.close(try await world.set(closed, "state", .string("active")))
        // The engagement that follows takes over what is open (G-03).
        let engagement = try await world.make(Engagement.self)
        #expect(try await world.get(RiskSignal.self, risk.id).engagement == engagement.id)
        #expect(try await world.get(RiskSignal.self, closed.id).engagement == nil)
    }

    @Test func theCaseOfARiskIsOfTheSameAccount() async throws {
        let world = try await World()
        let foreign = uuid()
        try await world.insert("onboarding_case", ["id": foreign, "account": uuid(), "state": "new"])
        try await breaks("G-03", field: "risk_signal.onboarding_case") {
            _ = try await world.make(RiskSignal.self) { $0.onboardingCase = foreign }
        }
        let risk = try await world.make(RiskSignal.self) { $0.onboardingCase = world.onboarding }
        #expect(risk.account == world.account)
    }

    @Test func aRiskNamesASourceOfItsAccount() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let play = try await world.make(InternalPlay.self)
        let foreign = try await other.make(InternalPlay.self)
        func source(_ table: String?, _ id: String?) async throws -> RiskSignal {
            try await world.make(RiskSignal.self) {
                $0.table = table
                $0.sourceRecord = id
            }
        }
        for (table, id) in [
            ("internal_play", foreign.id), ("success_case", play.id), ("internal_play", uuid()),
            ("internal_play", nil), (nil, play.id), ("outbox", play.id), ("pg_user", play.id),
        ] {
            try await breaks("G-97", "\(table ?? "") \(id ?? "")") { _ = try await source(table, id) }
        }
        #expect(try await source("internal_play", play.id).sourceRecord == play.id)
        #expect(try await source("onboarding_case", world.onboarding).table == "onboarding_case")
    }

    /// A risk may come of another one (G-97), which then stays where it is.
    @Test func aRiskIsTheSourceOfAnother() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let first = try await world.make(RiskSignal.self)
        let second = try await world.make(RiskSignal.self) {
            $0.table = "risk_signal"
            $0.sourceRecord = first.id
        }
        #expect(second.sourceRecord == first.id)
        try await breaks("AIP-135") { try await world.delete(first) }
        let target = try await other.make(Engagement.self)
        try await breaks("G-97", field: "risk_signal.engagement") {
            _ = try await world.set(first, "engagement", .string(target.id))
        }
        let sibling = try await world.make(Engagement.self)
        #expect(try await world.set(first, "engagement", .string(sibling.id)).engagement == sibling.id)
        try await breaks("G-97", field: "risk_signal.source_record") {
            _ = try await world.set(second, "source_record", .string(second.id))
        }
        let foreign = try await other.make(RiskSignal.self)
        try await breaks("G-97", field: "risk_signal.source_record") {
            _ = try await world.set(second, "source_record", .string(foreign.id))
        }
        try await world.delete(second)
        #expect(try await world.set(first, "engagement", .string(target.id)).account == other.account)
    }

    /// Every table that declares its records to be what a risk may come from; a risk may follow from another.
    @Test func aRiskComesFromWhateverDeclaresIt() async throws {
        let world = try await World()
        let declared = Set(Catalog.schemas.filter(\.sourceOfRisks).map(\.table))
        let own = allSamples.filter { declared.contains($0.schema.table) }
        #expect(declared == Set(own.map { $0.schema.table } + ["onboarding_case"]))
        #expect(declared.isSuperset(of: ["engagement", "risk_signal", "success_task", "internal_play_task"]))
        for type in own {
            let id = try await made(type, in: world)
            let risk = try await world.make(RiskSignal.self) {
                $0.table = type.schema.table
                $0.sourceRecord = id
            }
            #expect(risk.sourceRecord == id)
        }
    }

    private func made<R: Sample>(_ type: R.Type, in world: World) async throws -> String {
        try await world.make(type).id
    }

    @Test func aSolutionIsUsedOnce() async throws {
        let world = try await World()
        let solution = try await world.make(RiskSignalSolution.self)
        try await breaks("BR-54", field: "risk_signal_solution.solution_record") {
            _ = try await world.make(RiskSignalSolution.self) { $0.solutionRecord = solution.solutionRecord }
        }
        let second = try await world.make(RiskSignalSolution.self)
        try await breaks("BR-54", field: "risk_signal_solution.solution_record") {
            _ = try await world.set(second, "solution_record", .string(try #require(solution.solutionRecord)))
        }
    }

    @Test func aSolutionIsARecordOfItsTable() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let initiative = try await world.make(SuccessInitiative.self)
        let planned = try await world.make(SuccessTask.self) { $0.parent = initiative.id }
        let unplanned = try await world.make(SuccessTask.self)
        let foreign = try await other.make(InternalPlay.self)
        func solve(_ table: String, _ id: String) async throws -> RiskSignalSolution {
            try await world.make(RiskSignalSolution.self) {
                $0.solutionTable = table
                $0.solutionRecord = id
            }
        }
        for (table, id) in [
            ("success_task", planned.id), ("success_case", unplanned.id), ("internal_play", foreign.id),
            ("internal_play", uuid()),
        ] {
            try await breaks("G-84", field: "risk_signal_solution.solution_record", "\(table)") {
                _ = try await solve(table, id)
            }
        }
        #expect(try await solve("success_task", unplanned.id).solutionRecord == unplanned.id)
        // Once it solves a risk it stays with a case.
        try await breaks("G-84", field: "success_task.parent") {
            _ = try await world.set(unplanned, "parent", .string(initiative.id))
        }
    }

    // MARK: Squads

    @Test func aSquadHasNoTwoAlike() async throws {
        let world = try await World()
        let member = try await world.make(SquadMember.self)
        try await breaks("BR-55", field: "squad_member.user") { _ = try await world.make(SquadMember.self) }
        let other = uuid()
        try await world.insert("responsibility_definition", ["id": other, "name": "Support"], domain: "/provider/")
        let second = try await world.make(SquadMember.self) { $0.responsibility = other }
        try await breaks("BR-55") {
            _ = try await world.set(second, "responsibility", .string(world.responsibility))
        }
        // The same person in the squad of another account (G-10).
        let neighbour = try await World(world.server)
        #expect(
            try await neighbour.make(SquadMember.self) {
                $0.user = world.manager
                $0.responsibility = world.responsibility
            }.user == member.user)
    }

    @Test func aSquadIsDrawnFromTheAccount() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let own = try await world.make(SquadMember.self)
        let foreign = try await other.make(SquadMember.self)
        // Of the same domain, yet of another account.
        let sibling = uuid()
        try await world.insert("customer_account", ["id": sibling, "name": "Sibling"])
        let cousin = try await world.make(SquadMember.self) { $0.account = sibling }
        try await breaks("G-10", field: "engagement.squad") {
            _ = try await world.make(Engagement.self) { $0.squad = [own.id, cousin.id] }
        }
        let stranger = try await refusal { _ = try await world.make(Engagement.self) { $0.squad = [foreign.id] } }
        #expect(stranger.violations.map(\.field) == ["engagement.squad"])
        let engagement = try await world.make(Engagement.self) { $0.squad = [own.id] }
        #expect(engagement.squad == [own.id])
        try await breaks("G-10", field: "squad_member.account") {
            _ = try await world.set(own, "account", .string(sibling))
        }
        try await breaks("AIP-135") { try await world.delete(own) }
        #expect(try await world.set(engagement, "squad", .strings([])).squad == [])
        try await world.delete(own)
    }
}
