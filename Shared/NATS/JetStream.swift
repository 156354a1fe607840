import Foundation

/// JetStream over a connection: streams, durable pull consumers and acknowledged publishing. It speaks the server's
/// API by requests of the connection, so an answer never blocks a thread. Errors are those of `Connection.request`,
/// and `.jetStream` when JetStream refuses.
public struct JetStream: Sendable {
    /// The connection it speaks through.
    public let connection: Connection
    /// How long an answer of the server may take.
    public let timeout: Duration
    let publishSlots: Slots

    /// JetStream over the connection. `maximumPendingPublishes` publications may wait for their acknowledgement at
    /// once; further ones wait for a slot.
    public init(_ connection: Connection, timeout: Duration = .seconds(5), maximumPendingPublishes: Int = 4_096) {
        self.connection = connection
        self.timeout = timeout
        publishSlots = Slots(connection.state.waiters, limit: maximumPendingPublishes)
    }

    /// Asks the API and reads its JSON answer.
    func ask<Answer: Decodable>(
        _ subject: String, _ body: (any Encodable)? = nil, as: Answer.Type = Answer.self
    ) async throws(NATSError) -> Answer {
        var payload: [UInt8] = []
        if let body { payload = try JSON.encode(body) }
        let answer: InboundMessage
        do throws(NATSError) {
            answer = try await connection.request("$JS.API." + subject, payload: payload, timeout: timeout)
        } catch .noResponders {
            throw .jetStream(code: 503, errCode: 10039, description: "JetStream is not enabled for this account")
        }
        if let error = try JSON.decode(APIFailure.self, from: answer.payload).error { throw error.natsError }
        return try JSON.decode(Answer.self, from: answer.payload)
    }
}

/// The form of a refusal, common to all answers of the API.
struct APIFailure: Decodable {
    struct Detail: Decodable {
        var code: Int
        var errCode: Int?
        var description: String?

        var natsError: NATSError {
            .jetStream(code: code, errCode: errCode ?? 0, description: description ?? "")
        }
    }

    var error: Detail?
}

/// JSON of JetStream's API, whose keys are in snake case: rare and small, so Foundation does.
enum JSON {
    static func encode(_ value: any Encodable) throws(NATSError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        do { return Array(try encoder.encode(value)) } catch { throw .other("JetStream JSON: \(error)") }
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws(NATSError) -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do { return try decoder.decode(type, from: Data(bytes)) } catch { throw .other("JetStream JSON: \(error)") }
    }
}

extension Duration {
    /// Nanoseconds as JetStream's JSON wants them.
    var wireNanoseconds: Int64 { Int64(clampedNanoseconds) }

    /// A duration of JetStream's JSON.
    init(wireNanoseconds: Int64) { self = .nanoseconds(wireNanoseconds) }
}
