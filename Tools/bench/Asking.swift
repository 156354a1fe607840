import JourneyKit
import NATS
import RPC
import Synchronization

/// A request that is sent again and again, and the other side's just the same: what an asker does to code a request and to
/// read its answer takes the same two processors, and is no part of what a service costs or its floor.
struct Asking: Sendable {
    private let subject: String
    private let headers: Headers
    private let payload: [UInt8]

    /// Bytes for a subject that reads no headers.
    init(_ subject: String, payload: [UInt8]) {
        (self.subject, self.payload, headers) = (subject, payload, Headers())
    }

    /// What a client sends when `call` is made of it.
    init(as call: (Client) async throws -> Void) async throws {
        let listener = Listener()
        // Refused by the listener, once it has heard what would be sent.
        try? await call(Client(listener))
        guard let heard = listener.heard else { throw JourneyFailure("the client sent nothing") }
        (subject, headers, payload) = (heard.subject, heard.headers, heard.payload)
    }

    /// Sends it and waits for a good answer.
    func once(_ connection: Connection) async throws {
        let answer = try await connection.request(
            subject, headers: headers, payload: payload, timeout: .seconds(10))
        if let problem = answer.headers["Nats-Service-Error"] { throw JourneyFailure("\(subject): \(problem)") }
    }
}

/// Keeps the request that it is given, and sends nothing.
private final class Listener: Transport {
    private let delivery = Mutex<Delivery?>(nil)
    let maximumMessageBytes = 1_048_576

    var heard: Delivery? { delivery.withLock { $0 } }

    func request(
        _ payload: [UInt8], to subject: String, headers: Headers, timeout: Duration
    ) async throws(TransportFailure) -> Delivery {
        delivery.withLock { $0 = Delivery(subject: subject, reply: nil, headers: headers, payload: payload) }
        throw .noResponders
    }

    func publish(_ payload: [UInt8], to subject: String, headers: Headers) throws(TransportFailure) {
        throw .noResponders
    }

    func subscribe(
        _ subject: String, queue: String?, onMessage: @escaping @Sendable (Delivery) -> Void
    ) async throws(TransportFailure) -> any TransportSubscription {
        throw .noResponders
    }

    func flush(limit: Duration) async throws(TransportFailure) {}
}
