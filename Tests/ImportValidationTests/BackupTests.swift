import Foundation
import ImportValidationWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// Backups of staged rows (imports, section 7; G-67 to G-70).
@Suite(.timeLimit(.minutes(15))) struct BackupTests {
    private static let day = "2026-03-10"

    /// An attached file, as it lies there.
    private struct Attached: Equatable {
        let id, name, domain: String
        let isVisible: Bool
        let bytes: [UInt8]
    }

    /// The finished attachments of a task, in the order of their names.
    private static func attached(_ bench: StagedBench, _ task: String) async throws -> [Attached] {
        try await bench.bench.admin.run(
            """
            SELECT id, file_name, domain, visible_to_customer, (SELECT string_agg(content, ''::bytea ORDER BY position) \
            FROM import_validation.attachment_part WHERE attachment = a.id) AS content, size_bytes, sha256 \
            FROM import_validation.attachment a WHERE record = \(task) AND complete ORDER BY length(file_name), file_name
            """
        ).map { row in
            let bytes = try row.bytes(at: 4)
            #expect(try row.int64(at: 5) == Int64(bytes.count) && row.string(at: 6) == Hex.sha256(bytes))
            return Attached(
                id: try row.string(at: 0), name: try row.string(at: 1), domain: try row.string(at: 2),
                isVisible: try row.bool(at: 3), bytes: bytes)
        }
    }

    /// The cells of a file as whoever reads it finds them: the row of the titles and the others.
    private static func read(_ bytes: [UInt8]) throws -> [[String]] {
        let path = FileManager.default.temporaryDirectory.appending(path: "backup-\(UUID().uuidString).csv").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(bytes).write(to: URL(filePath: path))
        return try CSVReader(path: path, takesGuards: true).readAll().map { row in
            (0..<row.count).map { row.text(at: $0) ?? "" }
        }
    }

    /// What a column of files holds, one below the other.
    private static func column(_ name: String, of files: [Attached]) throws -> [String] {
        var texts: [String] = []
        for file in files {
            let rows = try read(file.bytes)
            let place = try #require(rows[0].firstIndex(of: name))
            for row in rows.dropFirst() { texts.append(row.indices.contains(place) ? row[place] : "") }
        }
        return texts
    }

    private static func numbers(_ range: ClosedRange<Int>) -> [String] { range.map { String($0) } }

    /// Has everything that is queued written.
    private static func work(_ bench: StagedBench, _ queue: BackupQueue) async throws {
        let work = Task { await queue.run() }
        let limit = ContinuousClock.now + .seconds(60)
        while try await bench.count("SELECT count(*) FROM import_validation.staging_backup_work") > 0 {
            try #require(ContinuousClock.now < limit)
            try await Task.sleep(for: .milliseconds(5))
        }
        work.cancel()
        await work.value
    }

    /// Backs up all tasks, as if asked for; how many.
    private static func backUp(_ bench: StagedBench, bytes: Int64 = 1 << 20) async throws -> Int {
        let queue = BackupQueue(bench.database, AttachmentBounds(bytes: bytes, kinds: []))
        let queued = try await BackupJob(database: bench.database, queue: queue).enqueue(in: .root, isAsked: true)
        try await work(bench, queue)
        return queued
    }

    // MARK: The file

    /// One file for each task and day, of the rows as they are, which is read again as it was staged.
    @Test func rowsAreReadAgainAsTheyWere() async throws {
        let bench = try await StagedBench(Self.day)
        let task = try await bench.task()
        let upload = try await bench.upload(of: task)
        let odd = [
            "=1+1", "'=x", "'quoted", "a,b", "one\ntwo", "\tx", " blank ", "한글", #"say "so""#, "＝1", "+49 30", "-5",
            "00123", #"="00123""#, "@me", "x\u{200B}y", "''", "1e5", "",
        ]
        let rows = odd.map { ["N", "account", $0] }
        try await bench.stage(rows, of: task, upload, on: "2026-03-09", "needs_attention")
        #expect(try await Self.backUp(bench) == 1)
        let files = try await Self.attached(bench, task)
        #expect(files.map(\.name) == ["sn_acct_lc_account_onb_import_locations-2026-03-10.csv"])
        #expect(files.map(\.isVisible) == [false] && files.map(\.domain) == ["/provider/d0000001/"])
        let read = try Self.read(try #require(files.first).bytes)
        #expect(Array(read[0].prefix(4)) == ["id", "created_at", "row_number", "source_file"])
        let fields = bench.target.fields.map { "u_" + $0.name }
        #expect(Array(read[0].suffix(fields.count)) == fields)
        #expect(try Self.column(fields[2], of: files) == odd)
        #expect(try Set(Self.column("status", of: files)) == ["needs_attention"])
        // Nothing is deleted by it, and nothing is left to do.
        #expect(try await bench.staged(task) == odd.count)
        #expect(try await bench.count("SELECT count(*) FROM import_validation.attachment WHERE NOT complete") == 0)
        // No spreadsheet takes a cell for a formula.
        let text = String(decoding: files[0].bytes, as: UTF8.self)
        #expect(text.contains(",'=1+1") && text.contains(",'@me") && !text.contains(",=1+1"))
    }

    /// A rerun takes the place of the file of the same day; the next day has one of its own.
    @Test func aRerunReplacesTheFileOfTheDay() async throws {
        let bench = try await StagedBench(Self.day)
        let task = try await bench.task()
        let upload = try await bench.upload(of: task)
        try await bench.stage(3, of: task, upload, on: "2026-03-09")
        _ = try await Self.backUp(bench)
        let before = try await Self.attached(bench, task)
        _ = try await bench.bench.admin.run(
            "UPDATE import_validation.staging_row SET cells = '{changed}' WHERE import_task = \(task) AND row_number = 3"
        )
        _ = try await Self.backUp(bench)
        let after = try await Self.attached(bench, task)
        #expect(after.map(\.name) == before.map(\.name) && after.map(\.id) != before.map(\.id))
        #expect(String(decoding: after[0].bytes, as: UTF8.self).contains("changed"))
        bench.clock.set("2026-03-11")
        _ = try await Self.backUp(bench)
        #expect(
            try await Self.attached(bench, task).map { $0.name.suffix(14) } == ["2026-03-10.csv", "2026-03-11.csv"])
        // Where nothing is left, nothing is made, and what was made stays.
        _ = try await bench.bench.admin.run(
            "DELETE FROM import_validation.staging_row WHERE import_task = \(task)")
        #expect(try await Self.backUp(bench) == 0)
        #expect(try await Self.attached(bench, task).count == 2)
    }

    /// What does not fit into one attachment goes on in the next.
    @Test func aLargeBackupHasSeveralFiles() async throws {
        let bench = try await StagedBench(Self.day)
        let task = try await bench.task()
        let upload = try await bench.upload(of: task)
        try await bench.stage(40, of: task, upload, on: "2026-03-09")
        _ = try await Self.backUp(bench, bytes: 1_024)
        let files = try await Self.attached(bench, task)
        #expect(files.count > 3 && files.allSatisfy { $0.bytes.count <= 1_024 })
        let base = "\(StagedBench.table)-2026-03-10"
        let names = ["\(base).csv"] + Self.numbers(2...files.count).map { "\(base)-\($0).csv" }
        #expect(files.map(\.name) == names)
        #expect(try Self.column("row_number", of: files) == Self.numbers(2...41))
        // Made again with more room, one file is in the place of all.
        _ = try await Self.backUp(bench)
        #expect(try await Self.attached(bench, task).map(\.name) == ["\(base).csv"])
    }

    /// Whoever writes it is killed: another goes on where it was, and every row is in it once.
    @Test func whatIsInterruptedGoesOn() async throws {
        let bench = try await StagedBench(Self.day)
        let task = try await bench.task()
        let upload = try await bench.upload(of: task)
        try await bench.stage(300, of: task, upload, on: "2026-03-09")
        var queue = BackupQueue(bench.database, AttachmentBounds(bytes: 8_192, kinds: []))
        queue.rowsAtOnce = 1
        let slow = queue
        _ = try await BackupJob(database: bench.database, queue: slow).enqueue(in: .root, isAsked: true)
        for limit in [20, 120] {
            let work = Task { await slow.run() }
            while try await bench.count("SELECT last_number AS count FROM import_validation.staging_backup_work")
                < limit
            {
                try await Task.sleep(for: .milliseconds(2))
            }
            work.cancel()
            await work.value
            #expect(try await bench.count("SELECT count(*) FROM import_validation.staging_backup_work") == 1)
            #expect(try await Self.attached(bench, task).isEmpty)
        }
        try await Self.work(bench, BackupQueue(bench.database, AttachmentBounds(bytes: 8_192, kinds: [])))
        let files = try await Self.attached(bench, task)
        #expect(files.count > 1)
        #expect(try Self.column("row_number", of: files) == Self.numbers(2...301))
    }

    /// A record that has as many attachments as it may is left out, and says so nowhere but in the log.
    @Test func aFullTaskIsLeftOut() async throws {
        let bench = try await StagedBench(Self.day)
        let (full, other) = (try await bench.task(), try await bench.task())
        for task in [full, other] {
            try await bench.stage(1, of: task, try await bench.upload(of: task), on: "2026-03-09")
        }
        _ = try await bench.bench.admin.run(
            """
            INSERT INTO import_validation.attachment (id, table_name, record, domain, file_name, size_bytes, complete, \
            created_at, created_by) SELECT gen_random_uuid(), 'import_task', \(full)::uuid, '/provider/d0000001/', 'a' || n, 1, \
            true, now(), 'person' FROM generate_series(1, 200) AS n
            """)
        #expect(try await Self.backUp(bench) == 2)
        let all: SQL = "SELECT count(*) FROM import_validation.attachment WHERE record = "
        #expect(try await bench.count(all + "\(full)") == 200)
        #expect(try await Self.attached(bench, other).count == 1)
    }

    // MARK: Which rows

    /// G-67: rows of today − N days and before; G-70: of tasks that are open.
    @Test(arguments: [nil, 2, 3]) func thePeriodDecides(days: Int?) async throws {
        let bench = try await StagedBench(Self.day)
        if let days { try await bench.days(days) }
        let task = try await bench.task()
        let upload = try await bench.upload(of: task)
        for (offset, staged) in ["2026-03-07", "2026-03-08", "2026-03-09", "2026-03-10"].enumerated() {
            try await bench.stage(1, of: task, upload, on: staged, from: 7 + offset)
        }
        for ended in [try await bench.task("closed", closed: "2026-03-01"), try await bench.task("canceled")] {
            try await bench.stage(1, of: ended, try await bench.upload(of: ended), on: "2026-03-01")
        }
        #expect(try await Self.backUp(bench) == 1)
        let files = try await Self.attached(bench, task)
        #expect(try Self.column("row_number", of: files) == Self.numbers(7...(10 - (days ?? 1))))
        #expect(try await bench.count("SELECT count(*) FROM import_validation.attachment") == 1)
    }

    /// The nearest domain that says a period decides.
    @Test func thePeriodIsThatOfTheNearestDomain() async throws {
        let bench = try await StagedBench(Self.day)
        try await bench.days(5)
        try await bench.days(1, in: "/provider/d0000001/")
        let near = try await bench.task(domain: "/provider/d0000001/e1/")
        let far = try await bench.task(domain: "/provider/d0000002/")
        for task in [near, far] {
            try await bench.stage(1, of: task, try await bench.upload(of: task), on: "2026-03-08")
        }
        _ = try await Self.backUp(bench)
        #expect(try await Self.attached(bench, near).count == 1)
        #expect(try await Self.attached(bench, far).isEmpty)
    }

    /// Closed while it waits: it is not backed up any more.
    @Test func aTaskThatEndsIsLeftOut() async throws {
        let bench = try await StagedBench(Self.day)
        let task = try await bench.task()
        try await bench.stage(2, of: task, try await bench.upload(of: task), on: "2026-03-09")
        var queue = BackupQueue(bench.database, .standard)
        queue.rowsAtOnce = 1
        _ = try await BackupJob(database: bench.database, queue: queue).enqueue(in: .root, isAsked: true)
        _ = try await bench.bench.admin.run(
            "UPDATE import_validation.import_task SET state = 'canceled' WHERE id = \(task)")
        try await Self.work(bench, queue)
        #expect(try await bench.count("SELECT count(*) FROM import_validation.attachment") == 0)
    }

    // MARK: Each day, and now

    /// Inactive unless an administrator makes it active; what is nearest to a task decides.
    @Test func eachDayWhereItIsActive() async throws {
        let bench = try await StagedBench(Self.day)
        let domains = ["/provider/d0000001/", "/provider/d0000002/"]
        for domain in domains {
            let task = try await bench.task(domain: domain)
            try await bench.stage(1, of: task, try await bench.upload(of: task), on: "2026-03-09")
        }
        let queue = BackupQueue(bench.database, .standard)
        let job = BackupJob(database: bench.database, queue: queue)
        try await StagingBackup.seed(bench.database)
        try await StagingBackup.seed(bench.database)
        #expect(try await bench.count("SELECT count(*) FROM import_validation.staging_backup WHERE NOT active") == 1)
        #expect(try await job.daily.run(in: .root) == 0)
        _ = try await bench.bench.admin.run("UPDATE import_validation.staging_backup SET active = true")
        _ = try await bench.bench.admin.run(
            """
            INSERT INTO import_validation.staging_backup (id, revision, created_at, created_by, updated_at, updated_by, \
            domain, active) VALUES (\(uuid()), 1, now(), 'test', now(), 'test', \(domains[1]), false)
            """)
        #expect(try await job.daily.run(in: .root) == 1)
        // Twice on one day is once.
        #expect(try await job.daily.run(in: .root) == 0)
        #expect(try await job.daily.runNow(in: .root, job.database) == 1)
        let queued = try await bench.bench.admin.run(
            "SELECT domain FROM import_validation.staging_backup_work ORDER BY domain")
        #expect(try queued.map { try $0.string(at: 0) } == domains)
    }

    /// An administrator runs it now, over the own domain and no further, and the file is the provider's.
    @Test func administratorsRunItNow() async throws {
        let (stage, other) = (try await Stage(), try await Stage())
        var tasks: [ImportTask] = []
        for one in [stage, other] {
            let contact = one.contact
            let task = try await one.locations { task in
                task.contact = contact
                task.visibleToCustomer = true
            }
            _ = try await one.loaded(Stage.file(["Linz", "Graz"]), of: task)
            _ = try await one.bench.admin.run(
                """
                UPDATE import_validation.staging_row SET created_at = now() - interval '2 days' \
                WHERE import_task = \(task.id)
                """)
            tasks.append(task)
        }
        var request = RunJobRequest()
        request.job = "staging-backup"
        let admin = Caller.holding("admin", domain: stage.domain)
        for caller in [stage.agent, stage.customer, Caller.holding("sn_acct_lc.ale_success_viewer")] {
            let refused = await stage.bench.problem(ImportValidationAPI.runImportJob, request, as: caller)
            #expect(refused?.code == .permissionDenied)
        }
        #expect(try await stage.call(ImportValidationAPI.runImportJob, request, as: admin).records == 1)
        var list = ListAttachmentsRequest()
        list.id = tasks[0].id
        let limit = ContinuousClock.now + .seconds(60)
        var found: [Wire.Attachment] = []
        while found.isEmpty, ContinuousClock.now < limit {
            found = try await stage.call(ImportValidationAPI.listImportTaskAttachments, list).attachments
                .filter(\.complete)
        }
        let file = try #require(found.first)
        #expect(file.fileName == "\(StagedBench.table)-\(stage.database.clock.today).csv" && !file.visibleToCustomer)
        #expect(file.kind == "text" && file.disposition == "attachment")
        let seen = try await stage.call(ImportValidationAPI.listImportTaskAttachments, list, as: stage.customer)
        #expect(seen.attachments.isEmpty)
        list.id = tasks[1].id
        #expect(try await stage.call(ImportValidationAPI.listImportTaskAttachments, list).attachments.isEmpty)
        request.job = "x"
        let unknown = await stage.bench.problem(ImportValidationAPI.runImportJob, request, as: admin)
        #expect(unknown?.violations.map(\.field) == ["job"])
    }
}
