import Korean
import OnboardingWire
import Postgres
import RecommendedActions
import RecommendedActionsWire
import Records
import Wire

extension Onboarding {
    /// The recommended actions of cases and their tasks (G-132).
    static func recommendedActions(_ database: Database) -> RecommendedActions {
        RecommendedActions(
            database,
            tables: [ActionTable(OnboardingCase.self, database), ActionTable(LifecycleTask.self, database)],
            generators: [OnboardingGenerators.responsiblePerson, OnboardingGenerators.customerContact],
            flows: [registerConsumer], articles: KnowledgeReading.articles(database))
    }
}

extension Onboarding {
    /// The guided flow of RA-05.
    static let registerConsumer = GuidedFlow(
        "register_consumer", Text(en: "Register consumer", ko: "고객 등록"), OnboardingAPI.registerConsumer,
        fields: [ConsumerRegistration.Field.account, .contact, .instanceUrl].map(\.rawValue))
}

/// What is proposed for cases and their tasks (G-111).
enum OnboardingGenerators {
    /// The person with the required responsibility, else the assignee of the case. The responsibility is the one that the
    /// recommendation names, else the task's own, else the one that tasks go to by default.
    static let responsiblePerson = ResourceGenerator("responsible_person", .value(of: User.schema.table)) { ground in
        guard let onboarding = onboardingCase(of: ground) else { return [] }
        let own = ground.text(of: LifecycleTask.Field.responsibility)
        let responsibility =
            try ground.argument.isEmpty && Validation.isUUID(own)
            ? own : CaseHolders.responsibility(ground.argument, ground.context)
        guard let user = try CaseHolders.holder(of: responsibility, on: onboarding, ground.context) else { return [] }
        let name = try CaseHolders.name(of: user, ground.context)
        return [.value(user, called: name.map { Text(en: $0, ko: $0) })]
    }

    /// The contact with the responsibility that the recommendation names, by default Customer onboarding contact. Nobody who
    /// has left.
    static let customerContact = ResourceGenerator("customer_contact", .value(of: CustomerContact.schema.table)) {
        ground in
        guard let onboarding = onboardingCase(of: ground) else { return [] }
        let name = ground.argument.isEmpty ? OnboardingSeed.customerContact : ground.argument
        let rows = try ground.context.transaction.query(
            """
            SELECT c.id, c.first_name, c.last_name FROM onboarding.case_team_member m \
            JOIN onboarding.responsibility_definition r ON r.id = m.responsibility \
            JOIN onboarding.customer_contact c ON c.id = m.contact \
            WHERE m.onboarding_case = \(onboarding) AND m.side = \(literal: CaseTeamMember.Side.customer) \
            AND r.name = \(name) AND c.active IS NOT FALSE ORDER BY m.id LIMIT 1
            """)
        return try rows.map { row in
            let called = try PersonName.full(
                first: row.optionalString(CustomerContact.Field.firstName),
                last: row.optionalString(CustomerContact.Field.lastName))
            return .value(try row.string(CustomerContact.Field.id), called: Text(en: called, ko: called))
        }
    }

    /// The case that a ground is, or belongs to; nil for a draft that names none.
    private static func onboardingCase(of ground: ProposalGround) -> String? {
        let id = ground.record is OnboardingCase ? ground.record.id : ground.text(of: LifecycleTask.Field.parent)
        return Validation.isUUID(id) ? id : nil
    }
}
