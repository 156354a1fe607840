import ImportValidationWire
import Korean
import Postgres
import RPC
import Records
import Wire
import Workbook

/// Reads a file into staging and checks every row on the way: one pass, so that a row is written
/// once, with its verdict. While one batch is being written the next one is checked, and the one behind it is read.
struct LoadRun {
    static let batch = 4_000
    /// Rows of the very first, for which everything else waits.
    private static let firstBatch = 500
    /// Batches on their way to the database at once.
    private static let writers = 2
    /// Rows that are taken back at once.
    private static let removedAtOnce = 10_000

    let tools: RunTools

    /// Loads the file of the run. A load that was interrupted begins again: rows it had written are removed first.
    func run() async throws -> RunQueue.Ending {
        let (task, target) = try await tools.task()
        let upload = try await prepare()
        let checker = try await tools.checker(task, target)
        do {
            return try await load(upload, target, checker)
        } catch let error as WorkbookError {
            throw RunFailure(
                text: Text(en: error.english, ko: error.korean),
                keepsUpload: [.encoding, .noSheet].contains(error.kind))
        }
    }

    /// The file's upload, with nothing of it in staging.
    private func prepare() async throws -> Upload {
        let upload = try await Self.upload(tools)
        guard let upload else {
            throw RunFailure(text: Text(en: "The upload is gone.", ko: "업로드한 파일이 삭제되었습니다. 다시 업로드하세요."))
        }
        if tools.claim.lease.takings > 1, !tools.claim.mends {
            let claim = tools.claim
            try await Self.takeBack(upload, tools) { tx in
                tx.send("UPDATE import_validation.import_run SET done_rows = 0 WHERE id = \(claim.run)")
            }
        }
        return upload
    }

    private static func upload(_ tools: RunTools) async throws -> Upload? {
        let (database, claim) = (tools.database, tools.claim)
        return try await database.transaction(as: tools.service, readOnly: true) { tx in
            try Store<ImportRun>(database).find(claim.run, in: tx)?.upload.flatMap { id in
                try Store<Upload>(database).find(id, in: tx)
            }
        }
    }

    private func load(_ upload: Upload, _ target: ImportTarget, _ checker: RowChecker) async throws -> RunQueue.Ending {
        let options = tools.claim.options
        let encoding = try Self.encoding(options)
        let open = { (target: ImportTarget) in
            try TableFinder.find(target, options) {
                try tools.files.open(upload.id, name: upload.fileName ?? "", encoding: encoding)
            }
        }
        let mend = { (asked: ImportTarget) in
            try await tools.awaitTurn()
            return try await MendRun(tools: tools, target: asked, checker: checker, open: { try open(asked) }).run()
        }
        let table = Result { try open(target) }
        if case .success(let table) = table, table.header.keyColumn == nil {
            return try await load(table, of: upload, target, checker)
        }
        if let layout = Self.errorLayout(table, target, open) { return try await mend(layout) }
        // Why it is no file of the task, or what an error workbook lacks.
        _ = try table.get()
        _ = try open(target.corrected)
        throw ErrorWorkbook.withoutKeys
    }

    /// The target as an error workbook has it that is no file of its task or has row keys; nil for any other file. The cells
    /// are as they are staged, whatever a builder makes of those of other files.
    private static func errorLayout(
        _ table: Result<TableFinder.Table, any Error>, _ target: ImportTarget,
        _ open: (ImportTarget) throws -> TableFinder.Table
    ) -> ImportTarget? {
        guard target.built != nil else { return (try? table.get()) == nil ? nil : target }
        // Workbooks that were made before builders had a layout of their own have the labels of the target.
        return [target.corrected, target.plain].first { (try? open($0))?.header.keyColumn != nil }
    }

