import Foundation
import Logging
import NATS
import RPC
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

/// An answer goes to an inbox and nowhere else, whatever the request says, on a server with the users of the deployment.
@Suite(.serialized, .timeLimit(.minutes(15))) struct ReplySubjectTests {
    /// Knows one token.
    private struct OneToken: Authenticator {
        func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
            guard bearer == "good" else { throw .unauthenticated(reason: "TOKEN", cause: "no token") }
            return Caller(subject: "kim", kind: .person, domain: .root, roles: ["admin"])
        }
    }

    private static func method(_ service: String) -> Method<GetRequest, GetRequest> {
        Method(
            service: service, subject: "ale.v1.\(service).touchpoints.get", name: "GetTouchpoint",
            summary: "Says it again.")
    }

    /// Concrete subjects for each pattern that a user may publish to.
    private static func subjects(_ patterns: [String]) -> [String] {
        patterns.map { pattern in
            pattern.split(separator: ".").map { $0 == "*" ? "touchpoint" : $0 == ">" ? "a.b" : String($0) }
                .joined(separator: ".")
        }
    }

    private static let payloads: [[UInt8]] = [
        [], Array("{}".utf8), Array(#"{"id":"x"}"#.utf8),
        Array(#"{"id":"x","name":"ALE_EVENTS","subjects":["a"]}"#.utf8), [0x0A, 0x01, 0x61], [0xFF, 0x00, 0xFE],
        Array("+ACK".utf8), Array(repeating: UInt8(ascii: "x"), count: 10_000),
    ]

    /// Every subject that the service may publish to but inboxes, and some that it may not.
    private static func replies(_ users: NATSUsers, _ service: String) async throws -> [String] {
        let patterns = try await users.publishable(service).filter { $0 != "_INBOX.>" && $0 != "_R_.>" }
        #expect(patterns.count > 10 && patterns.contains("ale.v1.events.*.\(service).*.*"))
        return subjects(patterns) + [
            "$JS.API.STREAM.DELETE.ALE_EVENTS", "$JS.API.STREAM.UPDATE.ALE_EVENTS", "$JS.API.STREAM.PURGE.ALE_EVENTS",
            "ale.v1.events.provider.\(service == "notifier" ? "onboarding" : "notifier").record.updated", "_INBOX",
            "foreign.place", "$SRV.PING",
        ]
    }

    /// Requests and discovery with that reply, every payload, with a token and without.
    private static func ask(_ client: Connection, _ name: String, _ instance: String, _ reply: String) throws {
        for payload in payloads {
            for headers in [[:], ["Authorization": "Bearer good"], ["grpc-timeout": "x"]] as [NATS.Headers] {
                try client.publish(method(name).subject, reply: reply, headers: headers, payload: payload)
            }
            for subject in ["$SRV.PING", "$SRV.INFO.\(name)", "$SRV.STATS.\(name).\(instance)"] {
                try client.publish(subject, reply: reply, payload: payload)
            }
        }
    }

    @Test(arguments: NATSUsers.services) func noReplyOfACallersChoosingGetsAnything(_ name: String) async throws {
        let users = try await NATSUsers.start()
        let operatorConnection = try await users.connect("admin")
        let jetStream = JetStream(operatorConnection)
        _ = try await jetStream.createStream(
            StreamConfiguration(name: "ALE_EVENTS", subjects: ["ale.v1.events.>", "ale.v1.json.>"]))
        let before = try await jetStream.streamInfo("ALE_EVENTS")
        let connection = try await users.connect(name)
        let method = Self.method(name)
        let handled = Mutex(0)
        let endpoint = Endpoint(method) { (_, request: GetRequest) async throws(Problem) in
            handled.withLock { $0 += 1 }
            return request
        }
        let service = try Service(
            .init(name: name, version: "1.0.0", description: ""), endpoints: [endpoint],
            transport: NATSTransport(connection), authenticator: OneToken(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await service.start()
        let client = try await users.connect("client")

        let replies = try await Self.replies(users, name)
        let landed = Mutex<[String]>([])
        var listening: [Subscription] = []
        for reply in Set(replies) {
            // Requests themselves come to the subjects of requests: only what has no reply of its own is an answer.
            listening.append(
                try operatorConnection.subscribe(reply) { message in
                    if message.reply == nil { landed.withLock { $0.append(message.subject) } }
                })
        }
        try await operatorConnection.flush(timeout: .seconds(50))
        for reply in replies { try Self.ask(client, name, service.id, reply) }
        // Answers to inboxes do come, and everything before them has been dealt with.
        let call = Client(NATSTransport(client), deadline: .seconds(50))
        var request = GetRequest()
        request.id = "x"
        #expect(try await call.call(method, request, as: .token("good")).id == "x")
        _ = try await client.request("$SRV.PING.\(name)", timeout: .seconds(5))
        try await connection.flush(timeout: .seconds(50))
        try await operatorConnection.flush(timeout: .seconds(50))
        #expect(landed.withLock { Set($0) } == [])
        #expect(handled.withLock { $0 } == 1)
        // The server itself lets no client name the subject of an acknowledgement as a reply.
        let delivered = replies.filter { !$0.hasPrefix("$JS.ACK.") }
        #expect(service.figures["GetTouchpoint"]?.ignored == delivered.count * Self.payloads.count * 3)
        #expect(try await jetStream.streamInfo("ALE_EVENTS") == before)
        await service.drain(limit: .seconds(5))
        for subscription in listening { try await subscription.drain(timeout: .seconds(50)) }
        for connection in [client, connection, operatorConnection] { await connection.close() }
        try await users.stop()
    }

    /// What a service does not need, the server does not let it do, whatever the service believes.
    @Test(arguments: NATSUsers.services) func aServiceMayDoWhatItNeedsAndNothingElse(_ service: String) async throws {
        let users = try await NATSUsers.start()
        let jetStream = JetStream(try await users.connect("admin"))
        let stream = StreamConfiguration(name: "ALE_EVENTS", subjects: ["ale.v1.events.>"])
        _ = try await jetStream.createStream(stream)
        let other = service == "notifier" ? "onboarding" : "notifier"
        let foreign = "someone-elses"
        _ = try await jetStream.ensureConsumer(ConsumerConfiguration(name: foreign), on: "ALE_EVENTS")
        let refused = Mutex<Set<String>>([])
        let connection = try await users.connect(service) { event in
            if case .permissionViolation(let subject?, _) = event { refused.withLock { _ = $0.insert(subject) } }
        }
        let forbidden = [
            "$JS.API.INFO", "$JS.API.STREAM.NAMES", "$JS.API.STREAM.CREATE.ALE_EVENTS", "$JS.API.STREAM.CREATE.OTHER",
            "$JS.API.STREAM.UPDATE.ALE_EVENTS", "$JS.API.STREAM.DELETE.ALE_EVENTS", "$JS.API.STREAM.PURGE.ALE_EVENTS",
            "$JS.API.STREAM.MSG.DELETE.ALE_EVENTS", "$JS.API.STREAM.SNAPSHOT.ALE_EVENTS",
            "$JS.API.CONSUMER.CREATE.ALE_EVENTS", "$JS.API.CONSUMER.DELETE.ALE_EVENTS.\(foreign)",
            "$JS.API.CONSUMER.DURABLE.CREATE.ALE_EVENTS.\(foreign)", "$JS.API.CONSUMER.MSG.NEXT.ALE_EVENTS.\(foreign)",
            "$JS.ACK.ALE_EVENTS.\(foreign).1.1.1.1.0", "ale.v1.events.provider.\(other).record.updated",
            "ale.v1.json.provider.\(other).record.updated", "ale.v1.held", "$SYS.REQ.SERVER.PING", "$SRV.PING",
            "foreign.place",
        ]
        for subject in forbidden { try connection.publish(subject, reply: "_INBOX.\(service).x", payload: []) }
        try await connection.flush(timeout: .seconds(50))
        let deadline = ContinuousClock.now + .seconds(5)
        while refused.withLock({ $0.count }) < forbidden.count, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(Set(forbidden).subtracting(refused.withLock { $0 }) == [])
        #expect(try await jetStream.streamInfo("ALE_EVENTS").messages == 0)
        await connection.close()
        await jetStream.connection.close()
        try await users.stop()
    }
}
