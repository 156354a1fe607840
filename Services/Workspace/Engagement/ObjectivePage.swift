import CustomerSuccessWire
import OnboardingWire
import RPC
import Wire

/// The page of one objective: what comes next of it, its outcomes with what was measured of them and what is done for each, its
/// milestones, and the success cases of its engagement.
enum ObjectivePage {
    static func href(_ objective: String) -> String { "/objectives/\(Fields.encoded(objective))" }

    static func page(_ visit: Visit) async throws(Problem) -> Page {
        guard visit.person?.isCustomer != true else { throw RecordTypes.nowhere() }
        var request = GetObjectivePageRequest()
        request.id = visit.part("id")
        let answer = try await visit.ask(CustomerSuccessAPI.getObjectivePage, request)
        let objective = answer.objective ?? SuccessObjective()
        let parts = SuccessParts(visit: visit)
        let language = visit.reader.language
        let engagement = answer.engagementNumber
        let values: Values = [
            "number": objective.number ?? "", "heading": objective.title ?? "",
            "description": objective.description ?? "",
            "badges": [
                badge(.state, objective.state, language), badge(.progress, objective.progress, language),
            ].compactMap { $0 },
            "record": "\(RecordPages.place)\(SuccessObjective.schema.table)/\(Fields.encoded(objective.number ?? ""))",
            // The plan shows each objective under its id.
            "plan": engagement.isEmpty
                ? "" : "\(SuccessPlanPages.href(engagement, isCustomer: false))#o-\(objective.id)",
            "plays": visit.person.map(PlayOrigin.isOffered) == true && objective.active != false
                ? PlayOrigin(SuccessObjective.schema, id: objective.id).text : "",
            "next": answer.timeline.map(parts.item),
            "outcomes": answer.outcomes.map { outcome(of: $0, parts) },
            "beside": ["lists": beside(answer, objective, parts), "others": [Values]()] as Values,
            "new": RecordRelated(visit: visit, schema: SuccessObjective.schema).new(
                SuccessOutcome.schema, SuccessOutcome.Field.successObjective.rawValue, objective.id),
            "facts": facts(answer, objective, visit),
        ]
        var page = Page(
            template: "objective", title: "\(objective.number ?? "") \(objective.title ?? "")", values: values)
        page.trail = [Navigation.home(visit)]
        if !engagement.isEmpty {
            page.trail.append(Crumb(label: engagement, href: EngagementPages.href(engagement)))
        }
        page.live = LiveTopic.record(table: SuccessObjective.schema.table, id: objective.id).text
        return page
    }

    private static func facts(
        _ answer: CustomerSuccessWire.ObjectivePage, _ objective: SuccessObjective, _ visit: Visit
    ) -> [Values] {
        let language = visit.reader.language
        func label(_ field: SuccessObjective.Field) -> String { SuccessObjective.schema.label(field, language) }
        var facts: [Values] = []
        if !answer.engagementNumber.isEmpty {
            let href = EngagementPages.href(answer.engagementNumber)
            facts.append(.fact(label(.engagement), answer.engagementNumber, href: href))
        }
        if !answer.accountName.isEmpty { facts.append(.fact(label(.account), answer.accountName)) }
        if let driver = objective.driver {
            let shown = SuccessObjective.schema.label(SuccessObjective.Field.driver, of: driver, language)
            facts.append(.fact(label(.driver), shown))
        }
        if let day = objective.plannedStart.flatMap({ CivilDate($0) }) {
            facts.append(.fact(label(.plannedStart), visit.reader.text(day)))
        }
        if let day = objective.plannedStop { facts.append(.fact(label(.plannedStop), date: day)) }
        return facts
    }

    /// Its milestones, and what is done unplanned for its engagement, as far as the person may read it.
    private static func beside(
        _ answer: CustomerSuccessWire.ObjectivePage, _ objective: SuccessObjective, _ parts: SuccessParts
    ) -> [Values] {
        let (visit, own) = (parts.visit, SuccessMilestone.Field.successObjective.rawValue)
        let engagement = (SuccessCase.Field.engagement.rawValue, objective.engagement ?? "")
        return [
            parts.list(
                visit.say("Milestones", "마일스톤"), answer.milestones, of: SuccessMilestone.schema,
                all: (own, objective.id), new: [(own, objective.id)]),
            parts.list(
                visit.say("Success cases of the engagement", "참여의 성공 케이스"), answer.successCases,
                of: SuccessCase.schema, all: engagement, new: engagement.1.isEmpty ? nil : [engagement]),
        ]
    }

    private static func badge(_ field: SuccessObjective.Field, _ value: String?, _ language: Language) -> Values? {
        guard let value else { return nil }
        return [
            "value": value, "label": SuccessObjective.schema.label(field, of: value, language),
            "field": SuccessObjective.schema.label(field, language),
        ]
    }

    private static func outcome(of planned: ObjectiveOutcome, _ parts: SuccessParts) -> Values {
        guard let outcome = planned.outcome else { return [:] }
        var values = parts.outcome(
            outcome, base: planned.baseValue, target: planned.targetValue, current: planned.currentValue,
            unit: planned.unit, planned.progress)
        let key = SuccessInitiative.Field.successOutcome.rawValue
        let initiatives = parts.list(
            parts.visit.say("Initiatives", "이니셔티브"), planned.initiatives, of: SuccessInitiative.schema,
            all: (key, outcome.id), new: [(key, outcome.id)])
        values["work"] = ["lists": [initiatives], "others": [Values]()] as Values
        return values
    }
}
