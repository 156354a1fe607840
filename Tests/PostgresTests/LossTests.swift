import Glibc
import Synchronization
import TestKit
import Testing

@testable import Postgres

/// Connections that died while nobody used them: the first request after it works at once.
@Suite(.serialized, .timeLimit(.minutes(15))) struct LossTests {
    private static let starting = Task { try await PostgresServer.start() }

    private static func makePool(_ size: Int, acquire: Duration = .seconds(5)) async throws -> Pool {
        let server = try await starting.value
        let pool = try Pool(
            PoolConfiguration(
                connectionString: try await server.createDatabase(), size: size, acquireTimeout: acquire,
                applicationName: "loss"))
        try await open(size, pool)
        return pool
    }

    /// Opens every connection of the pool, and waits until all of them sleep.
    private static func open(_ size: Int, _ pool: Pool) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<size { group.addTask { _ = try await pool.run("SELECT pg_sleep(0.3)") } }
            try await group.waitForAll()
        }
        try await waitUntil { pool.metrics.connected == size && pool.metrics.inUse == 0 }
    }

    /// Ends the pool's sessions, up to `count` of them, all at once, and waits until they are gone: what one of them was doing
    /// must not be done again by another that is ended as well.
    private static func terminate(_ count: Int = 1_000, state: String = "idle") async throws {
        let server = try await starting.value
        try await server.psql(
            """
            WITH told AS MATERIALIZED (SELECT array_agg(pid) AS pids FROM (
                SELECT pid, pg_terminate_backend(pid) AS is_told FROM pg_stat_activity
                WHERE application_name = 'loss' AND state = '\(state)' LIMIT \(count)) AS session WHERE is_told)
            SELECT pg_terminate_backend(pid, 5000) FROM told, unnest(pids) AS pid
            """)
    }

    /// How long the slowest of some writes takes, one after the other. A write must not meet a dead connection: it would
    /// be in doubt.
    private static func slowest(of count: Int, _ pool: Pool) async throws -> Duration {
        var slowest: Duration = .zero
        for _ in 0..<count {
            let start = ContinuousClock.now
            _ = try await pool.run("SELECT pg_notify('loss', '')")
            slowest = max(slowest, start.duration(to: .now))
        }
        return slowest
    }

    /// All idle connections die, or half of them. On a machine that is busy with others two rounds of five may be late; when
    /// the pool waits for something that does not come, all are, and each for seconds.
    @Test(arguments: [1_000, 8]) func requestsAfterALossWorkAtOnce(_ count: Int) async throws {
        let pool = try await Self.makePool(16)
        var times: [Duration] = []
        for _ in 0..<5 {
            try await Self.terminate(count)
            times.append(try await Self.slowest(of: 7, pool))
            try await Self.open(16, pool)
        }
        #expect(times.sorted()[times.count / 2] < .milliseconds(800), "\(times)")
        await pool.close()
    }

    /// All die while all are at work and others wait: those at work are told, or done again, and those behind go on.
    @Test func aLossUnderLoadHoldsNobodyUp() async throws {
        let pool = try await Self.makePool(16, acquire: .seconds(20))
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<16 { group.addTask { _ = try await pool.run("SELECT pg_sleep(1)", readOnly: true) } }
            try await waitUntil { pool.metrics.inUse == 16 }
            for _ in 0..<100 { group.addTask { _ = try await pool.run("SELECT 1") } }
            try await Self.terminate(state: "active")
            try await group.waitForAll()
        }
        // Once more a second for those that are done again; whoever is held up waits for twenty.
        #expect(start.duration(to: .now) < .seconds(9))
        #expect(pool.metrics.refused == 0)
        await pool.close()
    }

    /// The server restarts while nobody asks, and again while some wait for it.
    @Test func aRestartIsNotNoticed() async throws {
        let pool = try await Self.makePool(8)
        let server = try await Self.starting.value
        try await server.kill()
        try await server.restart()
        #expect(try await Self.slowest(of: 7, pool) < .seconds(4))
        try await server.kill()
        let waiting = (0..<20).map { _ in Task { try await pool.run("SELECT 1", readOnly: true).count } }
        try await waitUntil { pool.metrics.waiting == 20 }
        try await server.restart()
        let start = ContinuousClock.now
        for task in waiting { #expect(try await task.value == 1) }
        #expect(start.duration(to: .now) < .seconds(6))
        await pool.close()
    }

    /// Something on the way forgets the connections without telling anybody. The first request waits for its own time,
    /// those behind it meet new connections.
    @Test func aSilentLossCostsOneRequest() async throws {
        let server = try await Self.starting.value
        let name = "silent"
        try await server.createDatabase(name)
        let proxy = try TCPProxy(to: server.port)
        let pool = try Pool(
            PoolConfiguration(
                connectionString: "host=127.0.0.1 port=\(proxy.port) dbname=\(name) user=postgres", size: 8))
        try await Self.open(8, pool)
        proxy.cut()
        let lost = try await failure {
            _ = try await pool.run("SELECT 1", readOnly: true, timeout: .milliseconds(200))
        }
        #expect(lost.kind == .timedOut)
        let slowest = try await Self.slowest(of: 16, pool)
        #expect(slowest < .seconds(3), "\(slowest)")
        await pool.close()
        proxy.close()
    }

    /// Over a network the kernel is told to notice a peer that has gone without a word.
    @Test func theKernelWatchesTheConnection() async throws {
        let server = try await Self.starting.value
        let connection = try PostgresConnection(
            .session(server.networkConnectionString(database: "postgres"), "watched", timeout: .seconds(5)))
        let socket = connection.socket
        func option(_ level: Int32, _ name: Int32) -> Int32 {
            var value: Int32 = -1
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(socket, level, name, &value, &length)
            return value
        }
        #expect(option(SOL_SOCKET, SO_KEEPALIVE) == 1)
        #expect(option(Int32(IPPROTO_TCP), TCP_KEEPIDLE) == 10)
        #expect(option(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) == 20_000)
        // What an operator writes counts.
        let other = try PostgresConnection(
            .session(
                server.networkConnectionString(database: "postgres") + " keepalives_idle=77", "own",
                timeout: .seconds(5)))
        var idle: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(other.socket, Int32(IPPROTO_TCP), TCP_KEEPIDLE, &idle, &length)
        #expect(idle == 77)
    }

    @Test func stopTheServer() async throws {
        try await Self.starting.value.stop()
    }
}
