import Logging
import Platform
import Postgres
import Records
import TestKit
import Testing

@testable import PlayLauncherService

/// What an earlier version has seeded is not seeded again.
@Suite struct SeedUpgradeTests {
    @Test func onlyWhatIsMissingIsMade() async throws {
        let postgres = try await PostgresServer.shared
        let name = "play_launcher_seeds"
        try await postgres.createDatabase(name)
        try await postgres.makeRoles(of: "play_launcher")
        try await postgres.psql("CREATE SCHEMA play_launcher AUTHORIZATION ale_play_launcher_owner", database: name)
        let all = try Migration.load(folder: PlayLauncher.schemaFolder)
        func migrate(_ own: [Migration]) async throws {
            let migrator = try Ground.migrator(
                connectionString: postgres.connectionString(database: name, user: "ale_play_launcher_owner"),
                schema: "play_launcher", own: own)
            _ = try await migrator.migrate()
        }
        try await migrate(Array(all.prefix { $0.name != "work" }))
        // Everything was made, but one category that this version brings along; and people have deleted all of it.
        var names = PlaySeed.categories.dropFirst().map { "category:\($0)" }
        names += PlaySeed.subcategories.map { "subcategory:\($0.name.en)" }
        for flow in PlaySeed.shared {
            names.append("flow:\(flow)@\(PlaySeed.version(try #require(PlaySeed.yaml(flow))))")
        }
        for entry in PlaySeed.entries {
            let version = PlaySeed.version(try #require(PlaySeed.yaml(entry.flow)))
            names += ["flow:\(entry.flow)@\(version)", "definition:\(entry.flow)"]
        }
        let values = names.map { "('\($0)', '/provider/')" }.joined(separator: ", ")
        try await postgres.psql("INSERT INTO play_launcher.seeded (name, domain) VALUES \(values)", database: name)
        try await migrate(all)
        let pool = try Pool(
            PoolConfiguration(
                connectionString: postgres.connectionString(database: name, user: "ale_play_launcher"), size: 2))
        let database = Database(
            service: PlayLauncher.name, pool: pool, clock: SystemClock(),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        for _ in 1...2 { try await PlaySeed(database: database).prepare() }
        let made = try await postgres.psql(
            """
            SELECT name || ', ' || name_ko FROM play_launcher.ale_choice
            UNION ALL SELECT name FROM play_launcher.flow_definition
            UNION ALL SELECT title FROM play_launcher.definition_record
            """, database: name)
        #expect(made == "\(PlaySeed.categories[0].en), \(PlaySeed.categories[0].ko)")
        await pool.close()
    }
}
