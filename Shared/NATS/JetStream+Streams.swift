import Foundation

/// What a stream keeps, and for how long.
public struct StreamConfiguration: Sendable, Hashable {
    /// Where messages are kept.
    public enum Storage: String, Sendable, Codable {
        /// On disk.
        case file
        /// In memory.
        case memory
    }

    /// What happens to a message that does not fit.
    public enum Discard: String, Sendable, Codable {
        /// The oldest makes room.
        case old
        /// It is refused.
        case new
    }

    /// The stream's name: letters, digits, `_` and `-`.
    public var name: String
    /// What it stores; wildcards allowed.
    public var subjects: [String]
    /// Where they are kept.
    public var storage: Storage = .file
    /// What happens when it is full.
    public var discard: Discard = .old
    /// The most messages, or nil for no limit.
    public var maximumMessages: Int64?
    /// The most bytes, or nil for no limit.
    public var maximumBytes: Int64?
    /// The greatest age of a message, or nil for no limit.
    public var maximumAge: Duration?
    /// The largest message in bytes, or nil for the server's limit.
    public var maximumMessageSize: Int32?
    /// How long a message id is remembered.
    public var duplicateWindow: Duration = .seconds(120)
    /// How many servers of a cluster keep it.
    public var numReplicas = 1
    /// For people.
    public var description: String?

    /// A stream with file storage and no limits.
    public init(name: String, subjects: [String]) {
        self.name = name
        self.subjects = subjects
    }
}

/// A stream as the server sees it.
public struct StreamInfo: Sendable, Hashable {
    /// Its configuration.
    public let configuration: StreamConfiguration
    /// When it was created: RFC 3339 text with nanoseconds, exactly as the server says it. Another text means that the
    /// stream was deleted and made anew.
    public let created: String
    /// How many messages it holds.
    public let messages: UInt64
    /// How many bytes they take.
    public let bytes: UInt64
    /// The sequence of the oldest message; one more than the last when there is none.
    public let firstSequence: UInt64
    /// The sequence of the newest message there ever was.
    public let lastSequence: UInt64
    /// How many consumers read it.
    public let consumers: Int
}

extension JetStream {
    /// Creates a stream. The same call with the same configuration succeeds again; with another one it throws
    /// `.jetStream` with error 10058.
    public func createStream(_ configuration: StreamConfiguration) async throws(NATSError) -> StreamInfo {
        try await send("STREAM.CREATE", configuration)
    }

    /// Changes a stream. Throws `isStreamNotFound` when there is none.
    public func updateStream(_ configuration: StreamConfiguration) async throws(NATSError) -> StreamInfo {
        try await send("STREAM.UPDATE", configuration)
    }

    /// Creates the stream, or changes the one there is; one that is as it should be is left alone.
    public func ensureStream(_ configuration: StreamConfiguration) async throws(NATSError) -> StreamInfo {
        do throws(NATSError) {
            let known = try await streamInfo(configuration.name)
            return known.configuration == configuration ? known : try await updateStream(configuration)
        } catch  where error.isStreamNotFound {
            return try await createStream(configuration)
        }
    }

    /// The stream as it is now. Throws `isStreamNotFound` when there is none.
    public func streamInfo(_ name: String) async throws(NATSError) -> StreamInfo {
        try Subject.requireName(name)
        return try await ask("STREAM.INFO." + name, as: WireStreamInfo.self).info
    }

    private func send(_ verb: String, _ configuration: StreamConfiguration) async throws(NATSError) -> StreamInfo {
        try Subject.requireName(configuration.name)
        for subject in configuration.subjects { try Subject.requireSubscribable(subject) }
        let body = WireStreamConfig(configuration)
        return try await ask("\(verb).\(configuration.name)", body, as: WireStreamInfo.self).info
    }
}

struct WireSuccess: Decodable { var success: Bool }

/// A stream's configuration in JetStream's JSON; -1 stands for "no limit", durations are nanoseconds.
private struct WireStreamConfig: Codable {
    var name: String
    var subjects: [String]?
    var storage: StreamConfiguration.Storage
    var discard: StreamConfiguration.Discard
    var maxConsumers: Int?
    var maxMsgs: Int64
    var maxBytes: Int64
    var maxAge: Int64
    var maxMsgSize: Int32?
    var duplicateWindow: Int64?
    var numReplicas: Int
    var description: String?

    init(_ configuration: StreamConfiguration) {
        name = configuration.name
        subjects = configuration.subjects
        storage = configuration.storage
        discard = configuration.discard
        maxConsumers = -1
        maxMsgs = configuration.maximumMessages ?? -1
        maxBytes = configuration.maximumBytes ?? -1
        maxAge = configuration.maximumAge?.wireNanoseconds ?? 0
        maxMsgSize = configuration.maximumMessageSize ?? -1
        duplicateWindow = configuration.duplicateWindow.wireNanoseconds
        numReplicas = configuration.numReplicas
        description = configuration.description
    }

    var configuration: StreamConfiguration {
        var result = StreamConfiguration(name: name, subjects: subjects ?? [])
        result.storage = storage
        result.discard = discard
        result.maximumMessages = maxMsgs > 0 ? maxMsgs : nil
        result.maximumBytes = maxBytes > 0 ? maxBytes : nil
        result.maximumAge = maxAge > 0 ? Duration(wireNanoseconds: maxAge) : nil
        result.maximumMessageSize = maxMsgSize.flatMap { $0 > 0 ? $0 : nil }
        result.duplicateWindow = Duration(wireNanoseconds: duplicateWindow ?? 0)
        result.numReplicas = numReplicas
        result.description = description
        return result
    }
}

private struct WireStreamInfo: Decodable {
    struct State: Decodable {
        var messages: UInt64
        var bytes: UInt64
        var firstSeq: UInt64
        var lastSeq: UInt64
        var consumerCount: Int
    }

    var config: WireStreamConfig
    var created: String
    var state: State

    var info: StreamInfo {
        StreamInfo(
            configuration: config.configuration, created: created, messages: state.messages, bytes: state.bytes,
            firstSequence: state.firstSeq, lastSequence: state.lastSeq, consumers: state.consumerCount)
    }
}

extension JetStream {
    /// The id (`Nats-Msg-Id`) of the message of that sequence; nil when the stream has no such message, or it has no id.
    /// Throws `isStreamNotFound` when there is no stream.
    public func messageID(at sequence: UInt64, in stream: String) async throws(NATSError) -> String? {
        try Subject.requireName(stream)
        do throws(NATSError) {
            let answer = try await ask(
                "STREAM.MSG.GET." + stream, WireMessageRequest(seq: sequence), as: WireMessageAnswer.self)
            return answer.message.id
        } catch  where error.jetStreamErrorCode == JetStreamErrorCode.messageNotFound {
            return nil
        }
    }
}

private struct WireMessageRequest: Encodable { var seq: UInt64 }

private struct WireMessageAnswer: Decodable {
    struct Message: Decodable {
        /// The headers as they are on the wire.
        var hdrs: Data?

        var id: String? {
            let name = "nats-msg-id:"
            let lines = String(decoding: hdrs ?? Data(), as: UTF8.self).split(whereSeparator: \.isNewline)
            guard let line = lines.first(where: { $0.lowercased().hasPrefix(name) }) else { return nil }
            return line.dropFirst(name.count).trimmingCharacters(in: .whitespaces)
        }
    }

    var message: Message
}
