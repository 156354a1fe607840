import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension TeamMessage: Record {
    public static let storage = Storage<TeamMessage>(
        domain: .references([.onboardingCase]),
        // A portal user lives in the domain of one of the accounts it is a contact of.
        ruled: [.user])
}

/// Tells the teams of a case who is in them (G-40, G-41): one ``TeamMessage`` for each reader, which the notifier sends,
/// and an entry in the case's journal.
///
/// The activities of the playbook call it in the transaction that completes them. A completion that was told of before is
/// not told of again: a ``Completion`` says which one it is.
enum TeamMessages {
    private typealias Kind = TeamMessage.Kind
    private typealias Side = ResponsibilityDefinition.Side

    /// One completion of an activity of a playbook's run.
    struct Completion: Sendable {
        /// The id of the activity in its run.
        let activity: String
        /// How often it was completed, this time included.
        let count: Int
    }

    /// *Add customer team responsibilities* is complete: to all contacts of the customer team, and the assignee of the
    /// case, goes who the customer's onboarding contacts are (M1), and who the key team members (M2).
    static func customerTeamCompleted(
        case id: String, _ completion: Completion, _ context: RuleContext
    ) throws {
        guard let told = try Told(id, context) else { return }
        let team = try TeamPeople.customers(of: id, context)
        for (kind, responsibility) in [
            (Kind.onboardingContacts, "Customer onboarding contact"), (Kind.keyMembers, "Key team member"),
        ] {
            let asked = OnboardingSeed.responsibility(Side.customer, responsibility)
            let people = team.filter { $0.responsibilities.contains(asked) }
            let readers = team + [told.assignee].compactMap { $0 }
            try tell(readers, of: people, kind, completion, told, context)
        }
    }

    /// *Add account team* is complete: all of the account team are told who is in it (M3).
    static func accountTeamCompleted(
        case id: String, _ completion: Completion, _ context: RuleContext
    ) throws {
        guard let told = try Told(id, context) else { return }
        let team = try TeamPeople.provider(of: id, context)
        try tell(team, of: team, Kind.accountTeam, completion, told, context)
    }

    /// What the messages are about.
    private struct Told {
        let record: OnboardingCase
        let accountName: String
        let assignee: TeamPerson?
        /// Of the assignee, and of those who say none.
        let language: String

        /// Locked: of two completions at once, one waits for the other. Nil for a case that is gone.
        init?(_ id: String, _ context: RuleContext) throws {
            let store = Store<OnboardingCase>(context.database)
            guard let found = try store.find(id, lock: .update, in: context.transaction) else { return nil }
            record = found
            accountName = try context.find(CustomerAccount.self, found.account)?.name ?? ""
            assignee = try TeamPeople.user(found.assignedTo, context)
            language = try context.language(of: found.assignedTo)
        }
    }

    /// Nothing is said of nobody.
    private static func tell(
        _ readers: [TeamPerson], of people: [TeamPerson], _ kind: String, _ completion: Completion, _ told: Told,
        _ context: RuleContext
    ) throws {
        let id = told.record.id
        guard !people.isEmpty else { return }
        let before = try context.transaction.query(
            """
            SELECT 1 FROM onboarding.team_message WHERE onboarding_case = \(id) AND kind = \(kind) \
            AND playbook_activity = \(completion.activity) AND completion = \(completion.count) LIMIT 1
            """)
        guard before.isEmpty else { return }
        let names = people.map(\.name).joined(separator: ", ")
        let store = Store<TeamMessage>(context.database)
        var addresses: Set<String> = []
        for reader in readers where addresses.insert(reader.email.lowercased()).inserted {
            var message = TeamMessage()
            let name = "team_message \(id) \(kind) \(completion.activity) \(completion.count) \(reader.id)"
            message.id = RecordID.derived(from: name)
            message.onboardingCase = id
            message.kind = kind
            message.completion = Int32(clamping: completion.count)
            message.playbookActivity = completion.activity
            message.contact = reader.contact
            message.user = reader.user
            message.recipient = reader.email
            message.recipientName = reader.name
            message.language = reader.language ?? told.language
            message.people = names
            message.accountName = told.accountName
            message.caseNumber = told.record.number
            _ = try store.create(message, context.write.asSystem, in: context.transaction)
        }
        try log(kind, names, told, context)
    }

    /// What customers were told they read on the case, too; what the account team was told stays with the provider.
    private static func log(_ kind: String, _ names: String, _ told: Told, _ context: RuleContext) throws {
        let text =
            switch kind {
            case Kind.onboardingContacts:
                Text(
                    en: "E-mail to the customer team: the onboarding contacts are \(names).",
                    ko: "고객 팀에 이메일을 보냈습니다. 고객 온보딩 연락처: \(names)")
            case Kind.keyMembers:
                Text(
                    en: "E-mail to the customer team: the key team members are \(names).",
                    ko: "고객 팀에 이메일을 보냈습니다. 핵심 팀원: \(names)")
            default:
                Text(
                    en: "E-mail to the account team: its members are \(names).",
                    ko: "계정 팀에 이메일을 보냈습니다. 계정 팀 구성원: \(names)")
            }
        var entry = AddEntryRequest()
        entry.id = told.record.id
        entry.text = text(told.language)
        _ = try Store<OnboardingCase>(context.database).addEntry(
            entry, comment: kind != Kind.accountTeam, context.write.asSystem, in: context.transaction)
    }
}
