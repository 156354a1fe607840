import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

extension World {
    /// A value of an outcome that was measured so many days before today.
    func value(_ value: String, of outcome: SuccessOutcome, daysAgo: Int = 0) -> MeasuredValue {
        var measured = MeasuredValue()
        (measured.successOutcome, measured.value) = (outcome.id, value)
        measured.measuredAt = moment(daysAgo: daysAgo)
        return measured
    }

    func moment(daysAgo: Int) -> Timestamp {
        let now = server.clock.now
        return Timestamp(seconds: now.seconds - Int64(daysAgo) * 86_400, nanos: now.nanos)
    }

    func measure(
        _ values: [MeasuredValue], source: String = "meter", validateOnly: Bool = false, as caller: Caller? = nil
    ) async throws -> WriteMeasurementsResponse {
        var request = WriteMeasurementsRequest()
        (request.source, request.values, request.validateOnly) = (source, values, validateOnly)
        return try await call(CustomerSuccessAPI.writeMeasurements, request, as: caller)
    }

    func measurements(
        _ filter: String = "", as caller: Caller? = nil
    ) async throws -> [CustomerSuccessWire.Measurement] {
        var request = ListRequest()
        (request.filter, request.orderBy) = (filter, "measured_at")
        return try await call(CustomerSuccessAPI.listMeasurements, request, as: caller).measurements
    }
}

