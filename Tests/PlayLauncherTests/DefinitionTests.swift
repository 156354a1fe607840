import CustomerSuccessWire
import Flows
import OnboardingWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
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
        // Named in Korean, it is called so there.
        var update = UpdateAleChoiceRequest()
        update.aleChoice = AleChoice()
        update.aleChoice?.id = choice.id
        update.aleChoice?.nameKo = "갱신 계획"
        _ = try await stage.call(PlayLauncherAPI.updateAleChoice, update, as: admin)
        let korean = try await stage.call(
            PlayLauncherAPI.listPlayCategories, request, as: try person(successAgent, locale: "ko"))
        #expect(korean.categories.first { $0.value == "renewal_planning" }?.label == "갱신 계획")
        // Switched off, it takes nothing new.
        update.aleChoice?.active = false
        _ = try await stage.call(PlayLauncherAPI.updateAleChoice, update, as: admin)
        var another = renewals
        another.definitionRecord?.title = "Play \(uuid())"
        #expect(await stage.problem(PlayLauncherAPI.createDefinitionRecord, another, as: admin)?.reason == "G-73")
    }

    private static func category(_ name: String, _ stage: Stage, _ admin: Caller) async throws(Problem) -> AleChoice {
        var creation = CreateAleChoiceRequest()
        creation.aleChoice = AleChoice()
        creation.aleChoice?.name = name
        return try await stage.call(PlayLauncherAPI.createAleChoice, creation, as: admin)
    }

    private static func naming(_ choice: AleChoice, _ name: String) -> UpdateAleChoiceRequest {
        var update = UpdateAleChoiceRequest()
        update.aleChoice = AleChoice()
        update.aleChoice?.id = choice.id
        update.aleChoice?.name = name
        return update
    }

    private static func value(_ choice: AleChoice) -> String { AleChoice.value(ofCategory: choice.name ?? "") }

    /// Whoever renames a category hides none of its plays, in its own domain and below (G-73).
    @Test func aRenamedCategoryTakesItsRecordsAlong() async throws {
        let stage = try await Stage.shared.value
        let admin = try person(playAdministrator)
        let below = try person(playAdministrator, domain: "/provider/d0000007/")
        let choice = try await Self.category("Growth \(uuid())", stage, admin)
        var entries: [DefinitionRecord] = []
        for caller in [admin, below] {
            let request = try await Self.record(stage) {
                $0.category = Self.value(choice)
                $0.state = "published"
            }
            entries.append(try await stage.call(PlayLauncherAPI.createDefinitionRecord, request, as: caller))
        }
        let name = "Renamed \(uuid())"
        _ = try await stage.call(PlayLauncherAPI.updateAleChoice, Self.naming(choice, name), as: admin)
        var get = GetRequest()
        for entry in entries {
            get.id = entry.id
            let found = try await stage.call(PlayLauncherAPI.getDefinitionRecord, get, as: below)
            #expect(found.category == AleChoice.value(ofCategory: name))
        }
        var request = ListPlayCategoriesRequest()
        request.sourceTable = "engagement"
        let page = try await stage.call(PlayLauncherAPI.listPlayCategories, request, as: try person(successAgent))
        let offered = page.categories.first { $0.label == name }
        #expect(offered?.entries.map(\.definitionRecord) == [entries[0].id])
    }

    /// G-73, G-74: what records name stays, and stays what it is; what nothing names any more goes.
    @Test func aCategoryInUseStays() async throws {
        let stage = try await Stage.shared.value
        let admin = try person("admin")
        let (choice, other) = (
            try await Self.category("Growth \(uuid())", stage, admin), try await Self.category(uuid(), stage, admin)
        )
        var creation = CreateAleChoiceRequest()
        creation.aleChoice = AleChoice()
        creation.aleChoice?.name = "Below"
        creation.aleChoice?.dependentCategory = choice.id
        let sub = try await stage.call(PlayLauncherAPI.createAleChoice, creation, as: admin)
        let request = try await Self.record(stage) {
            $0.category = Self.value(choice)
            $0.subCategory = sub.id
        }
        let entry = try await stage.call(PlayLauncherAPI.createDefinitionRecord, request, as: admin)
        func deletion(_ id: String) async -> Problem? {
            var request = DeleteRequest()
            request.id = id
            return await stage.problem(PlayLauncherAPI.deleteAleChoice, request, as: admin)
        }
        func moved(_ id: String) async -> Problem? {
            var update = UpdateAleChoiceRequest()
            update.aleChoice = AleChoice()
            update.aleChoice?.id = id
            update.aleChoice?.dependentCategory = other.id
            return await stage.problem(PlayLauncherAPI.updateAleChoice, update, as: admin)
        }
        for id in [sub.id, choice.id] {
            #expect(await deletion(id)?.reason == "G-74")
            #expect(await moved(id)?.reason == "G-74")
        }
        // Without the subcategory the record's category alone keeps it.
        var update = UpdateDefinitionRecordRequest()
        update.definitionRecord = DefinitionRecord()
        update.definitionRecord?.id = entry.id
        update.updateMask = FieldMask(paths: ["sub_category"])
        _ = try await stage.call(PlayLauncherAPI.updateDefinitionRecord, update, as: admin)
        #expect(await deletion(sub.id) == nil)
        let used = await deletion(choice.id)
        #expect(used?.code == .failedPrecondition && used?.reason == "G-73")
        #expect(used?.text.en.contains("name it: 1") == true)
        #expect(await moved(choice.id)?.reason == "G-73")
        var removal = DeleteRequest()
        removal.id = entry.id
        _ = try await stage.call(PlayLauncherAPI.deleteDefinitionRecord, removal, as: admin)
        #expect(await deletion(choice.id) == nil)
    }

    /// G-73: two categories that records would name alike cannot be told apart, wherever both are seen.
    @Test func aValueNamesOneCategory() async throws {
        let stage = try await Stage.shared.value
        let admin = try person(playAdministrator)
        let below = try person(playAdministrator, domain: "/provider/d0000007/")
        let beside = try person(playAdministrator, domain: "/provider/d0000006/")
        let name = "A \(uuid().prefix(8)) B"
        func problem(_ name: String, _ caller: Caller) async -> Problem? {
            do throws(Problem) {
                _ = try await Self.category(name, stage, caller)
                return nil
            } catch {
                return error
            }
        }
        let choice = try await Self.category(name, stage, below)
        for (caller, other) in [(below, name), (below, name.replacing(" ", with: "-")), (admin, name.uppercased())] {
            let refused = await problem(other, caller)
            #expect(refused?.reason == "G-73" && refused?.violations.first?.field == "ale_choice.name", "\(other)")
        }
        #expect(await problem(name, beside) == nil)
        // Under another spelling it is the same; a subcategory has no such value.
        let spelt = Self.naming(choice, name.replacing(" ", with: "-"))
        #expect(await stage.problem(PlayLauncherAPI.updateAleChoice, spelt, as: below) == nil)
        var creation = CreateAleChoiceRequest()
        creation.aleChoice = AleChoice()
        creation.aleChoice?.name = name
        creation.aleChoice?.dependentCategory = choice.id
        #expect(await stage.problem(PlayLauncherAPI.createAleChoice, creation, as: below) == nil)
        // What lies below is nothing that a record above can name.
        let above = try await Self.record(stage) { $0.category = Self.value(choice) }
        #expect(await stage.problem(PlayLauncherAPI.createDefinitionRecord, above, as: admin)?.reason == "G-73")
        #expect(await stage.problem(PlayLauncherAPI.createDefinitionRecord, above, as: below) == nil)
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
        #expect(try await stage.call(PlayLauncherAPI.listFlowDefinitions, list, as: admin).totalSize == 19)
        // The four categories, and what Onboarding and Success planning are divided into.
        #expect(try await stage.call(PlayLauncherAPI.listAleChoices, list, as: admin).totalSize == 8)
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

    /// A flow whose wizard asks `questions`, and which does `task`.
    private static func asking(_ questions: String, _ task: String = "set: {a: 1}") -> CreateFlowDefinitionRequest {
        var request = flow("f\(uuid().prefix(8))", task)
        let input = """
            input:
              schema:
                document: {type: object, properties: {answers: {type: object, properties: {\(questions)}}}}
            do:
            """
        let plain = request.flowDefinition?.definition ?? ""
        request.flowDefinition?.definition = plain.replacing("do:", with: input, maxReplacements: 1)
        return request
    }

    /// What was saved before a question needed its title.
    @Test func aQuestionWithoutATitleIsShownAsWhatItFills() throws {
        let questions = """
            short_description: {type: string}, when: {type: string}, who: {type: string, x-reference: user}, \
            why: {type: string}, title: {type: string, title: Title, x-title-ko: 제목}
            """
        let request = Self.asking(
            questions,
            """
            call: rpc
                  with:
                    method: customer-success.internal_plays.create
                    request:
                      internalPlay:
                        shortDescription: '${ $workflow.input.answers.short_description }'
                        dueDate: '${ $workflow.input.answers.when }'
                        description: '${ $workflow.input.answers.why + "!" }'
            """)
        let flow = try FlowSource.compile(yaml: try #require(request.flowDefinition?.definition))
        let labels = flow.wizard.map { flow.label(of: $0) }
        func label(_ field: InternalPlay.Field) -> String? { InternalPlay.schema.field(field.rawValue)?.label.en }
        #expect(
            labels.map(\.en) == [
                label(.shortDescription), label(.dueDate), User.schema.label.en, "Question 4", "Title",
            ])
        #expect(labels.map(\.ko).allSatisfy { !$0.contains("_") } && labels[3].ko == "입력 항목 4")
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
        #expect(unknown?.metadata["line"] == "9" && unknown?.metadata["column"] != nil)
        let method = await problem(
            Self.flow("a", "call: rpc\n      with: {method: customer-success.nothing.create, request: {}}"))
        #expect(method?.text.en == "Line 10: there is no method customer-success.nothing.create.")
        #expect(method?.metadata["line"] == "10")
        let subflow = await problem(
            Self.flow("a", "run: {workflow: {namespace: test, name: none, version: '1.0.0'}}"))
        #expect(subflow?.text.en == "There is no flow test/none@1.0.0.")
        for title in ["", ", title: Due", ", x-title-ko: 기한"] {
            let unlabeled = await problem(Self.asking("due: {type: string\(title)}"))
            #expect(unlabeled?.violations.first?.field == "flow_definition.definition", "\(title)")
        }
        #expect(await problem(Self.asking("due: {type: string, title: Due, x-title-ko: 기한}")) == nil)
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
