import NATS

/// Requests and answers over a NATS connection. The connection's owner closes it.
public struct NATSTransport: Transport {
    private let connection: Connection
    private let gathering: Connection?

    /// A transport over a connection. `gathering` is a second one of the same user, made with `gathersMessages`, for what
    /// is sent in company; without it everything is sent at once.
    public init(_ connection: Connection, gathering: Connection? = nil) {
        self.connection = connection
        self.gathering = gathering
    }

    /// The server's largest payload. NATS counts headers into it.
    public var maximumMessageBytes: Int { connection.maximumPayload }

    /// Queues a message for sending; kept for a while when the connection is being re-established.
    public func publish(_ payload: [UInt8], to subject: String, headers: Headers) throws(TransportFailure) {
        do throws(NATSError) {
            try connection.publish(subject, headers: headers, payload: payload)
        } catch {
            throw TransportFailure(error)
        }
    }

    /// Lets the message be sent with others; at once, by the other connection, when the one that gathers is not there.
    public func publishInCompany(
        _ payload: [UInt8], to subject: String, headers: Headers
    ) throws(TransportFailure) {
        do throws(NATSError) {
            guard let gathering else { throw .disconnected }
            try gathering.publish(subject, headers: headers, payload: payload)
        } catch .disconnected, .closed {
            try publish(payload, to: subject, headers: headers)
        } catch {
            throw TransportFailure(error)
        }
    }

    /// Sends a request and waits for the first answer.
    public func request(
        _ payload: [UInt8], to subject: String, headers: Headers, timeout: Duration
    ) async throws(TransportFailure) -> Delivery {
        do throws(NATSError) {
            return Delivery(
                try await connection.request(subject, headers: headers, payload: payload, timeout: timeout))
        } catch {
            throw TransportFailure(error)
        }
    }

    /// Subscribes; the server knows of it after the next ``flush(limit:)``.
    public func subscribe(
        _ subject: String, queue: String?, onMessage: @escaping @Sendable (Delivery) -> Void
    ) async throws(TransportFailure) -> any TransportSubscription {
        do throws(NATSError) {
            let subscription = try connection.subscribe(subject, queue: queue) { onMessage(Delivery($0)) }
            return NATSTransportSubscription(subscription: subscription)
        } catch {
            throw TransportFailure(error)
        }
    }

    /// Waits until the server has everything sent so far.
    public func flush(limit: Duration) async throws(TransportFailure) {
        do throws(NATSError) {
            if let gathering, gathering.isConnected { try await gathering.flush(timeout: limit) }
            try await connection.flush(timeout: limit)
        } catch {
            throw TransportFailure(error)
        }
    }
}

private struct NATSTransportSubscription: TransportSubscription {
    let subscription: Subscription

    func drain(limit: Duration) async throws(TransportFailure) {
        do throws(NATSError) {
            try await subscription.drain(timeout: limit)
        } catch {
            throw TransportFailure(error)
        }
    }
}

extension Delivery {
    fileprivate init(_ message: InboundMessage) {
        self.init(subject: message.subject, reply: message.reply, headers: message.headers, payload: message.payload)
    }
}

extension TransportFailure {
    fileprivate init(_ error: NATSError) {
        self =
            switch error {
            case .timeout: .timeout
            case .noResponders: .noResponders
            case .closed, .disconnected: .closed
            case .cancelled: .cancelled
            case .payloadTooLarge: .tooLarge
            case .permissionDenied(let text), .authenticationFailed(let text): .forbidden(text)
            case .tooManyRequests, .slowConsumer: .overloaded
            case .invalidHeader(let name): .invalidHeader(name)
            case .invalidSubject, .jetStream, .other: .other(error.description)
            }
    }
}
