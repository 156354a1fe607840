import Glibc
import Postgres
import Tenancy
import TestKit
import Testing
import Wire

@testable import RPC
@testable import Records

/// Requests whose time is over while they wait for the database.
@Suite(.timeLimit(.minutes(15))) struct ExpiryTests {
    private static let method = Method<GetRequest, GetRequest>(
        service: "customer-success", subject: "ale.v1.customer-success.echoes.get", name: "GetEcho",
        summary: "Says it again, after a look into the database.")

    private struct Anyone: Authenticator {
        func authenticate(_ bearer: String?) async throws(Problem) -> Caller { .person() }
    }

    /// Keeps a connection of the pool at work.
    private static func occupy(_ bench: Workbench, until end: Counter) -> Task<Void, any Error> {
        Task { try await bench.pool.transaction { _ in while end.value == 0 { usleep(1_000) } } }
    }

    /// All connections are busy until the deadline: the caller is told that the time was too short, and the log does not
    /// speak of a fault.
    @Test func waitingForAConnectionIsNoFault() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let faults = RecordingLog()
        let transport = InMemoryTransport()
        let database = bench.database
        let endpoint = Endpoint(Self.method) { call, request async throws(Problem) in
            try await database.transaction(as: call.caller, deadline: call.deadline) { tx in
                _ = try tx.query("SELECT 1")
                return request
            }
        }
        let service = try Service(
            .init(name: "customer-success", version: "1.0.0", description: "Says it again."), endpoints: [endpoint],
            transport: transport, authenticator: Anyone(), logger: faults.logger(.error))
        try await service.start()
        let mayEnd = Counter()
        let busy = Self.occupy(bench, until: mayEnd)
        try await waitUntil("busy") { bench.pool.metrics.inUse == 1 }
        let expired = try await problem {
            _ = try await Client(transport).call(Self.method, GetRequest(), deadline: .milliseconds(300))
        }
        // Whichever of the two notices first, the service or its pool.
        #expect([.deadlineExceeded, .resourceExhausted].contains(expired.code))
        try await waitUntil("ended") { service.requestsInFlight == 0 }
        #expect(faults.lines.isEmpty)
        mayEnd.add(1)
        try await busy.value
        await service.drain(limit: .seconds(5))
        await bench.close()
    }

    /// Every way in which the database does not do it now is told as what it is.
    @Test func reasonsAreToldApart() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let mayEnd = Counter()
        let busy = Self.occupy(bench, until: mayEnd)
        try await waitUntil("busy") { bench.pool.metrics.inUse == 1 }
        let waiting = Task { try await problem { _ = try await bench.create("cancelled") } }
        try await waitUntil("waiting") { bench.pool.metrics.waiting == 1 }
        waiting.cancel()
        #expect(try await waiting.value.code == .canceled)
        let short = try await problem {
            try await bench.database.transaction(as: .person(), deadline: .after(.milliseconds(100))) { tx in
                tx.send("SELECT 1")
            }
        }
        #expect([.resourceExhausted, .deadlineExceeded].contains(short.code))
        mayEnd.add(1)
        try await busy.value
        try await bench.psql(
            "ALTER ROLE ale_customer_success IN DATABASE \(bench.name) SET default_transaction_read_only = on")
        let standing = try bench.restarted()
        #expect(try await problem { _ = try await standing.create("read-only") }.code == .unavailable)
        await standing.close()
        await bench.close()
        #expect(try await problem { _ = try await bench.create("closed") }.code == .unavailable)
    }
}
