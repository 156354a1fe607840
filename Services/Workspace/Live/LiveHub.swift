import CustomerSuccessWire
import ImportValidationWire
import NATS
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import ServiceLifecycle
import Synchronization
import Tenancy
import Wire

/// Hands events on to the pages that are open: one subscription for each kind of event, shared by all of them.
final class LiveHub: ServiceLifecycle.Service {
    /// How many streams are open at most, and how many of one person.
    static let limits = (all: 2_000, person: 20)
    /// How often a silent stream says something.
    static let beat: Duration = .seconds(20)

    private struct Listener {
        let topic: LiveTopic?
        let user: String
        let session: String
        let domain: DomainPath
        /// The accounts of a customer; none of the provider's people.
        let accounts: Set<String>
        /// The outcomes of the objective that the page is about: initiatives name these alone.
        var outcomes: Set<String>
        let continuation: AsyncStream<LiveSignal>.Continuation

        /// Whether what lies there may be in the lists of whoever looks.
        func sees(_ place: DomainPath?) -> Bool { place.map(domain.contains) ?? false }

        /// Whether the page may show what has changed: customers hear of their own accounts alone, and of nothing internal.
        func isMeant(by hint: LiveHint) -> Bool {
            guard !accounts.isEmpty else {
                return hint.concerns(topic, isThere: sees(hint.domain), below: outcomes)
            }
            let isTheirs = sees(hint.domain) && !accounts.isDisjoint(with: hint.accounts)
            return hint.isForCustomers && hint.concerns(topic, isThere: isTheirs)
        }
    }

    private struct State {
        var next = 0
        var listeners: [Int: Listener] = [:]
        var isOver = false
        /// Told first of a session that has ended; nil of any that may have.
        var forget: @Sendable (String?) -> Void = { _ in }

        /// Whether a page that is open may show records of the table, so that an event is worth being read.
        func isHeard(_ table: String, of service: String) -> Bool {
            listeners.values.contains { $0.topic?.mayShow(table, of: service) == true }
        }
    }

    private let state = Mutex(State())

    /// How many streams are open.
    var count: Int { state.withLock { $0.listeners.count } }

    /// The signals for one page of somebody, of a customer with the `accounts`, of an objective with the `outcomes` that it has; nil when there are too many already. Of one person's the oldest gives way: that a page was
    /// left is known only when it is told something. Signals that nobody has taken yet are not kept twice.
    func open(
        _ topic: LiveTopic?, user: String, session: String = "", domain: String, accounts: [String] = [],
        outcomes: [String] = []
    ) -> AsyncStream<LiveSignal>? {
        guard let domain = DomainPath(domain) else { return nil }
        let (stream, continuation) = AsyncStream.makeStream(of: LiveSignal.self, bufferingPolicy: .bufferingNewest(8))
        let listener = Listener(
            topic: topic, user: user, session: session, domain: domain, accounts: Set(accounts),
            outcomes: Set(outcomes), continuation: continuation)
        let (number, oldest) = state.withLock { state -> (Int?, Listener?) in
            guard !state.isOver, state.listeners.count < Self.limits.all else { return (nil, nil) }
            let own = state.listeners.filter { $0.value.user == user }.keys
            let oldest = own.count < Self.limits.person ? nil : own.min()
            state.next += 1
            state.listeners[state.next] = listener
            return (state.next, oldest.flatMap { state.listeners.removeValue(forKey: $0) })
        }
        oldest?.continuation.finish()
        guard let number else { return nil }
        continuation.onTermination = { [weak self] _ in self?.state.withLock { $0.listeners[number] = nil } }
        return stream
    }

