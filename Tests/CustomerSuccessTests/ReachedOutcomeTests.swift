import CustomerSuccessWire
import Postgres
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// What triggers read of measurements: whether an outcome is reached, and how a product is used now (G-129).
@Suite struct ReachedOutcomeTests {
    private func changes(
        of record: String, _ table: String, _ fields: [String], _ world: World
    ) async throws -> [RecordChange] {
        var request = ListChangesRequest()
        (request.table, request.fields, request.record) = (table, fields, record)
        request.since = Timestamp(seconds: 1_500_000_000)
        return try await world.call(CustomerSuccessAPI.listChangesOfCustomerSuccess, request).changes
    }

    private func use(_ name: String, _ value: String, unit: String = "", daysAgo: Int = 0, _ world: World)
        -> MeasuredValue
    {
        var measured = MeasuredValue()
        (measured.soldProduct, measured.name, measured.value) = (world.product, name, value)
        (measured.unit, measured.measuredAt) = (unit, world.moment(daysAgo: daysAgo))
        return measured
    }

    private func usage(_ world: World, as caller: Caller? = nil) async throws -> [ProductUsage] {
        var request = ListRequest()
        (request.filter, request.orderBy) = ("sold_product = \"\(world.product)\"", "name")
        return try await world.call(CustomerSuccessAPI.listProductUsages, request, as: caller).productUsages
    }

    // MARK: Outcomes

