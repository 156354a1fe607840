import Synchronization
import TestKit
import Testing

@testable import NATS

/// What goes wrong: servers that die, credentials and permissions that are refused, and the orderly end.
@Suite struct AdversityTests {
    private static let users = """
        authorization { users = [
          { user: "all", password: "secret" }
          { user: "few", password: "secret", permissions: {
            publish: ["open.>"], subscribe: ["open.>", "_INBOX.>"] } }
          { user: "deaf", password: "secret", permissions: { publish: ["open.>"], subscribe: ["open.>"] } }
        ] }
        """
    static let guarded = Task { try await NATSServer.start(config: users, jetStream: false) }

    @Test func aKilledServerIsReconnectedTo() async throws {
        let server = try await NATSServer.start()
        let nats = try await server.connect()
        var events = nats.events().makeAsyncIterator()
        try nats.subscribe("echo") { message in
            if let reply = message.reply { try? nats.publish(reply, payload: message.payload) }
        }
        try nats.subscribe("silent") { _ in }
        let jetStream = JetStream(nats)
        let created = try await jetStream.createStream(StreamConfiguration(name: "kept", subjects: ["kept"])).created
        try await jetStream.ensureConsumer(ConsumerConfiguration(name: "reader"), on: "kept")
        let pending = Task { try await nats.request("silent", timeout: .seconds(300)) }
        let reader = try jetStream.consumer("reader", on: "kept")
        let fetch = Task { try await reader.fetch(batch: 1, timeout: .seconds(300)) }
        try await waitUntil { try await jetStream.consumerInfo("reader", on: "kept").waiting == 1 }

        try await server.kill()
        #expect(await events.next() == .disconnected)
        await #expect(throws: NATSError.disconnected) { _ = try await pending.value }
        await #expect(throws: NATSError.disconnected) { _ = try await fetch.value }
        #expect(!nats.isConnected && !nats.isClosed)
        // Published while there is no server: kept, and answered after the restart.
        let buffered = Task { try await nats.request("echo", payload: [9], timeout: .seconds(300)) }
        try await waitUntil { nats.requestsInFlight == 1 }
        try await server.restart()
        #expect(await events.next() == .reconnected)
        #expect(try await buffered.value.payload == [9])
        #expect(try await nats.request("echo", payload: [1], timeout: .seconds(60)).payload == [1])
        #expect(try await jetStream.streamInfo("kept").created == created)
        await nats.close()
        #expect(await events.next() == .disconnected)
        #expect(await events.next() == .closed)
        #expect(await events.next() == nil)
        try await server.stop()
    }

    /// The way to the server is cut without a word to either side: that is noticed, and another way is found.
    @Test(.timeLimit(.minutes(15))) func aSilentServerIsGivenUp() async throws {
        let server = try await NATSServer.start(jetStream: false)
        let proxy = try TCPProxy(to: server.port)
        var options = ConnectionOptions(urls: ["nats://127.0.0.1:\(proxy.port)"], name: "cut off")
        options.pingInterval = .seconds(1)
        options.reconnectWait = .milliseconds(50)
        let nats = try await Connection.connect(options)
        var events = nats.events().makeAsyncIterator()
        try nats.subscribe("echo") { message in
            if let reply = message.reply { try? nats.publish(reply, payload: message.payload) }
        }
        #expect(try await nats.request("echo", payload: [1], timeout: .seconds(60)).payload == [1])
        proxy.cut()
        #expect(await events.next() == .disconnected)
        #expect(await events.next() == .reconnected)
        #expect(try await nats.request("echo", payload: [2], timeout: .seconds(60)).payload == [2])
        await nats.close()
        proxy.close()
        try await server.stop()
    }

