import Ground
import OnboardingWire
import Postgres
import Records
import Roles
import Tenancy
import Wire

/// The names behind the ids of a page, read once all ids are known.
struct WorkNames {
    private let database: Database
    private let caller: Caller
    private var accounts: [String: String] = [:]
    private var cases: [String: String] = [:]
    private var people: [String: String] = [:]

    init(_ database: Database, _ caller: Caller) {
        self.database = database
        self.caller = caller
    }

    /// Reads the accounts and cases that `items` speak of, and who they and `users` are, as far as the caller may know
    /// them.
    mutating func read(_ items: [WorkItem], users: [String] = [], in tx: Transaction) throws {
        let accounts = Set(items.map(\.account)).filter(Validation.isUUID).sorted()
        let cases = Set(items.map(\.parent)).filter(Validation.isUUID).sorted()
        let store = Store<CustomerAccount>(database)
        let mayReadCases =
            caller.kind == .service || Access.allows(caller.roles, .read, on: OnboardingCase.schema.table)
        let answers = try tx.queryAll([
            try store.selection(where: "id = ANY(\(accounts)::uuid[])", limit: max(accounts.count, 1), as: caller),
            // Whoever sees a task may know the number of its case, also where the case is not among those of a contact.
            """
            SELECT id, number FROM onboarding.onboarding_case WHERE \(mayReadCases) AND id = ANY(\(cases)::uuid[])
            """,
        ])
        for account in try store.records(answers[0], for: caller) { self.accounts[account.id] = account.name ?? "" }
        for row in answers[1] {
            self.cases[try row.string(OnboardingCase.Field.id)] = try row.string(OnboardingCase.Field.number)
        }
        try read(users: items.map(\.assignedTo) + users, in: tx)
    }

    /// Reads who users are, for customers and for who may read users.
    mutating func read(users: [String], in tx: Transaction) throws {
        guard caller.kind == .customer || Access.allows(caller.roles, .read, on: User.schema.table) else { return }
        let unknown = Set(users).subtracting(people.keys)
        people.merge(try database.names(ofUsers: unknown, as: caller, in: tx)) { known, _ in known }
    }

    /// Writes the names that were found into the lines of a list.
    func filled(_ items: [WorkItem]) -> [WorkItem] {
        items.map { item in
            var item = item
            if item.accountName.isEmpty { item.accountName = accounts[item.account] ?? "" }
            item.parentNumber = cases[item.parent] ?? ""
            item.assignedToName = person(item.assignedTo)
            return item
        }
    }

    /// The same for a section of a page.
    func filled(_ section: OnboardingCaseSection?) -> OnboardingCaseSection? {
        section.map { section in
            var section = section
            section.items = filled(section.items)
            return section
        }
    }

    /// Writes the names of users into the teams of the provider.
    func filled(_ people: OnboardingCasePeople?) -> OnboardingCasePeople? {
        func named(_ team: [CasePerson]) -> [CasePerson] {
            team.map { person in
                var person = person
                person.name = self.person(person.user)
                return person
            }
        }
        return people.map { people in
            var people = people
            people.accountTeam = named(people.accountTeam)
            people.squad = named(people.squad)
            return people
        }
    }

    /// The name of a user; empty where nothing is known.
    func person(_ user: String?) -> String { user.flatMap { people[$0] } ?? "" }

    /// The name of an account that was read.
    func account(_ id: String?) -> String { id.flatMap { accounts[$0] } ?? "" }

    /// The number of a case that was read.
    func onboardingCase(_ id: String?) -> String { id.flatMap { cases[$0] } ?? "" }

    /// What stands for an id in a header: the name of an account or of the record's contact, the number of a case.
    func named(_ table: String, _ id: String, contact: String) -> String {
        switch table {
        case CustomerAccount.schema.table: account(id)
        case OnboardingCase.schema.table: onboardingCase(id)
        case CustomerContact.schema.table: contact
        default: ""
        }
    }

    /// Everybody who was read, in the order of their names.
    var all: [NamedPerson] {
        people.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map { id, name in
            var person = NamedPerson()
            (person.user, person.name) = (id, name)
            return person
        }
    }
}
