import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// The steps of the import builder (imports, section 3): in their order, taken up again, sent again, gone back to, refused.
@Suite(.timeLimit(.minutes(15))) struct BuilderTests {
    private static func step(_ state: BuilderState) -> String? { state.importBuilder?.step }

    @Test func sixStepsMakeAnActivity() async throws {
        let building = try await Building()
        let made = try await building.create()
        #expect(made.step == "create_template" && made.targetTable == "location")
        let titled = try await building.template(made.id)
        #expect(Self.step(titled) == "data_source" && titled.missingFields.isEmpty)
        #expect(titled.columns.map(\.title) == Building.titles)
        #expect(titled.columns[2].fields.sorted() == ["city", "postal_code"] && titled.columns[5].fields.isEmpty)
        #expect(titled.proposedImportSetTableName == building.table)
        let sourced = try await building.dataSource(made.id)
        #expect(Self.step(sourced) == "transform_map")
        #expect(sourced.importBuilder?.importSetTableName == building.table)
        #expect(sourced.importBuilder?.importSetTable == "sn_acct_lc_account_onb_" + building.table)
        #expect(sourced.importBuilder?.dataSource == "ALE_DS_\(building.name)_\(building.table)")
        let mapped = try await building.transformMap(made.id, [], "Map of sites")
        #expect(Self.step(mapped) == "data_validation" && mapped.importBuilder?.transformMapName == "Map of sites")
        #expect(
            mapped.fieldMaps.map(\.field) == ["name", "account", "city", "postal_code", "country", "time_zone"])
        #expect(mapped.fieldMaps.allSatisfy { $0.kind == "copy" })
        #expect(Self.step(try await building.checks(made.id)) == "playbook_activity")
        let viewed = try await building.views(made.id, ["needs_attention": ["name", "country"]])
        #expect(Self.step(viewed) == "playbook_activity")
        #expect(viewed.views.map(\.name) == ["needs_attention", "ready_to_publish"])
        #expect(viewed.views.map(\.columns.count) == [2, 6])
        let finished = try await building.finish(made.id)
        #expect(Self.step(finished) == "complete" && finished.importBuilder?.activityDefinition == building.table)
        let definition = try #require(building.stage.owner.definition(building.table))
        #expect(definition.builtIn == "create_task" && definition.label?.en == building.name)
        let fields = Dictionary(
            uniqueKeysWithValues: (definition.creates?.fields ?? []).map { ($0.field, $0.text + $0.fromField) })
        #expect(
            fields == [
                "parent": "id", "account": "account", "target_table": "location", "data_source": "sites.xlsx",
                "source_table": "sn_acct_lc_account_onb_" + building.table, "type": "data_capture",
                "visible_to_customer": "false", "short_description": building.name,
            ])
        #expect(definition.creates?.responsibility == "ServiceNow developer/admin")
        // Everything is there again for whoever comes back.
        var again = try await building.state(made.id)
        again.checks = finished.checks
        #expect(again == finished)
    }

    @Test func aStepSentAgainChangesNothing() async throws {
        let building = try await Building()
        let id = try await building.create().id
        // Written twice, a workbook says another time.
        let file = try Building.workbook(Building.titles)
        for step in 0..<6 {
            var etags: Set<String?> = []
            for _ in 0..<2 {
                let state =
                    switch step {
                    case 0: try await building.template(id) { $0.content = file }
                    case 1: try await building.dataSource(id)
                    case 2: try await building.transformMap(id, [Building.map("city", "constant") { $0.text = "Linz" }])
                    case 3: try await building.checks(id)
                    case 4: try await building.views(id, ["ready_to_publish": ["name"]])
                    default: try await building.finish(id)
                    }
                etags.insert(state.importBuilder?.etag)
            }
            #expect(etags.count == 1, "step \(step)")
        }
        // The first step, after the last, as it was.
        let state = try await building.template(id) { $0.content = file }
        #expect(Self.step(state) == "complete" && state.views.count == 2)
    }

    /// Nobody is ahead of the step that the builder stands at; where a mandatory field has no column, the step says which.
    @Test func stepsComeInTheirOrder() async throws {
        let building = try await Building()
        let id = try await building.create().id
        let early = try await building.stage.refusal { () async throws(Problem) in try await building.dataSource(id) }
        #expect(early.code == .failedPrecondition && early.reason == "IMP-04")
        let state = try await building.template(id, ["Site", "City", "Coutry"], [])
        #expect(Self.step(state) == "create_template" && state.missingFields == ["name"])
        #expect(state.columns.map(\.nearestField) == ["", "", "country"] && state.columns[2].nearestLabel == "Country")
        let blocked = try await building.stage.refusal { () async throws(Problem) in try await building.dataSource(id) }
        #expect(blocked.reason == "G-57" && blocked.text.en.contains("no column for Name"))
        // The template is kept, its columns are mapped by hand.
        let mended = try await building.template(id, [], [Building.column("site", "name")]) {
            ($0.content, $0.fileName) = ([], "")
        }
        #expect(Self.step(mended) == "data_source" && mended.importBuilder?.template == "sites.xlsx")
        let late = try await building.stage.refusal { () async throws(Problem) in try await building.finish(id) }
        #expect(late.reason == "IMP-04" && building.stage.owner.definition(building.table) == nil)
    }

    @Test func goingBackLeadsThroughTheStepsBehind() async throws {
        let building = try await Building()
        let id = try #require(
            try await building.mapped([
                Building.map("city", "constant") { $0.text = "Linz" },
                Building.map("country", "value_map") { $0.values = [Building.value("Oesterreich", "AT")] },
            ]).importBuilder
        ).id
        let back = try await building.template(
            id, ["Name", "Account", "Nation"], [Building.column("Nation", "country")])
        #expect(Self.step(back) == "data_source")
        // What still can be carried out stays.
        #expect(back.fieldMaps.map(\.field) == ["city", "country"])
        #expect(Self.step(try await building.dataSource(id, building.table + "_b")) == "transform_map")
        _ = try await building.transformMap(id)
        _ = try await building.checks(id)
        let finished = try await building.finish(id)
        #expect(finished.views.map(\.columns) == [["name", "account", "country"], ["name", "account", "country"]])
        let closed = try await building.stage.refusal { () async throws(Problem) in
            try await building.dataSource(id, building.table + "_c")
        }
        #expect(closed.code == .failedPrecondition && closed.reason == "IMP-04")
        let template = try await #require(throws: Problem.self) { _ = try await building.template(id, ["Name"], []) }
        #expect(template.reason == "IMP-04")
    }

    @Test(arguments: ["Import", "1st", "a-b", "a b", "é", String(repeating: "a", count: 41)])
    func aTableNameIsLegal(_ name: String) async throws {
        let building = try await Building()
        let id = try await building.create().id
        _ = try await building.template(id)
        let problem = try await building.stage.refusal { () async throws(Problem) in
            try await building.dataSource(id, name)
        }
        #expect(problem.reason == "IMP-03" && problem.violations.map(\.field) == ["import_set_table_name"])
    }

    /// No other builder, target or task has its staging table.
    @Test func aStagingTableIsOneBuilders() async throws {
        let building = try await Building()
        let first = try await building.create().id
        _ = try await building.template(first)
        _ = try await building.dataSource(first)
        _ = try await building.stage.locations { $0.sourceTable = "sn_acct_lc_account_onb_old_sites" }
        let second = try await building.create().id
        _ = try await building.template(second)
        for name in [building.table, "import_locations", "old_sites"] {
            let problem = try await building.stage.refusal { () async throws(Problem) in
                try await building.dataSource(second, name)
            }
            #expect(problem.reason == "IMP-03" && problem.text.en.contains("already"), "\(name)")
        }
        let below = Building.caller(
            "sn_acct_lc.agent", "process_automation_designer", domain: building.stage.domain)
        let third = try await building.create(as: below).id
        _ = try await building.template(third, as: below)
        let taken = try await building.stage.refusal { () async throws(Problem) in
            try await building.dataSource(third, building.table, as: below)
        }
        #expect(taken.reason == "IMP-03")
    }

    /// An unfinished builder's table is nobody's source; a finished one's is of its target's tasks.
    @Test func tasksTakeFinishedBuilders() async throws {
        let building = try await Building()
        let mapped = try #require(try await building.mapped().importBuilder)
        let early = try await #require(throws: Problem.self) { _ = try await building.task(mapped) }
        #expect(early.reason == "IMP-04" && early.violations.map(\.field) == ["import_task.source_table"])
        _ = try await building.checks(mapped.id)
        _ = try await building.finish(mapped.id)
        let other = try await #require(throws: Problem.self) {
            _ = try await building.task(mapped) { $0.targetTable = "contract" }
        }
        #expect(other.reason == "IMP-04" && other.violations.map(\.field) == ["import_task.target_table"])
        let task = try await building.task(mapped)
        #expect(task.dataSource == "sites.xlsx" && task.sourceTable == mapped.importSetTable)
        // In use, it stays.
        var request = DeleteRequest()
        request.id = mapped.id
        let kept = request
        let problem = try await building.stage.refusal { () async throws(Problem) in
            try await building.stage.call(ImportValidationAPI.deleteImportBuilder, kept, as: .holding("admin"))
        }
        #expect(problem.reason == "IMP-04")
    }

    /// The checks of its staging table, and of its target's fields.
    @Test func checksAreThoseOfTheStagingTable() async throws {
        let building = try await Building()
        let mapped = try #require(try await building.mapped().importBuilder)
        var request = CreateDataValidationAssistRequest()
        var assist = DataValidationAssist()
        (assist.validationType, assist.validationSubType, assist.name) = ("field", "string_limit", "Short names")
        (assist.stagingTable, assist.stagingTableField, assist.maxLength) = (mapped.importSetTable, "u_name", 5)
        request.dataValidationAssist = assist
        _ = try await building.stage.call(
            ImportValidationAPI.createDataValidationAssist, request, as: .holding("admin"))
        #expect(try await building.checks(mapped.id).checks.map(\.name) == ["Short names"])
        request.dataValidationAssist?.stagingTableField = "u_colour"
        let wrong = request
        let problem = try await building.stage.refusal { () async throws(Problem) in
            try await building.stage.call(
                ImportValidationAPI.createDataValidationAssist, wrong, as: .holding("admin"))
        }
        #expect(problem.violations.map(\.field) == ["data_validation_assist.staging_table_field"])
        // The table keeps its name as long as checks say it.
        let named = try await building.stage.refusal { () async throws(Problem) in
            try await building.dataSource(mapped.id, building.table + "_b")
        }
        #expect(named.reason == "IMP-03")
    }

    /// An agent who is no designer, a designer who is no agent, and customers set nothing up (G-72); agents read.
    @Test func itTakesAnAgentWhoDesigns() async throws {
        let building = try await Building()
        let id = try await building.create().id
        _ = try await building.template(id)
        let agent = building.stage.agent
        #expect(try await building.state(id, as: agent).columns.count == 6)
        for caller in [agent, .holding("process_automation_designer"), building.stage.customer] {
            let refused = try await building.stage.refusal { () async throws(Problem) in
                try await building.dataSource(id, as: caller)
            }
            #expect(refused.code == .permissionDenied)
            let made = try await building.stage.refusal { () async throws(Problem) in
                try await building.create(as: caller)
            }
            #expect(made.code == .permissionDenied)
        }
    }

    /// Domains above give their builders to those below, who do not change them; others do not know of them.
    @Test func domainsBelowReadAndDoNotWrite() async throws {
        let building = try await Building(domain: "/provider/builders/")
        let id = try await building.create().id
        let below = Building.caller("sn_acct_lc.agent", "process_automation_designer", domain: "/provider/builders/a/")
        #expect(try await building.state(id, as: below).importBuilder?.id == id)
        let beside = Building.caller("sn_acct_lc.agent", "process_automation_designer", domain: "/provider/others/")
        for caller in [below, beside] {
            let problem = try await #require(throws: Problem.self) {
                _ = try await building.template(id, as: caller)
            }
            #expect(problem.code == .notFound)
        }
        let unknown = try await building.stage.refusal { () async throws(Problem) in
            try await building.state(id, as: beside)
        }
        #expect(unknown.code == .notFound)
    }

    /// What was made when the answer was lost is made once.
    @Test func theActivityIsMadeOnce() async throws {
        let building = try await Building()
        let id = try #require(try await building.mapped().importBuilder).id
        _ = try await building.checks(id)
        building.stage.owner.loseAnswer(about: building.table)
        let lost = try await building.stage.refusal { () async throws(Problem) in try await building.finish(id) }
        #expect(lost.code == .internalError)
        #expect(Self.step(try await building.state(id)) == "playbook_activity")
        #expect(Self.step(try await building.finish(id)) == "complete")
    }

    /// Files that are none, columns that are not there, fields that cannot be imported, two columns for one field.
    @Test func aTemplateIsAWorkbookOfTheTarget() async throws {
        let building = try await Building()
        let id = try await building.create().id
        func refusal(
            _ titles: [String], _ columns: [ColumnMapping],
            _ edit: @escaping (inout SaveBuilderTemplateRequest) -> Void = { _ in }
        ) async throws -> Problem {
            try await #require(throws: Problem.self) { _ = try await building.template(id, titles, columns, edit) }
        }
        #expect(
            try await refusal(["Name"], []) { $0.content = Array("Name".utf8) }.violations.map(\.field) == ["content"])
        #expect(try await refusal(["Name"], []) { $0.fileName = "a.csv" }.violations.map(\.field) == ["file_name"])
        #expect(try await refusal(["Name"], []) { $0.content = [] }.violations.map(\.field) == ["content"])
        for (titles, columns) in [
            (["Name"], [Building.column("Site", "name")]), (["Name", "Site"], [Building.column("Site", "id")]),
            (["Name", "Name"], []), (["Name", "이름"], []),
        ] {
            let problem = try await refusal(titles, columns)
            #expect(problem.reason == "G-57" && problem.violations.map(\.field) == ["columns"], "\(titles)")
        }
        let table = try await building.stage.refusal { () async throws(Problem) in try await building.create("user") }
        #expect(table.violations.map(\.field) == ["import_builder.target_table"])
    }
}
