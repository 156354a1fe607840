import Synchronization
import TestKit
import Testing

@testable import NATS

/// Messages and requests against one server.
@Suite struct CoreTests {
    /// Messages that are gathered come without another call, all of them and in order, and so do answers to requests.
    @Test func gatheredMessagesAllCome() async throws {
        let server = try await NATSServer.start(jetStream: false)
        let nats = try await server.connect { $0.gathersMessages = true }
        let listener = try await server.connect()
        let heard = Counter()
        let misplaced = Counter()
        try listener.subscribe("numbers") { message in
            if message.payload.reduce(0, { $0 << 8 | Int($1) }) != heard.value { misplaced.add(1) }
            heard.add(1)
        }
        try listener.subscribe("echo") { message in
            if let reply = message.reply { try? listener.publish(reply, payload: message.payload) }
        }
        try await listener.flush(timeout: .seconds(30))
        for number in 0..<5_000 { try nats.publish("numbers", payload: [UInt8(number >> 8), UInt8(number & 255)]) }
        try await waitUntil { heard.value == 5_000 }
        #expect(misplaced.value == 0)
        #expect(try await nats.request("echo", payload: [7], timeout: .seconds(60)).payload == [7])
        await nats.close()
        await listener.close()
        try await server.stop()
    }

    static let server = Task { try await NATSServer.start(jetStream: false) }

    private func connect(_ change: (inout ConnectionOptions) -> Void = { _ in }) async throws -> Connection {
        try await Self.server.value.connect(change)
    }

