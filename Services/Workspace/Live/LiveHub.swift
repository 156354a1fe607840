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
        let domain: DomainPath
        let continuation: AsyncStream<LiveSignal>.Continuation

        /// Whether what lies there may be in the lists of whoever looks.
        func sees(_ place: DomainPath?) -> Bool { place.map(domain.contains) ?? false }
    }

    private struct State {
        var next = 0
        var listeners: [Int: Listener] = [:]
        var isOver = false
    }

    private let state = Mutex(State())

    /// How many streams are open.
    var count: Int { state.withLock { $0.listeners.count } }

    /// The signals for one page; nil when there are too many already. Of one person's the oldest gives way: that a page was
    /// left is known only when it is told something. Signals that nobody has taken yet are not kept twice.
    func open(_ topic: LiveTopic?, user: String, domain: String) -> AsyncStream<LiveSignal>? {
        let (stream, continuation) = AsyncStream.makeStream(of: LiveSignal.self, bufferingPolicy: .bufferingNewest(8))
        let listener = Listener(
            topic: topic, user: user, domain: DomainPath(domain) ?? .root, continuation: continuation)
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

    // MARK: Events

    /// The kinds of events that pages hear of.
    static let subjects = [
        "ale.v1.events.*.onboarding.onboarding_case.*", "ale.v1.events.*.onboarding.lifecycle_task.*",
        "ale.v1.events.*.import-validation.import_task.*", "ale.v1.events.*.import-validation.import_run.*",
        "ale.v1.events.*.customer-success.touchpoint.*", "ale.v1.events.*.customer-success.risk_signal.*",
        "ale.v1.events.*.customer-success.opportunity.*",
        "ale.v1.events.*.play-launcher.flow_run.*", "ale.v1.events.*.notifier.in_app_notification.*",
    ]

    /// Listens from now on.
    func listen(_ connection: Connection) throws {
        for subject in Self.subjects {
            try connection.subscribe(subject) { [weak self] message in self?.take(message.subject, message.payload) }
        }
    }

    /// Tells the pages that an event is about.
    func take(_ subject: String, _ payload: [UInt8]) {
        guard count > 0 else { return }
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

    private func tell(_ signal: LiveSignal, of table: String, _ id: String) {
        tell(signal) { $0.topic == .record(table: table, id: id) }
    }

    private func tell(_ event: RecordEvent) {
        let domain = DomainPath(event.domain)
        let isTask = event.table == LifecycleTask.schema.table
        let above = isTask ? (try? LifecycleTask.decode(protobuf: event.record))?.parent : nil
        tell(.changed) { listener in
            switch listener.topic {
            case .work:
                ![Touchpoint.schema.table, Opportunity.schema.table].contains(event.table) && listener.sees(domain)
            case .list(event.table): listener.sees(domain)
            case .record(event.table, event.id): true
            case .record(OnboardingCase.schema.table, let id): id == above
            case .list, .record, nil: false
            }
        }
    }
}
