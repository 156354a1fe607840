/// What a durable pull consumer reads, and how patiently. Every message must be acknowledged by itself.
public struct ConsumerConfiguration: Sendable, Hashable {
    /// Where a new consumer begins.
    public enum Start: Sendable, Hashable {
        /// With the oldest message of the stream.
        case all
        /// With what is published after its creation.
        case new
        /// With the message of this sequence.
        case sequence(UInt64)
        /// With the first message at or after this time, RFC 3339.
        case time(String)
    }

    /// The durable name: letters, digits, `_` and `-`.
    public var name: String
    /// Only messages of this subject, wildcards allowed; nil: all.
    public var filterSubject: String?
    /// Where it begins; fixed at creation.
    public var start: Start = .all
    /// How long a message may stay without acknowledgement before it is delivered again.
    public var acknowledgementWait: Duration = .seconds(30)
    /// How often a message is delivered at most; nil: for ever.
    public var maximumDeliveries: Int?
    /// How many messages may be without acknowledgement at once.
    public var maximumPending = 1_000
    /// For people.
    public var description: String?

    /// A consumer of the whole stream from its beginning.
    public init(name: String, filterSubject: String? = nil) {
        self.name = name
        self.filterSubject = filterSubject
    }
}

/// A consumer as the server sees it.
public struct ConsumerInfo: Sendable, Hashable {
    /// Its stream.
    public let stream: String
    /// Its durable name.
    public let name: String
    /// When it was created, RFC 3339 as the server says it.
    public let created: String
    /// How many messages it has not delivered yet.
    public let pending: UInt64
    /// How many are delivered and not acknowledged.
    public let unacknowledged: Int
    /// How many of those were delivered more than once.
    public let redelivered: Int
    /// How many pulls wait for a message.
    public let waiting: Int
    /// The stream sequence last delivered.
    public let deliveredSequence: UInt64
    /// The stream sequence up to which everything is acknowledged.
    public let acknowledgedSequence: UInt64
    /// What it was described as.
    public let description: String?
}

extension JetStream {
    /// Creates a durable pull consumer, or changes the one of that name; its start and storage cannot change. Throws
    /// `isStreamNotFound` when the stream does not exist.
    @discardableResult
    public func ensureConsumer(
        _ configuration: ConsumerConfiguration, on stream: String
    ) async throws(NATSError) -> ConsumerInfo {
        try Subject.requireName(stream)
        try Subject.requireName(configuration.name)
        if let filter = configuration.filterSubject { try Subject.requireSubscribable(filter) }
        let body = WireConsumerRequest(streamName: stream, config: WireConsumerConfig(configuration))
        let subject = "CONSUMER.DURABLE.CREATE.\(stream).\(configuration.name)"
        return try await ask(subject, body, as: WireConsumerInfo.self).info
    }

    /// The consumer as it is now. Throws `isConsumerNotFound` or `isStreamNotFound`.
    public func consumerInfo(_ name: String, on stream: String) async throws(NATSError) -> ConsumerInfo {
        try Subject.requireName(stream)
        try Subject.requireName(name)
        return try await ask("CONSUMER.INFO.\(stream).\(name)", as: WireConsumerInfo.self).info
    }

    /// The names of the stream's consumers. Throws `isStreamNotFound`.
    public func consumerNames(on stream: String) async throws(NATSError) -> [String] {
        try Subject.requireName(stream)
        var names: [String] = []
        while true {
            let page = try await ask(
                "CONSUMER.NAMES.\(stream)", WirePageRequest(offset: names.count), as: WireConsumerNames.self)
            names += page.consumers ?? []
            if page.consumers?.isEmpty != false || names.count >= page.total { return names }
        }
    }

    /// Deletes a consumer. Throws `isConsumerNotFound` or `isStreamNotFound`.
    public func deleteConsumer(_ name: String, on stream: String) async throws(NATSError) {
        try Subject.requireName(stream)
        try Subject.requireName(name)
        _ = try await ask("CONSUMER.DELETE.\(stream).\(name)", as: WireSuccess.self)
    }

    /// A reader of a consumer that exists; nothing is asked of the server yet. Throws `.closed` or `.invalidSubject`.
    public func consumer(_ name: String, on stream: String) throws(NATSError) -> PullConsumer {
        try Subject.requireName(stream)
        try Subject.requireName(name)
        return try PullConsumer(jetStream: self, stream: stream, name: name)
    }
}

private struct WireConsumerRequest: Encodable {
    var streamName: String
    var config: WireConsumerConfig
}

private struct WireConsumerConfig: Encodable {
    var durableName: String
    var description: String?
    var deliverPolicy: String
    var optStartSeq: UInt64?
    var optStartTime: String?
    var ackPolicy = "explicit"
    var ackWait: Int64
    var maxDeliver: Int
    var maxAckPending: Int
    var filterSubject: String?
    var replayPolicy = "instant"

    init(_ configuration: ConsumerConfiguration) {
        durableName = configuration.name
        description = configuration.description
        switch configuration.start {
        case .all: deliverPolicy = "all"
        case .new: deliverPolicy = "new"
        case .sequence(let sequence):
            deliverPolicy = "by_start_sequence"
            optStartSeq = sequence
        case .time(let time):
            deliverPolicy = "by_start_time"
            optStartTime = time
        }
        ackWait = configuration.acknowledgementWait.wireNanoseconds
        maxDeliver = configuration.maximumDeliveries ?? -1
        maxAckPending = configuration.maximumPending
        filterSubject = configuration.filterSubject
    }
}

private struct WirePageRequest: Encodable { var offset: Int }

private struct WireConsumerNames: Decodable {
    var total: Int
    var consumers: [String]?
}

private struct WireConsumerInfo: Decodable {
    struct Sequences: Decodable {
        var streamSeq: UInt64
    }

    struct Config: Decodable {
        var description: String?
    }

    var streamName: String
    var name: String
    var created: String
    var numPending: UInt64
    var numAckPending: Int
    var numRedelivered: Int
    var numWaiting: Int
    var delivered: Sequences
    var ackFloor: Sequences
    var config: Config?

    var info: ConsumerInfo {
        ConsumerInfo(
            stream: streamName, name: name, created: created, pending: numPending, unacknowledged: numAckPending,
            redelivered: numRedelivered, waiting: numWaiting, deliveredSequence: delivered.streamSeq,
            acknowledgedSequence: ackFloor.streamSeq, description: config?.description)
    }
}
