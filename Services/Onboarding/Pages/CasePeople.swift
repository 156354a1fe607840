import CustomerSuccessWire
import Ground
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// The people of a case, once Initial setup is done: the customer team, the account team, the squad, each with what they
/// answer for, and the account.
struct CasePeople {
    /// Most people shown of each kind.
    private static let size = 100

    private enum Column: String {
        case responsibility
    }

    private let database: Database
    private let caller: Caller
    private let language: String

    init(_ database: Database, _ call: Call) {
        self.database = database
        caller = call.caller
        language = call.language
    }

    /// What has to be asked; ``read(_:)`` takes the answers.
    func statements(_ record: OnboardingCase) throws -> [SQL] {
        let members = Store<CaseTeamMember>(database)
        // Of whom the caller may not read any, nobody is shown.
        let team = try members.selection(
            where: "onboarding_case = \(record.id)", limit: Self.size * 2, as: caller)
        return [
            try Store<CustomerAccount>(database).selection(
                where: "id = \(record.account)", limit: 1, as: caller),
            """
            SELECT contact.id AS contact, contact.first_name, contact.last_name, contact.email, contact.phone, \
            contact.title, \(responsibility) AS responsibility FROM (\(team)) member \
            JOIN onboarding.customer_contact contact ON contact.id = member.contact \
            LEFT JOIN onboarding.responsibility_definition definition ON definition.id = member.responsibility \
            ORDER BY contact.last_name, contact.first_name, member.id LIMIT \(Self.size)
            """,
            """
            SELECT member."user", \(responsibility) AS responsibility FROM (\(team)) member \
            LEFT JOIN onboarding.responsibility_definition definition ON definition.id = member.responsibility \
            WHERE member."user" IS NOT NULL ORDER BY member.id LIMIT \(Self.size)
            """,
            """
            SELECT member."user", \(responsibility) AS responsibility FROM \(squad(record.squad)) member \
            LEFT JOIN onboarding.responsibility_definition definition ON definition.id = member.responsibility \
            WHERE member.active IS NOT FALSE ORDER BY member.id LIMIT \(Self.size)
            """,
        ]
    }

    private func squad(_ ids: [String]) -> SQL {
        database.replica(
            SquadMember.self, .user, .responsibility, .active, where: "id = ANY(\(ids)::uuid[])", as: caller)
    }

    /// The name of a responsibility in the caller's language.
    private var responsibility: SQL {
        Language(tag: language) == .ko ? "coalesce(definition.name_ko, definition.name)" : "definition.name"
    }

    /// The people, of the answers to the statements; the names of users are still to come.
    func read(_ answers: ArraySlice<Rows>) throws -> OnboardingCasePeople {
        let answers = Array(answers)
        var people = OnboardingCasePeople()
        people.account = try Store<CustomerAccount>(database).records(answers[0], for: caller).first
        people.customerTeam = try answers[1].map { row in
            var person = CasePerson()
            person.contact = try row.string(CaseTeamMember.Field.contact)
            person.name = PersonName.full(
                first: try row.optionalString(CustomerContact.Field.firstName),
                last: try row.optionalString(CustomerContact.Field.lastName))
            person.email = try row.optionalString(CustomerContact.Field.email) ?? ""
            person.phone = try row.optionalString(CustomerContact.Field.phone) ?? ""
            person.title = try row.optionalString(CustomerContact.Field.title) ?? ""
            person.responsibility = try row.optionalString(Column.responsibility) ?? ""
            return person
        }
        people.accountTeam = try answers[2].map(Self.user)
        people.squad = try answers[3].map(Self.user)
        return people
    }

    private static func user(_ row: Row) throws -> CasePerson {
        var person = CasePerson()
        person.user = try row.optionalString(SquadMember.Field.user) ?? ""
        person.responsibility = try row.optionalString(Column.responsibility) ?? ""
        return person
    }
}