/// What was measured (G-129).
@Suite struct MeasurementTests {
    @Test func itIsThereOnceHoweverOftenItIsSent() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self) { $0.unit = "tickets" }
        let values = [world.value("90", of: outcome, daysAgo: 2), world.value("85.50", of: outcome, daysAgo: 1)]
        let first = try await world.measure(values)
        #expect(first.results.map(\.state) == ["recorded", "recorded"] && first.recorded == 2 && first.refused == 0)
        let again = try await world.measure(values + [world.value("84", of: outcome)])
        #expect(again.results.map(\.state) == ["known", "known", "recorded"] && again.known == 2)
        let stored = try await world.measurements("success_outcome = \"\(outcome.id)\"")
        #expect(stored.map(\.value) == ["90", "85.5", "84"] && stored.allSatisfy { $0.source == "meter" })
        #expect(stored.allSatisfy { $0.domain == world.domain && $0.account == world.account && $0.unit == "tickets" })
        // Another source is another measurement.
        #expect(try await world.measure(values, source: "survey").recorded == 2)
    }

    /// What contradicts what is there is refused, each by itself; deleted, it can be written again.
    @Test func anotherValueIsRefused() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self)
        _ = try await world.measure([world.value("1", of: outcome)])
        let other = world.value("2", of: outcome, daysAgo: 1)
        let answer = try await world.measure([
            world.value("3", of: outcome), other, other, world.value("4", of: outcome, daysAgo: 1),
        ])
        #expect(answer.results.map(\.state) == ["refused", "recorded", "known", "refused"])
        #expect(answer.results.compactMap(\.error).map(\.code) == [6, 6])
        #expect(answer.results[0].error?.reason == "G-129")
        let wrong = try #require(try await world.measurements("success_outcome = \"\(outcome.id)\"").last)
        #expect(wrong.value == "1")
        var request = DeleteRequest()
        request.id = wrong.id
        _ = try await world.call(CustomerSuccessAPI.deleteMeasurement, request, as: world.administrator)
        #expect(try await world.get(SuccessOutcome.self, outcome.id).currentValue == "2")
        #expect(try await world.measure([world.value("3", of: outcome)]).recorded == 1)
        #expect(try await world.get(SuccessOutcome.self, outcome.id).currentValue == "3")
    }

    /// The same number in another unit is another value.
    @Test func anotherUnitIsAnotherValue() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self)
        func storage(_ unit: String) -> MeasuredValue {
            var value = world.value("2", of: outcome)
            value.unit = unit
            return value
        }
        #expect(try await world.measure([storage("GB")]).recorded == 1)
        #expect(try await world.measure([storage("MB")]).results.map(\.state) == ["refused"])
        #expect(try await world.measure([storage("GB"), storage("")]).known == 2)
    }

    /// The outcome has the value that was measured last, in whatever order they come; one event says so.
    @Test func theOutcomeReadsItsLatest() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self)
        _ = try await world.measure([world.value("5", of: outcome, daysAgo: 1)])
        _ = try await world.measure([
            world.value("9", of: outcome, daysAgo: 3), world.value("7", of: outcome, daysAgo: 2),
        ])
        #expect(try await world.get(SuccessOutcome.self, outcome.id).currentValue == "5")
        _ = try await world.measure((0..<50).map { world.value("\($0)", of: outcome, daysAgo: $0 + 10) })
        let events = try await world.server.events(of: outcome.id)
        #expect(events.map(\.event.action) == ["created", "updated"])
        // Of many values of a subject the last one is told.
        let rows = try await world.server.admin.run(
            "SELECT count(*) FROM customer_success.outbox WHERE domain = \(world.domain) AND subject LIKE '%.measurement.created'"
        )
        #expect(try rows.first?.int64(at: 0) == 3)
    }

    /// One that has ended keeps its value; the history goes on.
    @Test func whatHasEndedKeepsItsValue() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self) { $0.state = "in_progress" }
        _ = try await world.measure([world.value("5", of: outcome, daysAgo: 1)])
        _ = try await world.close(outcome)
        #expect(try await world.measure([world.value("6", of: outcome)]).recorded == 1)
        #expect(try await world.get(SuccessOutcome.self, outcome.id).currentValue == "5")
    }

    /// What a person types is a measurement as well, and no system may pass for one.
    @Test func typedValuesAreMeasurements() async throws {
        let world = try await World(try await Server.start())
        let outcome = try await world.make(SuccessOutcome.self) { ($0.currentValue, $0.unit) = ("10", "%") }
        world.server.clock.advance(seconds: 60)
        _ = try await world.set(outcome, "current_value", .string("12.0"))
        _ = try await world.set(outcome, "title", .string("Other title"))
        let typed = try await world.measurements("success_outcome = \"\(outcome.id)\"")
        #expect(typed.map(\.value) == ["10", "12"] && typed.allSatisfy { $0.source == "manual" && $0.unit == "%" })
        #expect(typed.allSatisfy { $0.createdBy == world.agent.subject })
        for source in ["manual", "", String(repeating: "x", count: 101)] {
            let refused = try await refusal {
                _ = try await world.measure([world.value("1", of: outcome)], source: source)
            }
            #expect(refused.violations.map(\.field) == ["source"], "\(source)")
        }
    }

    /// Each wrong value is refused by itself, with the field that is to blame.
    @Test func whatIsWrongIsSaid() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self) { $0.unit = "tickets" }
        func wrong(_ edit: (inout MeasuredValue) -> Void) -> MeasuredValue {
            var value = world.value("1", of: outcome)
            edit(&value)
            return value
        }
        let now = world.server.clock.now
        let cases: [(String, MeasuredValue)] =
            ["NaN", "Infinity", "1e5", "", "1,5", " 1", String(repeating: "9", count: 19)].map { text in
                ("value", wrong { $0.value = text })
            } + [
                ("success_outcome", wrong { $0.successOutcome = "" }),
                ("success_outcome", wrong { $0.soldProduct = uuid() }),
                ("success_outcome", wrong { $0.successOutcome = "x" }),
                ("name", wrong { $0.name = String(repeating: "x", count: 101) }),
                ("name", wrong { ($0.successOutcome, $0.soldProduct) = ("", world.product) }),
                ("unit", wrong { $0.unit = "hours" }),
                ("unit", wrong { $0.unit = String(repeating: "x", count: 41) }),
                ("measured_at", wrong { $0.measuredAt = nil }),
                ("measured_at", wrong { $0.measuredAt = Timestamp(seconds: now.seconds + 301, nanos: 0) }),
                ("measured_at", wrong { $0.measuredAt = Timestamp(seconds: 0, nanos: 0) }),
            ]
        let answer = try await world.measure(cases.map(\.1) + [world.value("1", of: outcome)])
        #expect(answer.refused == Int32(cases.count) && answer.recorded == 1)
        for (result, one) in zip(answer.results, cases) {
            #expect(result.error?.fieldViolations.map(\.field) == ["measurement.\(one.0)"], "\(one)")
            #expect(result.error?.code == 3)
        }
        for values in [[], Array(repeating: world.value("1", of: outcome), count: 5_001)] {
            #expect(try await refusal { _ = try await world.measure(values) }.violations.map(\.field) == ["values"])
        }
        let tried = try await world.measure([world.value("2", of: outcome, daysAgo: 1)], validateOnly: true)
        #expect(tried.recorded == 1)
        #expect(try await world.measurements("success_outcome = \"\(outcome.id)\"").count == 1)
    }

    /// Of a product several things are measured, each a series of its own.
    @Test func theUseOfAProductHasNames() async throws {
        let world = try await World()
        func use(_ name: String, _ value: String) -> MeasuredValue {
            var measured = MeasuredValue()
            (measured.soldProduct, measured.name, measured.value) = (world.product, name, value)
            measured.measuredAt = world.moment(daysAgo: 0)
            return measured
        }
        let answer = try await world.measure([
            use("users", "5"), use("logins", "9"), use("users", "5"), use("users", "6"),
        ])
        #expect(answer.results.map(\.state) == ["recorded", "recorded", "known", "refused"])
        #expect(try await world.measure([use("users", "5")]).known == 1)
        let stored = try await world.measurements("sold_product = \"\(world.product)\" AND name = \"users\"")
        #expect(stored.map(\.value) == ["5"] && stored.first?.domain == world.domain)
        // Customers see the values of their outcomes, without where they come from, and write none.
        let outcome = try await world.make(SuccessOutcome.self)
        _ = try await world.measure([world.value("1", of: outcome)])
        let theirs = try await world.measurements(as: world.customer)
        #expect(theirs.map(\.successOutcome) == [outcome.id] && theirs.first?.source == nil)
        for roles in [world.customer.roles, RoleCatalog.close(["sn_acct_lc.ale_success_agent"])] {
            var caller = world.customer
            caller.roles = roles
            let customer = caller
            #expect(
                try await refusal { _ = try await world.measure([use("users", "1")], as: customer) }.code
                    == .permissionDenied)
        }
    }

    /// A request that mixes tenants writes what its caller sees, and tells of the others what it tells of what is nowhere.
    @Test func noMeasurementCrossesATenant() async throws {
        let world = try await World()
        let other = try await World(world.server)
        let own = try await world.make(SuccessOutcome.self)
        let foreign = try await other.make(SuccessOutcome.self)
        var system = world.agent
        system.domain = try #require(DomainPath(world.domain))
        system.roles = RoleCatalog.close(["sn_acct_lc.success_outcome_write"])
        var product = world.value("1", of: foreign)
        (product.successOutcome, product.soldProduct, product.name) = ("", other.product, "users")
        var nowhere = world.value("1", of: foreign)
        nowhere.successOutcome = uuid()
        let answer = try await world.measure(
            [world.value("1", of: own), world.value("1", of: foreign), product, nowhere], as: system)
        #expect(answer.results.map(\.state) == ["recorded", "refused", "refused", "refused"])
        #expect(answer.results.compactMap(\.error).map(\.code) == [5, 5, 5])
        #expect(
            answer.results[1].error?.message.replacing(foreign.id, with: "")
                == answer.results[3].error?.message.replacing(nowhere.successOutcome, with: ""))
        #expect(try await world.get(SuccessOutcome.self, foreign.id).currentValue == nil)
        // From above both are seen, and each value lies with its subject.
        #expect(
            try await world.measure([world.value("2", of: own, daysAgo: 1), other.value("3", of: foreign)]).recorded
                == 2)
        let theirs = try await world.measurements("success_outcome = \"\(foreign.id)\"")
        #expect(theirs.map(\.domain) == [other.domain])
        #expect(try await world.measurements(as: system).allSatisfy { $0.successOutcome == own.id })
        system.roles = RoleCatalog.close(["sn_acct_lc.success_outcome_read"])
        let reader = system
        #expect(
            try await refusal { _ = try await world.measure([world.value("1", of: own)], as: reader) }.code
                == .permissionDenied)
        // An outcome does not leave its account while it has a history; deleted, it takes the history along.
        var moved = SuccessOutcome()
        (moved.id, moved.successObjective) = (own.id, foreign.successObjective)
        try await breaks("G-129", field: "success_outcome.account") { _ = try await world.update(moved) }
        try await world.delete(own)
        #expect(try await world.measurements("success_outcome = \"\(own.id)\"").isEmpty)
    }

    /// Writers of the same values at the same time do not fail, and none is there twice.
    @Test func writersTakeTurns() async throws {
        let world = try await World()
        let outcomes = [try await world.make(SuccessOutcome.self), try await world.make(SuccessOutcome.self)]
        let values = (0..<40).map { world.value("\($0)", of: outcomes[$0 % 2], daysAgo: $0) }
        let answers = try await withThrowingTaskGroup(of: WriteMeasurementsResponse.self) { group in
            for turn in 0..<6 { group.addTask { try await world.measure(turn % 2 == 0 ? values : values.reversed()) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.allSatisfy { $0.refused == 0 } && answers.reduce(0) { $0 + $1.recorded } == 40)
        #expect(try await world.get(SuccessOutcome.self, outcomes[0].id).currentValue == "0")
    }

    // MARK: Progress

    @Test(
        arguments: [
            ("90", "80", ["90", "85"], 50, false, "improving"), ("90", "80", ["82", "88"], 20, false, "worsening"),
            ("90", "80", ["79"], 100, true, ""), (nil, "10", ["5", "5"], 50, false, "steady"),
            ("0", "3", ["1", "2.999"], 99, false, "improving"), ("5", "5", ["5"], 100, true, ""),
            ("10", "20", ["3"], 0, false, ""), (nil, nil, ["1", "2"], nil, false, ""),
        ] as [(String?, String?, [String], Int32?, Bool, String)])
    func progressHonoursTheDirection(
        base: String?, target: String?, values: [String], percent: Int32?, isReached: Bool, trend: String
    ) {
        var outcome = SuccessOutcome()
        (outcome.baseValue, outcome.targetValue, outcome.currentValue) = (base, target, values.last)
        let history = values.map { value in
            var measured = CustomerSuccessWire.Measurement()
            measured.value = value
            return measured
        }
        let progress = OutcomeHistory.progress(of: outcome, history)
        #expect(progress.percent == percent && progress.reached == isReached && progress.trend == trend)
    }

    /// The page of the engagement shows how the products of its objectives are used, and customers find nothing of it.
    @Test func theEngagementShowsHowProductsAreUsed() async throws {
        let world = try await World()
        let objective = try await world.make(SuccessObjective.self) { $0.products = [world.product] }
        func use(_ name: String, _ value: String, daysAgo: Int) -> MeasuredValue {
            var measured = MeasuredValue()
            (measured.soldProduct, measured.name, measured.value) = (world.product, name, value)
            (measured.unit, measured.measuredAt) = ("users", world.moment(daysAgo: daysAgo))
            return measured
        }
        let values = [
            use("logins", "7", daysAgo: 3), use("active", "5", daysAgo: 0), use("active", "4.50", daysAgo: 1),
        ]
        _ = try await world.measure(values)
        var request = GetEngagementPageRequest()
        request.id = try #require(objective.engagement)
        let usage = try await world.call(CustomerSuccessAPI.getEngagementPage, request).usage
        #expect(usage.map(\.name) == ["active", "logins"] && usage.map(\.value) == ["5", "7"])
        #expect(usage.map(\.previousValue) == ["4.5", ""] && usage.map(\.productName) == ["Analytics", "Analytics"])
        #expect(usage[0].unit == "users" && usage[0].measuredAt == world.moment(daysAgo: 0))
        #expect(try await world.call(CustomerSuccessAPI.getEngagementPage, request, as: world.customer).usage.isEmpty)
        var reader = world.agent
        reader.roles = RoleCatalog.close(["sn_acct_lc.engagement_read"])
        #expect(try await world.call(CustomerSuccessAPI.getEngagementPage, request, as: reader).usage.isEmpty)
    }

    /// The pages of the engagement and of the objective show how far an outcome has come.
    @Test func pagesShowProgress() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self) {
            ($0.baseValue, $0.targetValue, $0.unit) = ("90", "80", "tickets")
        }
        _ = try await world.measure((0..<15).map { world.value("\(84 + $0)", of: outcome, daysAgo: $0) })
        let objective = try await world.get(SuccessObjective.self, try #require(outcome.successObjective))
        _ = try await world.make(SuccessMilestone.self) {
            ($0.successObjective, $0.targetDate) = (objective.id, world.day(4))
        }
        var request = GetEngagementPageRequest()
        request.id = try #require(objective.engagement)
        for caller in [world.agent, world.customer] {
            let page = try await world.call(CustomerSuccessAPI.getEngagementPage, request, as: caller)
            let shown = try #require(page.outcomes.first)
            #expect(page.outcomeCount == 1 && shown.currentValue == "84" && shown.targetValue == "80")
            #expect(shown.progress?.percent == 60 && shown.progress?.trend == "improving")
            #expect(shown.progress?.history.map(\.value) == (0..<10).reversed().map { "\(84 + $0)" })
            #expect(shown.progress?.history.first?.source == (caller.kind == .customer ? "" : "meter"))
            #expect(
                page.milestones?.items.map(\.daysRemaining) == [4]
                    && page.timeline.map(\.table) == ["success_milestone"])
        }
        var asked = GetObjectivePageRequest()
        asked.id = objective.id
        let page = try await world.call(CustomerSuccessAPI.getObjectivePage, asked)
        #expect(page.outcomes.first?.progress?.percent == 60)
    }
}