    @Test func anOutcomeKnowsItsEngagement() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self)
        let objective = try await world.get(SuccessObjective.self, try #require(outcome.successObjective))
        #expect(outcome.engagement != nil && outcome.engagement == objective.engagement)
        let found = try await world.list(
            SuccessOutcome.self, filter: "engagement = \"\(try #require(objective.engagement))\"")
        #expect(found.resources.map(\.id) == [outcome.id])
        // One that an instance of the version before has made learns it with its next change.
        _ = try await world.server.admin.run(
            "UPDATE customer_success.success_outcome SET engagement = NULL WHERE id = \(outcome.id)::uuid")
        #expect(try await world.set(outcome, "title", .string("Changed")).engagement == objective.engagement)
    }

    /// Measured, typed, or by another target: each is a change of the outcome that is told and journaled.
    @Test func whatIsReachedIsKeptWithTheValues() async throws {
        let world = try await World()
        var outcome = try await world.make(SuccessOutcome.self) {
            ($0.baseValue, $0.targetValue, $0.currentValue) = ("90", "80", "85")
        }
        #expect(outcome.reached == false)
        _ = try await world.measure([world.value("79.5", of: outcome)])
        outcome = try await world.get(SuccessOutcome.self, outcome.id)
        #expect(outcome.reached == true && outcome.currentValue == "79.5")
        outcome = try await world.set(outcome, "target_value", .string("70"))
        #expect(outcome.reached == false)
        outcome = try await world.set(outcome, "current_value", .string("70"))
        #expect(outcome.reached == true)
        // Nobody says so.
        outcome = try await world.set(outcome, "target_value", .string("60"))
        var claim = SuccessOutcome()
        (claim.id, claim.reached, claim.title) = (outcome.id, true, "Claimed")
        outcome = try await world.update(claim)
        #expect(outcome.reached == false && outcome.title == "Claimed")
        let changes = try await changes(of: outcome.id, "success_outcome", ["reached"], world)
        #expect(
            changes.map { $0.oldValues.joined() + ">" + $0.newValues.joined() } == [
                "true>false", "false>true", "true>false", "false>true", ">",
            ])
        let events = try await world.server.events(of: outcome.id).map(\.event)
        #expect(events.count { $0.changedFields.contains("reached") } == 5)
    }

    /// What was measured while an outcome was closed counts when it is taken up again, and is not said to be typed.
    @Test func whatIsTakenUpAgainHasItsLatest() async throws {
        let world = try await World()
        let outcome = try await world.make(SuccessOutcome.self) {
            ($0.state, $0.targetValue) = ("in_progress", "6")
        }
        _ = try await world.measure([world.value("5", of: outcome, daysAgo: 1)])
        _ = try await world.close(outcome)
        _ = try await world.measure([world.value("6", of: outcome)])
        let reopened = try await world.act("reopen", outcome)
        #expect(reopened.currentValue == "6" && reopened.reached == true)
        let sources = try await world.measurements("success_outcome = \"\(outcome.id)\"").map(\.source)
        #expect(sources == ["meter", "meter"])
    }

    /// A deletion that waits for a writer does not bring back the value before that one's.
    @Test func aDeletionDoesNotUndoALaterValue() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let outcome = try await world.make(SuccessOutcome.self)
        _ = try await world.measure([
            world.value("4", of: outcome, daysAgo: 2), world.value("5", of: outcome, daysAgo: 1),
        ])
        let wrong = try #require(try await world.measurements("success_outcome = \"\(outcome.id)\"").last)
        let isHeld = Signal()
        async let writing: Void = server.admin.transaction(timeout: .seconds(20)) { tx in
            _ = try tx.query("SELECT 1 FROM customer_success.success_outcome WHERE id = \(outcome.id) FOR UPDATE")
            isHeld.notify()
            let limit = ContinuousClock.now + .seconds(10)
            while ContinuousClock.now < limit {
                let waiting = try tx.query(
                    """
                    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
                    """)
                if try waiting.first?.int64(at: 0) == 1 { break }
                _ = try tx.query("SELECT pg_sleep(0.005), pg_stat_clear_snapshot()")
            }
            // What a writer does that was first.
            _ = try tx.query(
                """
                INSERT INTO customer_success.measurement SELECT (jsonb_populate_record(m, jsonb_build_object( \
                'id', gen_random_uuid(), 'value', 6, 'measured_at', m.measured_at + interval '1 day'))).* \
                FROM customer_success.measurement m WHERE id = \(wrong.id)
                """)
            _ = try tx.query(
                """
                UPDATE customer_success.success_outcome SET current_value = 6, revision = revision + 1 \
                WHERE id = \(outcome.id)
                """)
        }
        await isHeld.wait(atMost: .seconds(50))
        var request = DeleteRequest()
        request.id = wrong.id
        _ = try await world.call(CustomerSuccessAPI.deleteMeasurement, request, as: world.administrator)
        try await writing
        #expect(try await world.get(SuccessOutcome.self, outcome.id).currentValue == "6")
    }

    // MARK: Products

    /// Of each measure there is one record, which has the last value by time and changes with it.
    @Test func theUseOfAProductIsARecordThatChanges() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        _ = try await world.make(SuccessObjective.self) {
            ($0.engagement, $0.products) = (engagement.id, [world.product])
        }
        _ = try await world.make(Engagement.self)
        _ = try await world.measure([
            use("active users", "120", daysAgo: 2, world), use("logins", "9", daysAgo: 1, world),
            use("active users", "80", daysAgo: 1, world),
        ])
        _ = try await world.measure([use("active users", "100", daysAgo: 5, world)])
        var found = try await usage(world)
        #expect(found.map(\.name) == ["active users", "logins"] && found.map(\.value) == ["80", "9"])
        #expect(found.allSatisfy { $0.account == world.account && $0.domain == world.domain && $0.source == "meter" })
        #expect(found.allSatisfy { $0.engagement == engagement.id }, "the one whose objective names the product")
        _ = try await world.measure([use("active users", "40", world)])
        let changes = try await changes(of: found[0].id, "product_usage", ["value"], world)
        #expect(changes.map { $0.newValues.joined() } == ["40", ""] && changes.map(\.created) == [false, true])
        // What is deleted counts no more; without a value there is no use.
        for measured in try await world.measurements("sold_product = \"\(world.product)\"") where measured.value != "80"
        {
            var request = DeleteRequest()
            request.id = measured.id
            _ = try await world.call(CustomerSuccessAPI.deleteMeasurement, request, as: world.administrator)
        }
        found = try await usage(world)
        #expect(found.map(\.name) == ["active users"] && found.map(\.value) == ["80"])
        // It is the provider's.
        let theirs = try await refusal { _ = try await usage(world, as: world.customer) }
        #expect(theirs.code == .permissionDenied)
    }

    /// A measure keeps its unit: gigabytes are not compared with megabytes.
    @Test func aMeasureKeepsItsUnit() async throws {
        let world = try await World()
        let first = try await world.measure([
            use("storage", "2", unit: "GB", daysAgo: 3, world), use("storage", "2000", unit: "MB", daysAgo: 2, world),
            use("logins", "5", unit: "users", daysAgo: 2, world),
        ])
        #expect(first.results.map(\.state) == ["recorded", "refused", "recorded"])
        let second = try await world.measure([
            use("storage", "2000", unit: "MB", daysAgo: 1, world), use("storage", "3", daysAgo: 1, world),
        ])
        #expect(second.results.map(\.state) == ["refused", "recorded"])
        #expect(second.results[0].error?.fieldViolations.map(\.field) == ["measurement.unit"])
        #expect(try await usage(world).map(\.unit) == ["users", "GB"])
    }

    /// The first values of a measure come from many at once.
    @Test func firstValuesTakeTurns() async throws {
        let world = try await World()
        let values = (0..<8).map { use("active users", "\($0)", daysAgo: $0, world) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for value in values { group.addTask { _ = try await world.measure([value]) } }
            try await group.waitForAll()
        }
        #expect(try await usage(world).map(\.value) == ["0"])
    }

    /// No use is told to another tenant, and none is written there.
    @Test func noUsageCrossesATenant() async throws {
        let world = try await World()
        let other = try await World(world.server)
        _ = try await world.measure([use("active users", "5", world)])
        var system = other.agent
        system.domain = try #require(DomainPath(other.domain))
        #expect(try await usage(world, as: system).isEmpty)
        let refused = try await world.measure([use("active users", "6", daysAgo: -0, world)], as: system)
        #expect(refused.results.map(\.state) == ["refused"])
        #expect(try await usage(world).map(\.value) == ["5"])
    }
}
