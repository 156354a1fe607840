import CustomerSuccessWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// The rules that Postgres keeps, whatever the code does: each is broken past it and told by its own id.
@Suite struct ConstraintTests {
    /// A constraint, the rule behind it, and what breaks it in a record that is in order.
    struct Case: Sendable, CustomTestStringConvertible {
        let type: any Sample.Type
        let constraint: String
        let rule: String
        let change: Change
        var testDescription: String { constraint }

        enum Change: Sendable {
            case set(String)
            /// Takes over these columns of another record of the table.
            case copy(String)
        }

        init(_ type: any Sample.Type, _ constraint: String, _ rule: String, _ change: Change) {
            self.type = type
            self.constraint = constraint
            self.rule = rule
            self.change = change
        }
    }

    static let cases: [Case] =
        [
            Case(
                SuccessObjective.self, "success_objective_dates", "BR-13",
                .set("planned_start = '2028-03-01', planned_stop = '2028-02-29'")),
            Case(
                SuccessOutcome.self, "success_outcome_dates", "BR-19",
                .set("planned_start = '2028-03-01', planned_stop = '2028-02-29'")),
            Case(
                SuccessOutcome.self, "success_outcome_tracking", "BR-20",
                .set("tracking_method = 'survey', survey = NULL")),
            Case(SuccessMilestone.self, "success_milestone_reached", "G-118", .set("reached_on = current_date")),
            Case(SuccessMilestone.self, "success_milestone_closure", "G-118", .set("active = false")),
            Case(Opportunity.self, "opportunity_value", "G-120", .set("value = 1, currency = NULL")),
            Case(Opportunity.self, "opportunity_probability", "G-120", .set("probability = 101")),
            Case(Opportunity.self, "opportunity_handed_over", "G-120", .set("handed_over_at = now()")),
            Case(Opportunity.self, "opportunity_closure", "G-120", .set("active = false")),
            Case(
                SuccessInitiative.self, "success_initiative_close_code", "BR-22",
                .set("state = 'closed', active = false, closed_at = now(), closed_by = 'x', close_code = 'canceled'")),
            Case(InternalPlay.self, "internal_play_no_parent", "BR-41", .set("parent = id")),
            Case(RiskSignal.self, "risk_signal_engagement_needed", "BR-48", .set("engagement = NULL")),
            Case(
                Touchpoint.self, "touchpoint_product_needed", "G-85", .set("product_related = true, product = NULL")),
            Case(
                SquadMember.self, "squad_member_unique", "BR-55", .copy("account, \"user\", responsibility")),
            Case(
                EngagementContract.self, "engagement_contract_unique", "BR-57", .copy("engagement, contract")),
            Case(RiskSignalSolution.self, "risk_signal_solution_unique", "BR-54", .copy("solution_record")),
            Case(ResponseTemplate.self, "response_template_unique", "G-113", .copy("domain, name")),
            Case(CaseServiceDefinition.self, "service_definition_unique", "G-124", .copy("domain, title")),
        ]
        + ClosingTests.closings.map { type, closing, _, _ in
            Case(type, "\(type.schema.table)_closure", closing, .set("active = false"))
        }

    /// Every constraint that a record names is among the cases.
    @Test func noneIsForgotten() {
        func constraints<R: Sample>(_ type: R.Type) -> [String] { R.constraints.map(\.constraint) }
        let all = (allSamples + definitionSamples).flatMap { constraints($0) }
        #expect(Set(all) == Set(Self.cases.map(\.constraint)))
    }

    @Test(arguments: cases)
    func theDatabaseKeepsIt(one: Case) async throws { try await check(one.type, one) }

    private func check<R: Sample>(_ type: R.Type, _ one: Case) async throws {
        let world = try await World()
        let record = try await world.make(type)
        let table = R.schema.table
        let statement: SQL
        switch one.change {
        case .set(let change):
            statement = "UPDATE customer_success.\(identifier: table) SET \(raw: change) WHERE id = \(record.id)"
        case .copy(let columns):
            let responsibility = uuid()
            try await world.insert("responsibility_definition", ["id": responsibility], domain: "/provider/")
            let other = try await world.make(type) { other in
                if table == "squad_member" { other[named: "responsibility"] = .string(responsibility) }
            }
            statement = """
                UPDATE customer_success.\(identifier: table) SET (\(raw: columns)) = ( \
                SELECT \(raw: columns) FROM customer_success.\(identifier: table) WHERE id = \(record.id)) \
                WHERE id = \(other.id)
                """
        }
        let context = WriteContext.system("test", domain: .root, now: world.server.clock.now)
        let problem = try await breaks(one.rule) {
            try await world.server.database.transaction(as: context.caller, deadline: .patient) { tx in
                tx.send(statement)
            }
        }
        #expect(problem.code == .invalidArgument && problem.violations.first?.text.ko.isEmpty == false)
    }
}
