import Testing

@testable import ImportValidationService

/// The check that comes with the product is added once for each staging table.
@Suite struct SeedTests {
    @Test func whatWasDeletedStaysDeleted() async throws {
        let upgrade = try await Upgrade()
        try await upgrade.migrate()
        let database = try upgrade.database()
        let tables = ImportTarget.all.filter { $0.accountColumn != nil }.map(\.stagingTable).sorted()
        let checks = "SELECT staging_table FROM import_validation.data_validation_assist ORDER BY staging_table"
        try await AccountCheck.seed(database)
        #expect(try await upgrade.psql(checks) == tables.joined(separator: "\n"))
        // As an earlier version left it, which made no notes: nothing is there twice.
        try await upgrade.psql("DELETE FROM import_validation.shipped")
        try await AccountCheck.seed(database)
        #expect(try await upgrade.psql(checks) == tables.joined(separator: "\n"))
        try await upgrade.psql(
            "DELETE FROM import_validation.data_validation_assist WHERE staging_table = '\(tables[0])'")
        try await AccountCheck.seed(database)
        #expect(try await upgrade.psql(checks) == tables.dropFirst().joined(separator: "\n"))
        await database.pool.close()
    }
}
