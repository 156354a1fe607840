import Ground
import Postgres
import TestKit

/// A database that a test has for itself: what is looked at behind the service's back, by the superuser.
public protocol OwnDatabase: Sendable {
    /// Where it is.
    var server: PostgresServer { get }
    /// What it is called there.
    var name: String { get }
    /// The way of the service into it.
    var database: Database { get }
}

extension OwnDatabase {
    /// What the superuser sees.
    @discardableResult
    public func psql(_ sql: String) async throws -> String { try await server.psql(sql, database: name) }

    /// The superuser's `SELECT count(*)`.
    public func count(_ rows: String) async throws -> Int { Int(try await psql("SELECT count(*) FROM \(rows)")) ?? -1 }

    /// Gives the connections back.
    public func close() async { await database.pool.close() }
}
