import ImportValidationWire
import OnboardingWire
import RPC
import Roles
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// The import builder as pages: its steps, what each asks of import-validation, and a file that is tried.
@Suite struct BuilderPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000bb"
    private static let address = "/administration/builders/\(id)"
    private static let designer = ["sn_acct_lc.agent", "process_automation_designer"]

    private static func state(_ step: String = "create_template", _ edit: (inout BuilderState) -> Void = { _ in })
        -> BuilderState
    {
        var builder = ImportBuilder()
        (builder.id, builder.etag, builder.name, builder.targetTable) = (id, "5", "Branch <sites>", "location")
        builder.step = step
        builder.importSetTable = "sn_acct_lc_account_onb_import_sites"
        var columns = [BuilderColumn(), BuilderColumn()]
        (columns[0].column, columns[0].title, columns[0].fields) = ("A", "Site", ["name"])
        (columns[1].column, columns[1].title, columns[1].nearestLabel) = ("B", "Natoin", "Country")
        var map = FieldMap()
        (map.field, map.kind, map.title) = ("name", "copy", "Site")
        var state = BuilderState()
        (state.importBuilder, state.columns, state.fieldMaps) = (builder, columns, [map])
        state.proposedImportSetTableName = "import_branch_sites"
        edit(&state)
        return state
    }

    private func browser(
        _ roles: [String] = designer, at step: String = "create_template", _ imports: [Endpoint] = []
    ) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = RoleCatalog.close(roles).sorted()
        try await bench.answer("onboarding", StandIn.sessions(ann))
        let state = Endpoint(ImportValidationAPI.getImportBuilderState) { _, request async throws(Problem) in
            guard request.id == Self.id else { throw .notFound(ImportBuilder.schema.label, id: request.id) }
            return Self.state(step)
        }
        try await bench.answer("import-validation", [state] + imports)
        return Browser(bench, session: "good")
    }

    private static func file(_ csrf: String, _ content: String) -> String {
        """
        --XyZ\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\(csrf)\r\n--XyZ\r\nContent-Disposition: form-data; \
        name="file"; filename="sites.csv"\r\nContent-Type: text/csv\r\n\r\n\(content)\r\n--XyZ--\r\n
        """
    }

    private static let multipart = ["Content-Type": "multipart/form-data; boundary=XyZ"]

    @Test func itBeginsWithANameAndATable() async throws {
        let said = Said()
        let create = Endpoint(ImportValidationAPI.createImportBuilder) { _, request async throws(Problem) in
            said.add("\(request.importBuilder?.name ?? "") \(request.importBuilder?.targetTable ?? "")")
            guard request.importBuilder?.name?.isEmpty == false else {
                throw .invalid(field: "import_builder.name", Text(en: "Name is missing.", ko: "이름이 없습니다."))
            }
            return Self.state().importBuilder ?? ImportBuilder()
        }
        let browser = try await browser(at: "create_template", [create])
        let page = try await browser.get("/administration/builders/new")
        #expect(page.text.contains("<option value=\"location\">Location (location)</option>"))
        #expect(!page.text.contains("<option value=\"engagement\">"))
        let made = try await browser.post(
            "/administration/builders/new", [("csrf", page.csrf), ("name", "Sites"), ("target_table", "location")])
        #expect(made.location == "\(Self.address)?done=created" && said.texts == ["Sites location"])
        let refused = try await browser.post(
            "/administration/builders/new", [("csrf", page.csrf), ("target_table", "location")])
        #expect(refused.status == 422 && refused.text.contains("id=\"name-wrong\">Name is missing."))
        for roles in [["sn_acct_lc.agent"], ["sn_acct_lc.touchpoint_read"]] {
            #expect(try await self.browser(roles).get("/administration/builders/new").status == 404, "\(roles)")
        }
        #expect(try await self.browser(["sn_acct_lc.touchpoint_read"]).get(Self.address).status == 404)
    }

    /// The template is sent as a file; what is refused stands on the step.
    @Test func theTemplateIsAFile() async throws {
        let said = Said()
        let save = Endpoint(ImportValidationAPI.saveBuilderTemplate) { _, request async throws(Problem) in
            said.add("\(request.fileName) \(String(decoding: request.content, as: UTF8.self))")
            guard request.content.count > 3 else {
                throw .invalid(field: "content", Text(en: "This is no workbook.", ko: "통합 문서가 아닙니다."))
            }
            return Self.state("data_source")
        }
        let browser = try await browser(at: "create_template", [save])
        let page = try await browser.get(Self.address)
        for text in ["B · Natoin", "perhaps Country", "Branch &lt;sites&gt;", "aria-current=\"step\""] {
            #expect(page.text.contains(text), "\(text)")
        }
        let done = try await browser.send(
            .post, "\(Self.address)/template", Self.multipart, Self.file(page.csrf, "titles"))
        #expect(done.location == "\(Self.address)?step=data-source&done=saved&saved=step", "\(done.status)")
        let refused = try await browser.send(
            .post, "\(Self.address)/template", Self.multipart, Self.file(page.csrf, "x"))
        #expect(refused.status == 422 && refused.text.contains("This is no workbook."))
        let none = try await browser.send(.post, "\(Self.address)/template", Self.multipart, Self.file(page.csrf, ""))
        #expect(none.status == 422 && none.text.contains("Choose a file that is not empty."))
        #expect(said.texts == ["sites.csv titles", "sites.csv x"])
        let large = try await browser.send(
            .post, "\(Self.address)/template", Self.multipart,
            Self.file(page.csrf, String(repeating: "x", count: 600_000)))
        #expect(large.status == 422 && large.text.contains("at most 512 KB"))
    }

    /// Each field is read from the column that was chosen; one column may fill several, and others are not read.
    @Test func columnsAreMatchedByField() async throws {
        let said = Said()
        let save = Endpoint(ImportValidationAPI.saveBuilderTemplate) { _, request in
            said.add(request.columns.map { "\($0.column) \($0.title)=\($0.field)" }.joined(separator: ", "))
            return Self.state("data_source")
        }
        let browser = try await browser(at: "create_template", [save])
        let page = try await browser.get(Self.address)
        #expect(page.text.contains("<option value=\"A\" selected>A · Site</option>"))
        _ = try await browser.post(
            "\(Self.address)/columns",
            [("csrf", page.csrf), ("column-name", "A"), ("column-city", "A"), ("column-country", "")])
        #expect(said.texts == ["A Site=name, A Site=city, B Natoin="])
    }

    @Test func aMapSaysWhatFillsEachField() async throws {
        let said = Said()
        let save = Endpoint(ImportValidationAPI.saveBuilderTransformMap) { _, request async throws(Problem) in
            for map in request.fieldMaps {
                let values = map.values.map { "\($0.value)>\($0.mapped)" }.joined(separator: ",")
                said.add("\(map.field) \(map.kind) \(map.title)|\(map.text)|\(map.separator)|\(map.part)|\(values)")
            }
            guard request.transformMapName != "wrong" else {
                throw .invalid(field: "field_maps", Text(en: "Name is mapped twice.", ko: "이름이 두 번 매핑되어 있습니다."))
            }
            return Self.state("data_validation")
        }
        let browser = try await browser(at: "transform_map", [save])
        let page = try await browser.get(Self.address)
        #expect(page.text.contains("Copy the cell: Site"))
        let maps: [(String, String)] = [
            ("csrf", page.csrf), ("etag", "5"), ("kind-name", "copy"), ("title-name", "Site"),
            ("text-name", "left out"),
            ("kind-city", "constant"), ("text-city", "Linz"), ("title-city", "left out"), ("kind-country", "value_map"),
            ("values-country", "Norwey = Norway\r\n\r\nAT=Austria"), ("kind-zip", "split"), ("separator-zip", " "),
            ("part-zip", "-1"), ("kind-street", ""),
        ]
        let done = try await browser.post("\(Self.address)/transform-map", maps)
        #expect(done.location == "\(Self.address)?step=checks&done=saved&saved=step")
        #expect(
            said.texts == [
                "name copy Site|||0|", "city constant |Linz||0|", "country value_map |||0|Norwey>Norway,AT>Austria",
                "zip split || |-1|",
            ], "\(said.texts)")
        let refused = try await browser.post(
            "\(Self.address)/transform-map", maps + [("transform_map_name", "wrong")])
        #expect(refused.status == 422 && refused.text.contains("Name is mapped twice."))
        #expect(refused.text.contains("value=\"wrong\"") && refused.text.contains("Norwey = Norway"))
    }

    @Test func viewsAreNumberedAndTheLastStepMakesTheActivity() async throws {
        let said = Said()
        let views = Endpoint(ImportValidationAPI.saveBuilderViews) { _, request in
            said.add(request.views.map { "\($0.name) \($0.columns)" }.joined(separator: "; "))
            return Self.state("playbook_activity") { $0.importBuilder?.uiViews = "a, b" }
        }
        let finish = Endpoint(ImportValidationAPI.finishBuilder) { _, request in
            said.add("finish \(request.etag) \(request.responsibility)")
            return Self.state("complete")
        }
        let browser = try await browser(at: "playbook_activity", [views, finish])
        let page = try await browser.get(Self.address)
        #expect(page.text.contains("name=\"place-needs_attention-name\""))
        let numbered = try await browser.post(
            "\(Self.address)/views",
            [
                ("csrf", page.csrf), ("place-needs_attention-name", "2"), ("place-needs_attention-city", "1"),
                ("place-needs_attention-country", ""), ("place-ready_to_publish-name", ""),
            ])
        #expect(numbered.location == "\(Self.address)?step=finish&done=saved&saved=step")
        let done = try await browser.post(
            "\(Self.address)/finish", [("csrf", page.csrf), ("etag", "5"), ("responsibility", "Data lead")])
        #expect(done.location == "\(Self.address)?step=finish&done=saved&saved=step")
        #expect(said.texts == ["needs_attention [\"city\", \"name\"]", "finish 5 Data lead"])
    }

    /// A finished builder is shown with what it has made, and changed no more; who is no designer changes none.
    @Test func whatIsInUseStays() async throws {
        for (roles, step) in [(Self.designer, "complete"), (["sn_acct_lc.agent"], "playbook_activity")] {
            let browser = try await browser(roles, at: step)
            for stage in ["columns", "data-source", "transform-map", "checks"] {
                let page = try await browser.get("\(Self.address)?step=\(stage)")
                #expect(page.status == 200 && !page.text.contains("Save and continue"), "\(stage) \(step)")
            }
        }
        let made = try await browser(at: "complete").get(Self.address)
        #expect(made.text.contains("In use") && made.text.contains("sn_acct_lc_account_onb_import_sites"))
        // A step that is yet to come leads to the one at which the builder stands.
        let early = try await browser(at: "data_source").get("\(Self.address)?step=views")
        #expect(early.text.contains("name=\"import_set_table_name\"") && early.text.contains("import_branch_sites"))
    }

    @Test func aFileIsTried() async throws {
        let tried = Endpoint(ImportValidationAPI.tryBuilder) { _, request async throws(Problem) in
            guard request.content.count > 3 else {
                throw .failedPrecondition(rule: "IMP-04", Text(en: "Too early.", ko: "아직 이릅니다."))
            }
            var row = TriedRow()
            (row.number, row.cells, row.status, row.comment) = (2, ["Lin<z>"], "needs_attention", "City is missing.")
            var trial = BuilderTrial()
            (trial.readable, trial.fields, trial.rows) = (true, ["name"], [row])
            (trial.checked, trial.needsAttention, trial.more) = (200, 200, true)
            return trial
        }
        let browser = try await browser(at: "complete", [tried])
        let page = try await browser.get(Self.address)
        let seen = try await browser.send(
            .post, "\(Self.address)/try", Self.multipart, Self.file(page.csrf, "a,b,c"))
        for text in [
            "200 rows were checked, the file has more: 0 ready, 200 need attention.", "Lin&lt;z&gt;",
            "City is missing.", "sites.csv",
        ] { #expect(seen.text.contains(text), "\(text)") }
        let refused = try await browser.send(.post, "\(Self.address)/try", Self.multipart, Self.file(page.csrf, "a"))
        #expect(refused.status == 409 && refused.text.contains("Too early."))
    }
}
