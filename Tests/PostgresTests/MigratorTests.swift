import Foundation
import TestKit
import Testing

@testable import Postgres

@Suite struct MigratorTests {
    private let two = [
        Migration(number: 1, name: "first", sql: "CREATE TABLE svc.a (id int4);\nINSERT INTO svc.a VALUES (1);"),
        Migration(number: 2, name: "second", sql: "CREATE TABLE svc.b (id int4); -- naïve 名"),
    ]

    private func migrator(_ database: String, _ migrations: [Migration]) throws -> Migrator {
        try Migrator(connectionString: database, schema: "svc", migrations: migrations, timeout: .seconds(20))
    }

    @Test func appliesOnceAndVerifies() async throws {
        let database = try await PostgresServer.shared.createDatabase()
        let unmigrated = try await failure { try await migrator(database, two).verify() }
        #expect(unmigrated.kind == .migration && unmigrated.message.contains("never been migrated"))
        #expect(try await migrator(database, [two[0]]).migrate() == ["0001_first.sql"])
        let behind = try await failure { try await migrator(database, two).verify() }
        #expect(behind.message.contains("behind") && behind.message.contains("0002_second.sql"))
        #expect(try await migrator(database, two).migrate() == ["0002_second.sql"])
        #expect(try await migrator(database, two).migrate() == [])
        try await migrator(database, two).verify()
        let ahead = try await failure { try await migrator(database, [two[0]]).verify() }
        #expect(ahead.message.contains("ahead") && ahead.message.contains("second"))
        #expect(try await failure { _ = try await migrator(database, [two[0]]).migrate() }.kind == .migration)
    }

