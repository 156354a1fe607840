import CustomerSuccessWire
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import Postgres
import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire
import WireCatalog

@testable import OnboardingService
@testable import Records

/// Dry runs, rows published as a plan has seen them, and taking back what rows have done (G-56, G-133).
@Suite struct UnpublishingTests {
    private static let columns = ["name", "city"]

    private func publish(
        _ world: World, _ rows: [[String]], dry: Bool = false, planned: [PublishResult] = [], requestID: String = ""
    ) async throws(Problem) -> [PublishResult] {
        var request = PublishRowsRequest()
        request.targetTable = "location"
        request.account = world.account.id
        request.columns = Self.columns
        request.dryRun = dry
        request.requestID = requestID
        request.rows = rows.enumerated().map { number, values in
            var row = PublishRow()
            row.rowID = String(number)
            row.values = values
            if number < planned.count {
                var seen = PlannedRow()
                seen.targetRecord = planned[number].targetRecord
                seen.etag = planned[number].etag
                seen.content = planned[number].content
                row.planned = seen
            }
            return row
        }
        return try await world.call(OnboardingAPI.publishRows, request, as: world.agent).results
    }

    /// Takes back what results tell, as import-validation asks for it, the last first.
    private func request(_ world: World, _ results: [PublishResult], at: Timestamp) -> UnpublishRowsRequest {
        var request = UnpublishRowsRequest()
        request.targetTable = "location"
        request.account = world.account.id
        request.rows = results.reversed().map { result in
            var row = UnpublishRow()
            row.rowID = result.rowID
            row.targetRecord = result.targetRecord
            row.wasCreated = result.outcome == "created"
            row.fields = result.fields
            row.publishedAt = at
            return row
        }
        return request
    }

    private func asker(_ world: World) -> Caller {
        var caller = world.agent
        caller.actor = "service:import-validation"
        return caller
    }

    private func unpublish(_ world: World, _ results: [PublishResult]) async throws(Problem) -> [UnpublishResult] {
        let request = request(world, results, at: world.server.database.clock.now)
        return try await world.call(OnboardingAPI.unpublishRows, request, as: asker(world)).results.reversed()
    }

    private func locations(_ world: World) async throws -> [String: Location] {
        var list = ListRequest()
        list.filter = "account = \"\(world.account.id)\""
        list.pageSize = 1_000
        let found = try await world.call(OnboardingAPI.listLocations, list, as: world.agent).locations
        return Dictionary(uniqueKeysWithValues: found.map { ($0.name ?? "", $0) })
    }

    private func change(_ world: World, _ id: String, _ edit: (inout Location) -> Void) async throws(Problem) {
        var request = UpdateLocationRequest()
        var location = Location()
        location.id = id
        edit(&location)
        request.location = location
        _ = try await world.call(OnboardingAPI.updateLocation, request, as: world.agent)
    }

    /// Links of products have no account of their own.
    @Test func linksOfProductsAreTakenBack() async throws {
        let world = try await World()
        let products = try await world.publish("sold_product", ["name", "quantity"], [["P1", "1"]])
        _ = try await world.publish("location", ["name"], [["Graz"]])
        _ = try await world.publish("install_base_item", ["name", "location"], [["I1", "Graz"]])
        let table = SoldProductInstallBaseM2m.schema.table
        let links = try await world.publish(table, ["sold_product", "install_base_item"], [["P1", "I1"]])
        #expect(products.results.map(\.outcome) == ["created"] && links.results.map(\.outcome) == ["created"])
        var request = request(world, links.results, at: world.server.database.clock.now)
        request.targetTable = table
        let asked = request
        let undone = try await world.call(OnboardingAPI.unpublishRows, asked, as: asker(world)).results
        #expect(undone.map(\.outcome) == ["undone"])
        var named = GetRequest()
        named.id = links.results[0].targetRecord
        let problem = await world.problem(OnboardingAPI.getSoldProductInstallBaseM2m, named, as: world.agent)
        #expect(problem?.code == .notFound)
    }

    // MARK: Plans

