import JourneyKit
import RPC
import Roles
import Tenancy
import Wire

/// Somebody of the scenario.
struct Person: Sendable {
    let name: String
    let email: String
    /// The user; empty of a contact who is none.
    var user = ""
    /// The contact; empty of people of the provider.
    var contact = ""
    /// Signs what the person asks for.
    var credential = Credential.anonymous
}

/// Names of the people, by what they do.
private struct Names {
    let manager, analyst, administrator: String
    /// First and last.
    let contact, expert, member: (String, String)

    static func of(_ language: String) -> Names {
        language == "ko"
            ? Names(
                manager: "박지우", analyst: "이서준", administrator: "최민서", contact: ("하나", "김"), expert: ("도윤", "정"),
                member: ("서연", "한"))
            : Names(
                manager: "Mara Manager", analyst: "Anton Analyst", administrator: "Dina Developer",
                contact: ("Carla", "Contact"), expert: ("Emil", "Expert"), member: ("Kira", "Key"))
    }
}

/// The five people of an onboarding, and a colleague of the customer who has no part in the system. All speak one
/// language.
struct Cast: Sendable {
    /// `en` or `ko`.
    let language: String
    /// Owns the work from start to go-live.
    let manager: Person
    /// Sees to the data.
    let analyst: Person
    /// Configures the playbook, grants roles, and has the tasks.
    let administrator: Person
    /// The customer's onboarding contact, the customer's data SME, and a key member of the customer's team.
    var contact, expert, member: Person
    /// First and last names of those three, as they are entered.
    let rows: [[String: String]]

    /// Those of the provider come with their roles; those of the customer are only known by name yet.
    init(_ world: JourneyWorld, _ language: String) async throws {
        let names = Names.of(language)
        func employee(_ name: String, _ place: String, _ roles: Set<String>) async throws -> Person {
            let email = "\(place).\(language)@provider.example"
            let user = try await world.person(named: name, email, roles, language: language)
            let caller = Caller(
                subject: user.id, kind: .person, domain: JourneyWorld.provider, roles: RoleCatalog.close(roles),
                locale: language)
            return Person(name: name, email: email, user: user.id, credential: .token(try world.token(caller)))
        }
        func outsider(_ name: (String, String), _ place: String) -> Person {
            // A Korean name begins with the family name.
            let full = language == "ko" ? name.1 + name.0 : "\(name.0) \(name.1)"
            return Person(name: full, email: "\(place).\(language)@customer.example")
        }
        self.language = language
        manager = try await employee(names.manager, "manager", ["sn_acct_lc.agent"])
        analyst = try await employee(names.analyst, "analyst", ["sn_acct_lc.agent"])
        administrator = try await employee(names.administrator, "developer", ["admin"])
        contact = outsider(names.contact, "contact")
        expert = outsider(names.expert, "expert")
        member = outsider(names.member, "member")
        rows = zip([names.contact, names.expert, names.member], [contact, expert, member]).map {
            ["first_name": $0.0, "last_name": $0.1, "email": $1.email]
        }
    }

    /// All of the customer's people.
    var customers: [Person] { [contact, expert, member] }
    /// All of the provider's people.
    var provider: [Person] { [manager, analyst, administrator] }

    /// Whether a text is in the language of these people.
    func reads(_ text: String) -> Bool {
        text.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) } == (language == "ko")
    }
}
