import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire
import Work

@testable import ImportValidationService

/// Runs that somebody does not want any more.
@Suite(.timeLimit(.minutes(15))) struct CancelTests {
    private static func rows(_ count: Int, held: Int? = nil) -> [(name: String, account: String)] {
        (1...count).map { ("Werk \($0)", $0 == held ? OnboardingStandIn.held : "Ernst Handel") }
    }

    /// A load that has written rows and waits for onboarding.
    private static func loading(_ stage: Stage, _ task: ImportTask) async throws -> (Upload, ImportRun) {
        stage.owner.hold(stage.account)
        let upload = try await stage.upload(Stage.file(rows(LoadRun.batch + 500, held: LoadRun.batch + 400)), to: task)
        let run = try #require(try await stage.load([upload], of: task).first)
        try await Stage.until { try await stage.summary(task).reduce(0, +) == LoadRun.batch }
        return (upload, run)
    }

    // MARK: Loads

    /// The rows that were written go, other rows stay, and the file can be imported again.
    @Test func aCanceledLoadTakesItsRowsBack() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Linz"]), "before.csv", of: task)
        stage.owner.hold(stage.account)
        let upload = try await stage.upload(
            Stage.file(Self.rows(LoadRun.batch + 500, held: LoadRun.batch + 400)), to: task)
        let run = try #require(try await stage.load([upload], of: task).first)
        try await Stage.until { try await stage.summary(task).reduce(0, +) == LoadRun.batch + 1 }
        let under = try await stage.call(ImportValidationAPI.getImportRun, Stage.named(run.id))
        #expect(
            under.state == "running" && under.doneRows == Int64(LoadRun.batch), "how far it is can be read meanwhile")
        let asked = try await stage.cancel(run)
        #expect(asked.state == "running" && asked.cancelRequestedAt != nil, "its worker is to end it")
        let again = try await stage.cancel(run)
        #expect(again == asked, "asked for twice is asked for once")
        stage.owner.letGo(stage.account)
        let end = try await stage.end(of: run)
        #expect(end.state == "canceled" && end.doneRows == 0 && end.failedRows == 0 && end.completedAt != nil)
        #expect(end.message == RunMessages.canceledLoad.en)
        #expect(try await stage.rows(task).stagingRows.map { $0["name"] } == ["Linz"])
        #expect(try await stage.upload(upload).state == "complete")
        #expect(try await stage.task(task).dataImportState == DataImportState.readyToPublish.rawValue)
        #expect(try await stage.cancel(run) == end, "canceled is final")
        let second = try #require(try await stage.load([upload], of: task).first)
        #expect(try await stage.end(of: second).doneRows == Int64(LoadRun.batch) + 500)
        let problem = try await stage.refusal { () async throws(Problem) in try await stage.cancel(second) }
        #expect(problem.code == .failedPrecondition && problem.reason == "RUN_ENDED")
        #expect(try await stage.summary(task).reduce(0, +) == LoadRun.batch + 501)
    }

    /// What a load has written so far is neither planned nor published, whether all rows or chosen ones are asked for: it
    /// may still be taken back.
    @Test func rowsOfAnUnfinishedLoadAreLeftOut() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let load = try await stage.loaded(Stage.file(["Linz", "Graz", "Wien"]), of: task)
        func mark(_ state: String) async throws {
            _ = try await stage.bench.admin.run(
                "UPDATE import_validation.import_run SET state = \(state) WHERE id = \(load.id)")
        }
        // As if it were under way; none of the workers, which all tests share, is kept waiting for it.
        try await mark("running")
        let rows = try await stage.rows(task) { $0.pageSize = 2 }.stagingRows
        #expect(rows.map(\.status) == ["ready_to_publish", "ready_to_publish"])
        let ends = [
            try await stage.end(of: try await stage.publish(of: task)),
            try await stage.end(of: try await stage.publish(rows, of: task)),
            try await stage.end(of: try await stage.plan(of: task)),
            try await stage.end(of: try await stage.plan(rows, of: task)),
        ]
        for (end, left) in zip(ends, [3, 2, 3, 2] as [Int64]) {
            #expect(end.state == "completed" && end.totalRows == 0 && end.doneRows == 0)
            let told = " " + RunMessages.stillLoading(left).en
            #expect(end.message?.hasSuffix(told) == true, "\(end.message ?? "")")
        }
        #expect(stage.owner.published(stage.account).isEmpty)
        try await mark("completed")
        let end = try await stage.end(of: try await stage.publish(of: task))
        #expect(end.doneRows == 3 && end.message == RunMessages.published(3, failed: 0).en)
    }

    /// Rows of other files that were told of doubles in a file are as they were when its rows are taken back.
    @Test func whatWasToldOfItsRowsIsTakenBack() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Linz", "Graz"]), "east.csv", of: task)
        let upload = try await stage.upload(Stage.file(["GRAZ", "Wien"]), "west.csv", to: task)
        let load = try #require(try await stage.load([upload], of: task).first)
        #expect(try await stage.end(of: load).failedRows == 1)
        #expect(try await stage.summary(task) == [0, 2, 2, 0])
        let run = try await stage.end(
            of: try await stage.interrupted("load", task, upload: upload, isCanceled: true))
        #expect(run.state == "canceled")
        let rows = try await stage.rows(task).stagingRows
        #expect(rows.map { $0["name"] } == ["Linz", "Graz"] && rows.allSatisfy { $0.status == "ready_to_publish" })
        #expect(rows.allSatisfy { $0.errors.isEmpty && $0.comment.isEmpty })
    }

    /// A load that fails after it was canceled has been canceled.
    @Test func whatFailsAfterwardsIsCanceled() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        stage.owner.hold(stage.account)
        var rows = Self.rows(3, held: 1)
        rows[1].account = OnboardingStandIn.broken
        let upload = try await stage.upload(Stage.file(rows), to: task)
        let run = try #require(try await stage.load([upload], of: task).first)
        try await Stage.until { stage.owner.isAsked(stage.account) }
        _ = try await stage.cancel(run)
        stage.owner.letGo(stage.account)
        let end = try await stage.end(of: run)
        #expect(end.state == "canceled" && end.message == "That cannot be looked up.")
        #expect(try await stage.loaded(Stage.file(["Linz"]), "good.csv", of: task).state == "completed")
        #expect(try await stage.summary(task) == [0, 0, 1, 0])
    }

    // MARK: Validations

    /// One that waits for another is canceled at once; one under way between two batches. What was not checked is yet to
    /// validate.
    @Test func validationsEndBetweenBatches() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(Self.rows(3)), of: task)
        _ = try await stage.replace("Ernst Handel", in: "account", by: OnboardingStandIn.held, of: task)
        stage.owner.hold(stage.account)
        let running = try await stage.validate(task)
        try await Stage.until { stage.owner.isAsked(stage.account) }
        let waiting = try await stage.cancel(try await stage.validate(task))
        #expect(waiting.state == "canceled" && waiting.completedAt != nil)
        #expect(waiting.message == RunMessages.canceledUnbegun.en)
        _ = try await stage.cancel(running)
        #expect(try await stage.task(task).dataImportState == DataImportState.validating.rawValue)
        stage.owner.letGo(stage.account)
        let end = try await stage.end(of: running)
        #expect(end.state == "canceled" && end.doneRows == 0)
        #expect(end.message == RunMessages.canceledValidation(0).en)
        #expect(try await stage.summary(task) == [3, 0, 0, 0])
        #expect(try await stage.end(of: try await stage.validate(task)).doneRows == 3)
        #expect(try await stage.summary(task) == [0, 3, 0, 0])
    }

    // MARK: Publications

    /// What was sent is settled and told; the rest stays ready, and can be published by another run.
    @Test func aCanceledPublicationSaysWhatWasPublished() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        var rows = Self.rows(1_200)
        rows[699].name = OnboardingStandIn.held
        _ = try await stage.loaded(Stage.file(rows), of: task)
        stage.owner.hold(stage.account)
        let run = try await stage.publish(of: task)
        try await Stage.until { stage.owner.isAsked(stage.account) }
        let queued = try await stage.publish(try await stage.rows(task) { $0.pageSize = 1 }.stagingRows, of: task)
        #expect(try await stage.cancel(queued).state == "canceled")
        _ = try await stage.cancel(run)
        stage.owner.letGo(stage.account)
        let end = try await stage.end(of: run)
        #expect(end.state == "canceled" && end.doneRows == 1_000 && end.totalRows == 1_200)
        #expect(end.message == RunMessages.canceledPublication(1_000, of: 1_200).en)
        let told = RunMessages.canceledPublication(1_000, of: 1_200)
        #expect(end.messageEn == told.en && end.messageKo == told.ko)
        #expect(try await stage.summary(task) == [0, 0, 200, 1_000])
        #expect(stage.owner.published(stage.account).map(\.rows.count) == [500, 500])
        #expect(try await stage.end(of: try await stage.publish(of: task)).doneRows == 200)
        #expect(try await stage.summary(task) == [0, 0, 0, 1_200])
    }

    /// Rows that a canceled run was to publish are nobody's any more.
    @Test func chosenRowsAreLetGo() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file([OnboardingStandIn.held, "B"]), of: task)
        let rows = try await stage.rows(task).stagingRows
        stage.owner.hold(stage.account)
        let first = try await stage.publish([rows[0]], of: task)
        try await Stage.until { stage.owner.isAsked(stage.account) }
        #expect(try await stage.cancel(try await stage.publish([rows[1]], of: task)).state == "canceled")
        stage.owner.letGo(stage.account)
        _ = try await stage.end(of: first)
        #expect(try await stage.end(of: try await stage.publish([rows[1]], of: task)).doneRows == 1)
        #expect(try await stage.summary(task) == [0, 0, 0, 2])
    }

    // MARK: Interrupted runs

    /// A canceled run whose worker was killed is ended by the next one: nothing is left of a load, and a publication that had
    /// nothing on its way sends nothing more.
    @Test func whoeverTakesItOverEndsIt() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(Self.rows(600)), of: task)
        let load = try await stage.interrupted("load", task, isCanceled: true)
        #expect(try await stage.end(of: load).message == RunMessages.canceledLoad.en)
        let check = try await stage.interrupted("validate", task, done: 7, isCanceled: true)
        #expect(try await stage.end(of: check).message == RunMessages.canceledValidation(7).en)
        let publication = try await stage.interrupted("publish", task, isCanceled: true)
        let end = try await stage.end(of: publication)
        #expect(end.state == "canceled" && end.doneRows == 0 && end.failedRows == 0)
        #expect(try await stage.summary(task) == [0, 0, 600, 0] && stage.owner.published(stage.account).isEmpty)
    }

    /// A validation that goes on after its worker was killed counts on.
    @Test func anInterruptedValidationCountsOn() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["A", "A", "B"]), of: task)
        #expect(try await stage.replace("", in: "street", by: "Ring 1", of: task).replacedRows == 3)
        let run = try await stage.interrupted("validate", task, done: 4, failed: 1)
        let end = try await stage.end(of: run)
        #expect(end.doneRows == 7 && end.totalRows == 7 && end.failedRows == 3)
        #expect(try await stage.summary(task) == [0, 2, 1, 0], "doubles are looked for among all rows")
    }

    // MARK: Who may

    /// Whoever may have asked for the run: the contact his own loads, nobody else of the customer, no viewer.
    @Test func whoMayNotCancelIsRefused() async throws {
        let stage = try await Stage()
        let task = try await stage.locations {
            $0.contact = stage.contact
            $0.visibleToCustomer = true
        }
        let (_, run) = try await Self.loading(stage, task)
        for caller in [stage.customer, .holding("sn_customerservice_agent")] {
            let problem = try await stage.refusal { () async throws(Problem) in try await stage.cancel(run, as: caller)
            }
            #expect(problem.code == .notFound || problem.code == .permissionDenied, "\(caller) \(problem)")
        }
        let own = try await stage.upload(Stage.file(["Linz"]), "own.csv", to: task, as: stage.customer)
        _ = try await stage.cancel(run)
        stage.owner.letGo(stage.account)
        #expect(try await stage.end(of: run).state == "canceled")
        stage.owner.hold(stage.account)
        let held = try await stage.upload(
            Stage.file([("Graz", OnboardingStandIn.held)]), "held.csv", to: task, as: stage.customer)
        let mine = try #require(try await stage.load([held], of: task, as: stage.customer).first)
        try await Stage.until { stage.owner.isAsked(stage.account) }
        let shown = try await stage.cancel(mine, as: stage.customer)
        #expect(shown.cancelRequestedAt != nil && shown.domain == "" && shown.createdBy == "")
        stage.owner.letGo(stage.account)
        #expect(try await stage.end(of: mine).state == "canceled")
        #expect(try await stage.upload(own).state == "complete")
        let unknown = try await stage.refusal { () async throws(Problem) in
            var nobody = mine
            nobody.id = uuid()
            return try await stage.cancel(nobody)
        }
        #expect(unknown.code == .notFound)
    }
}

