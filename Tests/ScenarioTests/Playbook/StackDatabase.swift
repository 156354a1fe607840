import CampaignKit
import Foundation
import Postgres
import Synchronization
import TestKit

/// The database of a stack in the hands of its superuser, whom no scope binds: to look, and to make services wait.
struct StackDatabase: Sendable {
    private let pool: Pool

    init(_ stack: ScenarioStack) throws {
        let password = try String(
            contentsOfFile: "\(stack.folder)/secrets/postgres-postgres.password", encoding: .utf8
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let port = try stack.setting("ALE_POSTGRES_PORT", of: "onboarding")
        pool = try Pool(
            PoolConfiguration(
                connectionString: "host=127.0.0.1 port=\(port) dbname=ale user=postgres password='\(password)'",
                size: 6, defaultTimeout: TableLock.longest, applicationName: "scenario"))
    }

    /// The rows that a statement answers, each column as a text.
    func rows(_ sql: SQL) async throws -> [[String]] {
        let rows = try await pool.run(sql, readOnly: true)
        return try rows.map { row in try rows.columns.indices.map { try row.optionalString(at: $0) ?? "" } }
    }

    /// Carries out `body` while a lock of a table is asked for or held; it is given up when `body` has not done so.
    func locking<T>(
        _ table: String, _ strength: TableLock.Strength, _ body: (TableLock) async throws -> T
    ) async throws -> T {
        let lock = TableLock(table, strength, pool)
        do {
            let value = try await body(lock)
            try await lock.release()
            return value
        } catch {
            try? await lock.release()
            throw error
        }
    }

    /// How many sessions of a service wait for a lock; of those alone that are about to write into a table.
    func waiters(of service: String, toWrite: Bool = false) async throws -> Int {
        try await rows(
            """
            SELECT DISTINCT a.pid::text FROM pg_locks l JOIN pg_stat_activity a USING (pid) \
            WHERE NOT l.granted AND a.usename = \(role(service)) AND (NOT \(toWrite) OR l.mode = 'RowExclusiveLock')
            """
        ).count
    }

    /// Ends all sessions of a service that has been killed, as Postgres does once it notices: what they have not
    /// committed is undone.
    func endSessions(of service: String) async throws {
        try await waitUntil("the end of the sessions of \(service)") {
            try await rows(
                """
                SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE usename = \(role(service))
                """
            ).isEmpty
        }
    }

    private func role(_ service: String) -> String { "ale_\(service.replacingOccurrences(of: "-", with: "_"))" }
}

/// A lock of a table: services that need the table wait as long as it is held.
final class TableLock: Sendable {
    /// What it keeps others from.
    enum Strength: String {
        /// From writing.
        case share = "SHARE"
        /// From reading, too.
        case accessExclusive = "ACCESS EXCLUSIVE"
    }

    /// A lock that nobody gives up is given up by itself then.
    static let longest: Duration = .seconds(180)

    private let isGranted = Atomic(false)
    private let isReleased = Atomic(false)
    private let holder = Mutex<Task<Void, any Error>?>(nil)

    fileprivate init(_ table: String, _ strength: Strength, _ pool: Pool) {
        let end = ContinuousClock.now + Self.longest
        let settings = [(name: "idle_in_transaction_session_timeout", value: "0")]
        let task = Task { [self] in
            try await pool.transaction(settings: settings) { [self] tx in
                _ = try tx.query("LOCK TABLE \(raw: table) IN \(raw: strength.rawValue) MODE")
                isGranted.store(true, ordering: .sequentiallyConsistent)
                // On a thread of the pool, which is there to wait.
                while !isReleased.load(ordering: .sequentiallyConsistent), ContinuousClock.now < end { usleep(1_000) }
            }
        }
        holder.withLock { $0 = task }
    }

    /// Waits until it is held: whoever had the table before has committed.
    func awaitGrant() async throws {
        try await waitUntil("the lock") { isGranted.load(ordering: .sequentiallyConsistent) }
    }

    /// Gives it up, once.
    func release() async throws {
        isReleased.store(true, ordering: .sequentiallyConsistent)
        let task = holder.withLock { holder in
            defer { holder = nil }
            return holder
        }
        try await task?.value
    }
}
