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

    private static var uploads: ListUploadsResponse {
        var page = ListUploadsResponse()
        page.uploads = ["file", "refused"].map {
            var upload = Upload()
            (upload.id, upload.fileName, upload.state) = ($0, "sites.xlsx", Upload.State.complete)
            return upload
        }
        return page
    }

    private static func endpoints(_ said: Said, _ rows: [StagingRow] = []) -> [Endpoint] {
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
            Endpoint(ImportValidationAPI.listUploads) { _, _ in uploads },
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
            Endpoint(ImportValidationAPI.importUploads) { _, request async throws(Problem) in
                let columns = request.columns.map { "\($0.column) \($0.title) \($0.field)" }
                said.add("load \(request.uploads) \(columns) \(request.saveMapping)")
                if request.uploads.contains("refused") {
                    throw .invalid(
                        field: ImportUploadsRequest.Field.uploads, Text(en: "It has no rows.", ko: "행이 없습니다."))
                }
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
                var page = ListStagingRowsResponse()
                page.stagingRows = rows
                return page
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

    private func opened(_ rows: [StagingRow] = []) async throws -> (Browser, Said) {
        let bench = try Bench()
        let said = Said()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("import-validation", Self.endpoints(said, rows))
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
    }

    /// What was chosen by hand stays when the file is looked at anew, and when it is not taken.
    @Test(arguments: ["look", "load"]) func whatWasMatchedByHandIsNotLost(act: String) async throws {
        let (browser, said) = try await opened()
        let form = [
            ("do", act), ("sheet", "Old"), ("title_row", "4"), ("save", "true"), ("field-A", "-"), ("was-A", "name"),
            ("title-A", "Name"), ("field-B", "city"), ("was-B", "-"), ("title-B", "Ort"), ("field-C", "state"),
            ("was-C", ""), ("title-C", "Another title"),
        ]
        let csrf = try await browser.get("/imports/\(Self.id)?step=upload").csrf
        // A file of this name is refused.
        let page = try await browser.post(
            "/imports/\(Self.id)/match?upload=file&upload=refused", [("csrf", csrf)] + form)
        #expect(page.status == (act == "look" ? 200 : 422) && said.texts.last == "look file Old 4")
        #expect(page.text.contains("It has no rows.") == (act == "load"))
        func chosen(_ column: String) -> String? {
            let select = page.text.split(separator: "<select name=\"field-\(column)\"").dropFirst().first
            return select?.prefix { _ in true }.firstMatch(of: #/value="([^"]*)" selected/#).map { String($0.output.1) }
        }
        #expect(chosen("A") == "-" && chosen("B") == "city")
        // Another title is another column: what was chosen for the one that stood there says nothing.
        #expect(chosen("C") == "country")
        #expect(page.text.contains("value=\"Old\" selected") && page.text.contains("value=\"4\""))
        #expect(page.text.contains("name=\"save\" value=\"true\" checked"))
        let back = "/imports/\(Self.id)?step=match&amp;upload=file&amp;upload=refused"
        #expect(page.text.contains("name=\"back\" value=\"\(back)\""))
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

    /// What is wrong in rows far below has its column above those that are shown.
    @Test func aColumnThatIsWrongBelowIsThere() async throws {
        var (row, cell) = (StagingRow(), StagedCell())
        (cell.field, cell.value) = ("name", "Graz")
        (row.id, row.rowNumber, row.status, row.cells) = ("row-1", 2, "needs_attention", [cell])
        let (browser, _) = try await opened([row])
        let page = try await browser.get("/imports/\(Self.id)?step=fix")
        #expect(page.text.contains("<td data-field=\"country\""))
        #expect(!page.text.contains("<td data-field=\"state\""))
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
