import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import PlayLauncherService

/// Definition records, their categories, and the flows behind them.
@Suite struct DefinitionTests {
    private static func record(_ stage: Stage, _ edit: (inout DefinitionRecord) -> Void = { _ in }) async throws
        -> CreateDefinitionRecordRequest
    {
        var record = DefinitionRecord()
        record.flow = try await stage.entry("Responsible Contact").flow
        record.title = "Play \(uuid())"
        record.category = "onboarding"
        edit(&record)
        var request = CreateDefinitionRecordRequest()
        request.definitionRecord = record
        return request
    }

    /// BR-51, BR-52, BR-53.
    @Test func theRulesOfDefinitionRecordsHold() async throws {
        let stage = try await Stage.shared.value
        let admin = try person(playAdministrator, domain: "/provider/d0000009/")
        let request = try await Self.record(stage) { $0.active = true }
        let created = try await stage.call(PlayLauncherAPI.createDefinitionRecord, request, as: admin)
        #expect(created.domain == "/provider/d0000009/")
        #expect(created.state == "draft")
        #expect(created.active == false)
        let again = await stage.problem(PlayLauncherAPI.createDefinitionRecord, request, as: admin)
        #expect(again?.reason == "BR-51")
        #expect(again?.violations.first?.field == "definition_record.title")
        // Elsewhere the same title and category are another entry.
        let elsewhere = try person(playAdministrator, domain: "/provider/d0000008/")
        #expect(await stage.problem(PlayLauncherAPI.createDefinitionRecord, request, as: elsewhere) == nil)
        for (state, isActive) in [("published", true), ("closed", false), ("published", true), ("canceled", false)] {
            var update = UpdateDefinitionRecordRequest()
            update.definitionRecord = DefinitionRecord()
            update.definitionRecord?.id = created.id
            update.definitionRecord?.state = state
            let changed = try await stage.call(PlayLauncherAPI.updateDefinitionRecord, update, as: admin)
            #expect(changed.active == isActive)
        }
        // The domain is nobody's to set, and what is not published is not offered.
        var update = UpdateDefinitionRecordRequest()
        update.definitionRecord = DefinitionRecord()
        update.definitionRecord?.id = created.id
        update.updateMask = FieldMask(paths: ["domain"])
        let problem = await stage.problem(PlayLauncherAPI.updateDefinitionRecord, update, as: admin)
        #expect(problem?.reason == "BR-52" && problem?.violations.first?.field == "update_mask")
        var play = DescribePlayRequest()
        play.definitionRecord = created.id
        let unpublished = await stage.problem(PlayLauncherAPI.describePlay, play, as: admin)
        #expect(unpublished?.reason == "BR-53", "\(unpublished as Any)")
    }

    @Test func categoriesAndSubcategoriesFit() async throws {
        let stage = try await Stage.shared.value
        let admin = try person(playAdministrator)
        var list = ListRequest()
        list.filter = "name = \"Onboarding\""
        let choices = try await stage.call(PlayLauncherAPI.listAleChoices, list, as: admin).aleChoices
        let parent = try #require(choices.first)
        var creation = CreateAleChoiceRequest()
        creation.aleChoice = AleChoice()
        creation.aleChoice?.name = "Onboarding case \(uuid())"
        creation.aleChoice?.dependentCategory = parent.id
        let sub = try await stage.call(PlayLauncherAPI.createAleChoice, creation, as: admin)
        creation.aleChoice?.dependentCategory = sub.id
        #expect(await stage.problem(PlayLauncherAPI.createAleChoice, creation, as: admin)?.reason == "G-74")
        let fits = try await Self.record(stage) { $0.subCategory = sub.id }
        #expect(await stage.problem(PlayLauncherAPI.createDefinitionRecord, fits, as: admin) == nil)
        let wrong = try await Self.record(stage) {
            $0.subCategory = sub.id
            $0.category = "success_support"
        }
        #expect(await stage.problem(PlayLauncherAPI.createDefinitionRecord, wrong, as: admin)?.reason == "G-74")
        let noFlow = try await Self.record(stage) { $0.flow = uuid() }
        let problem = await stage.problem(PlayLauncherAPI.createDefinitionRecord, noFlow, as: admin)
        #expect(problem?.violations.first?.field == "definition_record.flow")
        let viewer = try person("sn_acct_lc.ale_success_viewer")
        let refused = await stage.problem(PlayLauncherAPI.createDefinitionRecord, fits, as: viewer)
        #expect(refused?.code == .permissionDenied)
    }

