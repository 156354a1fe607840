import ImportValidationWire
import OnboardingWire
import RPC
import Synchronization
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Rows of an import as they are corrected: whoever has chosen a list stays in it, and each correction can be taken back.
@Suite struct ImportFixTests {
    private static let id = "018f0000-0000-7000-8000-0000000000dd"
    private static let href = "/imports/\(id)"
    private static let list = "step=fix&status=needs_attention&check=reference&field=country&value=Norwey&from=200"
    private static let drawn = list.replacing("&", with: "&amp;")

    private static var task: ImportTask {
        var task = ImportTask()
        (task.id, task.number, task.targetTable) = (id, "ALEIMP0001", "location")
        return task
    }

    /// A service with one row, which is kept as it is corrected, and a column in which a text is replaced turn by turn.
    private final class Staging: Sendable {
        let row: Mutex<StagingRow>
        /// What the turns of a replacement answer: how many rows, and whether it goes on; a failure behind them.
        let turns: Mutex<[(rows: Int64, goesOn: Bool)]>

        /// How often rows were checked again, and whether they can be.
        let checked = Counter()
        let mayCheck: Bool

        init(turns: [(rows: Int64, goesOn: Bool)] = [], mayCheck: Bool = true) {
            self.mayCheck = mayCheck
            var row = StagingRow()
            (row.id, row.etag, row.rowNumber, row.status) = ("row-1", "1", 200, "needs_attention")
            row.cells = [("name", "Oslo"), ("country", "Norwey")].map { name, value in
                var cell = StagedCell()
                (cell.field, cell.value) = (name, value)
                return cell
            }
            self.row = Mutex(row)
            self.turns = Mutex(turns)
        }

        func cell(_ name: String) -> String { row.withLock { $0.cells.first { $0.field == name }?.value ?? "" } }

        func write(_ name: String, _ value: String) {
            row.withLock { row in
                row.etag = "\((Int(row.etag) ?? 0) + 1)"
                for place in row.cells.indices where row.cells[place].field == name { row.cells[place].value = value }
            }
        }

