import NATS
import TestKit
import Testing
import Wire

@testable import RPC

/// Answers of a crowd are sent together, those of a few at once.
@Suite(.timeLimit(.minutes(15))) struct CompanyTests {
    /// Counts how what a service publishes is sent.
    private struct CountingTransport: Transport {
        let memory = InMemoryTransport()
        let alone = Counter()
        let inCompany = Counter()

        var maximumMessageBytes: Int { memory.maximumMessageBytes }

        func publish(_ payload: [UInt8], to subject: String, headers: Headers) throws(TransportFailure) {
            alone.add()
            try memory.publish(payload, to: subject, headers: headers)
        }

        func publishInCompany(_ payload: [UInt8], to subject: String, headers: Headers) throws(TransportFailure) {
            inCompany.add()
            try memory.publish(payload, to: subject, headers: headers)
        }

        func request(
            _ payload: [UInt8], to subject: String, headers: Headers, timeout: Duration
        ) async throws(TransportFailure) -> Delivery {
            try await memory.request(payload, to: subject, headers: headers, timeout: timeout)
        }

        func subscribe(
            _ subject: String, queue: String?, onMessage: @escaping @Sendable (Delivery) -> Void
        ) async throws(TransportFailure) -> any TransportSubscription {
            try await memory.subscribe(subject, queue: queue, onMessage: onMessage)
        }

        func flush(limit: Duration) async throws(TransportFailure) { try await memory.flush(limit: limit) }
    }

    @Test func theAnswersOfACrowdAreSentTogether() async throws {
        let echo = method()
        let valve = Valve()
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in
            if request.id != "alone" { await valve.wait() }
            return request
        }
        let transport = CountingTransport()
        let service = try Service(
            .init(name: "echo-service", version: "1.0.0", description: ""), endpoints: [endpoint],
            transport: transport, authenticator: Tokens(), logger: .silent)
        try await service.start()
        let client = Client(transport.memory, deadline: .seconds(50))
        _ = try await client.call(echo, request("alone"), as: .kim)
        #expect(transport.alone.value == 1 && transport.inCompany.value == 0)
        let crowd = 3 * InFlight.crowd
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<crowd {
                group.addTask {
                    let answer = try await client.call(echo, request("\(number)"), as: .kim, deadline: .seconds(60))
                    #expect(answer.id == "\(number)")
                }
            }
            try await waitUntil { service.requestsInFlight == crowd }
            valve.open()
            try await group.waitForAll()
        }
        #expect(transport.inCompany.value > crowd / 2)
        #expect(transport.alone.value + transport.inCompany.value == 1 + crowd)
        try await waitUntil { service.requestsInFlight == 0 }
        _ = try await client.call(echo, request("alone"), as: .kim)
        #expect(transport.alone.value + transport.inCompany.value == 2 + crowd)
        await service.drain(limit: .seconds(10))
    }

    /// Over NATS every answer comes: gathered, and when the connection that gathers is gone, by the other.
    @Test func everyAnswerOfACrowdComes() async throws {
        let server = try await NATSServer.start(jetStream: false)
        let echo = method()
        let connection = try await Connection.connect(ConnectionOptions(urls: [server.url], name: "service"))
        var options = ConnectionOptions(urls: [server.url], name: "gathering")
        options.gathersMessages = true
        let gathering = try await Connection.connect(options)
        let caller = try await Connection.connect(ConnectionOptions(urls: [server.url], name: "client"))
        let endpoint = Endpoint(echo) { (_, request: GetRequest) async throws(Problem) in request }
        let service = try Service(
            .init(name: "echo-service", version: "1.0.0", description: ""), endpoints: [endpoint],
            transport: NATSTransport(connection, gathering: gathering), authenticator: Tokens(), logger: .silent)
        try await service.start()
        let client = Client(NATSTransport(caller), deadline: .seconds(50))
        for isGathering in [true, false] {
            if !isGathering { await gathering.close() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask {
                        let answer = try await client.call(
                            echo, request("\(number)"), as: .kim, deadline: .seconds(60))
                        #expect(answer.id == "\(number)")
                    }
                }
                try await group.waitForAll()
            }
        }
        await service.drain(limit: .seconds(10))
        await caller.close()
        await connection.close()
        try await server.stop()
    }
}
