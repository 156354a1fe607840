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

    /// What follows from the firing of a trigger says so in the journal, whatever it goes through.
    @Test func aChangeSaysWhatItFollowsFrom() async throws {
        let world = try await World()
        let cause = RecordID.derived(from: "firing \(uuid())")
        let trace = try #require(TraceContext.following(from: cause))
        let draft = try await Touchpoint.draft(in: world)
        let made = try await CallContext(deadline: .after(.seconds(30)), trace: trace).run { () async throws(Problem) in
            try await create(draft, world)
        }
        let found = try await ask(world, ["subject"], of: made.id)
        #expect(found.changes.map(\.cause) == [cause])
    }

    private func create(_ draft: Touchpoint, _ world: World) async throws(Problem) -> Touchpoint {
        var request = CreateTouchpointRequest()
        request.touchpoint = draft
        return try await world.server.client.call(
            CustomerSuccessAPI.createTouchpoint, request, as: CallerTokens.credential(world.agent))
    }
}
