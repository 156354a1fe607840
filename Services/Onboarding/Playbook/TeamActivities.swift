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
                "contacts", Text(en: "Contacts", ko: "연락처"),
                [
                    .column("first_name", CustomerContact.label(.firstName), isMandatory: true),
                    .column("last_name", CustomerContact.label(.lastName), isMandatory: true),
                    .column("email", CustomerContact.label(.email), type: "email", isMandatory: true),
                ], isMandatory: true)
        ],
        rights: [WriteRight(.create, "customer_contact")]
    ) { activity, context in
        var outcome = ActivityOutcome()
        let account = try context.find(OnboardingCase.self, activity.record)?.account
        for row in InputRows(activity.values["contacts"] ?? "")?.rows ?? [] {
            var contact = CustomerContact()
            contact.account = account
            contact.firstName = row["first_name"]
            contact.lastName = row["last_name"]
            contact.email = row["email"]
            let stored =
                try known(contact, context)
                ?? Store<CustomerContact>(context.database).create(contact, context.write, in: context.transaction)
            outcome.created.append(CreatedRecord(stored, nil))
        }
        return outcome
    }

    /// The contact of the account with the same e-mail address.
    private static func known(_ contact: CustomerContact, _ context: RuleContext) throws -> CustomerContact? {
        try Store<CustomerContact>(context.database).find(
            where: """
                account = \(contact.account ?? "")::uuid \
                AND onboarding.alike_key(email) = onboarding.alike_key(\(contact.email ?? "")) LIMIT 1
                """, in: context.transaction
        ).first
    }

    /// Every contact that was added gets a responsibility.
    static let addResponsibilities = ActivityKind(
        "add_responsibilities", Text(en: "Add customer team responsibilities", ko: "고객 팀 담당 업무 추가"),
        inputs: [
            .rows(
                "members", Text(en: "Customer team", ko: "고객 팀"),
                [
                    .column("contact", CaseTeamMember.label(.contact), of: "customer_contact", isMandatory: true),
                    .column(
                        "responsibility", CaseTeamMember.label(.responsibility), of: "responsibility_definition",
                        where: "side = \"customer\"", isMandatory: true),
                ], isMandatory: true)
        ],
        rights: [WriteRight(.create, "case_team_member")]
    ) { activity, context in
        let rows = InputRows(activity.values["members"] ?? "")?.rows ?? []
        let assigned = Set(rows.compactMap { $0["contact"] })
        let added = activity.lane.flatMap(\.created).filter { $0.table == CustomerContact.schema.table }.map(\.id)
        guard assigned.isSuperset(of: added) else {
            throw Problem.invalid(
                field: "values.members",
                Text(
                    en: "Every contact that was added needs a responsibility.", ko: "추가한 모든 연락처에 담당 업무를 지정해야 합니다."),
                rule: "CASE_TEAM")
        }
        let outcome = try members(rows, CaseTeamMember.Side.customer, activity, context)
        try TeamMessages.customerTeamCompleted(case: activity.record, .init(activity), context)
        return outcome
    }

    /// People of the provider with what they do on the case.
    static let addAccountTeam = ActivityKind(
        "add_account_team", Text(en: "Add account team", ko: "계정 팀 추가"),
        inputs: [
            .rows(
                "members", Text(en: "Account team", ko: "계정 팀"),
                [
                    .column(
                        "responsibility", CaseTeamMember.label(.responsibility), of: "responsibility_definition",
                        where: "side = \"provider\"", isMandatory: true),
                    .column("user", CaseTeamMember.label(.user), of: "user", isMandatory: true),
                ], isMandatory: true)
        ],
        rights: [WriteRight(.create, "case_team_member")]
    ) { activity, context in
        let rows = InputRows(activity.values["members"] ?? "")?.rows ?? []
        let outcome = try members(rows, CaseTeamMember.Side.provider, activity, context)
        try TeamMessages.accountTeamCompleted(case: activity.record, .init(activity), context)
        return outcome
    }

    /// Adds those who are not there yet.
    private static func members(
        _ rows: [[String: String]], _ side: String, _ activity: ActivityCompletion, _ context: RuleContext
    ) throws -> ActivityOutcome {
        var outcome = ActivityOutcome()
        let store = Store<CaseTeamMember>(context.database)
        let known = try store.find(
            where: "onboarding_case = \(activity.record) AND side = \(side)", in: context.transaction)
        for row in rows {
            let isThere = known.contains {
                $0.responsibility == row["responsibility"] && $0.contact == row["contact"] && $0.user == row["user"]
            }
            guard !isThere else { continue }
            var member = CaseTeamMember()
            member.onboardingCase = activity.record
            member.side = side
            member.responsibility = row["responsibility"]
            member.contact = row["contact"]
            member.user = row["user"]
            let stored = try store.create(member, context.write, in: context.transaction)
            outcome.created.append(CreatedRecord(stored, nil))
        }
        return outcome
    }
}

extension TeamMessages.Completion {
    /// The completion of an activity that is under way.
    fileprivate init(_ completion: ActivityCompletion) {
        self.init(activity: completion.activity.id, count: Int(completion.activity.completions))
    }
}
