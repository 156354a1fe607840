import Testing

@testable import Postgres

@Suite struct CopyTests {
    private static let nasty: [String?] = [
        "tab\there", "line\nbreak", "cr\r\n", "back\\slash", "\\N", "\\.", "", nil, "名前 🎉 é", "\u{8}\u{b}\u{c}\u{1}",
        "'\"$1{}", "ends with \\",
    ]

    @Test func nastyTextArrives() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run(
                "CREATE TABLE t (id int4, t text, a text[], j jsonb, u uuid, n int8, at timestamptz)")
            let uuid = "0199a0B0-0000-7000-8000-00000000000F"
            let rows = try await pool.transaction { tx in
                let columns = ["id", "t", "a", "j", "u", "n", "at"]
                let rows = try tx.copyIn(into: "t", columns: columns) { writer in
                    for (id, text) in CopyTests.nasty.enumerated() {
                        writer.beginRow()
                        writer.int(Int32(id))
                        writer.text(text)
                        writer.texts(text.map { ["a\\b", $0, "\t"] } ?? [])
                        writer.json(text == nil ? nil : #"{"a": [1]}"#)
                        writer.uuid(uuid)
                        writer.bigint(text == nil ? nil : .min)
                        writer.timestamp(microsSinceUnixEpoch: Int64(id) - 1)
                        try writer.endRow()
                    }
                }
                // The pipeline is on again.
                #expect(try tx.query("SELECT 2")[0].int(at: 0) == 2)
                return rows
            }
            #expect(rows == CopyTests.nasty.count)
            let stored = try await pool.run("SELECT id, t, a, j->'a'->>0 AS j, u, n::text AS n, at FROM t ORDER BY id")
            for (id, text) in CopyTests.nasty.enumerated() {
                #expect(try stored[id].optionalString("t") == text)
                #expect(try stored[id].strings("a") == (text.map { ["a\\b", $0, "\t"] } ?? []))
                #expect(try stored[id].optionalString("j") == (text == nil ? nil : "1"))
                #expect(try stored[id].string("u") == uuid.lowercased())
                #expect(try stored[id].optionalString("n") == (text == nil ? nil : "\(Int64.min)"))
                #expect(try stored[id].timestamp("at") == Int64(id) - 1)
            }
        }
    }

    @Test func whatIsNoTextAndNoIDIsRefused() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (t text, u uuid)")
            for (text, id) in [("a\0", "0199a0b0-0000-7000-8000-00000000000f"), ("a", "0199a0b0"), ("a", "no id")] {
                await #expect(throws: PostgresError.self) {
                    try await pool.transaction { tx in
                        try tx.copyIn(into: "t", columns: ["t", "u"]) { writer in
                            writer.beginRow()
                            writer.text(text)
                            writer.uuid(id)
                            try writer.endRow()
                        }
                    }
                }
            }
            #expect(try await pool.run("SELECT count(*) FROM t")[0].int(at: 0) == 0)
        }
    }

    @Test func manyRowsInSmallMemory() async throws {
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int8, t text)")
            let text = String(repeating: "line\n", count: 40)
            let count = try await pool.transaction { tx in
                try tx.copyIn(into: "t", columns: ["id", "t"]) { writer in
                    for id in 0..<30_000 {
                        writer.beginRow()
                        writer.bigint(Int64(id))
                        writer.text(text)
                        try writer.endRow()
                    }
                }
            }
            #expect(count == 30_000)
            let sizes = try await pool.run("SELECT count(*) AS n, sum(length(t))::int8 AS size FROM t")[0]
            #expect(try sizes.int("n") == 30_000)
            #expect(try sizes.int("size") == 30_000 * 200)
        }
    }

    @Test func refusalsLeaveAUsableConnection() async throws {
        struct Stop: Error {}
        try await withPool(size: 1) { pool in
            _ = try await pool.run("CREATE TABLE t (id int4 CONSTRAINT t_positive CHECK (id > 0))")
            let check = try await failure {
                _ = try await pool.transaction { tx in
                    try tx.copyIn(into: "t", columns: ["id"]) { writer in
                        writer.beginRow()
                        writer.int(0)
                        try writer.endRow()
                    }
                }
            }
            #expect(check.isCheckViolation && check.constraint == "t_positive")
            let noTable = try await failure {
                _ = try await pool.transaction { tx in try tx.copyIn(into: "missing", columns: ["id"]) { _ in } }
            }
            #expect(noTable.sqlState == "42P01")
            await #expect(throws: Stop.self) {
                _ = try await pool.transaction { tx in
                    try tx.copyIn(into: "t", columns: ["id"]) { writer in
                        writer.beginRow()
                        writer.int(5)
                        try writer.endRow()
                        throw Stop()
                    }
                }
            }
            #expect(try await pool.run("SELECT 1 FROM t").isEmpty)
            #expect(pool.metrics.connects == 1)
        }
    }

    @Test func anotherKindOfStatementIsRefused() async throws {
        try await withPool(size: 1) { pool in
            let error = try await failure {
                _ = try await pool.transaction { tx in try tx.copy(by: "SELECT 1") { _ in } }
            }
            #expect(error.kind == .invalidParameter)
            _ = try await pool.run("CREATE TABLE t (id int4)")
            let copy = try await failure { _ = try await pool.run("COPY t FROM STDIN") }
            #expect(copy.message.contains("COPY"))
            #expect(try await pool.run("SELECT 1").count == 1)
        }
    }
}
