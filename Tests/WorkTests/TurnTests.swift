import Postgres
import RPC
import Synchronization
import TestKit
import Testing

@testable import Work

/// Rows of one turn are done one after another, whichever instances do them.
@Suite(.timeLimit(.minutes(15))) struct TurnTests {
    /// The turn of each row.
    private static func turns(_ bench: Bench) async throws -> [String: String] {
        let rows = try await bench.psql("SELECT id || ' ' || turn FROM work_shop.work WHERE turn IS NOT NULL")
        return rows.split(separator: "\n").reduce(into: [:]) { turns, line in
            let words = line.split(separator: " ").map(String.init)
            turns[words[0]] = words[1]
        }
    }

    @Test func noTurnIsWorkedOnTwiceAtOnce() async throws {
        let bench = try await Bench()
        try await bench.psql(
            """
            INSERT INTO work_shop.work (turn) SELECT 'turn' || n % 3 FROM generate_series(1, 30) n;
            INSERT INTO work_shop.work SELECT FROM generate_series(1, 10);
            """)
        let turns = try await Self.turns(bench)
        let (rows, deeds) = (Deeds(), Deeds())
        let instances = (1...4).map { _ in
            Instance(bench.queue(takesTurns: true, limit: 6)) { lease in
                let turn = turns[lease.row] ?? lease.row
                rows.begin(lease.row)
                deeds.begin(turn)
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...3)))
                // The turn is another's from the moment on at which the row is gone.
                deeds.end(turn)
                try await bench.complete(lease)
            }
        }
        try await waitUntil("everything done") { try await bench.count("work_shop.work") == 0 }
        for instance in instances { await instance.stop() }
        #expect(rows.begun.count == 40 && rows.begun.values.allSatisfy { $0 == 1 })
        #expect(deeds.mostOfOne == 1)
        await bench.close()
    }

    /// Of each turn one row is at work, and all rows without a turn, side by side.
    @Test func turnsDoNotWaitForEachOther() async throws {
        let bench = try await Bench()
        try await bench.psql(
            "INSERT INTO work_shop.work (turn) VALUES ('a'), ('a'), ('a'), ('b'), ('b'), (NULL), (NULL)")
        let turns = try await Self.turns(bench)
        let (deeds, gate) = (Deeds(), Gate())
        let instances = (1...2).map { _ in
            Instance(bench.queue(takesTurns: true)) { lease in
                deeds.begin(turns[lease.row] ?? "none")
                try await gate.pass()
                try await bench.complete(lease)
            }
        }
        try await waitUntil("one of each") { deeds.most == 4 }
        // Several looks later.
        try await Task.sleep(for: .milliseconds(300))
        #expect(deeds.begun == ["a": 1, "b": 1, "none": 2])
        gate.open()
        try await waitUntil("everything done") { try await bench.count("work_shop.work") == 0 }
        for instance in instances { await instance.stop() }
        #expect(deeds.begun == ["a": 3, "b": 2, "none": 2])
        await bench.close()
    }

    @Test func aTurnKeepsItsOrder() async throws {
        let bench = try await Bench()
        try await bench.psql(
            """
            INSERT INTO work_shop.work (turn, due_at)
            SELECT 'a', now() - n * interval '1 second' FROM generate_series(1, 8) n ORDER BY random()
            """)
        let order = try await bench.psql("SELECT id FROM work_shop.work ORDER BY due_at")
        let deeds = Deeds()
        let instances = (1...2).map { _ in
            Instance(bench.queue(takesTurns: true)) { lease in
                deeds.begin(lease.row)
                try await bench.complete(lease)
            }
        }
        try await waitUntil("everything done") { try await bench.count("work_shop.work") == 0 }
        for instance in instances { await instance.stop() }
        #expect(deeds.order == order.split(separator: "\n").map(String.init))
        await bench.close()
    }

    /// What waits for its time is passed by the others of its turn, and what is no work any more is no part of it.
    @Test func whatIsNotDueHoldsNobodyBack() async throws {
        let bench = try await Bench()
        try await bench.psql(
            """
            INSERT INTO work_shop.work (turn, state, due_at) VALUES ('a', 'open', now() + interval '1 hour'),
                ('a', 'done', now() - interval '1 hour'), ('a', 'open', now()), ('a', 'open', now())
            """)
        let instance = Instance(bench.queue(takesTurns: true)) { lease in try await bench.complete(lease) }
        try await waitUntil("the others done") { try await bench.count("work_shop.work") == 2 }
        await instance.stop()
        #expect(try await bench.count("work_shop.work WHERE state = 'open' AND due_at < now()") == 0)
        await bench.close()
    }

    /// An instance was frozen until its lease had run out, and another has begun with the next row of the turn: nothing is
    /// written any more for the first, though nobody has taken its row.
    @Test func theTurnOfASilentInstanceGoesOnWithoutIt() async throws {
        let bench = try await Bench()
        try await bench.psql(
            """
            INSERT INTO work_shop.work (turn, due_at) VALUES
                ('a', now() - interval '1 hour'), ('a', now() - interval '1 minute')
            """)
        let frozen = Mutex<Lease?>(nil)
        let silent = Instance(bench.queue(takesTurns: true, limit: 1)) { lease in
            frozen.withLock { $0 = lease }
            try await Task.sleep(for: never)
        }
        try await waitUntil("the first taken") { frozen.withLock { $0 } != nil }
        let first = try #require(frozen.withLock { $0 })
        // Its time is over, and so that the other one is taken it stands behind it.
        try await bench.psql(
            """
            UPDATE work_shop.work SET lease_until = now() - interval '1 second', due_at = now() + interval '1 hour'
            WHERE owner IS NOT NULL
            """)
        try await bench.asking { tx in try first.hold(in: tx) }
        let (deeds, gate) = (Deeds(), Gate())
        let heir = Instance(bench.queue(takesTurns: true)) { lease in
            deeds.begin(lease.row)
            try await gate.pass()
            try await bench.complete(lease)
        }
        try await waitUntil("the second taken") { deeds.most == 1 }
        #expect(deeds.begun[first.row] == nil)
        let lost = await #expect(throws: Problem.self) { try await bench.asking { tx in try first.hold(in: tx) } }
        #expect(lost?.isLeaseLost == true)
        await #expect(throws: Problem.self) { try await bench.asking { tx in first.complete(in: tx) } }
        gate.open()
        try await waitUntil("the second done") { try await bench.count("work_shop.work") == 1 }
        #expect(try await bench.count("work_shop.work WHERE owner IS NULL AND id = '\(first.row)'") == 1)
        for instance in [silent, heir] { await instance.stop() }
        await bench.close()
    }
}
