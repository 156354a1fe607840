import OnboardingWire
import RPC
import RecommendedActions
import RecommendedActionsWire
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// What administrators make of recommended actions, and what is refused.
@Suite struct ActionDefinitionTests {
    private static let text = Text(en: "Text", ko: "텍스트")

    private static func card(_ key: String, shows: String, _ generator: String = "", _ argument: String = "")
        -> ActionDefinition
    {
        .card(key, text, text, shows: shows, generator: generator, argument: argument)
    }

    private static func guidance(_ key: String) -> ActionDefinition { .guidance(key, text, [GuidanceStep(text)]) }

    private static func tree(_ key: String, _ steps: [TreeStep]) -> ActionDefinition { .tree(key, text, steps) }

    private static func question(_ key: String, to next: String...) -> TreeStep {
        .question(key, text, next.enumerated().map { TreeAnswer("a\($0)", text, to: $1) })
    }

    private func create(_ definition: ActionDefinition, as caller: Caller, _ world: World) async throws(Problem)
        -> ActionDefinition
    {
        var request = CreateActionDefinitionRequest()
        request.actionDefinition = definition
        return try await world.call(OnboardingAPI.createActionDefinition, request, as: caller)
    }

    /// The fields that keep a definition from being stored.
    private func faults(_ definition: ActionDefinition, as caller: Caller, _ world: World) async -> [String] {
        do throws(Problem) {
            _ = try await create(definition, as: caller, world)
            return []
        } catch {
            #expect(error.code == .invalidArgument)
            #expect(error.violations.allSatisfy { $0.rule == "G-132" && $0.text.ko != $0.text.en })
            return error.violations.map { String($0.field.trimmingPrefix("action_definition.")) }
        }
    }

    private func administrator(_ world: World) -> Caller {
        .holding("admin", domain: "/provider/d\(UInt32.random(in: 0...UInt32.max))/")
    }

