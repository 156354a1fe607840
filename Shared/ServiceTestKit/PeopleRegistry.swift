import Identity
import RPC
import Roles
import Synchronization
import Tenancy

/// People a test makes and changes.
public final class PeopleRegistry: People {
    private struct State {
        var people: [String: KnownPerson] = [:]
        var isReachable = true
        var questions = 0
    }
    private let state: Mutex<State>
    private let others: KnownPerson?

    /// Knows `people`; of everybody else it knows `others`, or nothing.
    public init(_ people: [String: KnownPerson] = [:], others: KnownPerson? = nil) {
        state = Mutex(State(people: people))
        self.others = others
    }

    /// Everybody stands, everywhere and with every role, but those of whom a test says otherwise.
    public static func everybody() -> PeopleRegistry {
        PeopleRegistry(others: KnownPerson(domain: .root, roles: RoleCatalog.all.map(\.name)))
    }

    /// What is known of somebody.
    public subscript(subject: String) -> KnownPerson? {
        get { state.withLock { $0.people[subject] } }
        set { state.withLock { $0.people[subject] = newValue } }
    }

    /// Whether it can be asked at all.
    public var isReachable: Bool {
        get { state.withLock { $0.isReachable } }
        set { state.withLock { $0.isReachable = newValue } }
    }

    /// How often it was asked.
    public var questions: Int { state.withLock { $0.questions } }

    /// The person; UNAVAILABLE while it cannot be asked.
    public func person(_ subject: String) async throws(Problem) -> KnownPerson? {
        let (person, isReachable) = state.withLock { state in
            state.questions += 1
            return (state.people[subject], state.isReachable)
        }
        guard isReachable else { throw .unavailable(reason: "PERSON_NOT_KNOWN_YET") }
        return person ?? others
    }
}
