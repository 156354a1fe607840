import Foundation
import Logging
import NATS
import RPC
import Tenancy
import TestKit
import Testing
import Wire

/// A client that is not ours accepts what our services say about themselves: nats-py and jsonschema, in Python.
@Suite(.timeLimit(.minutes(15))) struct DiscoveryTests {
    private static let python = Checkout.path(".local/venv/bin/python3")

    private static var isPrepared: Bool { FileManager.default.isExecutableFile(atPath: python) }

    /// Lets everybody in.
    private struct Everybody: Authenticator {
        func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
            Caller(subject: "anybody", kind: .person, domain: .root, roles: [])
        }
    }

    @Test(.enabled(if: isPrepared, "no Python environment under .local/venv: Tools/bootstrap.sh makes it"))
    func aForeignClientAcceptsUs() async throws {
        let nats = try await NATSServer.start(jetStream: false)
        let method = Method<GetRequest, GetRequest>(
            service: "echo-service", subject: "ale.v1.echo-service.echoes.get", name: "GetEcho",
            summary: "Says it again.")
        let endpoint = Endpoint(method) { (_, request: GetRequest) async throws(Problem) in
            if request.id == "bad" { throw .notFound(Text(en: "No.", ko: "없음."), reason: "GONE") }
            return request
        }
        var connections: [Connection] = []
        var services: [Service] = []
        // Two instances, as discovery is about telling them apart.
        for _ in 0..<2 {
            let connection = try await Connection.connect(ConnectionOptions(urls: [nats.url], name: "echo"))
            let service = try Service(
                .init(
                    name: "echo-service", version: "1.2.3", description: "Says it again. 다시 말합니다.",
                    metadata: ["zone": "\"a\""]),
                endpoints: [endpoint], transport: NATSTransport(connection), authenticator: Everybody(),
                logger: Logger(label: "echo") { _ in SwiftLogNoOpLogHandler() })
            try await service.start()
            connections.append(connection)
            services.append(service)
        }
        let facts = try await Command.run(
            Self.python,
            [
                Checkout.path("Tests/IntegrationTests/discovery_client.py"), nats.url, "echo-service", method.subject,
                Checkout.path("Tests/RPCTests/Resources"),
            ])
        #expect(facts.contains("every request is counted once"), "\(facts)")
        for service in services { await service.drain(limit: .seconds(5)) }
        for connection in connections { await connection.close() }
        try await nats.stop()
    }
}
