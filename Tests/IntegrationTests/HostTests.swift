import Foundation
import Identity
import Logging
import NATS
import Platform
import Postgres
import RPC
import Records
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

/// A service from its definition to its end: migrations, readiness, an answer, and the end.
@Suite(.serialized, .timeLimit(.minutes(15))) struct HostTests {
    /// One method, which answers itself.
    private enum Echo: ServiceDefinition {
        static let name = "echo"
        static let summary = "Says it again."
        static let method = Method<GetRequest, GetRequest>(
            service: "echo", subject: "ale.v1.echo.echoes.get", name: "GetEcho", summary: "Says it again.")
        static let api = [method.info]
        static let records: [any RecordMessage.Type] = []
        static var schemaFolder: String { NoMigrations.folder }

        static func assemble(_ parts: ServiceParts) async throws -> Assembly {
            var endpoints = RecordEndpoints(parts.database, api: api)
            endpoints.add(Endpoint(method) { (_, request: GetRequest) async throws(Problem) in request })
            return Assembly(endpoints: endpoints)
        }
    }

    /// Declares a method that nothing answers.
    private enum Deaf: ServiceDefinition {
        static let name = "echo"
        static let summary = "Says nothing."
        static let api = Echo.api
        static let records = Echo.records
        static var schemaFolder: String { NoMigrations.folder }

        static func assemble(_ parts: ServiceParts) async throws -> Assembly {
            Assembly(endpoints: RecordEndpoints(parts.database, api: api))
        }
    }

    private struct Ground {
        let postgres: PostgresServer
        let nats: NATSServer
        let folder: String
        let database: String

        /// The settings of the service; `user` is its own role or the owner's.
        func settings(_ user: String, _ more: [String: String] = [:]) -> Settings {
            Settings(
                values: [
                    "ALE_POSTGRES_HOST": postgres.directory, "ALE_POSTGRES_PORT": String(postgres.port),
                    "ALE_POSTGRES_DATABASE": database, "ALE_POSTGRES_USER": user, "ALE_NATS_URL": nats.url,
                    "ALE_JWKS_FILE": folder + "/jwks.json", "ALE_SERVICE_KEY_FILE": folder + "/host.key",
                    "ALE_READY_FILE": folder + "/ready",
                    "ALE_LOG_LEVEL": "critical", "ALE_DRAIN_SECONDS": "5",
                ].merging(more) { $1 })
        }

        func close() async throws {
            try? FileManager.default.removeItem(atPath: folder)
            try await nats.stop()
            try await postgres.stop()
        }
    }

    private func ground() async throws -> Ground {
        let postgres = try await PostgresServer.start()
        let folder = NSTemporaryDirectory() + "host-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Issuer.generateKey(keyFile: folder + "/host.key", keySetFile: folder + "/jwks.json")
        try await postgres.createDatabase("host")
        try await postgres.psql(
            """
            CREATE ROLE ale_echo LOGIN; CREATE ROLE ale_echo_owner LOGIN;
            CREATE SCHEMA echo AUTHORIZATION ale_echo_owner; GRANT USAGE ON SCHEMA echo TO ale_echo
            """, database: "host")
        return Ground(postgres: postgres, nats: try await NATSServer.start(), folder: folder, database: "host")
    }

    /// The readiness file is there exactly as long as the service answers.
    @Test func readyIsWrittenAndRemoved() async throws {
        let ground = try await ground()
        let ready = ground.folder + "/ready"
        // Behind its migrations it does not start.
        await #expect(throws: PostgresError.self) { try await ServiceHost<Echo>(ground.settings("ale_echo")).serve() }
        #expect(!FileManager.default.fileExists(atPath: ready))
        try await ServiceHost<Echo>(ground.settings("ale_echo_owner")).migrate()
        try await ground.postgres.psql(
            "INSERT INTO echo.inbox (consumer, event_id, domain, at) VALUES ('c', gen_random_uuid(), '/', 'epoch')",
            database: "host")
        let serving = Task { try await ServiceHost<Echo>(ground.settings("ale_echo")).serve() }
        let failed = Flag()
        Task {
            if case .failure(let error) = await serving.result { failed.raise("\(error)") }
        }
        try await until {
            if let error = failed.text { throw ProgramFailure(description: error) }
            return FileManager.default.fileExists(atPath: ready)
        }
        let connection = try await Connection.connect(ConnectionOptions(urls: [ground.nats.url], name: "asker"))
        // Who is ready can be found and answers; the caller without a token is told so.
        let ping = try await connection.request("$SRV.PING.echo", payload: [], timeout: .seconds(50))
        #expect(String(decoding: ping.payload, as: UTF8.self).contains("\"name\":\"echo\""))
        let refused = await #expect(throws: Problem.self) {
            _ = try await Client(NATSTransport(connection)).call(Echo.method, GetRequest())
        }
        #expect(refused?.code == .unauthenticated)
        // The leader removes what is old.
        try await until {
            try await ground.postgres.psql("SELECT count(*) FROM echo.inbox", database: "host") == "0"
        }
        serving.cancel()
        _ = await serving.result
        #expect(!FileManager.default.fileExists(atPath: ready))
        await connection.close()
        try await ground.close()
    }

    /// What cannot work stops the start, with a sentence.
    @Test func wrongStartsAreRefused() async throws {
        let ground = try await ground()
        try await ServiceHost<Echo>(ground.settings("ale_echo_owner")).migrate()
        let deaf = await #expect(throws: ConfigurationError.self) {
            try await ServiceHost<Deaf>(ground.settings("ale_echo")).serve()
        }
        #expect(deaf?.description.contains("ale.v1.echo.echoes.get") == true)
        let keyless = await #expect(throws: ConfigurationError.self) {
            try await ServiceHost<Echo>(ground.settings("ale_echo", ["ALE_JWKS_FILE": ""])).serve()
        }
        #expect(keyless?.description == "ALE_JWKS_FILE must be set.")
        let nameless = await #expect(throws: ConfigurationError.self) {
            try await ServiceHost<Echo>(ground.settings("ale_echo", ["ALE_SERVICE_KEY_FILE": ""])).serve()
        }
        #expect(nameless?.description.hasPrefix("ALE_SERVICE_KEY_FILE must be set") == true)
        let strange = ground.folder + "/issuers.json"
        try "{}".write(toFile: strange, atomically: true, encoding: .utf8)
        let issuers = await #expect(throws: ConfigurationError.self) {
            try await ServiceHost<Echo>(ground.settings("ale_echo", ["ALE_ISSUERS_FILE": strange])).serve()
        }
        #expect(issuers?.description.contains("ALE_ISSUERS_FILE") == true)
        for (setting, word) in [("ALE_POSTGRES_DATABASE", "no_such_database"), ("ALE_POSTGRES_USER", "ale_nobody")] {
            let refused = await #expect(throws: ConfigurationError.self) {
                try await ServiceHost<Echo>(ground.settings("ale_echo", [setting: word])).serve()
            }
            #expect(refused?.description.contains(setting) == true && refused?.description.contains(word) == true)
        }
        let locked = try await NATSServer.start(config: "authorization { user: somebody, password: else }")
        let shut = await #expect(throws: ConfigurationError.self) {
            try await ServiceHost<Echo>(ground.settings("ale_echo", ["ALE_NATS_URL": locked.url])).serve()
        }
        #expect(shut?.description.contains("ALE_NATS_URL") == true)
        try await locked.stop()
        #expect(!FileManager.default.fileExists(atPath: ground.folder + "/ready"))
        try await ground.close()
    }

    /// Started before Postgres and NATS, a service waits for both, is not ready meanwhile, and then serves.
    @Test func whatComesUpLaterIsWaitedFor() async throws {
        let ground = try await ground()
        try await ServiceHost<Echo>(ground.settings("ale_echo_owner")).migrate()
        let ready = ground.folder + "/ready"
        try await ground.postgres.kill()
        try await ground.nats.kill()
        let ended = Flag()
        let serving = Task {
            let result = await Result { try await ServiceHost<Echo>(ground.settings("ale_echo")).serve() }
            ended.raise("\(result)")
        }
        try await Task.sleep(for: .seconds(1.5))
        #expect(ended.text == nil && !FileManager.default.fileExists(atPath: ready))
        try await ground.postgres.restart()
        try await Task.sleep(for: .seconds(1.5))
        #expect(ended.text == nil && !FileManager.default.fileExists(atPath: ready))
        try await ground.nats.restart()
        try await until { FileManager.default.fileExists(atPath: ready) }
        serving.cancel()
        await serving.value
        try await ground.close()
    }

    private func until(_ isTrue: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while try await !isTrue() {
            guard ContinuousClock.now < deadline else { throw ProgramFailure(description: "not ready in time") }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// What one task tells another.
private final class Flag: Sendable {
    private let state = Mutex<String?>(nil)

    var text: String? { state.withLock { $0 } }

    func raise(_ text: String) { state.withLock { $0 = text } }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