    @Test func whatIsPublishedWithoutAServerIsBounded() async throws {
        let server = try await NATSServer.start(jetStream: false)
        let nats = try await server.connect { $0.reconnectBufferBytes = 10_000 }
        try await server.kill()
        try await waitUntil { !nats.isConnected }
        #expect(throws: NATSError.disconnected) {
            for _ in 0..<1_000 { try nats.publish("a", payload: [UInt8](repeating: 0, count: 100)) }
        }
        await nats.close()
    }

    /// Who must not be heard after a reconnection says so: what is published without a server is refused then, not kept.
    @Test func whereNothingIsKeptNothingIsSentLater() async throws {
        let server = try await NATSServer.start(jetStream: false)
        let nats = try await server.connect {
            $0.gathersMessages = true
            $0.reconnectBufferBytes = 0
        }
        let listener = try await server.connect()
        let early = Counter()
        let late = Counter()
        try listener.subscribe("early") { _ in early.add(1) }
        try listener.subscribe("late") { _ in late.add(1) }
        try await server.kill()
        try await waitUntil { !nats.isConnected }
        for _ in 0..<3 { #expect(throws: NATSError.disconnected) { try nats.publish("early") } }
        try await server.restart()
        try await waitUntil { nats.isConnected && listener.isConnected }
        try await listener.flush(timeout: .seconds(30))
        try nats.publish("late")
        try await waitUntil { late.value == 1 }
        #expect(early.value == 0)
        await nats.close()
        await listener.close()
        try await server.stop()
    }

    @Test func noServerIsAnError() async throws {
        let server = try await NATSServer.start(jetStream: false)
        try await server.kill()
        await #expect(throws: NATSError.disconnected) { _ = try await server.connect() }
    }

    @Test func wrongCredentialsAreRefused() async throws {
        let server = try await Self.guarded.value
        for credentials in [
            ConnectionOptions.Credentials.none, .password(user: "all", password: "wrong"), .token("secret"),
        ] {
            await #expect {
                try await server.connect { $0.credentials = credentials }
            } throws: {
                if case .authenticationFailed? = $0 as? NATSError { true } else { false }
            }
        }
        let nats = try await server.connect { $0.credentials = .password(user: "all", password: "secret") }
        #expect(nats.isConnected)
        await nats.close()
    }

    @Test func aServerWithoutTLSIsRefusedWhenTLSIsWanted() async throws {
        let server = try await Self.guarded.value
        await #expect(throws: NATSError.self) {
            try await server.connect {
                $0.credentials = .password(user: "all", password: "secret")
                $0.tls = ConnectionOptions.TLS()
            }
        }
        await #expect(throws: NATSError.self) {
            try await server.connect {
                $0.credentials = .password(user: "all", password: "secret")
                $0.urls = ["tls://127.0.0.1:\(server.port)"]
            }
        }
    }

    @Test func aForbiddenPublicationIsReported() async throws {
        let heard = Mutex<[ConnectionEvent]>([])
        let nats = try await Self.guarded.value.connect {
            $0.credentials = .password(user: "few", password: "secret")
            $0.onEvent = { event in heard.withLock { $0.append(event) } }
        }
        try nats.publish("closed.a")
        try await waitUntil { heard.withLock { $0.count == 1 } }
        guard case .permissionViolation("closed.a"?, _)? = heard.withLock({ $0.first }) else {
            Issue.record("\(heard.withLock { $0 })")
            return
        }
        // One who asks is told at once instead of at the deadline.
        let start = ContinuousClock.now
        await #expect {
            try await nats.request("closed.b", timeout: .seconds(300))
        } throws: {
            if case .permissionDenied? = $0 as? NATSError { true } else { false }
        }
        #expect(ContinuousClock.now - start < .seconds(60))
        try nats.subscribe("closed.c") { _ in }
        try await waitUntil {
            heard.withLock { $0.contains { if case .permissionViolation("closed.c"?, _) = $0 { true } else { false } } }
        }
        await nats.close()
    }

    @Test func aForbiddenInboxFailsRequestsAtOnce() async throws {
        let nats = try await Self.guarded.value.connect { $0.credentials = .password(user: "deaf", password: "secret") }
        try await waitUntil {
            do {
                _ = try await nats.request("open.a", timeout: .milliseconds(50))
                return false
            } catch NATSError.permissionDenied {
                return true
            } catch {
                return false
            }
        }
        await nats.close()
    }

    @Test func aDrainLosesNoRequestInFlight() async throws {
        let server = try await NATSServer.start(jetStream: false)
        let service = try await server.connect()
        let client = try await server.connect()
        let open = Counter()
        let draining = Counter()
        try service.subscribe("work", queue: "q") { message in
            open.add(1)
            Task {
                try await waitUntil { draining.value > 0 }
                try service.publish(message.reply ?? "", payload: message.payload)
                open.add(-1)
            }
        }
        try await service.flush(timeout: .seconds(60))
        let requests = (0..<100).map { number in
            Task { try await client.request("work", payload: [UInt8(number)], timeout: .seconds(300)) }
        }
        try await waitUntil { client.requestsInFlight == 100 && open.value > 0 }
        try await client.flush(timeout: .seconds(60))
        try await service.drain(timeout: .seconds(300)) {
            draining.add(1)
            try? await waitUntil { open.value == 0 }
        }
        #expect(service.isClosed)
        for (number, request) in requests.enumerated() {
            #expect(try await request.value.payload == [UInt8(number)])
        }
        await #expect(throws: NATSError.noResponders) { _ = try await client.request("work", timeout: .seconds(60)) }
        await client.close()
        try await server.stop()
    }

    @Test func aDrainIsBounded() async throws {
        let server = try await Self.guarded.value
        let nats = try await server.connect { $0.credentials = .password(user: "all", password: "secret") }
        let released = Mutex(false)
        try nats.subscribe("stuck") { _ in while !released.withLock({ $0 }) {} }
        try nats.publish("stuck")
        try await nats.flush(timeout: .seconds(60))
        let start = ContinuousClock.now
        await #expect(throws: NATSError.timeout) {
            try await nats.drain(timeout: .milliseconds(300)) { try? await Task.sleep(for: .seconds(600)) }
        }
        #expect(ContinuousClock.now - start < .seconds(60))
        #expect(nats.isClosed)
        released.withLock { $0 = true }
    }
}