        var endpoints: [Endpoint] {
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, _ in task },
                Endpoint(ImportValidationAPI.summarizeImport) { _, _ in
                    var summary = ImportSummary()
                    // What was corrected waits to be checked.
                    summary.yetToValidate = self.row.withLock { $0.etag == "1" ? 0 : 1 }
                    return summary
                },
                Endpoint(ImportValidationAPI.listImportRuns) { _, _ in ListImportRunsResponse() },
                Endpoint(ImportValidationAPI.countStagingErrors) { _, _ in CountStagingErrorsResponse() },
                Endpoint(ImportValidationAPI.listStagingRows) { _, _ in
                    var page = ListStagingRowsResponse()
                    page.stagingRows = [self.row.withLock { $0 }]
                    page.nextPageToken = "next"
                    return page
                },
                Endpoint(ImportValidationAPI.getStagingRow) { _, _ in self.row.withLock { $0 } },
                Endpoint(ImportValidationAPI.updateStagingRow) { _, request async throws(Problem) in
                    let before = self.row.withLock { $0 }
                    guard request.etag == before.etag else { throw Problem(.aborted, Text(en: "Later.", ko: "나중.")) }
                    guard request.cells.first?.value != "no" else {
                        throw .invalid(
                            field: UpdateStagingRowRequest.Field.cells, Text(en: "Not that.", ko: "안 됩니다."))
                    }
                    for cell in request.cells { self.write(cell.field, cell.value) }
                    return self.row.withLock { $0 }
                },
                Endpoint(ImportValidationAPI.validateRows) { _, _ async throws(Problem) in
                    guard self.mayCheck else { throw Problem(.failedPrecondition, Text(en: "Busy.", ko: "사용 중.")) }
                    self.checked.add()
                    return ImportRun()
                },
                Endpoint(ImportValidationAPI.replaceStagedValue) { _, _ async throws(Problem) in
                    let turn = self.turns.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                    guard let turn else {
                        throw Problem(.failedPrecondition, Text(en: "Too long.", ko: "깁니다."))
                    }
                    if turn.goesOn { try? await Task.sleep(for: .milliseconds(60)) }
                    var response = ReplaceStagedValueResponse()
                    (response.replacedRows, response.goesOn) = (turn.rows, turn.goesOn)
                    return response
                },
            ]
        }
    }

    private func browser(_ staging: Staging, pageTime: Duration = Ask.deadline) async throws -> Browser {
        let bench = try Bench(pageTime: pageTime)
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer("import-validation", staging.endpoints)
        return Browser(bench, session: "good")
    }

    private func undo(_ location: String) -> String {
        Fields(location.drop { $0 != "?" }.dropFirst())["undo"]
    }

    @Test func anotherRowIsGoneToWithinTheListThatIsShown() async throws {
        let page = try await browser(Staging()).get("\(Self.href)?\(Self.list)")
        #expect(page.status == 200)
        let form = try #require(page.text.split(separator: "<form class=\"row row-end\" action=").dropFirst().first)
        let fields = form.prefix { $0 != "\n" }.matches(of: #/type="hidden" name="([^"]+)" value="([^"]+)"/#)
        #expect(
            fields.map { "\($0.output.1)=\($0.output.2)" } == [
                "step=fix", "status=needs_attention", "check=reference", "field=country", "value=Norwey",
            ])
    }

    @Test func whoeverCorrectsARowStaysInTheList() async throws {
        let staging = Staging()
        let browser = try await browser(staging)
        let page = try await browser.get("\(Self.href)?\(Self.list)&row=row-1")
        #expect(page.text.contains("action=\"\(Self.href)/rows/row-1?\(Self.drawn)\""))
        let address = "\(Self.href)/rows/row-1?\(Self.list)"
        let form = [("csrf", page.csrf), ("etag", "1"), ("was-cell-country", "Norwey")]
        let refused = try await browser.post(address, form + [("cell-country", "no")])
        #expect(refused.status == 422 && refused.text.contains("Not that."))
        // The list around the form is the one that was chosen, and the menu of languages leads back to it.
        #expect(refused.text.contains("action=\"\(Self.href)/rows/row-1?\(Self.drawn)\""))
        #expect(refused.text.contains("name=\"back\" value=\"\(Self.href)?\(Self.drawn)\""))
        let done = try await browser.post(address, form + [("cell-country", "Norway")])
        #expect(done.status == 303 && done.location.hasPrefix("\(Self.href)?\(Self.list)&done=saved&saved=row&undo="))
        #expect(staging.cell("country") == "Norway")
        let seen = try await browser.get(done.location)
        #expect(!page.text.contains("\(Self.href)/validate") && seen.text.contains("action=\"\(Self.href)/validate\""))
        let undo = undo(done.location)
        #expect(seen.text.contains("action=\"\(undo.replacing("&", with: "&amp;"))\""))
        let back = try await browser.post(undo, [("csrf", page.csrf)])
        #expect(back.location == "\(Self.href)?\(Self.list)&done=restored" && staging.cell("country") == "Norwey")
        // Once.
        #expect(try await browser.post(undo, [("csrf", page.csrf)]).status == 409)
    }

    /// A cell that is edited where it stands comes with what takes it back, in the columns of its page.
    @Test func aCellIsTakenBackWhereItStands() async throws {
        let staging = Staging()
        let browser = try await browser(staging)
        let csrf = try await browser.get("\(Self.href)?\(Self.list)").csrf
        let form = [("csrf", csrf), ("etag", "1"), ("field", "country"), ("value", "Norway"), ("columns", "country")]
        let seen = try await browser.post("\(Self.href)/cells/row-1?\(Self.list)", form, ["X-Fragment": "1"])
        #expect(seen.status == 200 && seen.text.matches(of: #/<td data-field=/#).count == 1)
        #expect(seen.text.contains("\(Self.href)?\(Self.drawn)&amp;row=row-1"))
        let found = try #require(seen.text.firstMatch(of: #/class="toast".*?action="([^"]+)"/#))
        let undo = String(found.output.1).replacing("&amp;", with: "&")
        // The row is checked again meanwhile, which is no change of the cell.
        staging.row.withLock { $0.etag = "9" }
        #expect(try await browser.post(undo, [("csrf", csrf)]).location.hasSuffix("\(Self.list)&done=restored"))
        #expect(staging.cell("country") == "Norwey" && staging.cell("name") == "Oslo")
    }

    /// What somebody has changed since stays.
    @Test func aLaterCorrectionIsNotTakenBack() async throws {
        let staging = Staging()
        let browser = try await browser(staging)
        let csrf = try await browser.get("\(Self.href)?\(Self.list)").csrf
        let done = try await browser.post(
            "\(Self.href)/cells/row-1?\(Self.list)",
            [("csrf", csrf), ("etag", "1"), ("field", "country"), ("value", "Norway")])
        #expect(done.status == 303 && done.location.hasPrefix("\(Self.href)?\(Self.list)&done=saved"))
        staging.write("country", "Sweden")
        let refused = try await browser.post(undo(done.location), [("csrf", csrf)])
        #expect(refused.status == 409 && refused.text.contains("Row 200 has been changed since"))
        #expect(staging.cell("country") == "Sweden")
    }

    /// A block that comes later has the columns that stand above it, whatever its own rows hold.
    @Test func aBlockHasTheColumnsOfItsPage() async throws {
        let browser = try await browser(Staging())
        let page = try await browser.get("\(Self.href)?\(Self.list)")
        let head = try #require(page.text.firstMatch(of: #/data-columns="([^"]+)"/#)).output.1
        #expect(head.split(separator: ",").contains("country"))
        let next = try #require(page.text.matches(of: #/data-block="([^"]+)"/#).last).output.1
        #expect(next.hasSuffix("&amp;page=next&amp;columns=\(head)"))
        for columns in [["name"], ["country", "name", "city"]] {
            let block = try await browser.get(
                "\(Self.href)/block?\(Self.list)&columns=\(columns.joined(separator: ","))", ["X-Fragment": "1"])
            let row = try #require(block.text.split(separator: "<tr").dropFirst().first)
            #expect(row.matches(of: #/<td data-field=/#).count == columns.count)
        }
    }

    /// Fields that the first rows leave out are a click away, and stay where one goes on from there.
    @Test func allColumnsAreAClickAway() async throws {
        let browser = try await browser(Staging())
        let few = try await browser.get("\(Self.href)?\(Self.list)")
        let link = try #require(few.text.firstMatch(of: #/href="([^"]+)">All columns/#)).output.1
        let all = try await browser.get(String(link).replacing("&amp;", with: "&"))
        let names = try #require(all.text.firstMatch(of: #/data-columns="([^"]+)"/#)).output.1
        #expect(names.split(separator: ",").map { String($0) } == ImportMatch.fields(of: Self.task).map(\.name))
        #expect(!few.text.contains("data-columns=\"\(names)\"") && !all.text.contains("All columns"))
        #expect(all.text.contains("\(Self.href)?\(Self.drawn)&amp;columns=\(names)&amp;row=row-1"))
        #expect(all.text.contains("name=\"columns\" value=\"\(names)\""))
    }

    @Test func whatIsReplacedInAllIsSaidToBeReplacedWhenItIs() async throws {
        let staging = Staging(turns: [(50_000, true), (412, false)])
        let browser = try await browser(staging)
        let csrf = try await browser.get(Self.href).csrf
        let form = [("csrf", csrf), ("field", "country"), ("value", "Norwey"), ("replacement", "Norway")]
        let done = try await browser.post("\(Self.href)/replace?\(Self.list)", form)
        #expect(done.status == 303 && done.location == "\(Self.href)?step=fix&done=replaced")
        // That they are being checked is said because they are.
        #expect(staging.checked.value == 1)
        let busy = try await self.browser(Staging(turns: [(3, false)], mayCheck: false))
        let other = [("csrf", try await busy.get(Self.href).csrf)] + form.dropFirst()
        #expect(try await busy.post("\(Self.href)/replace", other).location == "\(Self.href)?step=fix&done=changed")
        // Nothing is left to replace here: the service refuses it, as it does where nothing was done before.
        let refused = try await browser.post("\(Self.href)/replace?\(Self.list)", form)
        #expect(refused.status == 409 && refused.text.contains("Too long.") && !refused.text.contains("so far"))
    }

    /// What is not finished says how far it came, whether the time was over or a turn failed, and can go on.
    @Test(arguments: [Duration.milliseconds(3_500), .seconds(8)])
    func aReplacementThatIsNotFinishedSaysSo(pageTime: Duration) async throws {
        let isLate = pageTime < .seconds(4)
        let staging = Staging(turns: Array(repeating: (rows: 50_000, goesOn: true), count: isLate ? 1_000 : 2))
        let browser = try await browser(staging, pageTime: pageTime)
        let csrf = try await browser.get(Self.href).csrf
        let page = try await browser.post(
            "\(Self.href)/replace?\(Self.list)",
            [("csrf", csrf), ("field", "country"), ("value", "Norwey"), ("replacement", "Norway")])
        #expect(page.status == 409 && page.text.contains("00 rows so far."))
        #expect(page.text.contains(isLate ? "There are more." : "Too long."))
        #expect(page.text.contains("name=\"value\" value=\"Norwey\""))
        if isLate { #expect(staging.turns.withLock { $0.count } > 900) }
    }

    /// The newest publications of an import are asked for beside each other, those before them when one is looked at.
    @Test func publicationsAreAskedForAtOnce() async throws {
        let bench = try Bench()
        let (asked, wanted) = (Counter(), 6)
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "import-validation",
            [
                Endpoint(ImportValidationAPI.getImportTask) { _, _ in Self.task },
                Endpoint(ImportValidationAPI.summarizeImport) { _, _ in ImportSummary() },
                Endpoint(ImportValidationAPI.listImportRuns) { _, _ in
                    var page = ListImportRunsResponse()
                    page.importRuns = (0..<5).map {
                        var run = ImportRun()
                        (run.id, run.kind, run.state) = ("run-\($0)", "publish", "completed")
                        return run
                    }
                    return page
                },
                Endpoint(ImportValidationAPI.listPublishedRows) { _, _ in
                    asked.add()
                    // Whoever asks one after another never comes to the last.
                    for _ in 0..<400 where asked.value < wanted { try? await Task.sleep(for: .milliseconds(5)) }
                    var page = ListPublishedRowsResponse()
                    page.totalSize = asked.value < wanted ? 0 : 3
                    return page
                },
            ])
        let browser = Browser(bench, session: "good")
        let page = try await browser.get("\(Self.href)?step=publish")
        #expect(page.text.matches(of: #/Undo: take back 3 rows/#).count == 3 && asked.value == wanted)
        let older = "\(Self.href)?step=publish&run=run-4"
        #expect(page.text.contains("\(older.replacing("&", with: "&amp;"))#run-run-4"))
        #expect(try await browser.get(older).text.matches(of: #/Undo: take back 3 rows/#).count == 4)
        // Of the one that is looked at its rows besides.
        #expect(asked.value == 2 * wanted + 3)
    }
}
