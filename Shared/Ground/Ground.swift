import Foundation
import Postgres

/// The part of every service's schema that is the same: outbox, inbox, journal, answered requests, and the function
/// that puts a table under row-level security.
public enum Ground {
    /// The first migration of every service.
    public static func migration(schema: String) -> Migration {
        guard let url = Bundle.module.url(forResource: "ground", withExtension: "sql", subdirectory: "Schema"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { preconditionFailure("the resources of Ground are not beside the program") }
        return Migration(number: 1, name: "ground", sql: text.replacing("{schema}", with: schema))
    }

    /// What has come to the ground since, from 0002 on. A series of its own: a service that has numbers 2 and on of its
    /// own since long gets them as well.
    public static func additions(schema: String) throws(PostgresError) -> [Migration] {
        guard let folder = Bundle.module.url(forResource: "ground", withExtension: nil, subdirectory: "Schema") else {
            preconditionFailure("the resources of Ground are not beside the program")
        }
        return try Migration.load(folder: folder.path).map {
            Migration(number: $0.number, name: $0.name, sql: $0.sql.replacing("{schema}", with: schema))
        }
    }

    /// The migrator of a service: the ground, what has come to it, and the service's `own` migrations from 0002 on.
    public static func migrator(
        connectionString: String, schema: String, own: [Migration]
    ) throws(PostgresError) -> Migrator {
        try Migrator(
            connectionString: connectionString, schema: schema, migrations: [migration(schema: schema)] + own,
            ground: try additions(schema: schema))
    }
}