    /// Keeps silent streams alive until the program stops, and ends all of them then.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.beat)
                self.tellAll(.beat)
            }
        }
        let last = state.withLock { state in
            state.isOver = true
            return state.listeners.values.map(\.continuation)
        }
        for continuation in last { continuation.finish() }
    }

    /// Tells every page that is open.
    func tellAll(_ signal: LiveSignal) { tell(signal) { _ in true } }

    private func tell(_ signal: LiveSignal, _ isMeant: (Listener) -> Bool) {
        let meant = state.withLock { $0.listeners.values.filter(isMeant).map(\.continuation) }
        for continuation in meant { continuation.yield(signal) }
    }

    // MARK: Sessions

    /// What ends the subject of an event that says that a session has ended: the only thing that pages hear of who is signed in.
    private static let sessionEnd = ".onboarding.session.ended"

    /// Has what is known of a session forgotten when it ends, before its streams are asked whose they are.
    func whenSessionsEnd(_ forget: @escaping @Sendable (String?) -> Void) { state.withLock { $0.forget = forget } }

    /// Events may have been missed, such as while NATS was away: of all who are signed in onboarding is asked anew.
    func mayHaveMissed() { state.withLock { $0.forget }(nil) }

    private func sessionEnded(_ session: String) {
        state.withLock { $0.forget }(session)
        tell(.beat) { $0.session == session }
    }

    // MARK: Events

    /// The kinds of events that pages hear of. Those about who may sign in are kept from the pages (`deploy/nats/config.sh`).
    static let subjects = [
        "ale.v1.events.*.onboarding.*.*", "ale.v1.events.*.import-validation.*.*",
        "ale.v1.events.*.customer-success.*.*",
        "ale.v1.events.*.play-launcher.*.*", "ale.v1.events.*.notifier.*.*",
    ]
    /// What every page may have to be told: notices by their reader, runs by what they belong to.
    private static let always: Set = [InAppNotification.schema.table, ImportRun.schema.table]

    /// Listens from now on.
    func listen(_ connection: Connection) throws {
        for subject in Self.subjects {
            try connection.subscribe(subject) { [weak self] message in self?.take(message.subject, message.payload) }
        }
    }

    /// Tells the pages that an event is about.
    func take(_ subject: String, _ payload: [UInt8]) {
        if subject.hasSuffix(Self.sessionEnd) {
            guard let event = try? RecordEvent.decode(protobuf: payload) else { return mayHaveMissed() }
            return sessionEnded(event.id)
        }
        guard isWanted(subject) else { return }
        if subject.hasSuffix(".import_run.progressed") {
            guard let event = try? ProgressEvent.decode(protobuf: payload) else { return }
            return tell(.progress, of: ImportTask.schema.table, event.importTask)
        }
        guard let event = try? RecordEvent.decode(protobuf: payload) else { return }
        switch event.table {
        case InAppNotification.schema.table:
            guard let notice = try? InAppNotification.decode(protobuf: event.record) else { return }
            tell(.notices) { $0.user == notice.user }
        case ImportRun.schema.table:
            guard let run = try? ImportRun.decode(protobuf: event.record) else { return }
            tell(.progress, of: ImportTask.schema.table, run.importTask ?? "")
        case FlowRun.schema.table: tell(.progress, of: event.table, event.id)
        default: tell(event)
        }
    }

    /// Whether an open page may show what an event is about: of thousands of rows that are published, most are not looked at.
    private func isWanted(_ subject: String) -> Bool {
        let parts = subject.split(separator: ".")
        guard parts.count == 7 else { return count > 0 }
        let (service, table) = (String(parts[4]), String(parts[5]))
        return state.withLock { state in
            Self.always.contains(table) ? !state.listeners.isEmpty : state.isHeard(table, of: service)
        }
    }

    private func tell(_ signal: LiveSignal, of table: String, _ id: String) {
        tell(signal) { $0.topic == .record(table: table, id: id) }
    }

    private func tell(_ event: RecordEvent) {
        let hint = LiveHint(event)
        if hint.table == SuccessOutcome.schema.table { learn(of: hint) }
        tell(.changed) { $0.isMeant(by: hint) }
    }

    /// An objective that a page is about has one more outcome, whose initiatives the page shows from now on.
    private func learn(of hint: LiveHint) {
        let topic = LiveTopic.record(table: SuccessObjective.schema.table, id: hint.objective)
        state.withLock { state in
            for (number, listener) in state.listeners where listener.topic == topic {
                state.listeners[number]?.outcomes.insert(hint.id)
            }
        }
    }
}
