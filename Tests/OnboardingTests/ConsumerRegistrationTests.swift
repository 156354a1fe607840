import Foundation
import OnboardingWire
import Platform
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import HTTPS
@testable import OnboardingService

/// Registration of consumers with Service Bridge: the guided flow, its refusals, and the handshake.
@Suite struct ConsumerRegistrationTests {
    private func registration(
        _ world: World, _ url: String, _ edit: (inout ConsumerRegistration) -> Void = { _ in }
    ) -> RegisterConsumerRequest {
        var request = RegisterConsumerRequest()
        var registration = ConsumerRegistration()
        (registration.account, registration.contact) = (world.account.id, world.contact.id)
        registration.instanceUrl = url
        edit(&registration)
        request.consumerRegistration = registration
        return request
    }

    private func url() -> String { "https://i\(uuid().prefix(8)).customer.example" }

    /// Without a key nothing is sent, and one that is too short keeps the service from starting.
    @Test func theHandshakeIsOffUnlessThereIsAKey() async throws {
        let database = try await World().server.database
        func handshakes(_ key: String?) throws(ConfigurationError) -> ConsumerHandshakes? {
            try ServiceBridge.handshakes(Settings(values: key.map { ["ALE_SERVICE_BRIDGE_KEY": $0] } ?? [:]), database)
        }
        #expect(try handshakes(nil) == nil && ServiceBridge.background(nil).isEmpty)
        #expect(throws: ConfigurationError.self) { try handshakes(String(repeating: "k", count: 31)) }
        let made = try #require(try handshakes(String(repeating: "k", count: 32)))
        let work = ServiceBridge.background(made)
        // Any number of instances make them.
        #expect(work.map(\.name) == ["consumer handshakes"] && work.allSatisfy { !$0.isSingle })
    }

    /// A service with a key makes handshakes by itself; whether the instance is there or not, it is tried.
    @Test func aServiceWithAKeyMakesHandshakes() async throws {
        var bench = try await ServiceBench<Onboarding>(clock: TestClock(Server.today))
        try await bench.serveWhole(["ALE_SERVICE_BRIDGE_KEY": String(repeating: "k", count: 32)])
        let world = try await World(Server(bench: bench))
        let made = try await world.call(OnboardingAPI.registerConsumer, registration(world, url()), as: world.agent)
        try await eventually { try await state(made.id, world).attempts ?? 0 >= 1 }
    }

    /// A URL is https and a public host name: nothing of the own network, no path, no user.
    @Test(arguments: [
        "http://customer.example", "https://customer", "https://localhost", "https://db.internal", "https://127.0.0.1",
        "https://10.0.0.1", "https://[::1]", "https://customer.example/path", "https://customer.example?x=1",
        "https://user@customer.example", "https://user:secret@customer.example", "https://customer.example#x",
        "https://-a.example", "https://a..example", "https://customer.example:0", "https://customer.example:99999",
        "https://2130706433", "https://0x7f.1", "ftp://customer.example", "customer.example", "", "https://",
        "https://고객.example",
    ])
    func aWrongURLIsRefused(_ text: String) async throws {
        #expect(ConsumerAddress(text) == nil)
        let world = try await World()
        let problem = await world.problem(OnboardingAPI.registerConsumer, registration(world, text), as: world.agent)
        #expect(problem?.code == .invalidArgument, "\(text) \(problem as Any)")
        #expect(problem?.violations.first?.field == "consumer_registration.instance_url")
    }

    @Test func anAddressIsKeptInOneForm() {
        #expect(ConsumerAddress("HTTPS://Customer.Example/")?.text == "https://customer.example")
        #expect(ConsumerAddress("https://customer.example:443")?.text == "https://customer.example")
        #expect(ConsumerAddress("https://customer.example:8443")?.text == "https://customer.example:8443")
    }

