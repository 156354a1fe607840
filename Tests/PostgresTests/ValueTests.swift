import Testing

@testable import Postgres

/// Every type there and back through the server, in binary.
@Suite struct ValueTests {
    @Test func scalars() async throws {
        try await withPool { pool in
            let row = try await pool.run(
                """
                SELECT 'héllo 名\\n'::text AS t, NULL::text AS none, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid AS u,
                    (-3)::int2 AS i2, 70000::int4 AS i4, 9223372036854775807::int8 AS i8, true AS b,
                    1.5::float8 AS d, 0.25::float4 AS f, '\\x00ff10'::bytea AS bin, '{"a": 1}'::jsonb AS jb,
                    '{"a":1}'::json AS j, date '2024-02-29' AS day, date '1969-12-31' AS before,
                    timestamptz '2024-02-29 12:00:00.000001+01' AS at, 'infinity'::timestamptz AS forever,
                    ARRAY['a','b"c',''] AS list, '{}'::text[] AS nothing,
                    ARRAY['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']::uuid[] AS us
                """)[0]
            #expect(try row.string("t") == "héllo 名\\n")
            #expect(try row.optionalString("none") == nil)
            #expect(try row.string("u") == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")
            #expect(try row.int("i2") == -3)
            #expect(try row.int("i4") == 70000)
            #expect(try row.int64("i8") == .max)
            #expect(try row.bool("b"))
            #expect(try row.double("d") == 1.5)
            #expect(try row.double("f") == 0.25)
            #expect(try row.bytes("bin") == [0, 255, 16])
            #expect(try row.string("jb") == "{\"a\": 1}")
            #expect(try row.string("j") == "{\"a\":1}")
            #expect(try row.string("day") == "2024-02-29")
            #expect(try row.string("before") == "1969-12-31")
            #expect(try row.timestamp("at") == 1_709_204_400_000_001)
            #expect(try row.timestamp("forever") == .max)
            #expect(try row.strings("list") == ["a", "b\"c", ""])
            #expect(try row.strings("nothing") == [])
            #expect(try row.strings("us") == ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"])
            #expect(try row.value("at") == .timestamp(microsSinceUnixEpoch: 1_709_204_400_000_001))
            #expect(try row.value("none") == .null)
        }
    }

    @Test(arguments: [
        "0", "5", "-5", "1863.4", "0.0001", "-0.00000001", "10000", "100000000", "12345678901234567890.0987654321",
        "99999999.99990001", "0.1", "10000.0001", "NaN", "Infinity", "-Infinity",
    ])
    func numericsAreExact(text: String) async throws {
        try await withPool(size: 1) { pool in
            let row = try await pool.run("SELECT \(text)::numeric AS n, \(text)::numeric::text AS t")[0]
            #expect(try row.string("n") == text)
            #expect(try row.string("t") == text)
        }
    }

    @Test func numericsLoseTrailingZeros() async throws {
        try await withPool(size: 1) { pool in
            let row = try await pool.run("SELECT 10.500::numeric(8,3), 5.00::numeric, 0.00::numeric, 1e20::numeric")[0]
            let texts = try (0..<4).map { try row.string(at: $0) }
            #expect(texts == ["10.5", "5", "0", "100000000000000000000"])
        }
    }

    @Test func parametersOfEveryKindComeBack() async throws {
        try await withPool { pool in
            _ = try await pool.run(
                """
                CREATE TABLE v (u uuid, t text, i int4, n numeric, b bool, d float8, x bytea, a text[], us uuid[],
                    at timestamptz, day date, j jsonb)
                """)
            let uuid = "00000000-0000-4000-8000-000000000001"
            let nasty = ["a,b", "{}", "NULL", "quote\"", "back\\slash", "", "tab\t", "名前"]
            let micros: Int64 = -12_345_678
            _ = try await pool.run(
                """
                INSERT INTO v VALUES (\(uuid), \("it's $1 \\ \"x\""), \(42), \("1.50"), \(false), \(0.1),
                    \([UInt8(0), 255, 39]), \(nasty), \([uuid]), \(SQLValue.timestamp(microsSinceUnixEpoch: micros)),
                    \("2024-12-31"), \("{\"k\":[1]}"))
                """)
            let row = try await pool.run("SELECT * FROM v WHERE u = ANY(\([uuid])) AND i = \(42)")[0]
            #expect(try row.string("u") == uuid)
            #expect(try row.string("t") == "it's $1 \\ \"x\"")
            #expect(try row.int("i") == 42)
            #expect(try row.string("n") == "1.5")
            #expect(try row.bool("b") == false)
            #expect(try row.double("d") == 0.1)
            #expect(try row.bytes("x") == [0, 255, 39])
            #expect(try row.strings("a") == nasty)
            #expect(try row.strings("us") == [uuid])
            #expect(try row.timestamp("at") == micros)
            #expect(try row.string("day") == "2024-12-31")
            #expect(try row.string("j") == "{\"k\": [1]}")
        }
    }

    @Test func wrongReadsAreErrorsNotTraps() async throws {
        try await withPool(size: 1) { pool in
            let row = try await pool.run("SELECT 1::int4 AS n, NULL::text AS t, ARRAY['a', NULL] AS a, 'x'::text AS s")[
                0]
            #expect(try await failure { _ = try row.string("missing") }.kind == .decoding)
            #expect(try await failure { _ = try row.string("t") }.kind == .decoding)
            #expect(try await failure { _ = try row.bool("n") }.kind == .decoding)
            #expect(try await failure { _ = try row.int("s") }.kind == .decoding)
            #expect(try await failure { _ = try row.strings("a") }.kind == .decoding)
            #expect(try await failure { _ = try row.string(at: 9) }.kind == .decoding)
        }
    }

    @Test func injectionStaysData() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE account (name text)")
            for attack in ["'; DROP TABLE account; --", "$1", "\\'; SELECT 1", "') OR 1=1 --", "\u{2019}"] {
                _ = try await pool.run("INSERT INTO account VALUES (\(attack))")
                #expect(try await pool.run("SELECT name FROM account WHERE name = \(attack)").count == 1)
                let quoted = try await pool.run("SELECT \(literal: attack) AS t, 1 AS \(identifier: attack)")
                #expect(try quoted[0].string("t") == attack)
                #expect(quoted.columns[1] == attack)
            }
            #expect(try await pool.run("SELECT 1 FROM account").count == 5)
        }
    }

    @Test func userTypesReadAsText() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TYPE mood AS ENUM ('calm', 'tense')")
            #expect(try await pool.run("SELECT 'tense'::mood AS m")[0].string("m") == "tense")
        }
    }

    @Test func nulCharactersAreRefusedBeforeSending() async throws {
        try await withPool(size: 1) { pool in
            let before = pool.metrics.roundTrips
            let error = try await failure { _ = try await pool.run("SELECT \("a\0b")::text") }
            #expect(error.kind == .invalidParameter)
            #expect(try await failure { _ = try await pool.run("SELECT \(["a\0"])") }.kind == .invalidParameter)
            #expect(
                try await failure { _ = try await pool.run("SELECT 1 AS \(identifier: "a\0")") }.kind
                    == .invalidParameter)
            let sent = try await failure {
                try await pool.transaction { tx in
                    tx.send("SELECT \("a\0b")::text")
                    _ = try tx.query("SELECT 1")
                }
            }
            #expect(sent.kind == .invalidParameter)
            #expect(pool.metrics.roundTrips <= before + 1, "only the rollback of the BEGIN that stood queued")
        }
    }
}
