import Testing

@testable import Postgres

/// What becomes of text and values before anything is sent.
@Suite struct SQLTests {
    @Test func valuesBecomeParameters() {
        let id = "x'; DROP TABLE account; --"
        let sql: SQL = "SELECT * FROM account WHERE id = \(id) AND n > \(3) AND ok = \(true)"
        #expect(sql.text == "SELECT * FROM account WHERE id = $1 AND n > $2 AND ok = $3")
        #expect(sql.parameters == [.text(id), .int(3), .bool(true)])
    }

    @Test func nilBecomesNull() {
        let missing: String? = nil
        let present: Int? = 4
        let sql: SQL = "VALUES (\(missing), \(present))"
        #expect(sql.parameters == [.null, .int(4)])
    }

    @Test func arraysAndBytesKeepTheirForm() {
        let sql: SQL = "SELECT \(["a", "b"]), \([UInt8(1), 2]), \([7, 8])"
        #expect(sql.parameters == [.textArray(["a", "b"]), .bytes([1, 2]), .textArray(["7", "8"])])
    }

    @Test func oneOfSomeRecordsIsNamedByEquality() {
        let one: SQL = "SELECT \("x") WHERE id \(SQL.among(["a"])) LIMIT 1"
        #expect(one.text == "SELECT $1 WHERE id = $2::uuid LIMIT 1")
        #expect(one.parameters == ["x".sqlValue, "a".sqlValue])
        #expect(SQL.among(["a", "b"]).text == "= ANY($1::uuid[])")
        #expect(SQL.among([]).text == "= ANY($1::uuid[])")
    }

    @Test func identifiersAreQuoted() {
        let sql: SQL = "SELECT \(identifiers: ["a", "b"]) FROM \(identifier: "t\"; DROP TABLE x")"
        #expect(sql.text == "SELECT \"a\", \"b\" FROM \"t\"\"; DROP TABLE x\"")
    }

    @Test func literalsAreQuoted() {
        #expect(SQL.quoted(literal: "it's") == "'it''s'")
        #expect(SQL.quoted(literal: "a\\'b") == " E'a\\\\''b'")
        // A combining mark makes one character of quote and mark, and must not hide the quote.
        #expect(SQL.quoted(literal: "'\u{301}").unicodeScalars.filter { $0 == "'" }.count == 4)
    }

    @Test func concatenationRenumbers() {
        let left: SQL = "SELECT 1 WHERE a = \(1) AND b = '$1'"
        let right: SQL = " AND c = '$1' AND d = \("x") AND e = \(true)"
        let sum = left + right
        #expect(sum.text == "SELECT 1 WHERE a = $1 AND b = '$1' AND c = '$1' AND d = $2 AND e = $3")
        #expect(sum.parameters == [.int(1), .text("x"), .bool(true)])
        // And a second time, with two-digit numbers on both sides.
        let many = (1...12).map { number -> SQL in "\(number)" }.joined()
        let twice = many + ";" + many
        #expect(twice.text.hasSuffix("$12;$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24"))
        #expect(twice.parameters.count == 24)
    }

    @Test func aFormIsFilledAgainAndAgain() {
        let form: SQL = "a = \(SQLValue.null) AND b = '$1' AND c = \(SQLValue.null)"
        let first = form.filled(with: [.int(1), .text("x")])
        #expect(first == "a = \(1) AND b = '$1' AND c = \("x")")
        #expect(form.filled(with: [.null, .bool(true)]).parameters == [.null, .bool(true)])
        // Also as a part of another statement.
        let whole: SQL = "z = \(0) AND \(first)"
        #expect(whole.text == "z = $1 AND a = $2 AND b = '$1' AND c = $3")
        #expect(whole.parameters == [.int(0), .int(1), .text("x")])
    }

    @Test func fragmentsNest() {
        let filter: SQL = "state = \("open") AND 名 = \(2)"
        let sql: SQL = "SELECT \(raw: "a, b") FROM t WHERE x = \(1) AND (\(filter)) LIMIT \(10)"
        #expect(sql.text == "SELECT a, b FROM t WHERE x = $1 AND (state = $2 AND 名 = $3) LIMIT $4")
        #expect(sql.parameters == [.int(1), .text("open"), .int(2), .int(10)])
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01 00:00:00.000000+00"), (-1, "1969-12-31 23:59:59.999999+00"),
        (1_709_251_199_000_001, "2024-02-29 23:59:59.000001+00"),
        (253_402_300_800_000_000, "10000-01-01 00:00:00.000000+00"),
        (-62_135_596_800_000_001, "0001-12-31 23:59:59.999999+00 BC"), (.max, "infinity"), (.min, "-infinity"),
    ])
    func timestampsAsText(micros: Int64, text: String) {
        var bytes: [UInt8] = []
        #expect(PostgresText.append(.timestamp(microsSinceUnixEpoch: micros), to: &bytes))
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }

    @Test func errorsDescribeThemselvesWithoutRowValues() {
        var error = PostgresError(sqlState: "23505", message: "duplicate key", constraint: "account_name_unique")
        error.detail = "Key (email)=(someone@example.com) already exists."
        #expect(error.isUniqueViolation)
        #expect(error.description.contains("account_name_unique"))
        #expect(!error.description.contains("someone@example.com"))
    }

    @Test func queueRemovesInOrder() {
        var queue = JobQueue()
        let jobs = (0..<3000).map { number in
            Job(deadline: PostgresDeadline(nanoseconds: UInt64(number + 1))) { _, _ in }
        }
        for job in jobs { queue.append(job) }
        for expected in jobs.prefix(2500) { #expect(queue.popFirst() === expected) }
        #expect(queue.earliestDeadline == jobs[2500].deadline)
        let removed = queue.remove { $0.deadline <= jobs[2599].deadline }
        #expect(removed.count == 100)
        #expect(queue.count == 400)
        #expect(queue.popFirst() === jobs[2600])
    }
}
