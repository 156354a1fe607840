import Foundation
import Postgres
import Records
import TestKit
import Wire
import WireCatalog

/// One database with the roles and schemas of all services, made as a deployment makes it: `deploy/postgres/roles.sh`
/// as the superuser, then every service's migrations as the owner of its schema.
struct ServiceSchemas: Sendable {
    let server: PostgresServer

    /// The services, as the catalogue of the protos knows them.
    static let services = Set(Catalog.schemas.map(\.service)).sorted()

    /// Shared by the suites: who changes tables makes a copy with ``copy(_:)``.
    static let shared = Task { try await ServiceSchemas() }

    /// `customer-success` has its sources in `Services/CustomerSuccess`.
    static func folder(of service: String) -> String {
        "Services/" + service.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private init() async throws {
        server = try await PostgresServer.start()
        try await server.createDatabase("ale")
        try await makeRoles()
        for service in Self.services {
            let schema = Database.schemaName(of: service)
            let own = try Migration.load(folder: Checkout.path(Self.folder(of: service) + "/Schema"))
            _ = try await Ground.migrator(
                connectionString: connectionString("ale_\(schema)_owner"), schema: schema, own: own
            ).migrate()
        }
    }

    private func makeRoles() async throws {
        let secrets = server.directory + "/secrets"
        try FileManager.default.createDirectory(atPath: secrets, withIntermediateDirectories: true)
        let deploy = Checkout.path("deploy")
        _ = try await Command.run("/bin/sh", ["-euc", ". '\(deploy)/lib.sh'; make_secrets '\(secrets)'"])
        let sql = try await Command.run("/bin/sh", ["\(deploy)/postgres/roles.sh", secrets])
        try sql.write(toFile: secrets + "/roles.sql", atomically: true, encoding: .utf8)
        // Twice: running it again must change nothing.
        for _ in 0..<2 {
            _ = try await Command.run(
                "/usr/bin/env", ["psql", "-X", "-d", connectionString("postgres"), "-f", secrets + "/roles.sql"])
        }
    }

    /// How `user` reaches the database.
    func connectionString(_ user: String, database: String = "ale") -> String {
        server.connectionString(database: database, user: user)
    }

    /// A copy of the database, to be changed by a test.
    func copy(_ name: String) async throws { try await server.createDatabase(name, template: "ale") }

    /// Rows of a query of the superuser, one array of texts each.
    func rows(_ sql: String, database: String = "ale") async throws -> [[String]] {
        try await server.psql(sql, database: database).split(separator: "\n")
            .map { $0.split(separator: "|", omittingEmptySubsequences: false).map(String.init) }
    }
}