    /// G-73: a choice without a dependent category is a category, also one that did not come with the product.
    @Test func aCategoryOfOnesOwnIsACategory() async throws {
        let stage = try await Stage()
        let admin = try person(playAdministrator)
        let renewals = try await Self.record(stage) {
            $0.category = "renewal_planning"
            $0.state = "published"
        }
        let unknown = await stage.problem(PlayLauncherAPI.createDefinitionRecord, renewals, as: admin)
        #expect(unknown?.reason == "G-73", "\(unknown as Any)")
        var creation = CreateAleChoiceRequest()
        creation.aleChoice = AleChoice()
        creation.aleChoice?.name = "Renewal planning"
        let choice = try await stage.call(PlayLauncherAPI.createAleChoice, creation, as: admin)
        let entry = try await stage.call(PlayLauncherAPI.createDefinitionRecord, renewals, as: admin)
        #expect(entry.category == "renewal_planning")
        var request = ListPlayCategoriesRequest()
        request.sourceTable = "engagement"
        for language in ["en", "ko"] {
            let page = try await stage.call(
                PlayLauncherAPI.listPlayCategories, request, as: try person(successAgent, locale: language))
            let offered = try #require(page.categories.first { $0.value == "renewal_planning" })
            #expect(offered.label == "Renewal planning" && offered.entries.map(\.definitionRecord) == [entry.id])
        }
        // Switched off, it takes nothing new.
        var update = UpdateAleChoiceRequest()
        update.aleChoice = AleChoice()
        update.aleChoice?.id = choice.id
        update.aleChoice?.active = false
        _ = try await stage.call(PlayLauncherAPI.updateAleChoice, update, as: admin)
        var another = renewals
        another.definitionRecord?.title = "Play \(uuid())"
        #expect(await stage.problem(PlayLauncherAPI.createDefinitionRecord, another, as: admin)?.reason == "G-73")
    }

    @Test func whatIsSeededIsSeededOnce() async throws {
        let stage = try await Stage()
        let admin = try person("admin")
        let entry = try await stage.entry("Get to Green Play")
        var deletion = DeleteRequest()
        deletion.id = entry.id
        _ = try await stage.call(PlayLauncherAPI.deleteDefinitionRecord, deletion, as: admin)
        try await stage.seed.prepare()
        var list = ListRequest()
        list.count = true
        let records = try await stage.call(PlayLauncherAPI.listDefinitionRecords, list, as: admin)
        #expect(records.totalSize == 17)
        #expect(!records.definitionRecords.contains { $0.id == entry.id })
        #expect(try await stage.call(PlayLauncherAPI.listFlowDefinitions, list, as: admin).totalSize == 18)
        #expect(try await stage.call(PlayLauncherAPI.listAleChoices, list, as: admin).totalSize == 4)
    }

    private static func flow(_ name: String, _ task: String, version: String = "1.0.0") -> CreateFlowDefinitionRequest {
        var request = CreateFlowDefinitionRequest()
        request.flowDefinition = FlowDefinition()
        request.flowDefinition?.definition = """
            document:
              dsl: '1.0.0'
              namespace: test
              name: \(name)
              version: '\(version)'
              title: A title
            do:
              - only:
                  \(task)
            """
        return request
    }

    @Test func aFlowIsRefusedWithThePlaceThatIsWrong() async throws {
        let stage = try await Stage.shared.value
        let admin = try person(playAdministrator)
        func problem(_ request: CreateFlowDefinitionRequest) async -> Problem? {
            await stage.problem(PlayLauncherAPI.createFlowDefinition, request, as: admin)
        }
        let unknown = await problem(Self.flow("a", "cal: rpc"))
        #expect(unknown?.violations.first?.field == "flow_definition.definition")
        #expect(unknown?.text.en.contains("Line 9") == true)
        let method = await problem(
            Self.flow("a", "call: rpc\n      with: {method: customer-success.nothing.create, request: {}}"))
        #expect(method?.text.en == "Line 10: there is no method customer-success.nothing.create.")
        let subflow = await problem(
            Self.flow("a", "run: {workflow: {namespace: test, name: none, version: '1.0.0'}}"))
        #expect(subflow?.text.en == "There is no flow test/none@1.0.0.")
        var named = Self.flow("a", "set: {a: 1}")
        named.flowDefinition?.name = "b"
        #expect(await problem(named)?.violations.first?.field == "flow_definition.name")
        let agent = try person(successAgent)
        let refused = await stage.problem(PlayLauncherAPI.createFlowDefinition, named, as: agent)
        #expect(refused?.code == .permissionDenied)
    }

    @Test func theNewestActiveVersionRuns() async throws {
        let stage = try await Stage.shared.value
        let admin = try person(playAdministrator)
        let name = "f\(uuid().prefix(8))"
        var ids: [String] = []
        for version in ["1.9.0", "1.10.0"] {
            let request = Self.flow(name, "set: {records: []}", version: version)
            ids.append(try await stage.call(PlayLauncherAPI.createFlowDefinition, request, as: admin).id)
            #expect(
                await stage.problem(PlayLauncherAPI.createFlowDefinition, request, as: admin)?.violations.first?.field
                    == "flow_definition.version")
        }
        let entry = try await Self.record(stage) {
            $0.flow = ids[0]
            $0.state = "published"
        }
        _ = try await stage.call(PlayLauncherAPI.createDefinitionRecord, entry, as: admin)
        let title = try #require(entry.definitionRecord?.title)
        let run = try await stage.launch(title, from: uuid(), as: try person(successAgent))
        #expect(run.flowVersion == "1.10.0")
        #expect(try await stage.end(of: run.id).state == "completed")
    }
}