    private func load(
        _ table: TableFinder.Table, of upload: Upload, _ target: ImportTarget, _ checker: RowChecker
    ) async throws -> RunQueue.Ending {
        var doubles = try await OwnDoubles(tools, target, file: upload.fileName ?? "")
        try await remember(table.header.columns, target, upload)
        let source = table.source
        let sheet = (source as? WorkbookReader)?.openSheet
        var row = SheetRow()
        var reader = RowReader(table.header, checker.plan)
        var progress = Progress(tools.claim, total: 0, connection: tools.connection)
        var writing: [Write] = []
        do {
            var rows = try Self.next(Self.firstBatch, source, &row, &reader)
            while !rows.isEmpty {
                let read = rows
                async let checked = checker.check(read.map(\.cells), faults: read.map(\.faults))
                // The first two make one of the usual size together.
                let count = Self.batch - (read.count == Self.firstBatch ? read.count : 0)
                rows = try Self.next(count, source, &row, &reader)
                var judged = try await checked
                doubles.tell(read, &judged)
                let verdicts = judged
                if writing.count == Self.writers { try await writing.removeFirst().finish(&progress) }
                let task = Task { try await write(read, verdicts, by: checker.plan.version, upload, sheet: sheet) }
                writing.append(
                    Write(task: task, rows: read.count, failed: verdicts.count { !$0.errors.isEmpty }))
                try Task.checkCancellation()
            }
            while !writing.isEmpty { try await writing.removeFirst().finish(&progress) }
        } catch {
            // Nothing may be written any more once the rows are taken back.
            for write in writing { write.task.cancel() }
            for write in writing { _ = await write.task.result }
            throw error
        }
        if let workbook = source as? WorkbookReader {
            let merged = MergedCells(workbook.mergedRanges, table.header, checker.plan)
            progress.add(done: 0, failed: try await tellMerged(merged, upload, checker))
        }
        progress.add(done: 0, failed: try await tools.markDoubles(of: upload.id, among: doubles.rest, target))
        progress.total = progress.done
        progress.tell()
        let remarks =
            table.remarks + [table.header.remark].compactMap(\.self) + reader.remarks
            + [Self.remark(source), Self.guards(source)].compactMap(\.self)
        return .init(
            total: progress.done, done: progress.done, failed: progress.failed,
            says: [RunMessages.validated(progress.done, failed: progress.failed, isLoad: true, remarks)],
            uploadState: Upload.State.loaded, mapping: tools.claim.options.savesMapping == true ? table.mapping : nil)
    }

    /// Where the fields stood, for the lineage of what is published.
    private func remember(_ columns: [Int?], _ target: ImportTarget, _ upload: Upload) async throws {
        let claim = tools.claim
        try await tools.database.transaction(as: tools.service) { tx in
            try claim.lease.hold(in: tx)
            ImportSource.save(columns, of: target, upload: upload.id, claim, tx)
        }
    }

    static func encoding(_ options: LoadOptions) throws(RunFailure) -> TextEncoding? {
        guard !options.encoding.isEmpty else { return nil }
        guard let encoding = TextEncoding(named: options.encoding) else {
            throw RunFailure(text: RunMessages.unknownEncoding, keepsUpload: true)
        }
        return encoding
    }

    /// What people should know of a file that was read.
    private static func remark(_ source: any RowSource) -> Text? {
        if let workbook = source as? WorkbookReader, workbook.hasStaleResults {
            return Text(
                en:
                    "The workbook asks for its formulas to be calculated when it is opened: the stored results that were read may be out of date.",
                ko: "통합 문서를 열 때 수식을 다시 계산하도록 되어 있습니다. 읽은 계산 결과가 최신이 아닐 수 있습니다.")
        }
        if let text = source as? CSVReader, text.isEncodingGuessed {
            let words = Text(
                en: text.guessedWords.map { "\"\($0)\"" }.joined(separator: ", "),
                ko: text.guessedWords.map { "‘\($0)’" }.joined(separator: ", "))
            return Text(
                en:
                    "The file is not UTF-8 and was read in the encoding \(text.encoding.rawValue), in which it says \(words.en).",
                ko: "UTF-8 파일이 아니어서 \(text.encoding.rawValue) 인코딩으로 읽었습니다(예: \(words.ko)).")
        }
        return nil
    }

    private static func guards(_ source: any RowSource) -> Text? {
        guard let text = source as? CSVReader, text.guardedFields > 0 else { return nil }
        return Text(
            en:
                "In \(text.guardedFields) cells an apostrophe before =, +, - or @, or =\"…\" around a text, was taken for a guard against formulas or numbers and left out.",
            ko: "셀 \(grouped: text.guardedFields)개에서 =, +, -, @ 앞의 작은따옴표나 텍스트를 감싼 등호와 큰따옴표를 수식·숫자 변환 방지용으로 보고 제외했습니다.")
    }

    /// A batch on its way to the database.
    private struct Write {
        let task: Task<Void, any Error>
        let rows: Int
        let failed: Int

        func finish(_ progress: inout Progress) async throws {
            try await task.value
            progress.add(done: rows, failed: failed)
        }
    }

    /// The next rows that hold something.
    private static func next(
        _ count: Int, _ source: any RowSource, _ row: inout SheetRow, _ reader: inout RowReader
    ) throws(WorkbookError) -> [ReadRow] {
        var rows: [ReadRow] = []
        rows.reserveCapacity(count)
        while rows.count < count, try source.next(into: &row) {
            if let read = reader.read(row) { rows.append(read) }
        }
        return rows
    }

