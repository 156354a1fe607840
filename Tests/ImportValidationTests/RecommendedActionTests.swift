import ImportValidationWire
import OnboardingWire
import RPC
import RecommendedActionsWire
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// What is recommended for import tasks (RA-08 to RA-10).
@Suite struct RecommendedActionTests {
    @Test func importTasksHaveTheirCards() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        var request = ShowRecommendedActionsRequest()
        (request.table, request.record) = (ImportTask.schema.table, task.id)
        let cards = try await stage.call(ImportValidationAPI.showRecommendedActions, request).cards
        #expect(cards.map(\.kind).contains("guidance") && cards.map(\.kind).contains("decision_tree"))
        #expect(cards.first?.recommendation == "complete_import" && cards.first?.steps.count == 5)
        #expect(cards.first?.steps.last?.links.first?.article == "complete_import_task")
        let customer = await stage.bench.problem(
            ImportValidationAPI.showRecommendedActions, request, as: stage.customer)
        #expect(customer?.code == .permissionDenied)
    }

    /// The three of the ten that are of import tasks (RA-08 to RA-10), each of a kind of its own, and nothing is wrong with
    /// what they are made of.
    @Test func theShippedOnesAreThere() async throws {
        let stage = try await Stage()
        let admin = Caller.holding("admin")
        var list = ListRequest()
        list.filter = #"domain = "/provider/""#
        list.pageSize = 100
        let parts = try await stage.bench.call(ImportValidationAPI.listActionDefinitions, list, as: admin)
            .actionDefinitions
        let cards = parts.filter { $0.recommendation != nil }
        #expect(Set(cards.map(\.key)) == ["complete_import", "import_assigned_to", "troubleshoot_import"])
        #expect(cards.count == 3 && cards.allSatisfy { $0.active == true })
        let shown = cards.compactMap { card in parts.first { $0.key == card.recommendation?.shows }?.kind }
        #expect(shown.sorted() == ["decision_tree", "field_recommendation", "guidance"])
        for part in parts {
            var request = ValidateActionDefinitionRequest()
            request.id = part.id
            let answer = try await stage.bench.call(ImportValidationAPI.validateActionDefinition, request, as: admin)
            #expect(answer.faults.isEmpty, "\(part.key) \(answer.faults)")
        }
    }

    /// A card does not lead to an article that its reader is kept from (G-100); who has the articles says so.
    @Test func aCardLeadsToWhatCanBeRead() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let kept = Caller.holding("sn_acct_lc.agent")
        stage.owner.keepFromReading(kept.subject)
        func links(_ caller: Caller) async throws -> [[ActionLink]] {
            var request = ShowRecommendedActionsRequest()
            (request.table, request.record) = (ImportTask.schema.table, task.id)
            let cards = try await stage.bench.call(ImportValidationAPI.showRecommendedActions, request, as: caller)
                .cards
            var answer = AnswerDecisionTreeRequest()
            (answer.table, answer.record) = (request.table, request.record)
            (answer.recommendation, answer.answers) = ("troubleshoot_import", ["yes", "publish_failed"])
            let place = try await stage.bench.call(ImportValidationAPI.answerDecisionTree, answer, as: caller)
            #expect(cards.first?.steps.count == 5 && place.instructions.count == 1)
            return [cards.flatMap(\.steps).flatMap(\.links), place.instructions.flatMap(\.links) + place.links]
        }
        let seen = try await links(stage.agent)
        #expect(seen.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.article == "complete_import_task" } })
        #expect(try await links(kept).allSatisfy(\.isEmpty))
    }

    /// The tree of 7.2, every step: problem, which one, instructions that depend on it, end.
    @Test func aFailedImportIsLookedInto() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        func answer(_ answers: String...) async throws(Problem) -> TreePlace {
            var request = AnswerDecisionTreeRequest()
            (request.table, request.record) = (ImportTask.schema.table, task.id)
            (request.recommendation, request.answers) = ("troubleshoot_import", answers)
            return try await stage.call(ImportValidationAPI.answerDecisionTree, request)
        }
        #expect(try await answer("no").isEnd)
        let problems = try await answer("yes").choices.map(\.key)
        #expect(
            problems == [
                "file_not_accepted", "header_not_matched", "yet_to_validate", "all_need_attention", "publish_failed",
                "other",
            ])
        var instructions: Set<String> = []
        for problem in problems {
            let place = try await answer("yes", problem)
            #expect(place.instructions.count == 1 && !place.isEnd)
            instructions.insert(place.instructions.first?.text?.en ?? "")
            #expect(try await answer("yes", problem, "solved").step == "solved")
        }
        #expect(instructions.count == problems.count)
        #expect(try await answer("yes", "other", "another").step == "kind")
        // What was answered last counts.
        let second = try await answer("yes", "other", "another", "publish_failed")
        #expect(second.instructions.first?.text?.en.contains("not published") == true)
        #expect(try await answer("yes", "other", "unsolved").step == "support")
    }

    /// The person to whom the imports of the case go is proposed (RA-09), and Assign takes it over.
    @Test func theResponsiblePersonIsProposed() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let person = uuid()
        var user = User()
        (user.id, user.domain, user.kind, user.name) = (person, "/provider/", "person", "Ann Agent")
        try await stage.hear(user, "created")
        var member = CaseTeamMember()
        (member.id, member.domain) = (uuid(), stage.domain)
        (member.onboardingCase, member.side, member.user) = (stage.onboarding, "provider", person)
        member.responsibility = TaskAssignee.responsibility
        // A task that somebody has begun is not handed over by itself.
        _ = try await stage.update(task.id) { $0.state = ImportTask.State.inProgress }
        try await stage.hear(member, "created")
        var show = ShowRecommendedActionsRequest()
        (show.table, show.record) = (ImportTask.schema.table, task.id)
        let card = try await stage.call(ImportValidationAPI.showRecommendedActions, show).cards
            .first { $0.recommendation == "import_assigned_to" }
        let proposed = try #require(card?.proposed)
        #expect(proposed.value == person && proposed.display?.en == "Ann Agent")
        #expect(proposed.message?.en == "Recommended for ‘Assigned to’: Ann Agent")
        #expect(proposed.message?.ko == "‘담당자’ 필드의 권장 값: Ann Agent")
        var request = AssignRecommendedActionRequest()
        (request.table, request.record) = (ImportTask.schema.table, task.id)
        request.recommendation = "import_assigned_to"
        let answer = try await stage.call(ImportValidationAPI.assignRecommendedAction, request)
        #expect(answer.field == "assigned_to" && answer.value == person)
        // It is an ordinary update of who assigns: the record says so, and so does its history.
        var get = GetRequest()
        get.id = task.id
        let now = try await stage.call(ImportValidationAPI.getImportTask, get)
        #expect(now.assignedTo == person && now.updatedBy == stage.agent.subject && now.etag == answer.etag)
        var stream = ListActivityRequest()
        stream.id = task.id
        let entries = try await stage.call(ImportValidationAPI.listImportTaskActivity, stream).entries
        #expect(
            entries.contains {
                $0.kind == "field" && $0.field == "assigned_to" && $0.newValue == person && $0.by == stage.agent.subject
            }, "\(entries)")
    }
}
