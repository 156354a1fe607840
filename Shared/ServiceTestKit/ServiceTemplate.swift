import Platform
import Postgres
import Records
import Synchronization
import TestKit

/// Databases with the migrated schema of a service: made once, copied for each test that wants one of its own.
enum ServiceTemplate {
    private static let templates = Mutex<[String: Task<String, any Error>]>([:])

    /// A new database of the service on the server that the process shares; its name.
    static func copy<Definition: ServiceDefinition>(for definition: Definition.Type) async throws -> String {
        let template = templates.withLock { known in
            let making = known[Definition.name] ?? Task { try await make(definition) }
            known[Definition.name] = making
            return making
        }
        let schema = Database.schemaName(of: Definition.name)
        let name = "\(schema)_\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        try await PostgresServer.shared.createDatabase(name, template: template.value)
        return name
    }

    /// The login of a service, which owns nothing, and the owner of its schema.
    private static func make<Definition: ServiceDefinition>(_ definition: Definition.Type) async throws -> String {
        let postgres = try await PostgresServer.shared
        let schema = Database.schemaName(of: Definition.name)
        let name = "\(schema)_template"
        try await postgres.createDatabase(name)
        try await postgres.makeRoles(of: schema)
        try await postgres.psql("CREATE SCHEMA \(schema) AUTHORIZATION ale_\(schema)_owner", database: name)
        let migrator = try Ground.migrator(
            connectionString: postgres.connectionString(database: name, user: "ale_\(schema)_owner"), schema: schema,
            own: Migration.load(folder: Definition.schemaFolder))
        _ = try await migrator.migrate()
        return name
    }
}
