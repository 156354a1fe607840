import CustomerSuccessWire
import NATS
import Postgres
import RPC
import Records
import Roles
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import CustomerSuccessService

/// Over NATS: batches and exports beyond what one instance does at once are refused, with a text that says so.
@Suite struct CapacityTests {
    enum Work: String, CaseIterable {
        case batches, exports
    }

    /// Holds a table while the calls that need it wait.
    private final class Hold: Sendable {
        private let isOver = Mutex(false)
        private let count = Mutex(Int64(0))
        let isHeld = Signal()
        var waiting: Int64 { count.withLock { $0 } }
        func end() { isOver.withLock { $0 = true } }

        func run(_ server: Server) async throws {
            try await server.admin.transaction(timeout: .seconds(60)) { tx in
                _ = try tx.query("LOCK TABLE customer_success.touchpoint IN ACCESS EXCLUSIVE MODE")
                self.isHeld.notify()
                while !self.isOver.withLock({ $0 }) {
                    let rows = try tx.query(
                        """
                        SELECT count(*) FROM pg_stat_activity \
                        WHERE datname = current_database() AND wait_event_type = 'Lock'
                        """)
                    let found = try rows.first?.int64(at: 0) ?? 0
                    self.count.withLock { $0 = found }
                    _ = try tx.query("SELECT pg_sleep(0.01), pg_stat_clear_snapshot()")
                }
            }
        }
    }

    /// As much work as one call can bring.
    private func send(_ work: Work, on record: Touchpoint, as caller: Caller, size: Int, _ world: World) async
        -> Problem?
    {
        let credential = CallerTokens.credential(caller)
        let client = world.server.client
        do throws(Problem) {
            switch work {
            case .batches:
                var target = BatchTarget()
                target.id = record.id
                var request = BatchReassignRequest()
                request.records = Array(repeating: target, count: size)
                request.assignedTo = world.manager
                _ = try await client.call(
                    CustomerSuccessAPI.batchReassignTouchpoints, request, as: credential, deadline: .seconds(25))
            case .exports:
                var request = ExportRequest()
                request.format = "csv"
                _ = try await client.call(
                    CustomerSuccessAPI.exportTouchpoints, request, as: credential, deadline: .seconds(25))
            }
            return nil
        } catch {
            return error
        }
    }

    @Test(.timeLimit(.minutes(15)), arguments: Work.allCases)
    func whatIsTooMuchIsRefused(work: Work) async throws {
        let server = try await Server.start(overNATS: true, nats: NATSServer.start(jetStream: false))
        let world = try await World(server)
        let record = try await world.make(Touchpoint.self)
        let agents = try (0..<3).map { index in
            var agent = world.agent
            agent.domain = try #require(DomainPath("/provider/")?.child("tenant\(index)"))
            return agent
        }
        let hold = Hold()
        async let holding: Void = hold.run(server)
        await hold.isHeld.wait(atMost: .seconds(50))
        let problems = try await withThrowingTaskGroup(of: Problem?.self) { group in
            for (index, agent) in [agents[0], agents[0], agents[1], agents[1]].enumerated() {
                group.addTask { await send(work, on: record, as: agent, size: 5_000, world) }
                try await until { hold.waiting == Int64(index + 1) }
                guard index == 1 || index == 3 else { continue }
                // A domain that has its share waits; when all room is taken, so does everybody else.
                let refused = await send(work, on: record, as: agents[index == 1 ? 0 : 2], size: 5_000, world)
                #expect(refused?.code == .resourceExhausted, "\(refused as Any)")
                let kind = work.rawValue.uppercased()
                #expect(refused?.reason == (index == 1 ? "DOMAIN_\(kind)_BUSY" : "\(kind)_BUSY"))
                #expect(refused?.text.en.contains("\(work)") == true && refused?.text.en.contains("Try again") == true)
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        hold.end()
        try await holding
        #expect(problems.allSatisfy { $0?.code == .deadlineExceeded }, "\(problems)")
        // Room is made again, and a small batch always had some.
        for agent in agents { #expect(await send(work, on: record, as: agent, size: 1, world) == nil) }
    }

    private func until(_ isTrue: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(50)
        while !isTrue() {
            guard ContinuousClock.now < deadline else { throw Problem.deadlineExceeded() }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
