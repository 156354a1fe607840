import ImportValidationWire
import OnboardingWire
import RPC
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Checks of imports: by staging table, their form, drafts, and the row that they are run on.
@Suite struct CheckPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"
    private static let table = "sn_acct_lc_account_onb_import_locations"
    private static let address = "/administration/checks/\(id)"

    private static func stored(_ edit: (inout DataValidationAssist) -> Void = { _ in }) -> DataValidationAssist {
        var assist = DataValidationAssist()
        (assist.id, assist.etag, assist.name, assist.stagingTable) = (id, "4", "Names <only>", table)
        (assist.validationType, assist.script, assist.active) = ("record", "function a() {}", true)
        edit(&assist)
        return assist
    }

    private func browser(_ roles: [String] = ["admin"], _ imports: [Endpoint] = []) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann))
        let stored = [
            Endpoint(ImportValidationAPI.getDataValidationAssist) { _, request async throws(Problem) in
                guard request.id == Self.id else { throw .notFound(DataValidationAssist.schema.label, id: request.id) }
                return Self.stored()
            },
            Endpoint(ImportValidationAPI.listImportBuilders) { _, _ in ListImportBuildersResponse() },
        ]
        let given = Set(imports.map(\.subject))
        try await bench.answer("import-validation", imports + stored.filter { !given.contains($0.subject) })
        return Browser(bench, session: "good")
    }

    @Test func checksStandByTheirTables() async throws {
        let list = Endpoint(ImportValidationAPI.listDataValidationAssists) { _, _ in
            var list = ListDataValidationAssistsResponse()
            list.dataValidationAssists = [
                Self.stored { $0.active = false }, Self.stored { ($0.id, $0.stagingTable) = ("2", "of_a_task") },
            ]
            return list
        }
        let builders = Endpoint(ImportValidationAPI.listImportBuilders) { _, _ in
            var builder = ImportBuilder()
            (builder.name, builder.importSetTable, builder.targetTable) = ("Branch sites", "sites", "location")
            var list = ListImportBuildersResponse()
            list.importBuilders = [builder]
            return list
        }
        let seen = try await browser(["admin"], [list, builders]).get("/administration/checks")
        for text in [
            "Names &lt;only&gt;", "data-value=\"paused\">Draft", "Branch sites", "of_a_task",
            "staging_table=\(Self.table)&amp;validation_type=record", "staging_table=sites&amp;validation_type=field",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(!seen.text.contains("staging_table=of_a_task"))
        #expect(try await browser(["sn_acct_lc.touchpoint_read"]).get("/administration/checks").status == 404)
        #expect(try await browser(["sn_acct_lc.touchpoint_read"]).get(Self.address).status == 404)
    }

    /// Who may only read sees what the check says, and can neither save nor run it.
    @Test func whoOnlyReadsChangesNothing() async throws {
        let browser = try await browser(["sn_acct_lc.data_validation_assist_read"])
        let seen = try await browser.get(Self.address)
        #expect(seen.text.contains("function a() {}") && !seen.text.contains("name=\"do\""))
        #expect(try await browser.get("/administration/checks/new?staging_table=\(Self.table)").status == 404)
        let csrf = Secrets.proof(of: StandIn.token("good"))
        #expect(try await browser.post(Self.address, [("csrf", csrf), ("do", "run")]).status == 404)
    }

    /// A run shows what was answered and where the script is wrong, and keeps everything that was typed.
    @Test func aRunKeepsWhatWasTyped() async throws {
        let said = Said()
        let run = Endpoint(ImportValidationAPI.runCheck) { _, request in
            let assist = request.dataValidationAssist ?? DataValidationAssist()
            let cells = request.cells.filter { !$0.value.isEmpty }.map { "\($0.field)=\($0.value)" }
            said.add(
                "\(assist.stagingTable ?? "") \(assist.name ?? "") \(assist.script ?? "") \(cells) \(request.accountName)"
            )
            var finding = ScriptFinding()
            (finding.line, finding.column, finding.severity) = (2, 7, "error")
            finding.message = "ReferenceError: <x>"
            var answer = RunCheckResponse()
            (answer.outcome, answer.message, answer.elapsedUs) = ("error", "The check failed.", 1_240)
            answer.findings = [finding]
            (answer.printed, answer.printedMore) = (["u_name <Graz>"], true)
            return answer
        }
        let browser = try await browser(["admin"], [run])
        let page = try await browser.get(Self.address)
        #expect(page.text.contains("name=\"cell-name\"") && page.text.contains("value=\"4\""))
        #expect(page.text.contains("name=\"message_ko\"") && !page.text.contains("data-line="))
        let seen = try await browser.post(
            Self.address,
            [
                ("csrf", page.csrf), ("etag", "4"), ("was-name", "Names <only>"), ("was-script", "function a() {}"),
                ("name", "Names <only>"), ("script", "one\r\ntwo x"), ("cell-name", "Graz"), ("account", "Ernst"),
                ("do", "run"),
            ])
        #expect(seen.status == 200)
        for text in [
            "The check failed.", "1.2 ms", "Line 2, column 7", "ReferenceError: &lt;x&gt;", "value=\"Graz\"",
            "<li id=\"line-2\" class=\"marked\">two x</li>", "value=\"Ernst\"", "data-value=\"failed\"",
            "u_name &lt;Graz&gt;", "It printed more", "data-line=\"2\" data-column=\"7\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(said.texts.count == 1 && said.texts.first?.hasPrefix("\(Self.table) Names <only> one") == true)
        #expect(said.texts.first?.hasSuffix("[\"name=Graz\"] Ernst") == true, "\(said.texts)")
    }

    /// A row of an import comes with its cells; scripts see its task from then on.
    @Test func aRowOfAnImportIsTaken() async throws {
        let said = Said()
        let rows = Endpoint(ImportValidationAPI.listStagingRows) { _, request in
            said.add("\(request.importTask) \(request.filter)")
            var (row, cell) = (StagingRow(), StagedCell())
            (cell.field, cell.value) = ("name", "Taken & good")
            (row.id, row.cells) = ("row-1", [cell])
            var list = ListStagingRowsResponse()
            list.stagingRows = [row]
            return list
        }
        let browser = try await browser(["admin"], [rows])
        let page = try await browser.get(Self.address)
        let seen = try await browser.post(
            Self.address,
            [
                ("csrf", page.csrf), ("import", "task-1"), ("import-text", "IMP1"), ("row_number", "7"),
                ("cell-name", "typed"), ("do", "take"),
                ("script", "kept"),
            ])
        #expect(said.texts == ["task-1 row_number = 7"])
        for text in ["value=\"Taken &amp; good\"", "name=\"row\" value=\"row-1\"", ">kept</textarea>"] {
            #expect(seen.text.contains(text), "\(text)")
        }
    }

    /// An import that nobody knows is said at its field, and what was typed stays.
    @Test func anImportThatIsNotThereIsSaidAtItsField() async throws {
        let none = Endpoint(ImportValidationAPI.listImportTasks) { _, _ in ListImportTasksResponse() }
        let browser = try await browser(["admin"], [none])
        let page = try await browser.get(Self.address)
        let seen = try await browser.post(
            Self.address,
            [
                ("csrf", page.csrf), ("import-text", "Nothing"), ("cell-name", "typed"), ("do", "take"),
                ("script", "kept"),
            ])
        #expect(seen.status == 422 && seen.text.contains("id=\"import-wrong\">Nothing is called so."))
        #expect(seen.text.contains("value=\"typed\"") && seen.text.contains(">kept</textarea>"))
    }

    /// A script that is not saved because it cannot be used is shown with the place that is wrong, as a run says it.
    @Test func aScriptThatIsRefusedIsMarked() async throws {
        let update = Endpoint(ImportValidationAPI.updateDataValidationAssist) { _, _ async throws(Problem) in
            throw .invalid(field: "data_validation_assist.script", Text(en: "Line 3 is wrong.", ko: "오류가 있습니다."))
        }
        let run = Endpoint(ImportValidationAPI.runCheck) { _, request in
            var (answer, finding) = (RunCheckResponse(), ScriptFinding())
            (finding.line, finding.severity, finding.message) = (3, "error", request.dataValidationAssist?.script ?? "")
            (answer.outcome, answer.findings) = ("error", [finding])
            return answer
        }
        let browser = try await browser(["admin"], [update, run])
        let page = try await browser.get(Self.address)
        let refused = try await browser.post(
            Self.address, [("csrf", page.csrf), ("etag", "4"), ("script", "one\ntwo\nthree"), ("do", "activate")])
        #expect(refused.status == 422 && refused.text.contains("id=\"script-wrong\">Line 3 is wrong."))
        #expect(refused.text.contains("data-line=\"3\" data-column=\"1\""))
        #expect(refused.text.contains("<li id=\"line-3\" class=\"marked\">three</li>"))
    }

    /// A draft is not in force; activated, the script goes along, so that it is compiled. What is refused stands at its field.
    @Test func draftsAreKeptAndActivated() async throws {
        let said = Said()
        let create = Endpoint(ImportValidationAPI.createDataValidationAssist) { _, request in
            let assist = request.dataValidationAssist ?? DataValidationAssist()
            said.add("\(assist.stagingTable ?? "") \(assist.validationType ?? "") \(assist.active ?? true)")
            return Self.stored()
        }
        let update = Endpoint(ImportValidationAPI.updateDataValidationAssist) { _, request async throws(Problem) in
            let assist = request.dataValidationAssist ?? DataValidationAssist()
            said.add("\(request.updateMask?.paths.sorted() ?? []) \(assist.active ?? false) \(assist.etag)")
            guard assist.script != "broken" else {
                throw .invalid(
                    field: "data_validation_assist.script", Text(en: "Line 1 is wrong.", ko: "오류가 있습니다."))
            }
            return Self.stored()
        }
        let browser = try await browser(["admin"], [create, update])
        let page = try await browser.get(
            "/administration/checks/new?staging_table=\(Self.table)&validation_type=record")
        #expect(page.text.contains("executeCondition"))
        let made = try await browser.post(
            "/administration/checks/new",
            [
                ("csrf", page.csrf), ("staging_table", Self.table), ("validation_type", "record"), ("do", "draft"),
                ("script", "x"),
            ])
        #expect(made.location == "\(Self.address)?done=saved&saved=edit")
        let same: [(String, String)] = [
            ("csrf", page.csrf), ("etag", "4"), ("was-script", "function a() {}"), ("was-name", "Names <only>"),
            ("name", "Names <only>"),
        ]
        _ = try await browser.post(Self.address, same + [("script", "function a() {}"), ("do", "activate")])
        let refused = try await browser.post(Self.address, same + [("script", "broken"), ("do", "activate")])
        #expect(refused.status == 422 && refused.text.contains("id=\"script-wrong\">Line 1 is wrong."))
        #expect(refused.text.contains(">broken</textarea>"))
        #expect(
            said.texts == [
                "\(Self.table) record false", "[\"active\", \"script\"] true 4", "[\"active\", \"script\"] true 4",
            ], "\(said.texts)")
    }
}
