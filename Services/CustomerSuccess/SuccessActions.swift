import CustomerSuccessWire
import OnboardingWire
import RPC
import RecommendedActions
import Records
import Wire

extension CustomerSuccess {
    /// The recommended actions of success records (G-132); those that ship are in ``ShippedSuccessActions``.
    static func recommendedActions(_ database: Database, _ client: Client) -> RecommendedActions {
        RecommendedActions(
            database,
            tables: [
                ActionTable(Engagement.self, database), ActionTable(SuccessObjective.self, database),
                ActionTable(SuccessOutcome.self, database), ActionTable(SuccessInitiative.self, database),
                ActionTable(SuccessCase.self, database), ActionTable(SuccessTask.self, database),
                ActionTable(Touchpoint.self, database), ActionTable(InternalPlay.self, database),
                ActionTable(RiskSignal.self, database),
            ],
            generators: [responsiblePerson],
            articles: .asking { key async throws(Problem) in
                var request = ReadKnowledgeRequest()
                request.key = key
                _ = try await client.call(OnboardingAPI.readKnowledge, request, deadline: .seconds(2))
            })
    }

    /// Whoever holds the responsibility that the recommendation names in the squad of the record's account (G-111).
    private static let responsiblePerson = ResourceGenerator("responsible_person", .value(of: User.schema.table)) {
        ground in
        let account = ground.text(of: SuccessInitiative.Field.account)
        guard Validation.isUUID(account), !ground.argument.isEmpty,
            let user = try SuccessHolders.member(of: account, ground.argument, ground.context)
        else { return [] }
        return try [.value(user, called: SuccessHolders.name(of: user, ground.context).map { Text(en: $0, ko: $0) })]
    }
}
