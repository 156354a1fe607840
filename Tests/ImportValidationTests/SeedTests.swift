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

    /// The check says its sentence in both languages, also where an earlier version has made it; what an administrator has
    /// written stays.
    @Test func anEarlierCheckIsGivenItsKorean() async throws {
        let upgrade = try await Upgrade()
        try await upgrade.migrate()
        let database = try upgrade.database()
        try await AccountCheck.seed(database)
        let tables = ImportTarget.all.filter { $0.accountColumn != nil }.map(\.stagingTable).sorted()
        let table = "import_validation.data_validation_assist"
        let messages = "SELECT DISTINCT message_ko FROM \(table) ORDER BY 1"
        #expect(try await upgrade.psql(messages) == AccountCheck.messageKo)
        try await upgrade.psql("UPDATE \(table) SET message = NULL, message_ko = NULL")
        try await upgrade.psql("UPDATE \(table) SET script = script || ' ' WHERE staging_table = '\(tables[0])'")
        try await upgrade.psql("UPDATE \(table) SET message = 'Ours' WHERE staging_table = '\(tables[1])'")
        try await upgrade.psql("DELETE FROM import_validation.shipped")
        try await AccountCheck.seed(database)
        let korean = "SELECT staging_table FROM \(table) WHERE message_ko IS NOT NULL ORDER BY staging_table"
        #expect(try await upgrade.psql(korean) == tables.dropFirst(2).joined(separator: "\n"))
        await database.pool.close()
    }
}