    /// Registering makes the record and starts the registration; a duplicate and a second start are told as such.
    @Test func registeringStartsOnce() async throws {
        let world = try await World()
        let url = url()
        let request = registration(world, url.uppercased().replacing("HTTPS", with: "https") + "/")
        let made = try await world.call(OnboardingAPI.registerConsumer, request, as: world.agent)
        #expect(made.status == "requested" && made.instanceUrl == url && made.domain == world.account.domain)
        let again = await world.problem(OnboardingAPI.registerConsumer, registration(world, url), as: world.agent)
        #expect(again?.code == .alreadyExists && again?.reason == "DUPLICATE_REGISTRATION")
        var start = ActionRequest()
        start.id = made.id
        let second = await world.problem(OnboardingAPI.startConsumerRegistration, start, as: world.agent)
        #expect(second?.code == .failedPrecondition && second?.reason == "REGISTRATION_STARTED")
        // The same instance of another account is another registration.
        let other = try await World()
        #expect(
            try await other.call(OnboardingAPI.registerConsumer, registration(other, url), as: other.agent).id
                != made.id)
        // Contact and case are the account's.
        let foreign = await world.problem(
            OnboardingAPI.registerConsumer, registration(world, self.url()) { $0.contact = other.contact.id },
            as: world.agent)
        #expect(foreign?.violations.first?.field == "consumer_registration.contact")
        let theirs = try await other.openCase()
        let wrongCase = await world.problem(
            OnboardingAPI.registerConsumer, registration(world, self.url()) { $0.onboardingCase = theirs.id },
            as: world.agent)
        #expect(wrongCase?.violations.first?.field == "consumer_registration.onboarding_case")
        let viewer = try World.person(uuid(), "sn_acct_lc.ale_success_viewer")
        #expect(
            await world.problem(OnboardingAPI.registerConsumer, registration(world, self.url()), as: viewer)?.code
                == .permissionDenied)
    }

    /// Who runs the customer's instance sets Service Bridge up (D-225): registers it for the own account with a contact of it,
    /// sees what becomes of that, and starts again what has failed. Nobody else of the customer does, and no account is
    /// reached but the own one.
    @Test func theCustomerSetsItUp() async throws {
        let (world, other) = (try await World(), try await World())
        let manager = try world.customer("sn_customerservice.customer_manager")
        let onboarding = try await world.openCase()
        let wanted = registration(world, url()) { $0.onboardingCase = onboarding.id }
        for role in ["", "_case_manager", "_admin"].map({ "sn_customerservice.customer\($0)" }) {
            let refused = await world.problem(OnboardingAPI.registerConsumer, wanted, as: try world.customer(role))
            #expect(refused?.code == .permissionDenied, "\(role)")
        }
        let made = try await world.call(OnboardingAPI.registerConsumer, wanted, as: manager)
        #expect(made.status == "requested" && made.account == world.account.id)
        #expect(made.contact == world.contact.id && made.onboardingCase == onboarding.id)
        let theirs = try await other.call(
            OnboardingAPI.registerConsumer, registration(other, url()), as: other.agent)
        var list = ListRequest()
        list.count = true
        let seen = try await world.call(OnboardingAPI.listConsumerRegistrations, list, as: manager)
        #expect(seen.consumerRegistrations.map(\.id) == [made.id] && seen.totalSize == 1)
        for (id, isOwn) in [(made.id, true), (theirs.id, false)] {
            var (get, start) = (GetRequest(), ActionRequest())
            (get.id, start.id) = (id, id)
            let read = await world.problem(OnboardingAPI.getConsumerRegistration, get, as: manager)
            #expect(read?.code == (isOwn ? nil : .notFound))
            let again = await world.problem(OnboardingAPI.startConsumerRegistration, start, as: manager)
            #expect(again?.code == (isOwn ? .failedPrecondition : .notFound))
            #expect(!isOwn || again?.reason == "REGISTRATION_STARTED")
        }
        // Neither for another account, nor with what is another account's.
        let elsewhere = [
            registration(other, url()), registration(world, url()) { $0.contact = other.contact.id },
            registration(world, url()) { $0.account = other.account.id },
        ]
        for request in elsewhere {
            let refused = await world.problem(OnboardingAPI.registerConsumer, request, as: manager)
            #expect(refused?.code == .invalidArgument, "\(refused as Any)")
        }
        // What has failed is started again.
        _ = try await world.server.admin.run(
            """
            UPDATE onboarding.consumer_registration SET status = 'failed', failure = 'connection_refused' \
            WHERE id = \(made.id)
            """)
        _ = try await world.server.admin.run(
            "DELETE FROM onboarding.consumer_handshake WHERE registration = \(made.id)")
        var start = ActionRequest()
        start.id = made.id
        let started = try await world.call(OnboardingAPI.startConsumerRegistration, start, as: manager)
        #expect(started.status == "requested" && started.failure == nil)
    }

    /// A way to instances that answers as it is told.
    private final class Told: ConsumerHandshake {
        private let answers: Mutex<[HandshakeOutcome]>
        let offers = Mutex<[String]>([])

        init(_ answers: [HandshakeOutcome]) { self.answers = Mutex(answers) }

        func register(_ offer: ConsumerOffer) async -> HandshakeOutcome {
            offers.withLock { $0.append(offer.registration) }
            return answers.withLock { $0.isEmpty ? .registered : $0.removeFirst() }
        }
    }

    private func state(_ id: String, _ world: World) async throws -> ConsumerRegistration {
        var get = GetRequest()
        get.id = id
        return try await world.call(OnboardingAPI.getConsumerRegistration, get, as: world.agent)
    }

    /// A registration goes through its states, and one that failed is started again.
    @Test func aRegistrationGoesThroughItsStates() async throws {
        let world = try await World(try await Server.start())
        let told = Told([.failed("authentication_failed"), .registered])
        let handshakes = ConsumerHandshakes(world.server.database, told)
        let work = Task { await handshakes.run() }
        defer { work.cancel() }
        let made = try await world.call(
            OnboardingAPI.registerConsumer, registration(world, url()), as: world.agent)
        handshakes.wake.notify()
        try await eventually { try await state(made.id, world).status == "failed" }
        let failed = try await state(made.id, world)
        #expect(failed.failure == "authentication_failed" && failed.attempts == 1)
        var start = ActionRequest()
        start.id = made.id
        _ = try await world.call(OnboardingAPI.startConsumerRegistration, start, as: world.agent)
        handshakes.wake.notify()
        try await eventually { try await state(made.id, world).status == "registered" }
        let registered = try await state(made.id, world)
        #expect(registered.failure == nil && registered.registeredAt != nil)
        #expect(told.offers.withLock { $0 } == [made.id, made.id])
    }

    /// What is not there now is tried again, a bounded number of times.
    @Test func attemptsAreBounded() {
        let later = HandshakeOutcome.later("connection_refused")
        #expect((1...5).map { ConsumerHandshakes.pause(after: later, attempts: $0) } == [5, 30, 120, 600, nil])
        #expect(ConsumerHandshakes.pause(after: .failed("x"), attempts: 1) == nil)
        #expect(ConsumerHandshakes.pause(after: .registered, attempts: 1) == nil)
        #expect(HTTPSHandshake.outcome(.answered(status: 302, body: [])) == .failed("registration_failed"))
        #expect(HTTPSHandshake.outcome(.answered(status: 426, body: [])) == .failed("version_mismatch"))
        #expect(HTTPSHandshake.outcome(.answered(status: 503, body: [])) == .later("registration_failed"))
    }

    /// What a name leads to is of the internet, or is not connected to.
    @Test func onlyAddressesOfTheInternetAreReached() {
        func isPublic(_ text: String) -> Bool {
            var bytes = [UInt8](repeating: 0, count: text.contains(":") ? 16 : 4)
            return inet_pton(bytes.count == 16 ? AF_INET6 : AF_INET, text, &bytes) == 1 && PublicAddress.contains(bytes)
        }
        let own = [
            "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "169.254.169.254", "172.16.0.1",
            "172.31.255.255", "192.168.1.1", "198.19.0.1", "224.0.0.1", "255.255.255.255", "::", "::1",
            "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "fc00::1", "fd00:ec2::254", "fe80::1", "ff02::1",
            "2002:a00:1::1", "2001::1", "2001:db8::1",
        ]
        #expect(own.filter(isPublic) == [])
        let others = [
            "1.1.1.1", "9.255.255.255", "11.0.0.1", "100.63.0.1", "100.128.0.1", "128.0.0.1", "172.15.0.1",
            "172.32.0.1", "192.167.0.1", "223.255.255.255", "2606:4700:4700::1111", "2a00:1450:4001::200e",
            "2001:4860:4860::8888",
        ]
        #expect(others.filter(isPublic) == others)
        #expect(!PublicAddress.contains([]))
    }

    /// The handshake over TLS with a server of its own, which checks the signature.
    @Test func theHandshakeIsSigned() async throws {
        let server = try await InstanceServer.start(key: "the key of both sides")
        defer { server.stop() }
        func outcome(
            _ key: String, trusting authorities: String?, at place: String? = nil, reachesOwnNetwork: Bool = true
        ) async -> HandshakeOutcome {
            let client = HTTPSClient(authorities: authorities, reachesOwnNetwork: reachesOwnNetwork)
            let handshake = HTTPSHandshake(client: client, key: Array(key.utf8), timeout: .seconds(10))
            return await handshake.register(
                ConsumerOffer(
                    registration: uuid(), instance: place ?? server.url,
                    sentAt: Timestamp(microseconds: InstanceServer.time * 1_000_000)))
        }
        #expect(await outcome("the key of both sides", trusting: server.certificate) == .registered)
        #expect(await outcome("another key", trusting: server.certificate) == .failed("authentication_failed"))
        // Its name leads into the own network, which only tests may reach.
        #expect(
            await outcome("the key of both sides", trusting: server.certificate, reachesOwnNetwork: false)
                == .later("connection_refused"))
        // Nobody vouches for the server, or nobody is there.
        #expect(await outcome("the key of both sides", trusting: nil) == .later("connection_refused"))
        #expect(
            await outcome("the key of both sides", trusting: server.certificate, at: "https://localhost:1")
                == .later("connection_refused"))
    }
}

