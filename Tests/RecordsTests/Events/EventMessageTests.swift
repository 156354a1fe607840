import CustomerSuccessWire
import Foundation
import Ground
import NATS
import Tenancy
import TestKit
import Testing
import Wire

@testable import Events

/// How events look to those who read them: CloudEvents, as protobuf and as JSON, and whose they are.
@Suite(.serialized, .timeLimit(.minutes(15))) struct EventMessageTests {
    private func event() throws -> EventMessage {
        var touchpoint = Touchpoint()
        touchpoint.id = RecordID.derived(from: "touchpoint")
        touchpoint.subject = "Kick-off \"1\" 시작"
        var event = RecordEvent()
        event.eventID = RecordID.derived(from: "event")
        event.table = "touchpoint"
        event.action = "updated"
        event.id = touchpoint.id
        event.domain = "/provider/d0000001/"
        event.revision = 7
        event.record = try touchpoint.encodeProtobuf()
        return EventMessage(
            place: 1, id: event.eventID,
            subject: EventMessage.Subject(
                "ale.v1.events.provider_d0000001.customer-success.touchpoint.updated",
                types: ["touchpoint": Touchpoint.self]),
            record: event.id, trace: "00-ab", time: Timestamp(microseconds: 1_720_000_000_250_000),
            payload: try event.encodeProtobuf())
    }

    @Test func anEventIsACloudEvent() throws {
        let headers = try event().headers(source: "/ale/customer-success")
        #expect(headers["ce-specversion"] == "1.0")
        #expect(headers["ce-id"] == RecordID.derived(from: "event"))
        #expect(headers["ce-source"] == "/ale/customer-success")
        #expect(headers["ce-type"] == "customer-success.touchpoint.updated")
        #expect(headers["ce-time"] == "2024-07-03T09:46:40.250Z")
        #expect(
            headers["ce-dataschema"] == "urn:ale:protobuf:ale.common.v1.RecordEvent:ale.customer_success.v1.Touchpoint")
        #expect(headers["content-type"] == "application/protobuf")
        #expect(headers["traceparent"] == "00-ab")
    }

    @Test func theCopyIsTheSameInJSON() throws {
        let copy = try #require(try event().copy(source: "/ale/customer-success", limit: 100_000))
        #expect(copy.subject == "ale.v1.json.provider_d0000001.customer-success.touchpoint.updated")
        #expect(copy.id == RecordID.derived(from: "event") + ".json")
        #expect(copy.headers["content-type"] == "application/json")
        #expect(copy.headers["ce-id"] == RecordID.derived(from: "event"))
        #expect(
            copy.headers["ce-dataschema"] == "urn:ale:json:ale.common.v1.RecordEvent:ale.customer_success.v1.Touchpoint"
        )
        let json = try #require(try JSONSerialization.jsonObject(with: Data(copy.payload)) as? [String: Any])
        #expect(json["revision"] as? String == "7")
        #expect(json["domain"] as? String == "/provider/d0000001/")
        let record = try #require(json["record"] as? [String: Any])
        #expect(record["subject"] as? String == "Kick-off \"1\" 시작")
        // Where the record has no room the event comes all the same.
        let short = try #require(try event().copy(source: "/ale/customer-success", limit: copy.payload.count - 1))
        let rest = try #require(try JSONSerialization.jsonObject(with: Data(short.payload)) as? [String: Any])
        #expect(rest["record"] == nil && rest["revision"] as? String == "7")
    }

    @Test func theFileOfSystemsIsRead() throws {
        let text = "crm\t/provider/d0000001/\tjson\nerp\t/\tprotobuf\nquiet\t-\t-\n"
        let readers = try EventReader.read(text)
        #expect(readers.map(\.consumer) == ["system-crm_provider_d0000001", "system-erp__"])
        #expect(readers.map(\.subject) == ["ale.v1.json.provider_d0000001.>", "ale.v1.events._.>"])
        for (line, wrong) in [
            (1, "crm\t/provider/d0000001/"), (1, "c_m\t/\tjson"), (2, "a\t/\tjson\nb\tprovider\tjson"),
            (1, "a\t/\txml"),
            (1, "a.b\t/\tjson"), (1, "\t/\tjson"),
        ] {
            #expect(throws: EventReader.Malformed(line: line)) { try EventReader.read(wrong) }
        }
        #expect(try EventReader.load("/no/such/file") == nil)
    }

    /// From the line in the file to the event, and from the missing line to nothing.
    @Test func systemsGetTheirConsumersAndCopies() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        let file = events.nats.directory + "/systems.tsv"
        try "crm\t/provider/d0000001/\tjson\nerp\t/provider/\tprotobuf\n".write(
            toFile: file, atomically: true, encoding: .utf8)
        let keeper = EventKeeper(events.bench.database, events.jetStream, readersFile: file)
        let relay = OutboxRelay(
            events.bench.database, events.jetStream, leadership, records: CustomerSuccessCatalog.records)
        var helpers = Helpers()
        helpers.add(Task { await keeper.run() })
        try await waitUntil("consumers") {
            (try? await events.jetStream.consumerNames(on: EventStream.name))?.sorted()
                == ["system-crm_provider_d0000001", "system-erp_provider"]
        }
        helpers.add(Task { await relay.run() })
        _ = try await events.bench.create("the provider's")
        let own = try await events.bench.create("the customer's", .person("/provider/d0000001/"))
        let crm = try events.jetStream.consumer("system-crm_provider_d0000001", on: EventStream.name)
        let got = try await crm.fetch(batch: 10, timeout: .seconds(10))
        #expect(got.map(\.message.headers["ce-subject"]) == [own.id])
        #expect(got.first?.message.payload.first == UInt8(ascii: "{"))
        #expect(got.first?.message.subject.hasPrefix("ale.v1.json.provider_d0000001.") == true)
        let erp = try events.jetStream.consumer("system-erp_provider", on: EventStream.name)
        let others = try await erp.fetch(batch: 10, timeout: .seconds(10))
        #expect(others.count == 1 && others.first?.message.subject.hasPrefix("ale.v1.events.provider.") == true)
        // The customer's event twice, in two forms, and the provider's once.
        #expect(try await events.jetStream.streamInfo(EventStream.name).messages == 3)

        // A wiped stream has all of it again: copies, and consumers.
        try await events.jetStream.deleteStream(EventStream.name)
        try await waitUntil("everything is back") {
            (try? await events.jetStream.streamInfo(EventStream.name))?.messages == 3
        }
        try await waitUntil("consumers are back") {
            (try? await events.jetStream.consumerNames(on: EventStream.name))?.count == 2
        }
        try "erp\t/provider/\tprotobuf\n".write(toFile: file, atomically: true, encoding: .utf8)
        try await waitUntil("the removed system has nothing") {
            try await events.jetStream.consumerNames(on: EventStream.name) == ["system-erp_provider"]
        }
        try await waitUntil("no copies are taken") {
            try await events.jetStream.streamInfo(EventStream.name).configuration.subjects == EventStream.subjects
        }
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }

    /// An event under a subject that is not its own was not written by a relay, and is not believed.
    @Test func anEventUnderAForeignSubjectHasNoEffect() async throws {
        let events = try await EventBench.make()
        let leadership = try events.leadership()
        var helpers = Helpers()
        helpers.add(events.relay(leadership))
        helpers.add(events.consume("effects", leadership))
        var forged = RecordEvent()
        forged.eventID = RecordID.derived(from: "forged")
        forged.table = "user"
        forged.action = "updated"
        forged.id = RecordID.derived(from: "record")
        forged.domain = "/provider/"
        try await waitUntil("a stream") { (try? await events.jetStream.streamInfo(EventStream.name)) != nil }
        for (service, table, domain) in [
            ("", "user", "/provider/"), ("", "touchpoint", "/"), ("", "touchpoint", "/provider/d0000001/"),
            ("onboarding", "touchpoint", "/provider/"),
        ] {
            forged.service = service
            forged.table = table
            forged.domain = domain
            _ = try await events.jetStream.publish(
                "ale.v1.events.provider.customer-success.touchpoint.updated", payload: forged.encodeProtobuf())
        }
        _ = try await events.bench.create("behind it")
        #expect(try await events.verdict() == EventBench.allWell)
        #expect(try await events.bench.count("customer_success.effect") == 1)
        await helpers.end()
        await leadership.resign()
        try await events.close()
    }
}
