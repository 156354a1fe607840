import Postgres
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Rows that an earlier version has staged, and instances of it that run on.
@Suite(.timeLimit(.minutes(15))) struct IntakeUpgradeTests {
    private static func insertion(_ upgrade: Upgrade, _ status: String, _ comment: String?) -> String {
        """
        INSERT INTO import_validation.staging_row (id, revision, created_at, domain, import_task, upload, row_number,
            source_file, status, comment, cells)
        VALUES (gen_random_uuid(), 1, now(), '/provider/d1/', '\(upgrade.task)', gen_random_uuid(), 2, 'a.csv',
            '\(status)', \(comment.map { "E'\($0)'" } ?? "NULL"), '{Linz,Ernst}')
        """
    }

    @Test func whatWasStagedStaysAndIsGuarded() async throws {
        let upgrade = try await Upgrade()
        try await upgrade.psql(Self.insertion(upgrade, "needs_attention", "One.\\nTwo."))
        try await upgrade.psql(Self.insertion(upgrade, "published", nil))
        try await upgrade.migrate()
        let database = try upgrade.database()
        let task = upgrade.task
        func seen(from path: String) async throws -> [[RowError]] {
            let service = Caller.service(database.service, domain: try #require(DomainPath(path)))
            return try await database.transaction(as: service, deadline: .patient, readOnly: true) { tx in
                try tx.query(
                    "SELECT errors, comment FROM import_validation.staging_row WHERE import_task = \(task) ORDER BY status"
                ).map {
                    RowError.read(try $0.optionalString("errors"), comment: try $0.optionalString("comment"))
                }
            }
        }
        let judged = try await upgrade.psql("SELECT DISTINCT check_version FROM import_validation.staging_row")
        #expect(judged == "0", "by what is unknown")
        let noted = try await upgrade.psql(
            "SELECT check_version, domain FROM import_validation.judging_version WHERE import_task = '\(task)'")
        #expect(noted == "0|/provider/d1/")
        let told = [RowError(.comment, ["One."]), RowError(.comment, ["Two."])]
        #expect(try await seen(from: "/provider/d1/") == [told, []])
        #expect(try await seen(from: "/provider/d2/").isEmpty)
        // An instance of the version before adds and corrects in its own words, within its scope.
        for (path, isTaken) in [("/provider/d2/", false), ("/provider/d1/", true)] {
            let service = Caller.service(database.service, domain: try #require(DomainPath(path)))
            let statement = Self.insertion(upgrade, "ready_to_publish", nil)
            do {
                try await database.transaction(as: service, deadline: .patient) { tx in
                    tx.send("\(raw: statement)", expecting: 1)
                }
                #expect(isTaken)
            } catch { #expect(!isTaken, "\(error)") }
        }
        #expect(try await seen(from: "/provider/").count == 3)
        await database.pool.close()
    }

    /// An instance of the version before checks a row again, or corrects it, and knows nothing of its errors.
    @Test func whatAnEarlierVersionSaysIsNotContradicted() async throws {
        let upgrade = try await Upgrade()
        try await upgrade.migrate()
        let row = uuid()
        try await upgrade.psql(
            Self.insertion(upgrade, "needs_attention", "Name is mandatory.").replacing(
                "gen_random_uuid(), 1", with: "'\(row)', 1"))
        let own = RowError(.mandatory, field: "name")
        func tell(_ changes: String) async throws -> [RowError] {
            try await upgrade.psql("UPDATE import_validation.staging_row SET \(changes) WHERE id = '\(row)'")
            let errors = try await upgrade.psql(
                "SELECT coalesce(errors::text, '') FROM import_validation.staging_row WHERE id = '\(row)'")
            let comment = try await upgrade.psql(
                "SELECT coalesce(comment, '') FROM import_validation.staging_row WHERE id = '\(row)'")
            func line(_ text: String) -> String? { text.trimmed.isEmpty ? nil : text.trimmed }
            return RowError.read(line(errors), comment: line(comment))
        }
        let json = RowError.json([own])
        #expect(try await tell("errors = '\(json)', comment = 'Name is mandatory. '") == [own])
        #expect(try await tell("comment = 'City is mandatory.'") == [RowError(.comment, ["City is mandatory."])])
        #expect(try await tell("errors = '\(json)', comment = 'Name is mandatory.'") == [own])
        #expect(try await tell("revision = revision + 1, publish_run = NULL") == [own], "nothing was said")
        #expect(try await tell("comment = NULL, status = 'yet_to_validate'").isEmpty)
    }
}
