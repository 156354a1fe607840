import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// What a load would read of a file, before it does (G-57), and why rows need attention, counted.
@Suite(.timeLimit(.minutes(15))) struct PreviewTests {
    private static func csv(_ lines: String...) -> [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

    private static func preview(
        _ upload: Upload, _ stage: Stage, as caller: Caller? = nil,
        _ edit: (inout PreviewUploadRequest) -> Void = { _ in }
    ) async throws(Problem) -> UploadPreview {
        var request = PreviewUploadRequest()
        request.id = upload.id
        edit(&request)
        return try await stage.call(ImportValidationAPI.previewUpload, request, as: caller)
    }

    private static func column(_ title: String, _ field: String, at letters: String) -> ColumnMapping {
        var column = ColumnMapping()
        (column.title, column.field, column.column) = (title, field, letters)
        return column
    }

    @Test func columnsStandBesideTheirFieldsWithSomeValues() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let file = Self.csv(
            "Branches of 2026", "Name,Account,Citty,Notes", "Linz,Ernst Handel,Linz,", "Graz,Ernst Handel,Graz,",
            "Wien,Ernst Handel,Wien,", "Wels,Ernst Handel,Wels,x")
        let upload = try await stage.upload(file, to: task)
        let preview = try await Self.preview(upload, stage)
        #expect(preview.readable && preview.titleRow == 2 && preview.sheets.isEmpty && preview.encoding == "UTF-8")
        #expect(preview.columns.map(\.column) == ["A", "B", "C", "D"])
        #expect(preview.columns.map(\.field) == ["name", "account", "", ""])
        #expect(preview.columns.map(\.suggestedField) == ["", "", "city", ""])
        #expect(
            preview.columns[0].samples == ["Linz", "Graz", "Wien"] && preview.columns[1].samples == ["Ernst Handel"])
        #expect(preview.columns[3].samples == ["x"] && preview.message.contains("row 2"))
        // It is what a load does with the same words.
        let mapped = try await Self.preview(upload, stage) { $0.columns = [Self.column("Citty", "city", at: "C")] }
        #expect(mapped.columns[2].field == "city")
        #expect(try await stage.rows(task).totalSize == 0)
    }

    @Test func aFileThatIsNotReadSaysWhyAndWhatItHas() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let upload = try await stage.upload(Self.csv("Standort,Account", "Linz,Ernst Handel"), to: task)
        let preview = try await Self.preview(upload, stage)
        #expect(!preview.readable && preview.missingFields == ["name"] && preview.titleRow == 1)
        #expect(preview.columns.map(\.title) == ["Standort", "Account"] && preview.columns[0].samples == ["Linz"])
        #expect(preview.message.contains("Mandatory columns are missing"))
        let cured = try await Self.preview(upload, stage) { $0.columns = [Self.column("Standort", "name", at: "A")] }
        #expect(cured.readable && cured.missingFields.isEmpty)
    }

    @Test func whatWasSavedIsUsedAndSaid() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        var request = SaveMappingRequest()
        request.id = task.id
        request.columns = [Self.column("Standort", "name", at: "A")]
        _ = try await stage.call(ImportValidationAPI.saveMapping, request)
        let upload = try await stage.upload(Self.csv("Standort,Account", "Linz,Ernst Handel"), to: task)
        let preview = try await Self.preview(upload, stage)
        #expect(preview.readable && preview.savedMappingUsed && preview.columns[0].field == "name")
        #expect(try await Self.preview(upload, stage) { $0.ignoreSavedMapping = true }.readable == false)
    }

    @Test func onlyWhoMayImportLooksAndOnlyAtWhatHasArrived() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let file = Stage.file(["Linz"])
        let whole = try await stage.upload(file, to: task)
        let part = try await stage.begin(file, to: task)
        let early = try await stage.refusal { () async throws(Problem) in try await Self.preview(part, stage) }
        #expect(early.reason == "UPLOAD_INCOMPLETE")
        for caller in [stage.customer, Caller.holding("sn_acct_lc.agent", domain: "/provider/elsewhere/")] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await Self.preview(whole, stage, as: caller)
            }
            #expect(problem.code == .notFound)
        }
    }

    // MARK: Reasons

    private static func counts(
        _ stage: Stage, _ task: ImportTask, limit: Int32 = 0, as caller: Caller? = nil
    ) async throws(Problem) -> CountStagingErrorsResponse {
        var request = CountStagingErrorsRequest()
        request.importTask = task.id
        request.limit = limit
        return try await stage.call(ImportValidationAPI.countStagingErrors, request, as: caller)
    }

    @Test func reasonsAreCountedAndNarrowTheRows() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(
            Self.csv(
                "Name,Account,Country", "Linz,Ernst Handel,Nowhere", "Graz,Ernst Handel,Nowhere",
                ",Ernst Handel,Austria",
                "Wien,Ernst Handel,Elsewhere", "Wels,Ernst Handel,Austria"), of: task)
        let counted = try await Self.counts(stage, task)
        #expect(!counted.partial && !counted.more)
        #expect(counted.counts.map(\.rows) == [2, 1, 1])
        let first = try #require(counted.counts.first)
        #expect(first.field == "country" && first.value == "Nowhere" && !first.message.isEmpty)
        #expect(counted.counts.contains { $0.check == "mandatory" && $0.field == "name" && $0.value.isEmpty })
        let rows = try await stage.rows(task) {
            ($0.errorCheck, $0.errorField, $0.errorValue) = (first.check, first.field, first.value)
        }
        #expect(rows.totalSize == 2 && rows.stagingRows.map { $0["name"] } == ["Linz", "Graz"])
        // The message is the one that the rows have.
        #expect(rows.stagingRows.allSatisfy { $0.errors.contains { $0.message == first.message } })
        #expect(try await Self.counts(stage, task, limit: 1).more)
        for wrong in ["check", "field"] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.rows(task) { if wrong == "check" { $0.errorCheck = "x" } else { $0.errorField = "x" } }
            }
            #expect(problem.violations.map(\.field) == ["error_\(wrong)"])
        }
    }

    /// A check of the whole record that reads one cell is counted by what the cell says, so that it can be replaced.
    @Test func aRecordLevelCheckOfOneCellIsCountedByItsText() async throws {
        let stage = try await Stage()
        try await AccountCheck.seed(stage.database)
        let task = try await stage.locations()
        _ = try await stage.loaded(
            Self.csv(
                "Name,Account,Country", "Linz,Ernst Hendel,Austria", "Graz,Ernst Hendel,Austria",
                "Wien,Ernst Handle,Austria", "Wels,Ernst Handel,Austria"), of: task)
        let counts = try await Self.counts(stage, task).counts
        #expect(counts.map(\.value) == ["Ernst Hendel", "Ernst Handle"] && counts.map(\.rows) == [2, 1])
        #expect(
            counts.allSatisfy { $0.check == "record" && $0.field == "account" && $0.message == AccountCheck.message })
        var reader = stage.agent
        reader.locale = "ko"
        let korean = try await Self.counts(stage, task, as: reader).counts
        #expect(korean.allSatisfy { $0.message == AccountCheck.messageKo }, "\(korean)")
        let rows = try await stage.rows(task) {
            ($0.errorCheck, $0.errorField, $0.errorValue) = ("record", "account", "Ernst Hendel")
        }
        #expect(rows.stagingRows.map { $0["name"] } == ["Linz", "Graz"])
    }

    @Test func whoMayNotReadTheRowsCountsNothing() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Self.csv("Name,Account", ",Ernst Handel"), of: task)
        let problem = try await stage.refusal { () async throws(Problem) in
            try await Self.counts(stage, task, as: Caller.holding("sn_acct_lc.agent", domain: "/provider/elsewhere/"))
        }
        #expect(problem.code == .notFound)
    }
}
