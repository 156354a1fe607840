import NATS
import OnboardingWire
import Postgres
import RPC
import Tenancy
import TestKit
import Testing
import Wire

@testable import Records

/// A copy of another service's locations, fed by events and by asking.
@Suite(.serialized, .timeLimit(.minutes(15))) struct ReplicaTests {
    private func location(_ id: String, _ name: String, revision: Int64, domain: String = "/provider/d1/") -> Location {
        var location = Location()
        location.id = id
        location.name = name
        location.domain = domain
        location.etag = String(revision)
        return location
    }

    /// Publishes an event as the owner's relay would.
    private func publish(_ events: EventBench, _ location: Location, _ action: String) async throws {
        var event = RecordEvent()
        event.eventID = RecordID.make(at: events.bench.clock.now)
        event.table = "location"
        event.action = action
        event.id = location.id
        event.domain = location.domain
        event.revision = Int64(location.etag) ?? 0
        event.record = try location.encodeProtobuf()
        let token = try #require(DomainPath(location.domain)).subjectToken
        _ = try await events.jetStream.publish(
            "ale.v1.events.\(token).onboarding.location.\(action)", payload: try event.encodeProtobuf(),
            messageID: event.eventID)
    }

    private func names(_ bench: Workbench) async throws -> String {
        try await bench.psql(
            "SELECT coalesce(string_agg(name || '@' || domain, ' ' ORDER BY name), '') FROM customer_success.location")
    }

    /// The replica with its handler at work.
    private func started(
        _ body: (EventBench, ReplicaTable<Location>) async throws -> Void
    ) async throws {
        let events = try await EventBench.make()
        _ = try await EventStream.ensure(events.jetStream)
        let replica = ReplicaTable(Location.self, fields: ["name", "city"], events.bench.database)
        let leadership = try events.leadership()
        let consumer = EventConsumer(replica.handler(), events.bench.database, events.jetStream, leadership)
        var helpers = Helpers()
        helpers.add(Task { await consumer.run() })
        try await body(events, replica)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// Waits until the handler has seen everything published before.
    private func settle(_ events: EventBench) async throws {
        try await waitUntil("the replica is current") {
            let known = try? await events.jetStream.consumerInfo(
                "customer-success-replica-location", on: EventStream.name)
            return known.map { $0.pending == 0 && $0.unacknowledged == 0 } ?? false
        }
    }

    @Test func newerRevisionsWin() async throws {
        try await started { events, replica in
            let id = RecordID.derived(from: "a")
            try await publish(events, location(id, "three", revision: 3), "updated")
            try await publish(events, location(id, "two", revision: 2), "updated")
            try await settle(events)
            #expect(try await names(events.bench) == "three@/provider/d1/")
            try await replica.store([location(id, "one", revision: 1)])
            #expect(try await names(events.bench) == "three@/provider/d1/")
            try await replica.store([location(id, "four", revision: 4)])
            #expect(try await names(events.bench) == "four@/provider/d1/")
        }
    }

    /// A deleted record stays deleted: what was on its way before does not bring it back.
    @Test func deletedIsFinal() async throws {
        try await started { events, replica in
            let id = RecordID.derived(from: "a")
            try await publish(events, location(id, "here", revision: 1), "created")
            try await publish(events, location(id, "here", revision: 3), "deleted")
            try await settle(events)
            #expect(try await names(events.bench) == "")
            // An update that was overtaken, and an answer of the owner that was asked before the deletion.
            try await publish(events, location(id, "late", revision: 2), "updated")
            try await settle(events)
            try await replica.store([location(id, "asked", revision: 2)])
            #expect(try await names(events.bench) == "")
        }
    }

    /// A record that moves into another domain is one row, seen in the new domain only, and no obstacle to others.
    @Test func recordsMoveBetweenDomains() async throws {
        try await started { events, replica in
            let id = RecordID.derived(from: "a")
            try await publish(events, location(id, "moving", revision: 1), "created")
            try await publish(events, location(id, "moving", revision: 2, domain: "/provider/d2/"), "updated")
            try await publish(events, location(RecordID.derived(from: "b"), "next", revision: 1), "created")
            try await settle(events)
            #expect(try await names(events.bench) == "moving@/provider/d2/ next@/provider/d1/")
            try await replica.store([location(id, "moving", revision: 3, domain: "/provider/d3/")])
            #expect(try await names(events.bench) == "moving@/provider/d3/ next@/provider/d1/")
            try await publish(events, location(id, "moving", revision: 4, domain: "/provider/d4/"), "deleted")
            try await settle(events)
            #expect(try await names(events.bench) == "next@/provider/d1/")
        }
    }

    /// What follows from a replica's change runs in the event's own scope, not in the wider one of the copying.
    @Test func effectsRunInTheScopeOfTheEvent() async throws {
        let events = try await EventBench.make()
        _ = try await EventStream.ensure(events.jetStream)
        let replica = ReplicaTable(Location.self, fields: ["name"], events.bench.database)
        let leadership = try events.leadership()
        _ = try await events.bench.create("theirs", .person("/provider/d2/"))
        _ = try await events.bench.create("ours", .person("/provider/d1/"))
        let handler = replica.handler { record, event, _, tx in
            let seen = try tx.query("SELECT subject FROM customer_success.touchpoint").map { try $0.string(at: 0) }
            for subject in seen {
                tx.send(
                    """
                    INSERT INTO customer_success.effect (consumer, event, record, revision, domain)
                    VALUES (\(subject), \(event.eventID), \(record.id), 1, \(event.domain))
                    """)
            }
        }
        let consumer = EventConsumer(handler, events.bench.database, events.jetStream, leadership)
        var helpers = Helpers()
        helpers.add(Task { await consumer.run() })
        try await publish(events, location(RecordID.derived(from: "a"), "a", revision: 1), "created")
        try await settle(events)
        #expect(try await events.bench.psql("SELECT string_agg(consumer, ' ') FROM customer_success.effect") == "ours")
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }
}
