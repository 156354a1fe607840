import Filters
import Korean
import OnboardingWire
import Playbooks
import PlaybooksWire
import Postgres
import RPC
import Records
import Wire

/// The activities that form the teams of a case. Who may be named, people of the customer here and of the provider there,
/// active ones alone, the records themselves say.
extension OnboardingActivities {
    /// Each person that is added becomes a contact of the account; one that is there already is taken.
    static let addContacts = ActivityKind(
        "add_contacts", Text(en: "Add customer team", ko: "고객 팀 추가"),
        inputs: [
            .rows(
                .contacts, Text(en: "Contacts", ko: "연락처"),
                [
                    .field(.firstName, of: CustomerContact.self, isMandatory: true),
                    .field(.lastName, of: CustomerContact.self, isMandatory: true),
                    .field(.email, of: CustomerContact.self, isMandatory: true),
                ], isMandatory: true)
        ],
        rights: [WriteRight(.create, CustomerContact.self)]
    ) { activity, context in
        var outcome = ActivityOutcome()
        let account = try context.find(OnboardingCase.self, activity.record)?.account
        var added: Set<String> = []
        try activity.forEachRow(.contacts) { row in
            var contact = CustomerContact()
            contact.account = account
            contact.firstName = row[CustomerContact.Field.firstName]
            contact.lastName = row[CustomerContact.Field.lastName]
            contact.email = row[CustomerContact.Field.email]
            let found = try known(contact, context)
            guard found?.active != false else { throw deactivated(contact) }
            let stored =
                try found
                ?? Store<CustomerContact>(context.database).create(contact, context.write, in: context.transaction)
            guard added.insert(stored.id).inserted else { throw doubled(contact) }
            outcome.created.append(CreatedRecord(stored, nil))
        }
        outcome.replacesCreated = true
        // Who comes later needs a responsibility as well.
        if try !added.isSubset(of: customers(of: activity.record, context)) {
            outcome.reopens = activity.lane.filter { $0.kind == addResponsibilities.key }.map(\.id)
        }
        return outcome
    }

    /// The contact of the account with the same e-mail address.
    private static func known(_ contact: CustomerContact, _ context: RuleContext) throws -> CustomerContact? {
        try Store<CustomerContact>(context.database).find(
            where: """
                email_alike = md5(\((contact.email ?? "").alike))::uuid AND account = \(contact.account ?? "")::uuid LIMIT 1
                """, in: context.transaction
        ).first
    }

    private static func deactivated(_ contact: CustomerContact) -> Problem {
        let email = contact.email ?? ""
        return .invalid(
            field: CustomerContact.path(.email),
            Text(
                en: "The contact with the address \(email) is deactivated. Activate it first.",
                ko: "이메일 주소가 \(email)인 연락처는 비활성화되어 있습니다. 먼저 활성화하세요."), rule: "CASE_TEAM")
    }

    private static func doubled(_ contact: CustomerContact) -> Problem {
        let email = contact.email ?? ""
        return .invalid(
            field: CustomerContact.path(.email),
            Text(
                en: "The address \(email) stands in a row above already.", ko: "이메일 주소 \(email, .topic) 위의 행에 이미 있습니다."),
            rule: "CASE_TEAM")
    }

    /// Every contact that was added and has not left gets a responsibility.
    static let addResponsibilities = ActivityKind(
        "add_responsibilities", Text(en: "Add customer team responsibilities", ko: "고객 팀 담당 업무 추가"),
        inputs: [
            .rows(
                .members, Text(en: "Customer team", ko: "고객 팀"),
                [
                    .field(.contact, of: CaseTeamMember.self, isMandatory: true),
                    .field(
                        .responsibility, of: CaseTeamMember.self, where: side(ResponsibilityDefinition.Side.customer),
                        isMandatory: true),
                ], isMandatory: true)
        ],
        rights: [WriteRight(.create, CaseTeamMember.self)]
    ) { activity, context in
        let added = activity.lane.flatMap(\.created).filter { $0.table == CustomerContact.schema.table }.map(\.id)
        let rows = activity.rows(.members)
        try checkChosen(Set(added).union(customers(of: activity.record, context)), activity)
        try checkAccount(activity, context)
        let assigned = Set(rows.compactMap { $0[CaseTeamMember.Field.contact] })
        let missing = try active(added, context).filter { !assigned.contains($0.id) }
        guard missing.isEmpty else { throw withoutResponsibility(missing, activity) }
        let outcome = try members(CaseTeamMember.Side.customer, activity, context)
        try TeamMessages.customerTeamCompleted(case: activity.record, .init(activity), context)
        return outcome
    }

    /// The contacts who have a responsibility in the customer team of a case.
    private static func customers(of onboarding: String, _ context: RuleContext) throws -> Set<String> {
        let rows = try context.transaction.query(
            """
            SELECT contact FROM onboarding.case_team_member WHERE onboarding_case = \(onboarding) \
            AND side = \(literal: CaseTeamMember.Side.customer) AND contact IS NOT NULL
            """)
        return Set(try rows.map { try $0.string(CaseTeamMember.Field.contact) })
    }

    private static func active(_ contacts: [String], _ context: RuleContext) throws -> [CustomerContact] {
        try Store<CustomerContact>(context.database).find(
            where: "id = ANY(\(contacts)::uuid[]) AND active IS NOT FALSE", in: context.transaction)
    }