/// A consumer's instance: a server with a certificate of its own, which registers whoever signs with the key, at its time, and
/// says whom it takes it for, under an id that is good once.
private final class InstanceServer: Sendable {
    let url: String
    let certificate: String
    private let pid: Int32

    /// Its time, in seconds.
    static let time: Int64 = 1_800_000_000

    private static let script = """
        import hashlib, hmac, http.server, json, ssl, sys
        certificate, key, ready, time = sys.argv[1:]
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                said = dict(part.split("=", 1) for part in self.headers["Ale-Signature"].split(","))
                good = hmac.new(key.encode(), said["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
                isGood = self.path == "/api/ale/service_bridge/registration" and hmac.compare_digest(good, said["v1"])
                offer = json.loads(body)
                own = "https://localhost:%d" % self.server.server_address[1]
                isMeant = (sorted(offer) == ["instance", "registration"] and offer["instance"] == own
                    and len(offer["registration"]) == 36 and self.headers["Idempotency-Key"] == offer["registration"]
                    and self.headers["Content-Type"] == "application/json" and said["t"] == time)
                self.send_response(401 if not isGood else 200 if isMeant else 400)
                self.end_headers()
            def log_message(self, *arguments):
                pass
        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        with open(ready + ".new", "w") as file:
            file.write(str(server.server_address[1]))
        import os
        os.rename(ready + ".new", ready)
        server.serve_forever()
        """

