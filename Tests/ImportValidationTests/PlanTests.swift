import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// What publishing would do, stored and published just so (G-56).
@Suite(.timeLimit(.minutes(15))) struct PlanTests {
    private static let mixed = ["Linz", "Known Graz", OnboardingStandIn.refused, "", "Wien"]

    @Test func aPlanSaysWhatWouldBecomeOfEachRow() async throws {
        let (stage, task) = try await Stage.filled(Self.mixed)
        let plan = try await stage.planned(task)
        #expect(plan.kind == "plan" && plan.state == "completed" && plan.doneRows == 4 && plan.failedRows == 1)
        #expect(
            plan.message
                == "2 records would be inserted, 1 updated, 0 are unchanged; 1 rows are conflicts, 0 doubles.")
        #expect(stage.owner.published(stage.account).isEmpty)
        #expect(try await stage.summary(task) == [0, 1, 4, 0], "nothing has changed")
        let page = try await stage.planRows(plan)
        #expect(page.planRows.map(\.outcome) == ["insert", "update", "conflict", "insert"] && !page.isStale)
        #expect(page.planRows.map(\.rowNumber) == [2, 3, 4, 6])
        #expect(page.planRows.map(\.outcomeLabel) == ["Insert", "Update", "Conflict", "Insert"])
        let change = try #require(page.planRows[1].fields.first)
        #expect([change.field, change.before, change.after] == ["city", "Graz", "Linz"])
        #expect(page.planRows[2].reasons.map(\.message) == ["The owner does not want it."])
        let counts = try #require(page.counts)
        #expect(
            [counts.inserts, counts.updates, counts.unchanged, counts.conflicts, counts.doubles] == [2, 1, 0, 1, 0])
    }

    @Test func aPlanIsReadInPagesAndByOutcome() async throws {
        let (stage, task) = try await Stage.filled(Self.mixed)
        let plan = try await stage.planned(task)
        var numbers: [Int64] = []
        var token = ""
        repeat {
            let from = token
            let page = try await stage.planRows(plan) { ($0.pageSize, $0.pageToken) = (3, from) }
            numbers += page.planRows.map(\.number)
            token = page.nextPageToken
        } while !token.isEmpty && numbers.count < 10
        #expect(numbers == [1, 2, 3, 4])
        #expect(try await stage.planRows(plan) { $0.outcome = "insert" }.planRows.map(\.number) == [1, 4])
        let wrong = try await stage.refusal { () async throws(Problem) in
            try await stage.planRows(plan) { $0.outcome = "maybe" }
        }
        #expect(wrong.violations.map(\.field) == ["outcome"])
        var korean = stage.agent
        korean.locale = "ko"
        #expect(try await stage.planRows(plan, as: korean).planRows[2].outcomeLabel == "충돌")
    }

    /// Rows that become one record are told, within a batch and across batches.
    @Test func doublesAreTold() async throws {
        let (stage, task) = try await Stage.filled(["Ä", "B"])
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.staging_row SET natural_key = NULL WHERE import_task = \(task.id)")
        #expect(try await stage.loaded(Stage.file(["ä", "b"]), "more.csv", of: task).state == "completed")
        let rows = try await stage.rows(task).stagingRows.filter { $0.status == "ready_to_publish" }
        try #require(rows.count == 4, "\(rows.map(\.comment))")
        let plan = try await stage.planned(task)
        #expect(try await stage.planRows(plan).counts?.doubles == 2)
        let run = try await stage.end(of: try await stage.publish(plan, of: task))
        #expect(run.doneRows == 2 && run.failedRows == 0)
        #expect(try await stage.summary(task) == [0, 0, 2, 2])
    }

    @Test func chosenRowsArePlanned() async throws {
        let (stage, task) = try await Stage.filled(["Linz", "Graz", ""])
        let rows = try await stage.rows(task).stagingRows
        let plan = try await stage.end(of: try await stage.plan([rows[1], rows[2]], of: task))
        #expect(try await stage.planRows(plan).planRows.map(\.stagingRow) == [rows[1].id])
        let problem = try await stage.refusal { () async throws(Problem) in try await stage.plan([], of: task) }
        #expect(problem.violations.map(\.field) == ["staging_rows"])
    }

    @Test func sentTwiceItIsPlannedOnce() async throws {
        let (stage, task) = try await Stage.filled(["Linz"])
        let id = uuid()
        let first = try await stage.plan(of: task, requestID: id)
        #expect(try await stage.plan(of: task, requestID: id).id == first.id)
    }

    // MARK: Publishing a plan

    @Test func aPlanIsPublishedAsItStands() async throws {
        let (stage, task) = try await Stage.filled(Self.mixed)
        let plan = try await stage.planned(task)
        #expect(try await stage.loaded(Stage.file(["Later"]), "later.csv", of: task).state == "completed")
        let run = try await stage.end(of: try await stage.publish(plan, of: task))
        #expect(run.state == "completed" && run.doneRows == 3 && run.failedRows == 0)
        #expect(try await stage.summary(task) == [0, 1, 2, 3], "neither the conflict nor what came later")
        let sent = try #require(stage.owner.published(stage.account).first)
        #expect(sent.rows.map { $0.planned?.etag } == ["", "1", ""] && !sent.dryRun)
        let counts = try #require(try await stage.planRows(plan).counts)
        #expect([counts.published, counts.failed, counts.moved] == [3, 0, 0])
        // Published again, there is nothing left of it.
        let again = try await stage.end(of: try await stage.publish(plan, of: task))
        #expect(again.doneRows == 0 && stage.owner.published(stage.account).count == 1)
    }

    /// Where the ground has moved, a row stays ready, and the plan says so.
    @Test func whatHasMovedStaysReady() async throws {
        let (stage, task) = try await Stage.filled(["Linz", "Graz", "Wien", "Rom"])
        let rows = try await stage.rows(task).stagingRows
        let plan = try await stage.planned(task)
        stage.owner.move(rows[0].id)
        _ = try await stage.correct(rows[1], "name", "Graz 2")
        _ = try await stage.end(of: try await stage.publish([rows[2]], of: task))
        let run = try await stage.end(of: try await stage.publish(plan, of: task))
        #expect(run.doneRows == 4 && run.failedRows == 3)
        #expect(run.message?.contains("3 rows were not as the plan has seen them") == true)
        #expect(
            try await stage.rows(task).stagingRows.map(\.status) == [
                "ready_to_publish", "yet_to_validate", "published", "published",
            ])
        let moved = try await stage.planRows(plan) { $0.result = "moved" }.planRows
        #expect(moved.map(\.number) == [1, 2, 3] && moved.allSatisfy { !$0.reasons.isEmpty })
    }

    @Test func aPlanIsStaleWhenTheChecksHaveChanged() async throws {
        let (stage, task) = try await Stage.filled(["Linz"])
        let target = try #require(ImportTarget.named("location"))
        let plan = try await stage.planned(task)
        // Those of another tenant are none of the plan's.
        try await Stage().addChecks(1, for: target)
        #expect(try await !stage.planRows(plan).isStale)
        try await stage.addChecks(1, for: target)
        let problem = try await stage.refusal { () async throws(Problem) in
            try await stage.publish(plan, of: task)
        }
        #expect(problem.code == .failedPrecondition && problem.reason == "PLAN_STALE")
        #expect(try await stage.planRows(plan).isStale)
        #expect(stage.owner.published(stage.account).isEmpty)
    }

    @Test func aPlanIsOfItsTaskAndComplete() async throws {
        let (stage, task) = try await Stage.filled([OnboardingStandIn.held])
        let other = try await stage.create()
        stage.owner.hold(stage.account)
        let plan = try await stage.plan(of: task)
        let unfinished = try await stage.refusal { () async throws(Problem) in
            try await stage.publish(plan, of: task)
        }
        #expect(unfinished.reason == "PLAN_UNFINISHED")
        stage.owner.letGo(stage.account)
        _ = try await stage.end(of: plan)
        for (wrong, target) in [(plan, other), (ImportRun(), task)] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.publish(wrong, of: target)
            }
            #expect(problem.code == (wrong.id.isEmpty ? .invalidArgument : .notFound))
        }
        let stranger = Caller.holding("admin", domain: "/elsewhere/")
        for problem in [
            await stage.met { () async throws(Problem) in try await stage.planRows(plan, as: stranger) },
            await stage.met { () async throws(Problem) in try await stage.publish(plan, of: task, as: stranger) },
        ] { #expect(problem?.code == .notFound) }
    }

    /// Another instance takes a plan over: it goes on behind the last row that was kept, and counts each row once.
    @Test func anInterruptedPlanGoesOn() async throws {
        let (stage, task) = try await Stage.filled(["Linz", "Graz", OnboardingStandIn.held])
        let rows = try await stage.rows(task).stagingRows
        stage.owner.hold(stage.account)
        let plan = try await stage.plan(of: task)
        while !stage.owner.isAsked(stage.account) { try await Task.sleep(for: .milliseconds(5)) }
        // As the instance before has left it: two rows are kept, and its lease has run out.
        _ = try await stage.bench.admin.run(
            """
            INSERT INTO import_validation.import_plan_row (plan, number, domain, staging_row, revision, row_number, \
            source_file, outcome) SELECT \(plan.id)::uuid, u.n, \(stage.domain), u.id, 1, u.n + 1, 'x', 'insert' \
            FROM unnest(\(rows.prefix(2).map(\.id))::uuid[]) WITH ORDINALITY AS u (id, n)
            """)
        _ = try await stage.bench.admin.run(
            "UPDATE import_validation.import_run SET done_rows = 2 WHERE id = \(plan.id)")
        _ = try await stage.bench.admin.run(
            """
            UPDATE import_validation.import_run_work SET owner = gen_random_uuid(), lease_until = now() - interval '1 second' \
            WHERE run = \(plan.id)
            """)
        stage.owner.letGo(stage.account)
        let ended = try await stage.end(of: plan)
        #expect(ended.state == "completed" && ended.doneRows == 3)
        #expect(try await stage.planRows(plan).planRows.map(\.stagingRow) == rows.map(\.id))
    }
}
