import Ground
import Postgres
import TestKit

/// A database as a version before has left it, with a row in every table, that is then brought up to date.
public struct SchemaUpgrade: Sendable {
    /// Whose rows those are.
    public static let domain = "/provider/d0000001/"

    private let server: PostgresServer
    private let name: String
    private let schema: String
    private let migrations: [Migration]

    /// The schema with all migrations of `folder` up to the one of this name, which is left out; every text that must stand in a
    /// row is `text`.
    public init(of schema: String, _ folder: String, before migration: String, text: String) async throws {
        self.schema = schema
        name = "upgrade_\(schema)_\(UInt64.random(in: 0...UInt64.max))"
        migrations = try Migration.load(folder: folder)
        server = try await PostgresServer.shared
        try await server.createDatabase(name)
        try await server.makeRoles(of: schema)
        try await psql("CREATE SCHEMA \(schema) AUTHORIZATION ale_\(schema)_owner")
        try await migrate(to: migration)
        try await psql(
            FilledTables.sql(
                schema: schema, domain: Self.domain, account: "01990000-0000-7000-8000-000000000001", text: text))
    }

    /// Applies what comes before the migration of this name, or all there is.
    public func migrate(to migration: String? = nil) async throws {
        let migrator = try Ground.migrator(
            connectionString: server.connectionString(database: name, user: "ale_\(schema)_owner"), schema: schema,
            own: Array(migrations.prefix { $0.name != migration }))
        _ = try await migrator.migrate()
    }

    /// Runs SQL as the superuser and answers the lines that it prints.
    @discardableResult
    public func psql(_ sql: String) async throws -> [String] {
        try await server.psql(sql, database: name).split(separator: "\n").map(String.init)
    }

    /// What the service sees of the rows of `domain` and below.
    public func seen(from domain: String, _ sql: String) async throws -> [String] {
        try await psql(
            """
            SET ROLE ale_\(schema); SET ale.scope_lower = '\(domain)'; SET ale.scope_upper = '\(domain.dropLast())0'; \(sql)
            """)
    }
}
