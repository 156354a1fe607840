import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// The journal of a table, as triggers of plays read it: every change with what was before, for whom it is.
@Suite struct ChangesTests {
    private func ask(
        _ world: World, _ fields: [String], of record: String = "", as caller: Caller? = nil,
        until: Timestamp? = nil, size: Int32 = 0, token: String = ""
    ) async throws(Problem) -> ListChangesResponse {
        var request = ListChangesRequest()
        (request.table, request.fields, request.record) = ("touchpoint", fields, record)
        (request.since, request.until) = (Timestamp(seconds: 1_500_000_000), until)
        (request.pageSize, request.pageToken) = (size, token)
        return try await world.server.client.call(
            CustomerSuccessAPI.listChangesOfCustomerSuccess, request,
            as: CallerTokens.credential(caller ?? world.agent))
    }

    @Test func eachChangeIsThereWithWhatWasBefore() async throws {
        let world = try await World()
        let made = try await world.make(Touchpoint.self)
        var change = Touchpoint()
        change.id = made.id
        for subject in ["Second", "Third"] {
            change.subject = subject
            _ = try await world.update(change, ["subject"])
        }
        change.description = "Not asked for"
        _ = try await world.update(change, ["description"])
        let found = try await ask(world, ["subject", "state"], of: made.id)
        #expect(found.changes.map { $0.newValues.joined() } == ["Third", "Second", ""])
        #expect(found.changes.map { $0.oldValues.joined() } == ["Second", made.subject ?? "", ""])
        #expect(found.changes.map(\.created) == [false, false, true])
        #expect(found.changes.allSatisfy { $0.record == made.id && $0.by == world.agent.subject && $0.cause.isEmpty })
        #expect(found.records.flatMap(\.values) == ["Third", made.state ?? ""])
        #expect(found.records.map(\.domain) == [world.domain] && found.nextPageToken.isEmpty)
        // The event says the same.
        let event = try #require(try await world.server.events(of: made.id).dropFirst().first?.event)
        #expect(event.changedFields == ["subject"] && event.oldValues == [made.subject ?? ""])
        // Page by page it is the same.
        var (token, paged) = ("", [RecordChange]())
        repeat {
            let page = try await ask(world, ["subject", "state"], of: made.id, size: 1, token: token)
            paged += page.changes
            token = page.nextPageToken
        } while !token.isEmpty
        #expect(paged == found.changes)
    }

