import Logging
import Synchronization
import Wire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A NATS micro service (ADR-32): a set of endpoints under one name, found by `$SRV.PING`, `$SRV.INFO` and
/// `$SRV.STATS`. Any number of instances share the work through the queue group `q`.
///
/// Serving a request: admission on the transport's thread, then in a task of its own the caller is verified, the
/// message decoded, the handler run until its deadline, and the answer sent in the form of the request. A request that
/// was taken on is always answered.
public final class Service: Sendable {
    /// What a service is and how much it takes on.
    public struct Configuration: Sendable {
        /// The name in discovery: `customer-success`. Letters, digits, `-` and `_`.
        public var name: String
        /// The version of the program, as SemVer: `1.4.0`.
        public var version: String
        /// One sentence on what the service is for.
        public var description: String
        /// Facts for operators' tools.
        public var metadata: [String: String]
        /// How much is taken on at once.
        public var limits: AdmissionLimits

        /// A configuration with the given parts.
        public init(
            name: String, version: String, description: String, metadata: [String: String] = [:],
            limits: AdmissionLimits = AdmissionLimits()
        ) {
            self.name = name
            self.version = version
            self.description = description
            self.metadata = metadata
            self.limits = limits
        }
    }

    /// The queue group of every endpoint.
    public static let queueGroup = "q"

    /// Which instance of the service this is.
    public let id: String
    /// What the service is.
    public let configuration: Configuration

    let transport: any Transport
    let authenticator: any Authenticator
    let logger: Logger
    let served: [Served]
    let started: Timestamp
    let inFlight: InFlight
    private let subscriptions = Mutex<[any TransportSubscription]>([])

    /// A service of the given endpoints; ``start()`` begins serving.
    ///
    /// Fails with INVALID_ARGUMENT when the name or version is not what discovery allows, or two endpoints share a
    /// subject.
    public init(
        _ configuration: Configuration, endpoints: [Endpoint], transport: any Transport,
        authenticator: any Authenticator, logger: Logger
    ) throws(Problem) {
        try Self.check(configuration, endpoints)
        self.configuration = configuration
        self.transport = transport
        self.authenticator = authenticator
        self.logger = logger
        id = Self.newID()
        served = endpoints.map { Served(endpoint: $0, statistics: EndpointStatistics()) }
        started = Timestamp(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000))
        inFlight = InFlight(limits: configuration.limits) { exchange in
            Self.end(exchange, with: .deadlineExceeded(), over: transport)
        }
    }

    /// The figures of each endpoint, by its name.
    public var figures: [String: EndpointFigures] {
        Dictionary(served.map { ($0.endpoint.name, $0.statistics.snapshot) }, uniquingKeysWith: { first, _ in first })
    }

    /// The requests in flight.
    var requestsInFlight: Int { inFlight.count }

    /// Listens on the endpoints' subjects and for discovery. When it returns the server routes requests here. Fails
    /// with UNAVAILABLE, and then listens on nothing.
    public func start() async throws(Problem) {
        do throws(TransportFailure) {
            for served in served {
                let subscription = try await transport.subscribe(served.endpoint.subject, queue: Self.queueGroup) {
                    [weak self] delivery in
                    self?.receive(delivery, served)
                }
                subscriptions.withLock { $0.append(subscription) }
            }
            // Discovery comes last: who is found is ready.
            for (subject, answer) in discovery() {
                let subscription = try await transport.subscribe(subject, queue: nil) { [transport, logger] delivery in
                    guard let reply = delivery.reply.flatMap(ReplyInbox.init) else {
                        logger.debug("a discovery request without an inbox for its answer is ignored")
                        return
                    }
                    // A lost answer to a question anybody may ask again is nobody's loss.
                    try? transport.publish(answer(), to: reply.subject, headers: [:])
                }
                subscriptions.withLock { $0.append(subscription) }
            }
            try await transport.flush(limit: .seconds(5))
        } catch {
            await drain(limit: .seconds(1))
            throw .unavailable(reason: "START_FAILED", cause: "cannot subscribe: \(error)")
        }
    }

    /// Stops listening, lets what was taken on finish, and returns when every answer has reached the server: the way to
    /// end on SIGTERM. What is still running at `limit` is answered UNAVAILABLE and cancelled.
    public func drain(limit: Duration) async {
        let end = ContinuousClock.now.advanced(by: limit)
        func left() -> Duration { max(.zero, ContinuousClock.now.duration(to: end)) }
        let listening = subscriptions.withLock { subscriptions in
            defer { subscriptions.removeAll() }
            return subscriptions
        }
        let patience = left()
        await withDiscardingTaskGroup { group in
            for subscription in listening {
                group.addTask { [logger] in
                    do throws(TransportFailure) {
                        try await subscription.drain(limit: patience)
                    } catch {
                        logger.warning("requests may be lost", metadata: ["cause": "\(error)"])
                    }
                }
            }
        }
        inFlight.close()
        if await !inFlight.untilIdle(limit: left()) {
            let rest = inFlight.remaining
            logger.warning("drain limit reached", metadata: ["requests": "\(rest.count)"])
            for exchange in rest {
                Self.end(exchange, with: .unavailable(reason: "DRAINING"), over: transport)
            }
        }
        // The answers just queued deserve a moment even when the limit has passed.
        do throws(TransportFailure) {
            try await transport.flush(limit: max(left(), .milliseconds(500)))
        } catch {
            logger.warning("answers may be lost", metadata: ["cause": "\(error)"])
        }
    }

    private static func check(_ configuration: Configuration, _ endpoints: [Endpoint]) throws(Problem) {
        func refuse(_ sentence: String) -> Problem {
            Problem(.invalidArgument, Text(en: sentence, ko: sentence), reason: "SERVICE_DEFINITION")
        }
        guard isName(configuration.name) else { throw refuse("\"\(configuration.name)\" cannot name a service.") }
        guard isSemanticVersion(configuration.version) else {
            throw refuse("\"\(configuration.version)\" is not a version such as 1.4.0.")
        }
        var subjects: Set<String> = []
        for endpoint in endpoints {
            guard isName(endpoint.name) else { throw refuse("\"\(endpoint.name)\" cannot name an endpoint.") }
            guard subjects.insert(endpoint.subject).inserted else {
                throw refuse("Two endpoints listen on \(endpoint.subject).")
            }
        }
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII
                    && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-"
                        || scalar == "_")
            }
    }

    private static func isSemanticVersion(_ version: String) -> Bool {
        let number = #/(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?/#
        return version.wholeMatch(of: number) != nil
    }

    private static func newID() -> String {
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        return String((0..<22).map { _ in digits[Int.random(in: digits.indices)] })
    }
}
