import Logging
import NATS
import RPC
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

/// Whoever asks over NATS is answered in an inbox that nobody with another login can listen to: an answer may hold the token of a
/// session.
@Suite(.timeLimit(.minutes(15))) struct CallersInboxTests {
    private static let method = Method<GetRequest, GetRequest>(
        service: "onboarding", subject: "ale.v1.onboarding.sessions.sign_in", name: "SignIn", summary: "Says it again.")

    /// What is heard, and what is refused.
    private final class Ear: Sendable {
        let heard = Mutex<[String]>([])
        let refused = Mutex<Set<String>>([])
    }

    /// Listens wherever an answer could pass, as `user`.
    private func listen(_ users: NATSUsers, _ user: String, for other: String) async throws -> (
        Connection, Ear, Set<String>
    ) {
        let ear = Ear()
        let connection = try await users.connect(user) { event in
            if case .permissionViolation(let subject?, _) = event { ear.refused.withLock { _ = $0.insert(subject) } }
        }
        let places: Set = [
            ">", "*.>", "_INBOX.>", "_INBOX.*.>", "_INBOX.*.*.*", "_INBOX.\(other).>", "_INBOX.\(other).*.*", "_R_.>",
            "_R_.*.*", "ale.v1.onboarding.>", "$SYS.>",
        ]
        for place in places {
            try connection.subscribe(place) { message in ear.heard.withLock { $0.append(message.subject) } }
        }
        try await connection.flush(timeout: .seconds(50))
        return (connection, ear, places)
    }

    @Test(arguments: ["client", "workspace", "ann"])
    func nobodyElseHearsTheAnswer(asker: String) async throws {
        let users = try await NATSUsers.start()
        // Two callers from outside, each with a login of its own.
        for name in ["ann", "ben"] { try await users.system(["add", name]) }
        var log = Logger(label: "stand-in")
        log.logLevel = .critical
        let endpoint = Endpoint(Self.method, access: .anonymous) { _, request in request }
        let owner = try await users.connect("onboarding")
        let service = try Service(
            .init(name: "onboarding", version: "1.0.0", description: "Stands in."), endpoints: [endpoint],
            transport: NATSTransport(owner), authenticator: Nobody(), logger: log)
        try await service.start()
        var listeners: [(Connection, Ear, Set<String>)] = []
        for user in ["client", "workspace", "ben", "notifier"] where user != asker {
            listeners.append(try await listen(users, user, for: asker))
        }
        let connection = try await users.connect(asker)
        let client = Client(NATSTransport(connection), deadline: .seconds(50))
        var request = GetRequest()
        request.id = "a secret"
        for _ in 0..<20 {
            let answer = try await client.call(Self.method, request, as: .anonymous, deadline: .seconds(5))
            #expect(answer.id == "a secret")
        }
        for (listener, ear, places) in listeners {
            try await listener.flush(timeout: .seconds(50))
            try await waitUntil("the refusals") { ear.refused.withLock { $0.isSuperset(of: places) } }
            #expect(ear.heard.withLock { $0 } == [])
            await listener.close()
        }
        await connection.close()
        await service.drain(limit: .seconds(1))
        await owner.close()
        try await users.stop()
    }

    private struct Nobody: Authenticator {
        func authenticate(_ bearer: String?) async throws(Problem) -> Caller { .anonymous }
    }
}