    private func write(
        _ rows: [ReadRow], _ verdicts: [RowVerdict], by checks: CheckVersion, _ upload: Upload, sheet: String?
    ) async throws {
        let claim = tools.claim
        let now = tools.database.clock.now
        try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            // The disk is waited for once, by the transaction that ends the run; a load that a crash cuts off begins again.
            tx.hurry()
            try tools.hold(in: tx)
            try StagingStore.add(
                rows, verdicts, by: checks.number, upload: upload, sheet: sheet, claim: claim, now: now, tx)
            // How far a run is makes neither an event nor a new revision. Last, for it makes other batches wait.
            tx.send(
                """
                UPDATE import_validation.import_run SET done_rows = coalesce(done_rows, 0) + \(rows.count) \
                WHERE id = \(claim.run)
                """)
        }
    }

    /// Removes the rows of an upload that a load has written so far, batch after batch; `end` goes with the last of them.
    private static func takeBack(
        _ upload: Upload, _ tools: RunTools, _ end: @escaping @Sendable (Transaction) -> Void = { _ in }
    ) async throws {
        let (claim, now) = (tools.claim, tools.writing.now)
        try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
            try claim.lease.hold(in: tx)
            StagingDoubles.withdraw(upload.id, of: claim.task, now, tx)
        }
        var sweep = StagingStore.Sweep()
        while sweep.goesOn {
            let before = sweep
            sweep = try await tools.database.transaction(as: tools.service, deadline: .after(.seconds(60))) { tx in
                try claim.lease.hold(in: tx)
                let after = try StagingStore.removeBatch(of: claim.task, upload: upload.id, removedAtOnce, before, tx)
                guard !after.goesOn else { return after }
                tx.send(
                    """
                    DELETE FROM import_validation.staging_row \
                    WHERE import_task = \(claim.task) AND upload = \(upload.id) AND status <> \(RowStatus.published.sql)
                    """)
                end(tx)
                return after
            }
        }
    }

    /// Takes back what a load has written that failed for good: a bad file leaves nothing behind (G-65).
    static func undo(_ tools: RunTools) async throws {
        if let upload = try await upload(tools) { try await takeBack(upload, tools) }
    }
}

/// What a run says at its end.
enum RunMessages {
    /// G-63, unless rows need attention; and what there is to remark. `others` are rows of the task that were checked
    /// before and need attention still.
    /// A load of a file without rows has not validated anything.
    static func validated(
        _ rows: Int64, failed: Int64, others: Int64 = 0, isLoad: Bool = false, _ remarks: [Text] = []
    ) -> Text {
        let text =
            if rows == 0 && others == 0 && isLoad {
                Text(
                    en: "The file has no rows below its titles: nothing was loaded.",
                    ko: "제목 아래에 행이 없어 로드하지 않았습니다.")
            } else if failed > 0 {
                Text(
                    en: "\(failed) of \(rows) rows need attention. Please check the staging table.",
                    ko: "\(grouped: rows)개 행 중 \(grouped: failed)개를 확인해야 합니다. 스테이징 테이블을 확인하세요.")
            } else if others > 0 {
                Text(
                    en:
                        "\(rows) rows were checked and are ready; \(others) others need attention. Please check the staging table.",
                    ko: "\(grouped: rows)개 행을 검증했으며 문제가 없습니다. 다른 \(grouped: others)개 행을 확인해야 합니다. 스테이징 테이블을 확인하세요.")
            } else {
                Text(
                    en: "Data has been successfully validated! Please check the staging table.",
                    ko: "데이터 검증이 완료되었습니다. 스테이징 테이블을 확인하세요.")
            }
        return remarks.reduce(text) { Text(en: $0.en + " " + $1.en, ko: $0.ko + " " + $1.ko) }
    }

    static let refusedPerson = Text(
        en: "The person who asked for this run may no longer do so. Somebody who may has to ask for it again.",
        ko: "이 실행을 요청한 사람에게 더 이상 권한이 없습니다. 권한이 있는 사람이 다시 요청해야 합니다.")

    static let unknownEncoding: Text = {
        let names = TextEncoding.allCases.map(\.rawValue).joined(separator: ", ")
        return Text(en: "The encoding must be one of: \(names).", ko: "인코딩은 다음 중 하나여야 합니다: \(names)")
    }()

    static func published(_ rows: Int64, failed: Int64) -> Text {
        if rows == 0 { return Text(en: "No chosen row was ready to publish.", ko: "선택한 행 중 ‘게시 준비 완료’ 상태인 행이 없습니다.") }
        return Text(
            en: "\(rows - failed) of \(rows) rows were published.",
            ko: "\(grouped: rows)개 행 중 \(grouped: rows - failed)개가 게시되었습니다.")
    }

    static let givenUp = Text(
        en: "The run was interrupted too often and was given up. Try again later.",
        ko: "실행이 여러 번 중단되어 더 이상 진행하지 않습니다. 나중에 다시 시도해 주세요.")
}
