import ImportValidationWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// The steps of an import: what is matched, fixed and taken back is what was chosen.
@Suite struct ImportPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000dd"

    private static var task: ImportTask {
        var task = ImportTask()
        (task.id, task.number, task.targetTable) = (id, "ALEIMP0001", "location")
        return task
    }

    private static func endpoints(_ said: Said) -> [Endpoint] {
        [
            Endpoint(ImportValidationAPI.getImportTask) { _, _ in task },
            Endpoint(ImportValidationAPI.summarizeImport) { _, _ in ImportSummary() },
            Endpoint(ImportValidationAPI.listImportRuns) { _, _ in
                var run = ImportRun()
                (run.id, run.kind, run.state) = ("run", ImportRun.Kind.publish, ImportRun.State.completed)
                var page = ListImportRunsResponse()
                page.importRuns = [run]
                return page
            },
            Endpoint(ImportValidationAPI.listUploads) { _, _ in
                var upload = Upload()
                (upload.id, upload.fileName, upload.state) = ("file", "sites.xlsx", Upload.State.complete)
                var page = ListUploadsResponse()
                page.uploads = [upload]
                return page
            },
            Endpoint(ImportValidationAPI.previewUpload) { _, request in
                said.add("look \(request.id) \(request.sheet) \(request.titleRow)")
                var preview = UploadPreview()
                (preview.sheet, preview.titleRow, preview.sheets) = ("Sites", 3, ["Sites", "Old"])
                preview.columns = [("A", "Name", "name"), ("B", "Ort", ""), ("C", "Where", "country")].map {
                    var column = PreviewColumn()
                    (column.column, column.title, column.field, column.samples) = ($0, $1, $2, ["of \($1)"])
                    return column
                }
                return preview
            },
            Endpoint(ImportValidationAPI.importUploads) { _, request in
                let columns = request.columns.map { "\($0.column) \($0.title) \($0.field)" }
                said.add("load \(request.uploads) \(columns) \(request.saveMapping)")
                return ImportUploadsResponse()
            },
            Endpoint(ImportValidationAPI.undoPublication) { _, request in
                said.add("undo \(request.importRun) \(request.stagingRows)")
                return ImportRun()
            },
            Endpoint(ImportValidationAPI.countStagingErrors) { _, _ in
                var count = StagingErrorCount()
                (count.check, count.field, count.value, count.rows) = ("reference", "country", "Norwey", 412)
                count.message = "Country is unknown."
                var counts = CountStagingErrorsResponse()
                counts.counts = [count]
                return counts
            },
            Endpoint(ImportValidationAPI.listStagingRows) { _, request in
                said.add("rows \(request.errorCheck) \(request.errorField) \(request.errorValue)")
                return ListStagingRowsResponse()
            },
            Endpoint(ImportValidationAPI.listPublishedRows) { _, _ in
                var row = PublishedRow()
                (row.stagingRow, row.rowNumber, row.state, row.targetRecord) = ("row-1", 11, "published", "place")
                var page = ListPublishedRowsResponse()
                (page.publishedRows, page.totalSize) = ([row], 1)
                return page
            },
        ]
    }

    private func opened() async throws -> (Browser, Said) {
        let bench = try Bench()
        let said = Said()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("import-validation", Self.endpoints(said))
        return (Browser(bench, session: "good"), said)
    }

    @Test func columnsStandBesideTheirFieldsAndWhatDoesNotMatchComesFirst() async throws {
        let (browser, said) = try await opened()
        let page = try await browser.get("/imports/\(Self.id)?step=match&upload=file&sheet=Old&title_row=2")
        #expect(page.status == 200 && said.texts == ["look file Old 2"])
        let titles = page.text.matches(of: #/name="title-([A-C])"/#).map { String($0.output.1) }
        #expect(titles == ["B", "A", "C"])
        for text in ["sites.xlsx", "of Ort", "the titles are in row 3", "1 columns without a field"] {
            #expect(page.text.contains(text), "\(text)")
        }
        // What its title says is not said again; what another word has matched is.
        let form = [
            ("field-A", "name"), ("was-A", "name"), ("title-A", "Name"), ("field-B", "city"), ("was-B", "-"),
            ("title-B", "Ort"), ("field-C", "country"), ("was-C", ""), ("title-C", "Where"),
        ]
        #expect(page.text.contains("name=\"was-A\" value=\"name\"") && page.text.contains("name=\"was-C\" value=\"\""))
        let address = "/imports/\(Self.id)/match?upload=file"
        _ = try await browser.post(address, [("csrf", page.csrf), ("do", "load"), ("save", "true")] + form)
        #expect(said.texts.last == "load [\"file\"] [\"B Ort city\", \"C Where country\"] true")
        let look = try await browser.post(
            address, [("csrf", page.csrf), ("do", "look"), ("sheet", "Old"), ("title_row", "4")])
        #expect(look.location == "/imports/\(Self.id)?step=match&upload=file&sheet=Old&title_row=4")
    }

    @Test func aReasonNarrowsTheRowsAndOffersToReplaceInAll() async throws {
        let (browser, said) = try await opened()
        let page = try await browser.get(
            "/imports/\(Self.id)?step=fix&check=reference&field=country&value=Norwey")
        #expect(said.texts == ["rows reference country Norwey"])
        #expect(page.text.contains("Replace in all 412") && page.text.contains("Country is unknown."))
        #expect(
            try await browser.get("/imports/\(Self.id)?step=fix").text.contains("check=reference&amp;field=country"))
    }

    @Test func chosenRowsOfAPublicationAreUndone() async throws {
        let (browser, said) = try await opened()
        let page = try await browser.get("/imports/\(Self.id)?step=publish&run=run")
        #expect(page.text.contains("name=\"record\" value=\"row-1\"") && page.text.contains("lineage?table=location"))
        let address = "/imports/\(Self.id)/runs/run/undo"
        let nothing = try await browser.post(address, [("csrf", page.csrf), ("do", "chosen")])
        #expect(nothing.status == 422 && said.texts.isEmpty)
        _ = try await browser.post(address, [("csrf", page.csrf), ("do", "chosen"), ("record", "row-1")])
        _ = try await browser.post(address, [("csrf", page.csrf)])
        #expect(said.texts == ["undo run [\"row-1\"]", "undo run []"])
    }
}
