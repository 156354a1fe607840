import Foundation
import Identity
import NATS
import OnboardingWire
import Platform
import RPC
import Records
import StandingWire
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

/// A system from outside: let in while everything runs, it reads the events of its domains as docs/outside-systems.md says,
/// and can do nothing else.
@Suite(.serialized, .timeLimit(.minutes(15))) struct OutsideSystemTests {
    private static let python = Checkout.path(".local/venv/bin/python3")

    private static var isPrepared: Bool { FileManager.default.isExecutableFile(atPath: python) }

    /// The service that keeps the stream, without records.
    private enum Keeper: ServiceDefinition {
        static let name = "onboarding"
        static let summary = "Keeps the stream."
        static let method = Method<GetRequest, GetRequest>(
            service: "onboarding", subject: "ale.v1.onboarding.echoes.get", name: "GetEcho", summary: "Says it again.")
        static let api = [method.info]
        static let records = OnboardingCatalog.records
        static var schemaFolder: String { NoMigrations.folder }

        static func assemble(_ parts: ServiceParts) async throws -> Assembly {
            var endpoints = RecordEndpoints(parts.database, api: api)
            endpoints.add(
                Endpoint(method) { (call, request: GetRequest) async throws(Problem) in
                    var answer = request
                    answer.id += " from " + call.caller.subject
                    return answer
                })
            return Assembly(endpoints: endpoints)
        }
    }

    /// A service that runs, with its database and NATS.
    private struct Ground {
        let users: NATSUsers
        let postgres: PostgresServer
        let serving: Task<Void, any Error>
        let connection: Connection

        var jetStream: JetStream { JetStream(connection) }

        static func start() async throws -> Ground {
            let users = try await NATSUsers.start()
            let postgres = try await PostgresServer.start()
            try Issuer.generateKey(keyFile: users.secrets + "/own.key", keySetFile: users.secrets + "/jwks.json")
            try await postgres.createDatabase("ale")
            try await postgres.psql(
                """
                CREATE ROLE ale_onboarding LOGIN; CREATE ROLE ale_onboarding_owner LOGIN;
                CREATE SCHEMA onboarding AUTHORIZATION ale_onboarding_owner; GRANT USAGE ON SCHEMA onboarding TO ale_onboarding
                """, database: "ale")
            func settings(_ user: String) throws -> Settings {
                Settings(
                    values: [
                        "ALE_POSTGRES_HOST": postgres.directory, "ALE_POSTGRES_PORT": String(postgres.port),
                        "ALE_POSTGRES_DATABASE": "ale", "ALE_POSTGRES_USER": user, "ALE_NATS_URL": users.server.url,
                        "ALE_NATS_USER": "onboarding", "ALE_NATS_PASSWORD": try users.password("onboarding"),
                        "ALE_EVENTS_USER": "events", "ALE_EVENTS_PASSWORD": try users.password("events"),
                        "ALE_EVENTS_READERS_FILE": users.secrets + "/systems.tsv",
                        "ALE_JWKS_FILE": users.secrets + "/jwks.json",
                        "ALE_SERVICE_KEY_FILE": users.secrets + "/own.key", "ALE_LOG_LEVEL": "critical",
                        "ALE_READY_FILE": users.secrets + "/ready",
                    ])
            }
            try await ServiceHost<Keeper>(settings("ale_onboarding_owner")).migrate()
            let host = try ServiceHost<Keeper>(settings("ale_onboarding"))
            let serving = Task { try await host.serve() }
            let connection = try await users.connect("admin")
            return Ground(users: users, postgres: postgres, serving: serving, connection: connection)
        }

        /// Leaves an event in the outbox, as a write does; answers its record.
        func change(_ domain: DomainPath, name: String) async throws -> String {
            var account = CustomerAccount()
            account.id = RecordID.make(at: Timestamp(seconds: 1_720_000_000))
            account.name = name
            var event = RecordEvent()
            event.eventID = RecordID.make(at: Timestamp(seconds: 1_720_000_000))
            event.table = "customer_account"
            event.action = "updated"
            event.id = account.id
            event.domain = domain.path
            event.revision = 3
            event.record = try account.encodeProtobuf()
            let payload = try event.encodeProtobuf().map { String(format: "%02x", $0) }.joined()
            try await postgres.psql(
                """
                INSERT INTO onboarding.outbox (event_id, domain, subject, record, payload) VALUES ('\(event.eventID)',
                '\(domain.path)', 'ale.v1.events.\(domain.subjectToken).onboarding.customer_account.updated',
                '\(account.id)', decode('\(payload)', 'hex'))
                """, database: "ale")
            return account.id
        }

        /// Lets the service know an outside system, as onboarding's answer does; its id.
        func know(publicKey: String) async throws -> String {
            var standing = Standing()
            standing.user = RecordID.make(at: Timestamp(seconds: 1_720_000_000))
            standing.domain = "/provider/"
            standing.active = true
            standing.kind = "system"
            standing.publicKey = publicKey
            let facts = try standing.encodeProtobuf().map { String(format: "%02x", $0) }.joined()
            try await postgres.psql(
                "INSERT INTO onboarding.standing (subject, facts) VALUES ('\(standing.user)', decode('\(facts)', 'hex'))",
                database: "ale")
            return standing.user
        }

        func until(_ what: String, _ isTrue: () async throws -> Bool) async throws {
            let deadline = ContinuousClock.now + .seconds(20)
            while !(await (try? isTrue()) ?? false) {
                guard ContinuousClock.now < deadline else { throw ProgramFailure(description: "not in time: \(what)") }
                try await Task.sleep(for: .milliseconds(10))
            }
        }

        /// The system has all its consumers.
        func untilConsumers(_ names: [String]) async throws {
            try await until("consumers \(names)") {
                try await jetStream.consumerNames(on: EventStream.name).filter { $0.hasPrefix("system-") }.sorted()
                    == names.sorted()
            }
        }

        func stop() async throws {
            serving.cancel()
            _ = await serving.result
            await connection.close()
            try await postgres.stop()
            try await users.stop()
        }
    }

    private static let customer = DomainPath("/provider/d0000001/") ?? .root
    private static let another = DomainPath("/provider/d0000002/") ?? .root

    /// The program of the page in the chapter of this name, as it stands there.
    private static func program(_ chapter: String) throws -> String {
        let text = try String(contentsOfFile: Checkout.path("docs/outside-systems.md"), encoding: .utf8)
        guard let title = text.range(of: "\n## \(chapter)\n"),
            let start = text.range(of: "```python\n", range: title.upperBound..<text.endIndex),
            let end = text.range(of: "```", range: start.upperBound..<text.endIndex)
        else { throw ProgramFailure(description: "no program about \(chapter)") }
        return String(text[start.upperBound..<end.lowerBound])
    }

    @Test(
        .enabled(if: isPrepared, "no Python environment under .local/venv: Tools/bootstrap.sh makes it"),
        arguments: ["json", "protobuf"])
    func theProgramOfThePageReadsTheEvents(_ form: String) async throws {
        let ground = try await Ground.start()
        try await ground.users.system(
            ["add", "crm", "--domain", Self.customer.path] + (form == "json" ? ["--json"] : []))
        let consumer = "system-crm_provider_d0000001"
        try await ground.untilConsumers([consumer])
        _ = try await ground.change(Self.another, name: "Another")
        let first = try await ground.change(Self.customer, name: "Ours")
        let program = ground.users.secrets + "/events.py"
        let output = ground.users.secrets + "/events.txt"
        try Self.program("Read events").write(toFile: program, atomically: true, encoding: .utf8)
        let reader = try ChildProcess(
            "/usr/bin/env",
            [
                "NATS_URL=\(ground.users.server.url)", "NATS_USER=crm",
                "NATS_PASSWORD=\(try ground.users.password("crm"))", "CONSUMER=\(consumer)", Self.python, program,
            ], log: output)
        defer { reader.terminate(SIGKILL) }
        func printed() -> String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
        try await ground.until("the first event: \(printed())") { printed().contains(first) }
        let second = try await ground.change(Self.customer, name: "Ours again")
        try await ground.until("the second event: \(printed())") { printed().contains(second) }
        try await ground.until("acknowledgements") {
            let info = try await ground.jetStream.consumerInfo(consumer, on: EventStream.name)
            return info.unacknowledged == 0 && info.pending == 0
        }
        let text = printed()
        #expect(text.contains("onboarding.customer_account.updated"))
        #expect(text.contains("'name': 'Ours'") == (form == "json"), "\(text)")
        #expect(!text.contains("Another"))
        #expect(!text.contains("Traceback"), "\(text)")
        try await ground.stop()
    }

    /// It signs its token with the system's own key, and is let in as that system; with another's key it is not.
    @Test(.enabled(if: isPrepared, "no Python environment under .local/venv: Tools/bootstrap.sh makes it"))
    func theProgramOfThePageSignsItsTokenAndAsks() async throws {
        let ground = try await Ground.start()
        let secrets = ground.users.secrets
        try await ground.users.system(["add", "crm"])
        let system = try await ground.know(publicKey: try SystemKey.generate(keyFile: secrets + "/crm.key"))
        _ = try SystemKey.generate(keyFile: secrets + "/foreign.key")
        try Self.program("Its token").write(toFile: secrets + "/ask.py", atomically: true, encoding: .utf8)
        let password = try ground.users.password("crm")
        func ask(_ key: String) async throws -> String {
            let environment = [
                "NATS_URL=\(ground.users.server.url)", "NATS_USER=crm",
                "NATS_PASSWORD=\(password)", "SYSTEM_ID=\(system)",
                "SYSTEM_KEY=\(secrets)/\(key).key",
            ]
            return try await Command.run(
                "/usr/bin/env",
                environment + [Self.python, secrets + "/ask.py", Keeper.method.subject, #"{"id": "Asked"}"#])
        }
        try await ground.until("an answer") { try await ask("crm").contains("Asked from \(system)") }
        let refusal = await #expect(throws: (any Error).self) { _ = try await ask("foreign") }
        #expect(refusal.map { "\($0)".contains("refused: 16") } == true)
        try await ground.stop()
    }

    /// Replies that the server itself would carry out, were the system in the account of the stream.
    private static func replies(around other: String) -> [String] {
        [
            "$JS.API.STREAM.DELETE.ALE_EVENTS", "$JS.API.STREAM.PURGE.ALE_EVENTS",
            "$JS.API.CONSUMER.DELETE.ALE_EVENTS.\(other)", "ale.v1.events.provider.onboarding.user.updated",
            "_INBOX.erp.x",
        ]
    }

    /// What is not among the rights of a system with the consumer `own`.
    private static func forbidden(own: String, other: String) -> [String] {
        [
            "$JS.API.CONSUMER.MSG.NEXT.ALE_EVENTS.\(other)", "$JS.ACK.ALE_EVENTS.\(other).1.1.1.1.0", "$JS.API.INFO",
            "$JS.API.STREAM.INFO.ALE_EVENTS", "$JS.API.STREAM.MSG.GET.ALE_EVENTS",
            "$JS.API.CONSUMER.INFO.ALE_EVENTS.\(own)", "$JS.API.CONSUMER.DELETE.ALE_EVENTS.\(own)",
            "$JS.API.CONSUMER.DURABLE.CREATE.ALE_EVENTS.x", "ale.v1.events.provider_d0000001.onboarding.user.updated",
            "_INBOX.erp.x", "$SRV.PING",
        ]
    }

    /// Whatever a system sends, with whatever reply: the stream and others' consumers are as before, nothing is forged.
    @Test func aSystemReachesNothingElse() async throws {
        let ground = try await Ground.start()
        let users = ground.users
        try await users.system(["add", "crm", "--domain", Self.customer.path])
        try await users.system(["add", "erp", "--domain", Self.another.path])
        let (own, other) = ("system-crm_provider_d0000001", "system-erp_provider_d0000002")
        try await ground.untilConsumers([own, other])
        for number in 0..<5 { _ = try await ground.change(Self.customer, name: "Event \(number)") }
        try await ground.until("events") { try await ground.jetStream.streamInfo(EventStream.name).messages == 5 }
        let before = try await ground.jetStream.streamInfo(EventStream.name)
        let refused = Mutex<Set<String>>([])
        let crm = try await users.connect("crm") { event in
            if case .permissionViolation(let subject?, _) = event { refused.withLock { _ = $0.insert(subject) } }
        }
        // It is answered, and has its events.
        let answer = await #expect(throws: Problem.self) {
            _ = try await Client(NATSTransport(crm)).call(Keeper.method, GetRequest())
        }
        #expect(answer?.code == .unauthenticated)
        let reader = try JetStream(crm).consumer(own, on: EventStream.name)
        let message = try #require(try await reader.fetch(batch: 1, timeout: .seconds(50)).first)
        let place = try #require(message.message.reply)
        for reply in Self.replies(around: other) {
            for (subject, payload) in [
                ("$JS.API.CONSUMER.MSG.NEXT.ALE_EVENTS.\(own)", #"{"batch":1,"no_wait":true}"#),
                ("$JS.API.CONSUMER.MSG.NEXT.ALE_EVENTS.\(own)", #"{"batch":-1,"no"#), (place, "+NXT"), (place, "+ACK"),
                (Keeper.method.subject, ""), (Keeper.method.subject, "{}"),
            ] {
                try crm.publish(subject, reply: reply, payload: Array(payload.utf8))
            }
        }
        let forbidden = Self.forbidden(own: own, other: other)
        for subject in forbidden { try crm.publish(subject, reply: "_INBOX.crm.x") }
        #expect(throws: Never.self) { _ = try crm.subscribe("ale.v1.events.>") { _ in } }
        try await crm.flush(timeout: .seconds(50))
        try await ground.until("refusals") { refused.withLock { $0.isSuperset(of: forbidden + ["ale.v1.events.>"]) } }
        #expect(try await ground.jetStream.streamInfo(EventStream.name) == before)
        try await ground.untilConsumers([own, other])

        // Taken away, it is out at once; the other goes on.
        let erp = try await users.connect("erp")
        try await users.system(["remove", "crm"])
        try await ground.until("the connection is closed") { !crm.isConnected }
        try await ground.untilConsumers([other])
        await #expect(throws: (any Error).self) { _ = try await users.connect("crm") }
        let subject = try await ground.change(Self.another, name: "Still read")
        let read = try await JetStream(erp).consumer(other, on: EventStream.name).fetch(batch: 1, timeout: .seconds(50))
        #expect(read.first?.message.headers["ce-subject"] == subject)
        for connection in [crm, erp] { await connection.close() }
        try await ground.stop()
    }
}
