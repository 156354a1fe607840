import Logging
import NATS
import RPC
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

/// The depths at which the same test body runs.
enum Depth: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory
    case nats

    var testDescription: String { rawValue }

    private static let server = Task { try await NATSServer.start(jetStream: false) }

    /// Runs `body` with the transport of a service and that of a client.
    func run(_ body: (_ service: any Transport, _ client: any Transport) async throws -> Void) async throws {
        switch self {
        case .memory:
            let transport = InMemoryTransport()
            try await body(transport, transport)
        case .nats:
            let url = try await Self.server.value.url
            let service = try await Connection.connect(ConnectionOptions(urls: [url], name: "service"))
            let client = try await Connection.connect(ConnectionOptions(urls: [url], name: "client"))
            do {
                try await body(NATSTransport(service), NATSTransport(client))
            } catch {
                await client.close()
                await service.close()
                throw error
            }
            await client.close()
            await service.close()
        }
    }

    /// Runs `body` with a started service of the endpoints and a client.
    func serve(
        _ endpoints: [Endpoint], limits: AdmissionLimits = AdmissionLimits(), logger: Logger = .silent,
        authenticator: any Authenticator = Tokens(), _ body: (Service, any Transport) async throws -> Void
    ) async throws {
        try await run { transport, client in
            let service = try Service(
                .init(
                    name: "echo-service", version: "1.2.3", description: "Says it again.", metadata: ["zone": "\"a\""],
                    limits: limits),
                endpoints: endpoints, transport: transport, authenticator: authenticator, logger: logger)
            try await service.start()
            do {
                try await body(service, client)
            } catch {
                await service.drain(limit: .seconds(50))
                throw error
            }
            await service.drain(limit: .seconds(50))
        }
    }
}

/// Knows the tokens `<domain segment>:<name>[:<locale>]`; every other is refused.
struct Tokens: Authenticator {
    func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        guard let parts = bearer?.split(separator: ":"), parts.count >= 2,
            let domain = DomainPath.root.child(String(parts[0]))
        else { throw .unauthenticated(reason: "TOKEN", cause: "not a token of this test") }
        return Caller(
            subject: String(parts[1]), kind: .person, domain: domain, roles: ["agent"],
            locale: parts.count > 2 ? String(parts[2]) : "en")
    }
}

extension Credential {
    static let kim = Credential.token("provider:kim")
}

/// Subjects of their own for each test, since all share a server.
func method(_ name: String = "Echo") -> Method<GetRequest, GetRequest> {
    let unique = String(UInt64.random(in: 1...UInt64.max), radix: 36)
    return Method(
        service: "echo-service", subject: "ale.v1.echo-service.\(unique).echo", name: name, summary: "Says it again.")
}

func request(_ id: String) -> GetRequest {
    var request = GetRequest()
    request.id = id
    return request
}

/// Lets handlers wait until the test opens it.
final class Valve: Sendable {
    private let state = Mutex<(open: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func wait() async {
        await withCheckedContinuation { continuation in
            let open = state.withLock { state in
                if !state.open { state.waiting.append(continuation) }
                return state.open
            }
            if open { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.open = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