    @Test func aDryRunSaysWhatWouldBeAndChangesNothing() async throws {
        let world = try await World()
        let made = try await publish(world, [["Graz", "A"], ["Linz", "B"]])
        let rows = [["Graz", "C"], ["Linz", ""], ["Wien", "D"], ["", "E"], ["wien", "F"]]
        let dry = try await publish(world, rows, dry: true)
        #expect(dry.map(\.outcome) == ["updated", "unchanged", "created", "failed", "updated"])
        let change = try #require(dry[0].fields.first)
        #expect(dry[0].fields.count == 1 && [change.field, change.before, change.after] == ["city", "A", "C"])
        #expect(dry[0].targetRecord == made[0].targetRecord && dry[0].etag == made[0].etag)
        #expect(dry[2].targetRecord.isEmpty && dry[2].etag.isEmpty)
        #expect(dry[2].fields.contains { $0.field == "name" && $0.before.isEmpty && $0.after == "Wien" })
        #expect(dry[2].key == dry[4].key && dry[2].key != dry[0].key, "rows of one record have one key")
        let stored = try await locations(world)
        #expect(Set(stored.keys) == ["Graz", "Linz"] && stored["Graz"]?.city == "A")
        // What is published is what the dry run has said.
        let done = try await publish(world, Array(rows.prefix(3)), planned: dry)
        #expect(done.map(\.outcome) == dry.prefix(3).map(\.outcome))
        #expect(done.prefix(2).map(\.fields) == dry.prefix(2).map(\.fields))
        #expect(done[2].fields == dry[2].fields)
    }

    @Test func whatHasMovedSinceThePlanIsNotPublished() async throws {
        let world = try await World()
        let made = try await publish(world, [["Graz", "A"], ["Linz", "B"]])
        let rows = [["Graz", "C"], ["Linz", "D"], ["Wien", "E"], ["Rom", "F"]]
        let dry = try await publish(world, rows, dry: true)
        // A field that the plan does not even touch is enough: the record is not the one it has seen.
        try await change(world, made[0].targetRecord) { $0.street = "Main street" }
        _ = try await publish(world, [["Wien", "G"]])
        var corrected = rows
        corrected[3][1] = "H"
        let done = try await publish(world, corrected, planned: dry)
        #expect(done.map(\.outcome) == ["moved", "updated", "moved", "moved"])
        #expect(done[0].faults.count == 1 && !done[0].message.isEmpty)
        let stored = try await locations(world)
        #expect(["Graz", "Linz", "Wien", "Rom"].map { stored[$0]?.city } == ["A", "D", "G", nil])
    }

    /// An answer tells every field of its rows; rows that do not fit into one are sent again.
    @Test func rowsThatOneAnswerCannotTellAreDeferred() async throws {
        let world = try await World()
        let text = String(repeating: "x", count: 900)
        let rows = (0..<500).map { ["\($0) \(text)", text] }
        let results = try await publish(world, rows, dry: true)
        let told = results.prefix { $0.outcome == "created" }.count
        #expect(told > 100 && told < 500 && results.dropFirst(told).allSatisfy { $0.outcome == "deferred" })
    }

    // MARK: Taking back

    @Test func recordsGoAndFieldsGetTheirValuesBack() async throws {
        let world = try await World()
        _ = try await publish(world, [["Graz", "A"]])
        let done = try await publish(world, [["Graz", "B"], ["Wien", "C"]])
        #expect(done.map(\.outcome) == ["updated", "created"])
        #expect(try await unpublish(world, done).map(\.outcome) == ["undone", "undone"])
        let stored = try await locations(world)
        #expect(Array(stored.keys) == ["Graz"] && stored["Graz"]?.city == "A")
        #expect(stored["Graz"]?.updatedBy == world.agent.subject, "the person who asked has done it")
        #expect(try await unpublish(world, done).map(\.outcome) == ["undone", "undone"], "what is undone stays so")
        let events = try await world.server.admin.transaction { tx in
            try tx.query("SELECT 1 FROM onboarding.outbox WHERE record = \(done[1].targetRecord)").count
        }
        #expect(events == 2, "created and deleted")
    }