    /// A tree is refused whose question has no answers, whose end cannot be reached, that cannot end, or whose answer leads
    /// nowhere, each with its place.
    @Test func aTreeThatCannotWorkIsRefused() async throws {
        let world = try await World()
        let admin = administrator(world)
        let end = TreeStep.end("end", Self.text)
        func refused(_ steps: [TreeStep], _ fields: [String]) async {
            let found = await faults(Self.tree("tree", steps), as: admin, world)
            #expect(found == fields.map { "decision_tree.steps\($0)" })
        }
        await refused([], [""])
        await refused([Self.question("a", to: "end"), Self.question("b"), end], ["[1].answers"])
        await refused([Self.question("a", to: "b"), Self.question("b", to: "a"), end], ["[0]", "[1]", "[2]"])
        await refused([Self.question("a", to: "end"), end, TreeStep.end("other", Self.text)], ["[2]"])
        await refused([Self.question("a", to: "end"), Self.question("b", to: "end"), end], ["[1]"])
        await refused([Self.question("a", to: "nowhere"), end], ["[0].answers[0].next"])
        await refused([Self.question("a", to: "end"), end, end], ["[2].key"])
        var answered = end
        answered.answers = [TreeAnswer("a", Self.text, to: "end")]
        await refused([Self.question("a", to: "end"), answered], ["[1].answers"])
        var asked = end
        asked.cases = [TreeCase("a", "none", Self.text)]
        await refused([Self.question("a", to: "end"), asked], ["[1].cases[0]"])
        var silent = end
        silent.text = ActionText(Text(en: "End", ko: " "))
        await refused([Self.question("a", to: "end"), silent], ["[1].text.ko"])
        // A ring with a way out is none.
        #expect(
            await faults(Self.tree("ring", [Self.question("a", to: "a", "end"), end]), as: admin, world) == [])
    }

    /// A rule is refused over what is not there, and a card for what its generator does not give.
    @Test func whatNamesNothingIsRefused() async throws {
        let world = try await World()
        let admin = administrator(world)
        func found(_ definition: ActionDefinition) async -> [String] { await faults(definition, as: admin, world) }
        #expect(await found(Self.card("c", shows: "nothing")) == ["recommendation.shows"])
        #expect(await found(Self.card("c", shows: "task_contact")) == ["recommendation.generator"])
        #expect(await found(Self.card("c", shows: "task_contact", "articles", "a")) == ["recommendation.generator"])
        #expect(await found(Self.card("c", shows: "installation_guide", "fixed", "a")) == ["recommendation.generator"])
        #expect(await found(.context("c", Self.text, table: "user")) == ["context.table"])
        #expect(
            await found(.fieldRecommendation("c", Self.text, LifecycleTask.Field.daysRemaining)) == [
                "field_recommendation.field"
            ])
        #expect(await found(.guidance("c", Self.text, [])) == ["guidance.steps"])
        #expect(await found(.guidance("c", Self.text, [GuidanceStep(Self.text)], flow: "none")) == ["guidance.flow"])
        #expect(await found(Self.guidance("Not a key")) == ["key"])
        var both = Self.guidance("both")
        both.context = ActionContext()
        #expect(await found(both) == ["key"])
        func rule(in context: String = "lifecycle_task", when condition: String = "", _ cards: String...)
            -> ActionDefinition
        {
            .rule("r", Self.text, in: context, when: condition, position: 1, recommends: cards)
        }
        #expect(await found(rule()) == ["rule.recommendations"])
        #expect(await found(rule(in: "nothing", "register_consumer")) == ["rule.context"])
        #expect(await found(rule("nothing")) == ["rule.recommendations[0]"])
        #expect(await found(rule(when: "nothing = 1", "register_consumer")) == ["rule.condition"])
        #expect(await found(rule(when: "state =", "register_consumer")) == ["rule.condition"])
        // A value that the field cannot have, and one of another table.
        _ = try await create(.fieldRecommendation("due", Self.text, LifecycleTask.Field.dueDate), as: admin, world)
        _ = try await create(Self.card("due_soon", shows: "due", "fixed", "soon"), as: admin, world)
        #expect(await found(rule("due_soon")) == ["rule.recommendations[0]"])
        _ = try await create(Self.card("due_person", shows: "due", "responsible_person"), as: admin, world)
        #expect(await found(rule("due_person")) == ["rule.recommendations[0]"])
        _ = try await create(Self.card("due_then", shows: "due", "fixed", "2026-04-01"), as: admin, world)
        #expect(await found(rule("due_then")) == [])
    }

    /// What another definition names stays, and stays what that one needs.
    @Test func whatIsNamedStays() async throws {
        let world = try await World()
        let admin = administrator(world)
        let guidance = try await create(Self.guidance("g"), as: admin, world)
        let card = try await create(Self.card("c", shows: "g"), as: admin, world)
        let context = try await create(.context("ctx", Self.text, table: "lifecycle_task"), as: admin, world)
        _ = try await create(
            .rule("r", Self.text, in: "ctx", when: "due_date < today()", position: 1, recommends: ["c"]), as: admin,
            world)
        for used in [guidance, card, context] {
            var request = DeleteRequest()
            request.id = used.id
            let problem = await world.problem(OnboardingAPI.deleteActionDefinition, request, as: admin)
            #expect(problem?.code == .failedPrecondition && problem?.reason == "G-132")
        }
        // Cases have no due date: the rule would not work.
        var update = UpdateActionDefinitionRequest()
        update.actionDefinition = context
        update.actionDefinition?.context?.table = "onboarding_case"
        let broken = await world.problem(OnboardingAPI.updateActionDefinition, update, as: admin)
        #expect(broken?.violations.map(\.field) == ["action_definition.context"])
        update.actionDefinition = Self.guidance("g")
        update.actionDefinition?.id = context.id
        let another = await world.problem(OnboardingAPI.updateActionDefinition, update, as: admin)
        #expect(another?.violations.map(\.field) == ["action_definition"])
        update.actionDefinition = guidance
        update.actionDefinition?.label = ActionText(Text(en: "Changed", ko: "변경"))
        let changed = try await world.call(OnboardingAPI.updateActionDefinition, update, as: admin)
        #expect(changed.label?.en == "Changed" && changed.key == "g" && changed.etag != guidance.etag)
        #expect(await world.problem(OnboardingAPI.updateActionDefinition, update, as: admin)?.code == .aborted)
        do throws(Problem) {
            _ = try await create(Self.guidance("g"), as: admin, world)
            Issue.record("the key is taken")
        } catch { #expect(error.code == .alreadyExists) }
    }

    /// A tenant's definition stands in the place of the shipped one with its key, for the tenant's records alone.
    @Test func theNearerDefinitionHolds() async throws {
        let world = try await World()
        let other = try await World()
        let subject = "Install Service Bridge for consumers"
        let own = try await world.createTask(world.openCase()) { $0.shortDescription = subject }
        let others = try await other.createTask(other.openCase()) { $0.shortDescription = subject }
        let admin = Caller.holding("admin", domain: world.account.domain)
        var hidden = Self.card("troubleshoot_installation", shows: "service_bridge_setup")
        hidden.active = false
        _ = try await create(hidden, as: admin, world)
        _ = try await create(
            .guidance("installation_guide", Self.text, [GuidanceStep(Text(en: "Ours", ko: "자체 안내"))]), as: admin, world)
        func cards(_ task: LifecycleTask) async throws -> [RecommendedAction] {
            var request = ShowRecommendedActionsRequest()
            (request.table, request.record) = ("lifecycle_task", task.id)
            return try await world.call(OnboardingAPI.showRecommendedActions, request, as: world.agent).cards
        }
        let here = try await cards(own)
        #expect(here.map(\.recommendation) == ["install_service_bridge"])
        #expect(here.first?.steps.first?.text?.en == "Ours")
        let there = try await cards(others)
        #expect(there.map(\.recommendation) == ["install_service_bridge", "troubleshoot_installation"])
        #expect(there.first?.steps.count == 3)
    }

    /// Ten come with the product: seven here, and what they are made of is read in pages that fit.
    @Test func theShippedOnesAreThere() async throws {
        let world = try await World()
        var list = ListRequest()
        list.filter = #"kind = "recommendation" AND domain = "/provider/""#
        let admin = world.administrator
        let cards = try await world.call(OnboardingAPI.listActionDefinitions, list, as: admin).actionDefinitions
        #expect(cards.count == 7 && cards.allSatisfy { $0.active == true && $0.recommendation != nil })
        list.pageSize = 3
        let page = try await world.call(OnboardingAPI.listActionDefinitions, list, as: admin)
        #expect(page.actionDefinitions.count == 3 && !page.nextPageToken.isEmpty)
        for definition in cards {
            var request = ValidateActionDefinitionRequest()
            request.id = definition.id
            let answer = try await world.call(OnboardingAPI.validateActionDefinition, request, as: admin)
            #expect(answer.faults.isEmpty)
        }
        let agent = await world.problem(OnboardingAPI.listActionDefinitions, list, as: world.agent)
        #expect(agent?.code == .permissionDenied)
    }
}