    /// A deletion is a change, with what the record held, also where that is asked for of before.
    @Test func aDeletionIsToldWithWhatWasThere() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let made = try await world.make(Touchpoint.self)
        var change = Touchpoint()
        (change.id, change.subject) = (made.id, "Last")
        _ = try await world.update(change, ["subject"])
        server.clock.advance(seconds: 60)
        var request = DeleteRequest()
        request.id = made.id
        _ = try await server.client.call(
            CustomerSuccessAPI.deleteTouchpoint, request,
            as: CallerTokens.credential(.holding("admin", domain: "/provider/")))
        let found = try await ask(world, ["subject", "engagement", "description"], of: made.id)
        #expect(found.changes.map(\.deleted) == [true, false, false])
        #expect(found.changes.first?.fields.contains("subject") == true && found.changes.last?.created == true)
        #expect(found.records.map(\.values) == [["Last", made.engagement ?? "", made.description ?? ""]])
        #expect(found.records.map(\.domain) == [world.domain])
        let before = try await ask(
            world, ["subject"], of: made.id, until: Timestamp(seconds: server.clock.now.seconds - 30))
        #expect(before.changes.map(\.deleted) == [false, false] && before.records.first?.values == ["Last"])
        let beside = Caller.holding("admin", domain: "/provider/d999/")
        #expect(try await ask(world, ["subject"], of: made.id, as: beside).records.isEmpty)
    }

    /// What changed after the time asked for is taken back from the values.
    @Test func theValuesAreThoseOfTheTimeAskedFor() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let made = try await world.make(Touchpoint.self)
        server.clock.advance(seconds: 60)
        var change = Touchpoint()
        (change.id, change.subject) = (made.id, "Later")
        _ = try await world.update(change, ["subject"])
        let until = Timestamp(seconds: server.clock.now.seconds - 30)
        let before = try await ask(world, ["subject"], until: until)
        #expect(before.changes.count == 1 && before.records.first?.values == [made.subject ?? ""])
        #expect(try await ask(world, ["subject"]).records.first?.values == ["Later"])
    }

    @Test func nobodyReadsTheJournalOfAnother() async throws {
        let world = try await World()
        let made = try await world.make(Touchpoint.self)
        let beside = Caller.holding("admin", domain: "/provider/d999/")
        #expect(try await ask(world, ["subject"], of: made.id, as: beside).changes.isEmpty)
        #expect(try await ask(world, ["subject"], as: beside).records.isEmpty)
        for caller in [world.customer, .holding("sn_acct_lc.definition_record_read")] {
            let refused = await problem { () async throws(Problem) in try await ask(world, ["subject"], as: caller) }
            #expect(refused?.code == .permissionDenied)
        }
    }

    @Test(arguments: [[], ["nothing"], ["work_notes"], ["days_remaining"], ["subject", "subject"]])
    func fieldsThatAreNotKeptAreRefused(_ fields: [String]) async throws {
        let world = try await World()
        let refused = await problem { () async throws(Problem) in try await ask(world, fields) }
        #expect(refused?.code == .invalidArgument && refused?.violations.first?.field == "fields")
    }

    /// Changes of a record have the order in which they were made, and a time each, whoever's clock is behind and whoever had
    /// to wait: the journal and the events say so alike.
    @Test func changesOfARecordHaveTheirOrder() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let made = try await world.make(Touchpoint.self)
        var change = Touchpoint()
        change.id = made.id
        for (place, subject) in ["Second", "Third", "Fourth", "Fifth"].enumerated() {
            // The second writer's clock is behind, the third one's stands still.
            if place == 1 { server.clock.advance(seconds: -30) }
            change.subject = subject
            _ = try await world.update(change, ["subject"])
        }
        server.clock.advance(seconds: 3_600)
        let found = try await ask(world, ["subject"], of: made.id)
        #expect(found.changes.map { $0.newValues.joined() } == ["Fifth", "Fourth", "Third", "Second", ""])
        #expect(
            found.changes.map { $0.oldValues.joined() }.dropLast() == ["Fourth", "Third", "Second", made.subject ?? ""])
        let times = found.changes.compactMap { $0.at?.microseconds }.reversed()
        #expect(Set(times).count == 5 && Array(times) == times.sorted())
        let events = try await server.events(of: made.id).map(\.event)
        #expect(events.compactMap { $0.at?.microseconds } == Array(times))
        #expect(try await world.get(Touchpoint.self, made.id).updatedAt?.microseconds == times.last)
    }

    /// What follows from the firing of a trigger says so in the journal, whatever it goes through; it is believed of services
    /// that act for somebody, and of nobody who says so himself.
    @Test func aChangeSaysWhatItFollowsFrom() async throws {
        let world = try await World()
        let cause = RecordID.derived(from: "firing \(uuid())")
        let trace = try #require(TraceContext.following(from: cause))
        let draft = try await Touchpoint.draft(in: world)
        var delegated = world.agent
        delegated.actor = "service:play-launcher"
        for (caller, expected) in [(delegated, cause), (world.agent, "")] {
            let made = try await CallContext(deadline: .after(.seconds(30)), trace: trace).run {
                () async throws(Problem) in try await create(draft, world, as: caller)
            }
            #expect(try await ask(world, ["subject"], of: made.id).changes.map(\.cause) == [expected])
            let rows = try await world.server.admin.run(
                "SELECT trace FROM customer_success.outbox WHERE record = \(made.id)::uuid")
            let told = try #require(try rows.first?.optionalString(at: 0))
            #expect((TraceContext.cause(inHeader: told) ?? "") == expected)
        }
    }

    private func create(_ draft: Touchpoint, _ world: World, as caller: Caller) async throws(Problem) -> Touchpoint {
        var request = CreateTouchpointRequest()
        request.touchpoint = draft
        return try await world.server.client.call(
            CustomerSuccessAPI.createTouchpoint, request, as: CallerTokens.credential(caller))
    }
}