    @Test func whatWasChangedSinceIsKept() async throws {
        let world = try await World()
        let first = try await publish(world, [["Graz", "A"], ["Linz", "B"], ["Wien", "C"]])
        let done = try await publish(world, [["Graz", "D"], ["Linz", "E"]])
        try await change(world, done[0].targetRecord) { $0.city = "F" }
        // Another field is nobody's business: the one that was published gets its value back.
        try await change(world, done[1].targetRecord) { $0.street = "Main street" }
        try await change(world, first[2].targetRecord) { $0.street = "Side street" }
        let undone = try await unpublish(world, done)
        #expect(undone.map(\.outcome) == ["kept", "undone"])
        #expect(
            undone[0].faults.map(\.field) == ["city"] && undone[0].faults[0].message == "City has been changed since.")
        let inserted = try await unpublish(world, [first[2]])
        #expect(inserted.map(\.outcome) == ["kept"] && inserted[0].faults.map(\.field) == ["street"])
        let stored = try await locations(world)
        #expect(["Graz", "Linz", "Wien"].map { stored[$0]?.city } == ["F", "B", "C"])
        #expect(stored["Linz"]?.street == "Main street")
    }

    @Test func whatIsReferredToSinceIsKept() async throws {
        let world = try await World()
        let first = try await publish(world, [["Graz", "A"], ["Linz", "B"]])
        _ = try await world.publish("install_base_item", ["name", "location"], [["I1", "Linz"]])
        let kept = try await unpublish(world, first)
        #expect(kept.map(\.outcome) == ["undone", "kept"])
        #expect(kept[1].faults[0].message == "Install base item refers to it (Location).")
    }

    /// What refers to a record may go with it: the parent of a record that is taken back is not kept for it, in whatever order
    /// they come.
    @Test(arguments: [false, true]) func whatGoesTogetherKeepsNothing(_ parentFirst: Bool) async throws {
        let world = try await World()
        let database = world.server.database
        var creation = CreateCustomerAccountRequest()
        creation.customerAccount = CustomerAccount()
        creation.customerAccount?.name = "Parent"
        let parent = try await world.call(OnboardingAPI.createCustomerAccount, creation, as: world.administrator)
        creation.customerAccount?.name = "Child"
        creation.customerAccount?.parent = parent.id
        let child = try await world.call(OnboardingAPI.createCustomerAccount, creation, as: world.administrator)
        var request = UnpublishRowsRequest()
        request.rows = (parentFirst ? [parent, child] : [child, parent]).map { account in
            var row = UnpublishRow()
            (row.rowID, row.targetRecord, row.wasCreated) = (account.id, account.id, true)
            row.publishedAt = database.clock.now
            row.fields = CustomerAccount.schema.fields.enumerated().map { index, field in
                var left = PublishedField()
                (left.field, left.after) = (field.name, account[fieldAt: index].journalText)
                return left
            }
            return row
        }
        let batch = UnpublishBatch(
            request: request, account: world.account.id,
            context: WriteContext(caller: world.administrator, now: database.clock.now),
            referrers: Referrers(database, OnboardingCatalog.records), database: database)
        let results = try await database.transaction(as: world.administrator, deadline: .patient) { tx in
            try Unpublication<CustomerAccount>(batch, tx).run()
        }
        #expect(results.map(\.outcome) == ["undone", "undone"], "\(results.flatMap(\.faults).map(\.message))")
    }

    /// Contracts are referred to from lists, which no foreign key watches over.
    @Test func listsCountAsReferences() async throws {
        let world = try await World()
        _ = try await world.publish("contract", ["number", "end_date"], [["C1", "2027-01-01"]])
        let products = try await world.publish("sold_product", ["name", "contract"], [["P1", "C1"]])
        let product = products.results[0].targetRecord
        _ = try await world.openCase { $0.products = [product] }
        let referrers = Referrers(world.server.database, OnboardingCatalog.records)
        var asked = ReferredRecord()
        asked.id = product
        var since = asked
        since.since = Timestamp(microseconds: world.server.database.clock.now.microseconds + 1)
        let (all, later) = (asked, since)
        let found = try await world.server.database.transaction(as: world.agent, deadline: .patient, readOnly: true) {
            tx in
            (try referrers.find("sold_product", [all], in: tx), try referrers.find("sold_product", [later], in: tx))
        }
        #expect(found.0.map { "\($0.table).\($0.field)" } == ["onboarding_case.products"])
        #expect(found.1.isEmpty, "what was there at that time does not count")
    }

    /// Only import-validation knows what was published; whoever may not publish may not undo either.
    @Test func whoMayTakeBack() async throws {
        let world = try await World()
        let other = try await World()
        let done = try await publish(world, [["Graz", "A"]])
        let request = request(world, done, at: world.server.database.clock.now)
        var launcher = world.agent
        launcher.actor = "service:play-launcher"
        for caller in [world.agent, launcher, world.administrator] {
            #expect(await world.problem(OnboardingAPI.unpublishRows, request, as: caller)?.code == .permissionDenied)
        }
        var success = world.successAgent
        success.actor = "service:import-validation"
        #expect(await world.problem(OnboardingAPI.unpublishRows, request, as: success)?.code == .permissionDenied)
        // A record of another account is not there, and stays.
        var foreign = request
        foreign.account = other.account.id
        let answer = try await world.call(OnboardingAPI.unpublishRows, foreign, as: asker(world))
        #expect(answer.results.map(\.outcome) == ["kept"])
        #expect(try await locations(world).count == 1)
    }

    /// Services that refer to what imports bring and are not asked would have their records taken away.
    @Test func everyServiceThatRefersIsAsked() {
        let targets = Publishing.targets.keys.sorted()
        let asked = ["onboarding", "customer-success", "import-validation"]
        let others = Catalog.schemas.filter { !asked.contains($0.service) }
        #expect(!others.isEmpty)
        for schema in others {
            for target in targets { #expect(!schema.refers(to: target), "\(schema.service): \(schema.table)") }
        }
    }
}
