import Postgres
import RPC
import Records
import Tenancy
import Testing

@testable import Work

/// What a service brings along is made once.
@Suite(.timeLimit(.minutes(15))) struct SeedingTests {
    private static let provider = DomainPath("/provider/") ?? .root

    /// Seeds things by these names, as an instance does at its start.
    private static func seed(_ names: [String], _ bench: Bench) async throws(Problem) {
        try await Seeding.run(bench.database, in: provider) { seeding in
            for name in names {
                try seeding.once("thing:\(name)") {
                    let domain = seeding.context.caller.domain.path
                    seeding.tx.send("INSERT INTO work_shop.thing (name, domain) VALUES (\(name), \(domain))")
                }
            }
        }
    }

    private static func things(_ bench: Bench) async throws -> String {
        try await bench.psql("SELECT string_agg(name, ' ' ORDER BY name) FROM work_shop.thing")
    }

    @Test func whatWasChangedOrDeletedIsLeftAlone() async throws {
        let bench = try await Bench()
        try await Self.seed(["a", "b"], bench)
        #expect(try await Self.things(bench) == "a b")
        try await bench.psql(
            "DELETE FROM work_shop.thing WHERE name = 'a'; UPDATE work_shop.thing SET name = 'B' WHERE name = 'b'")
        try await Self.seed(["a", "b"], bench)
        #expect(try await Self.things(bench) == "B")
        // A version that brings one more, and leaves one out.
        try await Self.seed(["b", "c"], bench)
        #expect(try await Self.things(bench) == "B c")
        #expect(try await bench.count("work_shop.shipped WHERE domain = '/provider/'") == 3)
        await bench.close()
    }

    /// One name twice, and ten instances at once.
    @Test func everythingIsMadeOnce() async throws {
        let bench = try await Bench()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 1...10 { group.addTask { try await Self.seed(["a", "b", "a"], bench) } }
            try await group.waitForAll()
        }
        #expect(try await Self.things(bench) == "a b")
        await bench.close()
    }

    @Test func whatFailsIsMadeTheNextTime() async throws {
        let bench = try await Bench()
        await #expect(throws: Problem.self) {
            try await Seeding.run(bench.database, in: .root) { seeding in
                try seeding.once("thing:a") { seeding.tx.send("INSERT INTO work_shop.thing (name) VALUES ('a')") }
                try seeding.once("thing:b") { throw Problem.unavailable() }
            }
        }
        #expect(try await bench.count("work_shop.shipped") == 0)
        try await Self.seed(["a"], bench)
        #expect(try await Self.things(bench) == "a")
        await bench.close()
    }
}