    private init(url: String, certificate: String, pid: Int32) {
        (self.url, self.certificate, self.pid) = (url, certificate, pid)
    }

    static func start(key: String) async throws -> InstanceServer {
        let folder = FileManager.default.temporaryDirectory.appending(path: "instance-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (certificate, ready) = (folder.appending(path: "server.pem").path, folder.appending(path: "port").path)
        let made = try run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", certificate + ".key",
                "-out", certificate + ".crt",
            ])
        made.waitUntilExit()
        let both =
            try Data(contentsOf: URL(filePath: certificate + ".key"))
            + Data(contentsOf: URL(filePath: certificate + ".crt"))
        try both.write(to: URL(filePath: certificate))
        let process = try run("/usr/bin/python3", ["-c", script, certificate, key, ready, "\(time)"])
        try await eventually { FileManager.default.fileExists(atPath: ready) }
        let port = try String(contentsOfFile: ready, encoding: .utf8)
        return InstanceServer(
            url: "https://localhost:\(port)", certificate: certificate + ".crt", pid: process.processIdentifier)
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }

    func stop() { kill(pid, SIGKILL) }
}

/// Waits for a fact, at most half a minute.
private func eventually(_ isTrue: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try await !isTrue() {
        try #require(ContinuousClock.now < deadline, "it does not come true")
        try await Task.sleep(for: .milliseconds(20))
    }
}