    private static func withoutResponsibility(
        _ contacts: [CustomerContact], _ activity: ActivityCompletion
    ) -> Problem {
        let names = contacts.map { PersonName.full(first: $0.firstName, last: $0.lastName) }.joined(separator: ", ")
        return .invalid(
            field: activity.path(.members),
            Text(
                en: "Every contact that was added needs a responsibility: \(names).",
                ko: "추가한 모든 연락처에 담당 업무를 지정해야 합니다. 담당 업무가 없는 연락처: \(names)"),
            rule: "CASE_TEAM")
    }

    /// A contact is chosen out of those that the activity before has added, where the playbook has such an activity, or is
    /// in the team already.
    private static func checkChosen(_ added: Set<String>, _ activity: ActivityCompletion) throws {
        guard let adding = activity.lane.first(where: { $0.kind == addContacts.key && $0.applies }) else { return }
        let label = adding.label?.text ?? addContacts.label
        try activity.forEachRow(.members) { row in
            guard let contact = row[CaseTeamMember.Field.contact], !added.contains(contact) else { return }
            throw Problem.invalid(
                field: CaseTeamMember.path(.contact),
                Text(
                    en: "A contact must be one that was added in \(label.en).",
                    ko: "‘\(label.ko)’ 활동에서 추가한 연락처만 선택할 수 있습니다."), rule: "CASE_TEAM")
        }
    }

    /// The customer team is of the account of the case, also where the playbook has no activity that adds contacts.
    private static func checkAccount(_ activity: ActivityCompletion, _ context: RuleContext) throws {
        let account = try context.find(OnboardingCase.self, activity.record)?.account
        let named = Set(activity.rows(.members).compactMap { $0[CaseTeamMember.Field.contact] }).filter(
            Validation.isUUID)
        let own = try Store<CustomerContact>(context.database).find(
            where: "id = ANY(\(named.sorted())::uuid[])", in: context.transaction)
        let known = Set(own.filter { $0.account == account }.map(\.id))
        try activity.forEachRow(.members) { row in
            guard let contact = row[CaseTeamMember.Field.contact], !known.contains(contact) else { return }
            throw Problem.invalid(
                field: CaseTeamMember.path(.contact),
                Text(
                    en: "A contact of the customer team must be one of the account of the case.",
                    ko: "고객 팀의 연락처로는 케이스 계정의 연락처만 선택할 수 있습니다."), rule: "CASE_TEAM")
        }
    }

    private static var doubledMember: Problem {
        .invalid(
            field: CaseTeamMember.path(.responsibility),
            Text(
                en: "A row above gives this person the same responsibility.", ko: "위의 행에서 같은 사람에게 이미 지정한 담당 업무입니다."),
            rule: "CASE_TEAM")
    }

    /// People of the provider with what they do on the case.
    static let addAccountTeam = ActivityKind(
        "add_account_team", Text(en: "Add account team", ko: "계정 팀 추가"),
        inputs: [
            .rows(
                .members, Text(en: "Account team", ko: "계정 팀"),
                [
                    .field(
                        .responsibility, of: CaseTeamMember.self, where: side(ResponsibilityDefinition.Side.provider),
                        isMandatory: true),
                    .field(.user, of: CaseTeamMember.self, isMandatory: true),
                ], isMandatory: true)
        ],
        rights: [WriteRight(.create, CaseTeamMember.self)]
    ) { activity, context in
        let outcome = try members(CaseTeamMember.Side.provider, activity, context)
        try TeamMessages.accountTeamCompleted(case: activity.record, .init(activity), context)
        return outcome
    }

    /// Keeps the responsibilities of one side.
    private static func side(_ side: String) -> FieldFilter<ResponsibilityDefinition.Field> { .equal(.side, side) }

    /// Adds those who are not there yet, and warns of each who lacks the role that the responsibility needs (G-42).
    private static func members(
        _ side: String, _ activity: ActivityCompletion, _ context: RuleContext
    ) throws -> ActivityOutcome {
        var outcome = ActivityOutcome()
        let store = Store<CaseTeamMember>(context.database)
        let known = try store.find(
            where: "onboarding_case = \(activity.record) AND side = \(side)", in: context.transaction)
        var rows: Set<[String: String]> = []
        try activity.forEachRow(.members) { row in
            guard rows.insert(row).inserted else { throw doubledMember }
            let there = known.first {
                $0.responsibility == row[CaseTeamMember.Field.responsibility]
                    && $0.contact == row[CaseTeamMember.Field.contact] && $0.user == row[CaseTeamMember.Field.user]
            }
            var draft = CaseTeamMember()
            draft.onboardingCase = activity.record
            draft.side = side
            draft.responsibility = row[CaseTeamMember.Field.responsibility]
            draft.contact = row[CaseTeamMember.Field.contact]
            draft.user = row[CaseTeamMember.Field.user]
            let member = try there ?? store.create(draft, context.write, in: context.transaction)
            outcome.created.append(CreatedRecord(member, nil))
            outcome.warnings += try TeamRoles.warning(of: member, context)
        }
        outcome.replacesCreated = true
        return outcome
    }
}

extension TeamMessages.Completion {
    /// The completion of an activity that is under way.
    fileprivate init(_ completion: ActivityCompletion) {
        self.init(activity: completion.activity.id, count: Int(completion.activity.completions))
    }
}