    @Test func concurrentMigratorsApplyEachOnce() async throws {
        let database = try await PostgresServer.shared.createDatabase()
        let slow =
            [Migration(number: 1, name: "slow", sql: "CREATE TABLE svc.n (id int4); SELECT pg_sleep(0.2);")]
            + (2...5).map { Migration(number: $0, name: "insert", sql: "INSERT INTO svc.n VALUES (\($0))") }
        let applied = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 { group.addTask { try await migrator(database, slow).migrate() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(applied.map(\.count).sorted() == [0, 0, 0, 5])
        let pool = try Pool(PoolConfiguration(connectionString: database, size: 1))
        #expect(try await pool.run("SELECT 1 FROM svc.n").count == 4)
        await pool.close()
    }

    /// A migration may work for long, and waits for nobody for long.
    @Test func itWorksLongerThanItWaits() async throws {
        let server = try await PostgresServer.shared
        let database = try await server.createDatabase()
        func migrate(_ more: Migration...) async throws -> [String] {
            try await Migrator(
                connectionString: database, schema: "svc", migrations: two + more, timeout: .seconds(1)
            ).migrate()
        }
        let slow = Migration(number: 3, name: "slow", sql: "SELECT pg_sleep(1.5);")
        #expect(try await migrate(slow).count == 3)
        let holder = try Pool(PoolConfiguration(connectionString: database, size: 2))
        let holding = Task { try await holder.run("SELECT pg_sleep(3) FROM svc.a") }
        while try await holder.run(
            "SELECT FROM pg_locks WHERE relation = 'svc.a'::regclass AND pid <> pg_backend_pid()"
        ).isEmpty {}
        let needs = Migration(number: 4, name: "needs", sql: "ALTER TABLE svc.a ADD COLUMN b int4;")
        let refused = try await failure { _ = try await migrate(slow, needs) }
        #expect(refused.message.contains("0004_needs.sql"), "\(refused)")
        _ = try await holding.value
        #expect(try await migrate(slow, needs) == ["0004_needs.sql"])
        await holder.close()
    }

    @Test func aChangedFileStopsEverything() async throws {
        let database = try await PostgresServer.shared.createDatabase()
        _ = try await migrator(database, [two[0]]).migrate()
        let edited = [Migration(number: 1, name: "first", sql: two[0].sql + " "), two[1]]
        let error = try await failure { _ = try await migrator(database, edited).migrate() }
        #expect(error.kind == .migration)
        #expect(error.message.contains("0001_first.sql has changed since it was applied"))
        #expect(try await failure { try await migrator(database, edited).verify() }.message.contains("has changed"))
        #expect(try await migrator(database, two).migrate() == ["0002_second.sql"], "nothing was applied behind it")
    }

    @Test func aFailureNamesFileAndLineAndLeavesNothing() async throws {
        let database = try await PostgresServer.shared.createDatabase()
        let broken = [two[0], Migration(number: 2, name: "bad", sql: "CREATE TABLE svc.c (id int4);\n\nSELEC 1;")]
        let error = try await failure { _ = try await migrator(database, broken).migrate() }
        #expect(error.kind == .migration)
        #expect(error.message.hasPrefix("0002_bad.sql line 3: "))
        let ending = [two[0], Migration(number: 2, name: "bad", sql: "CREATE TABLE svc.c (id int4); COMMIT;")]
        #expect(
            try await failure { _ = try await migrator(database, ending).migrate() }.message.contains("own transaction")
        )
        let setting = [
            two[0], Migration(number: 2, name: "sets", sql: "DROP TABLE svc.c; SET search_path = svc;"),
            Migration(number: 3, name: "public", sql: "CREATE TABLE d (id int4)"),
        ]
        #expect(try await migrator(database, setting).migrate().count == 2)
        let pool = try Pool(PoolConfiguration(connectionString: database, size: 1))
        let places = try await pool.run("SELECT to_regclass('public.d') IS NOT NULL AS there")
        #expect(try places[0].bool("there"), "a SET of one file does not reach the next")
        await pool.close()
    }

    @Test func gapsAndWrongNamesAreRefused() throws {
        for numbers in [[2], [1, 3], [1, 1], [2, 1]] {
            let migrations = numbers.map { Migration(number: $0, name: "x", sql: "") }
            let error = #expect(throws: PostgresError.self) { _ = try migrator("", migrations) }
            #expect(error?.kind == .migration)
        }
        #expect(throws: PostgresError.self) { _ = try migrator("", [Migration(number: 1, name: "Bad-Name", sql: "")]) }
    }

    // MARK: The ground

    private let ground = [Migration(number: 2, name: "shared", sql: "ALTER TABLE svc.a ADD COLUMN note text;")]

    private func grounded(_ database: String, _ own: [Migration], _ ground: [Migration]) throws -> Migrator {
        try Migrator(
            connectionString: database, schema: "svc", migrations: own, ground: ground, timeout: .seconds(20))
    }

    @Test func theGroundComesBehindTheFirst() async throws {
        let database = try await PostgresServer.shared.createDatabase()
        let using = [two[0], Migration(number: 2, name: "uses", sql: "UPDATE svc.a SET note = 'there';")]
        let fresh = try grounded(database, using, ground)
        #expect(try await fresh.migrate() == ["0001_first.sql", "ground/0002_shared.sql", "0002_uses.sql"])
        try await fresh.verify()
        #expect(try await fresh.migrate() == [])
    }

    /// A database that has gone on with numbers of its own gets what has come to the ground since, once.
    @Test func theGroundGrowsUnderADatabaseThatIsThere() async throws {
        let database = try await PostgresServer.shared.createDatabase()
        _ = try await migrator(database, two).migrate()
        try await migrator(database, two).verify()
        let grown = try grounded(database, two, ground)
        let behind = try await failure { try await grown.verify() }
        #expect(behind.kind == .migration && behind.message.contains("the next is ground/0002_shared.sql"))
        #expect(try await grown.migrate() == ["ground/0002_shared.sql"])
        try await grown.verify()
        let third = Migration(number: 3, name: "third", sql: "UPDATE svc.a SET note = 'c', more = 1;")
        let more = ground + [Migration(number: 3, name: "more", sql: "ALTER TABLE svc.a ADD COLUMN more int;")]
        #expect(
            try await grounded(database, two + [third], more).migrate() == ["ground/0003_more.sql", "0003_third.sql"])
        // A program that knows less of it does not start.
        let ahead = try await failure { try await grounded(database, two + [third], ground).verify() }
        #expect(ahead.message.contains("ahead") && ahead.message.contains("more"))
    }

    @Test func theGroundIsCheckedLikeTheRest() async throws {
        let database = try await PostgresServer.shared.createDatabase()
        _ = try await grounded(database, two, ground).migrate()
        let edited = [Migration(number: 2, name: "shared", sql: ground[0].sql + " ")]
        let changed = try await failure { try await grounded(database, two, edited).verify() }
        #expect(changed.message.contains("ground/0002_shared.sql has changed since it was applied"))
        for numbers in [[1], [3], [2, 2], [2, 4]] {
            let migrations = numbers.map { Migration(number: $0, name: "x", sql: "") }
            #expect(throws: PostgresError.self) { _ = try grounded(database, two, migrations) }
        }
    }

    @Test func loadsAFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("migrations-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws {
            try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        try write("0002_b_c.sql", "SELECT 2; -- 名")
        try write("0001_a.sql", "SELECT 1;")
        try write("README.md", "not SQL")
        let loaded = try Migration.load(folder: folder.path)
        #expect(loaded.map(\.fileName) == ["0001_a.sql", "0002_b_c.sql"])
        #expect(loaded[1].sql == "SELECT 2; -- 名")
        try write("3_c.sql", "SELECT 3;")
        #expect(throws: PostgresError.self) { _ = try Migration.load(folder: folder.path) }
        #expect(throws: PostgresError.self) { _ = try Migration.load(folder: folder.path + "/none") }
    }
}