extension Stage {
    func cancel(_ run: ImportRun, as caller: Caller? = nil) async throws(Problem) -> ImportRun {
        var request = CancelImportRunRequest()
        request.id = run.id
        return try await call(ImportValidationAPI.cancelImportRun, request, as: caller)
    }

    /// A run whose first worker was killed: queued again as it was left, and taken by the next.
    func interrupted(
        _ kind: String, _ task: ImportTask, upload: Upload? = nil, done: Int64 = 0, failed: Int64 = 0,
        mending: MendTally? = nil, isCanceled: Bool = false, takings: Int64 = 1
    ) async throws -> ImportRun {
        let id = uuid()
        let requester = try KeptCaller(agent).text()
        var upload = upload?.id
        if kind == "load", upload == nil {
            upload = try await self.upload(Self.file(["Cut off"]), "cut.csv", to: task).id
        }
        _ = try await bench.admin.run(
            """
            INSERT INTO import_validation.import_run (id, revision, created_at, created_by, updated_at, updated_by, domain, \
            import_task, kind, state, upload, total_rows, done_rows, failed_rows, started_at, cancel_requested_at) \
            VALUES (\(id), 1, now(), 'test', now(), 'test', \(domain), \(task.id), \(kind), 'running', \(upload)::uuid, 0, \
            \(done), \(failed), now(), CASE WHEN \(isCanceled) THEN now() END)
            """)
        _ = try await bench.admin.run(
            """
            INSERT INTO import_validation.import_run_work (run, domain, import_task, kind, requester, all_ready, takings, \
            mending) VALUES (\(id), \(domain), \(task.id), \(kind), \(requester)::jsonb, true, \(takings)::int4, \(mending?.json)::jsonb)
            """)
        return try await call(ImportValidationAPI.getImportRun, Self.named(id))
    }
}