    @Test func manyRequestsInFlightEachGetTheirOwnAnswer() async throws {
        let nats = try await connect()
        try nats.subscribe("core.echo") { [nats] message in
            try? nats.publish(message.reply ?? "", payload: message.payload)
        }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<64 {
                group.addTask {
                    for round in 0..<50 {
                        let sent = Array("\(worker)-\(round)".utf8)
                        let answer = try await nats.request("core.echo", payload: sent, timeout: .seconds(60))
                        #expect(answer.payload == sent)
                    }
                    return 50
                }
            }
            let answered = try await group.reduce(0, +)
            #expect(answered == 3_200)
        }
        #expect(nats.requestsInFlight == 0)
        await nats.close()
    }

    @Test func nobodyListeningIsToldAtOnce() async throws {
        let nats = try await connect()
        let start = ContinuousClock.now
        await #expect(throws: NATSError.noResponders) {
            _ = try await nats.request("core.nobody", timeout: .seconds(300))
        }
        #expect(ContinuousClock.now - start < .seconds(60))
        await nats.close()
    }

    @Test func silenceEndsAtTheDeadline() async throws {
        let nats = try await connect()
        try nats.subscribe("core.silent") { _ in }
        let start = ContinuousClock.now
        await #expect(throws: NATSError.timeout) {
            _ = try await nats.request("core.silent", timeout: .milliseconds(150))
        }
        let elapsed = ContinuousClock.now - start
        #expect(elapsed >= .milliseconds(150) && elapsed < .seconds(60))
        await nats.close()
    }

    @Test func aShorterDeadlineAddedLaterIsMetFirst() async throws {
        let nats = try await connect()
        try nats.subscribe("core.silent2") { _ in }
        let long = Task { try await nats.request("core.silent2", timeout: .seconds(300)) }
        try await waitUntil { nats.requestsInFlight == 1 }
        await #expect(throws: NATSError.timeout) {
            _ = try await nats.request("core.silent2", timeout: .milliseconds(50))
        }
        await nats.close()
        await #expect(throws: NATSError.closed) { _ = try await long.value }
    }

    @Test func cancellationEndsTheWait() async throws {
        let nats = try await connect()
        try nats.subscribe("core.silent3") { _ in }
        let task = Task { try await nats.request("core.silent3", timeout: .seconds(300)) }
        try await waitUntil { nats.requestsInFlight == 1 }
        task.cancel()
        await #expect(throws: NATSError.cancelled) { _ = try await task.value }
        let before = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await nats.request("core.silent3", timeout: .seconds(300))
        }
        await #expect(throws: NATSError.cancelled) { _ = try await before.value }
        #expect(nats.requestsInFlight == 0)
        await nats.close()
    }

    @Test func requestsInFlightAreBounded() async throws {
        let nats = try await connect { $0.maximumRequestsInFlight = 2 }
        try nats.subscribe("core.silent4") { _ in }
        let waiting = (0..<2).map { _ in Task { try await nats.request("core.silent4", timeout: .seconds(300)) } }
        try await waitUntil { nats.requestsInFlight == 2 }
        await #expect(throws: NATSError.tooManyRequests(limit: 2)) {
            _ = try await nats.request("core.silent4", timeout: .seconds(1))
        }
        await nats.close()
        for task in waiting { await #expect(throws: NATSError.closed) { _ = try await task.value } }
        await #expect(throws: NATSError.closed) { _ = try await nats.request("core.silent4", timeout: .seconds(1)) }
        #expect(throws: NATSError.closed) { try nats.publish("core.silent4") }
    }

    @Test func headersTravelWithEveryValue() async throws {
        let nats = try await connect()
        let messages = try nats.messages("core.headers")
        var headers: Headers = ["Traceparent": "00-1-2-03", "X-Many": "one"]
        headers.add("X-Many", "two")
        try nats.publish("core.headers", reply: "core.answer", headers: headers, payload: [0, 255])
        try nats.publish("core.headers")
        var iterator = messages.makeAsyncIterator()
        let first = try #require(await iterator.next())
        #expect(first.headers["traceparent"] == "00-1-2-03")
        #expect(first.headers.values("x-many") == ["one", "two"])
        #expect(first.headers.fields.count == 3)
        #expect(first.payload == [0, 255])
        #expect(first.reply == "core.answer")
        let second = try #require(await iterator.next())
        #expect(second.headers.isEmpty && second.payload.isEmpty && second.reply == nil)
        await nats.close()
        #expect(await iterator.next() == nil)
    }

    @Test(arguments: [
        ("a b", "v"), ("", "v"), ("a:b", "v"), ("a", "v\r\nX: y"), ("a", "v\n"), ("a", "v\0"), ("é", "v"), ("a", ""),
        ("a", " \t"),
    ])
    func unsafeHeadersAreRefused(name: String, value: String) async throws {
        let nats = try await connect()
        var headers = Headers()
        headers.add(name, value)
        #expect(throws: NATSError.invalidHeader(name)) { try nats.publish("core.x", headers: headers) }
        await nats.close()
    }

    @Test func unsafeSubjectsAreRefused() async throws {
        let nats = try await connect()
        for subject in ["", "a b", "a..b", ".a", "a.", "a.*", "a.>", "a\r\nPUB x 0", "a\0b"] {
            #expect(throws: NATSError.invalidSubject(subject)) { try nats.publish(subject) }
        }
        for subject in ["", "a b", "a..b", "a.>.b", "a.b*", "a.b>"] {
            #expect(throws: NATSError.invalidSubject(subject)) { try nats.subscribe(subject) { _ in } }
        }
        await nats.close()
    }

    @Test func aPayloadBeyondTheServersLimitIsRefused() async throws {
        let nats = try await connect()
        let size = nats.maximumPayload + 1
        #expect(throws: NATSError.payloadTooLarge(bytes: size)) {
            try nats.publish("core.large", payload: [UInt8](repeating: 1, count: size))
        }
        await nats.close()
    }

    @Test func aQueueGroupSharesTheMessages() async throws {
        let nats = try await connect()
        let counts = Mutex([0, 0, 0])
        for member in 0..<2 {
            try nats.subscribe("core.queue", queue: "q") { _ in counts.withLock { $0[member] += 1 } }
        }
        try nats.subscribe("core.queue") { _ in counts.withLock { $0[2] += 1 } }
        for _ in 0..<200 { try nats.publish("core.queue") }
        try await waitUntil { counts.withLock { $0[0] + $0[1] == 200 && $0[2] == 200 } }
        counts.withLock { #expect($0[0] > 0 && $0[1] > 0) }
        await nats.close()
    }

    @Test func aSlowHandlerLosesMessagesButStaysBounded() async throws {
        let nats = try await connect()
        var events = nats.events().makeAsyncIterator()
        let gate = Mutex(false)
        let subscription = try nats.subscribe("core.slow", pendingLimit: PendingLimit(messages: 10)) { _ in
            while !gate.withLock({ $0 }) {}
        }
        for _ in 0..<500 { try nats.publish("core.slow") }
        try await nats.flush(timeout: .seconds(60))
        #expect(await events.next() == .slowConsumer(subject: "core.slow"))
        #expect(subscription.pending <= 10)
        #expect(subscription.dropped > 400)
        gate.withLock { $0 = true }
        await nats.close()
    }

    @Test func aSlowReaderOfASequenceStaysBounded() async throws {
        let nats = try await connect()
        var events = nats.events().makeAsyncIterator()
        let messages = try nats.messages("core.slow2", bufferLimit: 5)
        for number in 0..<50 { try nats.publish("core.slow2", payload: [UInt8(number)]) }
        try await nats.flush(timeout: .seconds(60))
        #expect(await events.next() == .slowConsumer(subject: "core.slow2"))
        try await messages.subscription.drain(timeout: .seconds(60))
        var received: [UInt8] = []
        for await message in messages { received += message.payload }
        #expect(received == [0, 1, 2, 3, 4])
        await nats.close()
    }

    @Test func unsubscribingFreesTheHandler() async throws {
        let nats = try await connect()
        final class Token: Sendable {}
        weak var weakToken: Token?
        let subscription: Subscription
        do {
            let token = Token()
            weakToken = token
            subscription = try nats.subscribe("core.free") { [token] _ in _ = token }
        }
        #expect(weakToken != nil)
        subscription.unsubscribe()
        try await waitUntil { weakToken == nil }
        await nats.close()
    }

    @Test func aForgottenConnectionIsFreed() async throws {
        weak var forgotten: Connection?
        let closed: AsyncStream<ConnectionEvent>
        do {
            let nats = try await connect()
            forgotten = nats
            closed = nats.events()
            try nats.subscribe("core.forgotten") { _ in }
            #expect(nats.isConnected)
        }
        #expect(forgotten == nil)
        // libnats reports the end, so its own object is closed too.
        #expect(await closed.contains(.closed))
    }
}
