import RPC
import Records
import ServiceTestKit
import Testing
import Wire

/// The states of a touchpoint, move by move, through the store and a real database.
@Suite struct LifecycleTests {
    static let states = ["new", "in_progress", "paused", "closed", "canceled"]

    /// Where each state may go; a closed or canceled record returns to "in progress" only.
    static let allowed: [String: Set<String>] = [
        "new": ["in_progress", "canceled"], "in_progress": ["paused", "closed", "canceled"],
        "paused": ["in_progress", "closed", "canceled"], "closed": ["in_progress"], "canceled": ["in_progress"],
    ]

    /// The way into each state.
    static let way: [String: [String]] = [
        "new": [], "in_progress": ["in_progress"], "paused": ["in_progress", "paused"],
        "closed": ["in_progress", "closed"], "canceled": ["canceled"],
    ]

    static let progress = [
        "new": "not_started", "in_progress": "on_track", "paused": "paused", "closed": "completed",
        "canceled": "canceled",
    ]

    private func bring(_ bench: Workbench, _ id: String, to state: String) async throws {
        for step in try #require(Self.way[state]) {
            try await bench.change(id) {
                $0.state = step
                $0.closeNotes = "Done."
            }
        }
    }

    @Test(arguments: states) func everyMove(from: String) async throws {
        let bench = try await Workbench.make(poolSize: 1)
        for to in Self.states where to != from {
            let id = try await bench.create("\(from) to \(to)").id
            try await bring(bench, id, to: from)
            let isAllowed = try #require(Self.allowed[from]).contains(to)
            do {
                let moved = try await bench.change(id) {
                    $0.state = to
                    $0.closeNotes = "Done."
                }
                #expect(isAllowed, "\(from) to \(to)")
                #expect(moved.progress == Self.progress[to])
                #expect(moved.active == !["closed", "canceled"].contains(to))
                #expect((moved.closedAt == nil) == (moved.active == true))
            } catch {
                #expect(!isAllowed, "\(from) to \(to): \(error)")
                #expect(error.code == .failedPrecondition && error.reason == "STATE_MOVE")
            }
        }
        await bench.close()
    }

    @Test func closingStampsAndReopeningClears() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let id = try await bench.create("closing").id
        try await bench.change(id) { $0.state = "in_progress" }
        let missing = try await problem { _ = try await bench.change(id) { $0.state = "closed" } }
        #expect(missing.violations.first?.rule == "T-03" && missing.violations.first?.field == "touchpoint.close_notes")
        bench.clock.advance(seconds: 60)
        let closed = try await bench.change(id, .person(subject: "bob")) {
            $0.state = "closed"
            $0.closeNotes = "Done."
        }
        #expect(closed.closedAt == bench.clock.now && closed.closedBy == "bob" && closed.active == false)
        let reopened = try await bench.change(id) { $0.state = "in_progress" }
        #expect(reopened.closedAt == nil && reopened.closedBy == nil && reopened.closeNotes == nil)
        #expect(reopened.active == true && reopened.progress == "on_track")
        let actions = try await bench.psql(
            "SELECT string_agg(split_part(subject, '.', 7), ' ' ORDER BY seq) FROM customer_success.outbox")
        #expect(actions == "created updated closed reopened")
        await bench.close()
    }

    /// The tied field takes its default with the state, keeps another allowed value, and refuses the rest.
    @Test func theTiedFieldFollows() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let id = try await bench.create("tied").id
        let risky = try await bench.change(id) {
            $0.state = "in_progress"
            $0.progress = "at_risk"
        }
        #expect(risky.progress == "at_risk")
        #expect(try await bench.change(id) { $0.subject = "renamed" }.progress == "at_risk")
        let refused = try await problem { _ = try await bench.change(id) { $0.progress = "completed" } }
        #expect(refused.code == .invalidArgument && refused.violations.first?.rule == "G-01")
        #expect(try await bench.change(id) { $0.state = "paused" }.progress == "paused")
        await bench.close()
    }

    @Test func newRecordsBegin() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let made = try await bench.create("beginning")
        #expect(made.state == "new" && made.progress == "not_started" && made.active == true && made.priority == 4)
        await bench.close()
    }
}
