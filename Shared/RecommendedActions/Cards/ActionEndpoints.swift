import Ground
import RPC
import RecommendedActionsWire
import Records
import Roles
import Wire

/// Answers the requests that `proto/source/ale/shapes/v1/recommended_actions.proto` declares.
extension RecommendedActions {
    /// The endpoints, out of the methods that the service declares. A value that is assigned may name a record of another
    /// service, which `replicas` fetches when it is not known here yet.
    public func actionEndpoints(_ api: [MethodInfo], replicas: ReplicaSource? = nil) -> [Endpoint] {
        let methods = SharedMethods(api, of: database.service)
        let definitions = ActionDefinitions(actions: self)
        return [
            showing(methods["recommended_actions.show"], show),
            showing(methods["recommended_actions.answer"], answer),
            database.writing(
                methods["recommended_actions.assign"], \.requestID,
                trial: \AssignRecommendedActionRequest.validateOnly, replicas: replicas, assign),
            database.writing(
                methods["action_definitions.create"], \.requestID,
                trial: \CreateActionDefinitionRequest.validateOnly, definitions.create),
            database.writing(
                methods["action_definitions.update"], \.requestID,
                trial: \UpdateActionDefinitionRequest.validateOnly, definitions.update),
            database.writing(methods["action_definitions.delete"], \.requestID, definitions.delete),
            database.reading(methods["action_definitions.get"], definitions.get),
            database.reading(methods["action_definitions.list"], definitions.list),
            database.reading(methods["action_definitions.validate"], definitions.validate),
        ].compactMap { $0 }
    }

    private func show(_ request: ShowRecommendedActionsRequest, _ context: RuleContext) throws
        -> ShowRecommendedActionsResponse
    {
        guard request.values.count <= ActionBounds.entered else {
            throw Problem.invalid(
                field: ShowRecommendedActionsRequest.Field.values,
                Text(
                    en: "At most \(ActionBounds.entered) values.", ko: "값은 최대 \(grouped: ActionBounds.entered)개입니다."))
        }
        let entered = Dictionary(request.values.map { ($0.field, $0.text) }, uniquingKeysWith: { $1 })
        var answer = ShowRecommendedActionsResponse()
        answer.cards = try Cards(self, table: request.table, record: request.record, entered: entered, context).all()
        return answer
    }

    /// What is recommended for a record that the caller, who is of the provider, has just been shown: for pages, which show
    /// much else, and so as many of the cards as have their place there. Of the articles that they link to, by their keys,
    /// `readable` says those that the caller may read; no link leads to another (G-100).
    public func cards(
        for record: any RecordMessage, _ context: RuleContext, readable: (Set<String>) throws -> Set<String>
    ) throws -> [RecommendedAction] {
        var answer = ShowRecommendedActionsResponse()
        answer.cards = try Cards(self, shown: record, context).all()
        let linked = answer.linked
        if !linked.isEmpty {
            let kept = try readable(linked)
            answer.keepLinks { kept.contains($0.article) }
        }
        return try answer.cards.fitting(ActionBounds.pageBytes) { try $0.encodeProtobuf().count }
    }

    private func answer(_ request: AnswerDecisionTreeRequest, _ context: RuleContext) throws -> TreePlace {
        let cards = try Cards(self, table: request.table, record: request.record, context)
        return try TreeWalk(cards.tree(request.recommendation)).place(request.answers)
    }

    /// Assign takes the proposed value over, as the caller's own update.
    private func assign(_ request: AssignRecommendedActionRequest, _ context: RuleContext) throws
        -> AssignRecommendedActionResponse
    {
        let table = try table(request.table)
        try Access.requireProvider(.write, on: request.table, context.write.caller)
        guard !request.record.isEmpty else {
            throw Problem.invalid(
                field: AssignRecommendedActionRequest.Field.record,
                Text(en: "Only a stored record is given the value.", ko: "저장된 레코드에만 값을 지정할 수 있습니다."))
        }
        let cards = try Cards(self, table: request.table, record: request.record, context)
        guard let proposed = try cards.required(request.recommendation).proposed else { throw Cards.notRecommended }
        let record = try table.update(
            request.record, request.etag, [proposed.field: proposed.value], context)
        var answer = AssignRecommendedActionResponse()
        (answer.table, answer.record, answer.etag) = (request.table, request.record, record.etag)
        (answer.field, answer.value) = (proposed.field, proposed.value)
        return answer
    }
}
