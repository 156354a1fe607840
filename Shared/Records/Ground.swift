import Foundation
import Postgres

/// The part of every service's schema that is the same: outbox, inbox, journal, answered requests, and the function
/// that puts a table under row-level security.
public enum Ground {
    /// The first migration of every service.
    public static func migration(schema: String) -> Migration {
        guard let url = Bundle.module.url(forResource: "ground", withExtension: "sql", subdirectory: "Schema"),
            let text = try? String(contentsOf: url, encoding: .utf8)
        else { preconditionFailure("the resources of Records are not beside the program") }
        return Migration(number: 1, name: "ground", sql: text.replacing("{schema}", with: schema))
    }
}
