import Filters
import Foundation
import Postgres
import TestKit
import Testing

/// The table of cases and hundreds of random filters, in memory and in a real Postgres: the same rows every time.
@Suite struct FilterAgreementTests {
    /// The database's own collation must not matter, so one of them sorts and folds by the rules of a language.
    @Test(arguments: ["C.UTF-8", "icu"])
    func sqlKeepsTheRowsThatMemoryKeeps(collation: String) async throws {
        var generator = FilterGenerator(seed: 20_240_615)
        let rows = FilterCases.rows + (0..<100).map { _ in generator.row() }
        let filters = FilterCases.all.map(\.filter) + (0..<800).map { _ in generator.filter() }
        let pool = try await FilterAgreementTests.pool(collation)
        let statements = try FilterAgreementTests.table(rows) + filters.map(FilterAgreementTests.select)
        let kept = try await pool.transaction { tx in
            // A session far from UTC: instants and dates must not depend on it.
            _ = try tx.query("SET LOCAL timezone = 'Asia/Seoul'")
            return try statements.map { try tx.query($0).map { try $0.int(at: 0) } }
        }
        for (filter, kept) in zip(filters, kept.dropFirst(statements.count - filters.count)) {
            let checked = try FilterAgreementTests.check(filter)
            let expected = rows.indices.filter { row in checked.matches { FilterCases.value(rows[row], $0) } }
            #expect(kept == expected, "\(filter)\n\(checked.sql(startingAt: 1).text)")
        }
        await pool.close()
    }

    /// An equality reaches the index of its column: nothing is wrapped around it, or around a text only what the indexes
    /// over folded texts hold.
    @Test func equalityUsesAnIndex() async throws {
        let pool = try await FilterAgreementTests.pool("C.UTF-8")
        let setUp: [SQL] =
            FilterAgreementTests.table([]) + [
                "CREATE INDEX by_count ON filter_rows (count)",
                "CREATE INDEX by_title ON filter_rows ((md5(folded(title))::uuid))", "SET LOCAL enable_seqscan = off",
            ]
        let filters = try ["count = 9999999999 AND notes:x", "title = x"].map(FilterAgreementTests.select)
        let plans = try await pool.transaction { tx in
            for statement in setUp { _ = try tx.query(statement) }
            return try filters.map { try tx.query("EXPLAIN " + $0).map { try $0.string(at: 0) } }
        }
        #expect(plans[0].contains { $0.contains("Index Cond: (count = ") }, "\(plans[0])")
        #expect(plans[1].contains { $0.contains("by_title") }, "\(plans[1])")
        await pool.close()
    }

    private static func pool(_ collation: String) async throws -> Pool {
        let server = try await PostgresServer.shared
        let name = "filters_\(collation == "icu" ? "icu" : "c")_\(UInt32.random(in: 0...UInt32.max))"
        let locale = collation == "icu" ? "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C.UTF-8'" : "LOCALE 'C.UTF-8'"
        try await server.psql("CREATE DATABASE \(name) TEMPLATE template0 \(locale)")
        let pool = try Pool(PoolConfiguration(connectionString: server.connectionString(database: name), size: 1))
        let folding = try folding
        _ = try await pool.transaction { tx in try tx.query("\(raw: folding)") }
        return pool
    }

    /// The function that every service's schema has.
    private static var folding: String {
        get throws {
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../Shared/Ground/Schema/ground/0011_folded.sql")
            return try String(contentsOf: file, encoding: .utf8).replacing("{schema}", with: "public")
        }
    }

    private static func check(_ filter: String) throws -> CheckedFilter {
        try Filter.parse(filter).check(against: FilterCases.schema, context: FilterCases.context)
    }

    private static func table(_ rows: [FilterCases.Row]) -> [SQL] {
        let columns = FilterCases.columns.map { "\"\($0.0)\" \($0.1)" }.joined(separator: ", ")
        return ["CREATE TEMPORARY TABLE filter_rows (id int, \(raw: columns)) ON COMMIT DROP"]
            + rows.enumerated().map { id, row in
                let values = FilterCases.columns.map { column, type -> SQL in
                    "\((row[column] ?? .null).postgresText)::\(raw: type)"
                }
                return "INSERT INTO filter_rows VALUES (\(id)::int, \(values.joined()))"
            }
    }

    private static func select(_ filter: String) throws -> SQL {
        var sql: SQL = "SELECT id FROM filter_rows WHERE "
        for piece in try check(filter).pieces {
            switch piece {
            case .sql(let text): sql += "\(raw: text)"
            case .parameter(let value): sql += "\(value.postgresText)"
            }
        }
        return sql + " ORDER BY id"
    }
}
