import Glibc
import TestKit
import Testing

@testable import Postgres

/// Servers that only read, standbys, several hosts, and logins that are refused.
@Suite(.serialized, .timeLimit(.minutes(15))) struct FailoverTests {
    /// A session that was opened while the server only read refuses no write for ever: it is given up.
    @Test func aReadOnlyServerIsAsGoodAsNone() async throws {
        let server = try await PostgresServer.shared
        let name = "read_only"
        let string = try await server.createDatabase(name)
        let pool = try Pool(PoolConfiguration(connectionString: string, size: 1, acquireTimeout: .seconds(1)))
        _ = try await pool.run("CREATE TABLE t (id int4)")
        let writing: @Sendable (Transaction) throws -> Void = { tx in
            _ = try tx.query("SELECT 1")
            tx.send("INSERT INTO t VALUES (1)")
        }
        try await server.psql("ALTER DATABASE \(name) SET default_transaction_read_only = on")
        try await Self.endSessions(server, name)
        for _ in 0..<3 {
            let single = try await failure { _ = try await pool.run("INSERT INTO t VALUES (1)") }
            #expect(single.isConnectionFailure && single.sqlState == "25006")
            #expect(try await failure { try await pool.transaction(writing) }.isConnectionFailure)
            // It still answers questions; it was asked for no more.
            #expect(try await pool.run("SELECT 1", readOnly: true).count == 1)
        }
        try await server.psql(
            "SET default_transaction_read_only = off; ALTER DATABASE \(name) RESET default_transaction_read_only")
        // The pool's own session is still one of those; the write is done on the next.
        _ = try await pool.run("INSERT INTO t VALUES (1)")
        try await pool.transaction(writing)
        #expect(try await pool.run("SELECT 1 FROM t").count == 2)
        // A transaction that said it only reads, and writes, is a defect and not an outage.
        let defect = try await failure {
            try await pool.transaction(readOnly: true) { tx in _ = try tx.query("INSERT INTO t VALUES (3)") }
        }
        #expect(defect.kind == .server && defect.sqlState == "25006")
        await pool.close()
    }

    /// The primary dies and its standby takes over: the pool finds it, and writes work again.
    @Test func aPromotedStandbyTakesTheWrites() async throws {
        let primary = try await PostgresServer.startPrimary()
        try await primary.createDatabase("ale")
        let standby = try await primary.startStandby()
        let string =
            "host=127.0.0.1,127.0.0.1 port=\(standby.port),\(primary.port) dbname=ale user=postgres "
            + "target_session_attrs=read-write"
        let pool = try Pool(PoolConfiguration(connectionString: string, size: 4))
        _ = try await pool.run("CREATE TABLE t (id int4)")
        #expect(try await pool.run("SELECT inet_server_port() AS port")[0].int("port") == Int(primary.port))
        try await waitUntil { (try? await standby.psql("SELECT count(*) FROM t", database: "ale")) == "0" }
        try await primary.kill()
        let waiting = Task { try await pool.run("SELECT inet_server_port() AS port")[0].int("port") }
        try await waitUntil { pool.metrics.waiting == 1 }
        try await standby.promote()
        #expect(try await waiting.value == Int(standby.port))
        try await pool.transaction { tx in tx.send("INSERT INTO t VALUES (1)") }
        await pool.close()
        try await standby.stop()
        try await primary.stop()
    }

    /// A host that does not answer takes its share of the time and no more, and is asked last from then on.
    @Test func aSilentHostIsPassedOver() async throws {
        let server = try await PostgresServer.shared
        let silent = try SilentPort()
        defer { silent.close() }
        let string = "host=127.0.0.1,127.0.0.1 port=\(silent.port),\(server.port) dbname=postgres user=postgres"
        let servers = ServerList(string)
        var settings = ConnectionSettings.session(string, "failover", timeout: .seconds(5))
        settings.servers = servers
        settings.connectTimeout = .seconds(4)
        let start = ContinuousClock.now
        _ = try PostgresConnection(settings)
        #expect(start.duration(to: .now) > .milliseconds(1_900))
        let again = ContinuousClock.now
        _ = try PostgresConnection(settings)
        #expect(again.duration(to: .now) < .milliseconds(1_900))
    }

    /// What the server knows and refuses is told apart from a server that is not there.
    @Test func refusalsHaveAState() async throws {
        let server = try await PostgresServer.shared
        func refusal(_ string: String) async throws -> PostgresError {
            try await failure { _ = try PostgresConnection(.session(string, "refused", timeout: .seconds(2))) }
        }
        let stranger = try await refusal(server.connectionString(database: "postgres", user: "nobody_knows"))
        #expect(stranger.sqlState == "28000" && stranger.isAccessRefused)
        #expect(stranger.message.contains("nobody_knows") && !stranger.message.contains("LOCATION"))
        #expect(!stranger.message.contains("28000"))
        let nowhere = try await refusal(server.connectionString(database: "no_such_database"))
        #expect(nowhere.sqlState == "3D000" && nowhere.isAccessRefused)
        let gone = try await refusal("host=127.0.0.1,127.0.0.1 port=1,2 dbname=postgres user=postgres")
        #expect(gone.sqlState == nil && !gone.isAccessRefused && gone.isConnectionFailure)
        #expect(gone.message.contains("port 1 ") && gone.message.contains("port 2 "))
        try await server.psql("CREATE ROLE full_house LOGIN CONNECTION LIMIT 0")
        let full = try await refusal(server.connectionString(database: "postgres", user: "full_house"))
        #expect(full.sqlState == "53300" && !full.isAccessRefused)
    }

    private static func endSessions(_ server: PostgresServer, _ name: String) async throws {
        try await server.psql(
            """
            SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
            WHERE datname = '\(name)' AND pid <> pg_backend_pid()
            """)
    }
}

/// A port whose connections are taken by the kernel and by nobody else.
private final class SilentPort {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 8) == 0
                    ? getsockname(descriptor, $0, &length) : -1
            }
        }
        try #require(status == 0)
        port = UInt16(bigEndian: address.sin_port)
    }

    func close() { _ = Glibc.close(descriptor) }
}
