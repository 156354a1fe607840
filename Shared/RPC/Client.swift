import Wire

/// Whose token a call carries.
public struct Credential: Sendable {
    /// The token at the moment of the call; nil sends none.
    let token: @Sendable () async throws(Problem) -> String?

    /// The token the closure mints or finds, asked for at every call.
    public static func provider(_ token: @escaping @Sendable () async throws(Problem) -> String) -> Credential {
        Credential { () async throws(Problem) in try await token() }
    }

    /// This token.
    public static func token(_ token: String) -> Credential {
        Credential { () async throws(Problem) in token }
    }

    /// No token: for anonymous endpoints.
    public static let anonymous = Credential { () async throws(Problem) in nil }
}

/// Whether and how often a call is repeated.
public struct RetryPolicy: Sendable {
    /// How often the call is made at most.
    let attempts: Int
    /// The pause before the first repetition; each further one is twice as long, up to two seconds.
    let pause: Duration

    /// The call is made once.
    public static let none = RetryPolicy(attempts: 1, pause: .zero)

    /// Up to `attempts` calls with growing pauses, within the deadline. Repeated is only what is UNAVAILABLE, and only
    /// when it surely had no effect (nobody listened) or carries a request id, under which the service answers a
    /// repetition as it did before.
    public static func exponential(attempts: Int, pause: Duration = .milliseconds(50)) -> RetryPolicy {
        RetryPolicy(attempts: max(1, attempts), pause: pause)
    }

    /// The pause after the given number of failed calls, spread by half so that many callers do not return at once.
    func pause(after failures: Int) -> Duration {
        let doubled = pause * (1 << min(failures - 1, 16))
        return min(doubled, .seconds(2)) * Double.random(in: 0.5...1)
    }
}

/// Calls methods of services.
///
/// Inside a call it passes on the caller's token, the language, the trace and what is left of the deadline by itself,
/// from ``CallContext/current``.
public struct Client: Sendable {
    private let transport: any Transport
    private let credential: Credential?
    private let deadline: Duration

    /// A client over `transport`. `credential` and `deadline` serve calls that are made outside of any call and name none.
    public init(_ transport: any Transport, credential: Credential? = nil, deadline: Duration = Deadline.standard) {
        self.transport = transport
        self.credential = credential
        self.deadline = deadline
    }

    /// Calls a method and waits for its answer.
    ///
    /// - Parameters:
    ///   - credential: whose token goes along; nil means that of the current call, else the client's own.
    ///   - deadline: how long the answer may take; nil means what is left to the current call, else the client's own. It
    ///     never extends the current call's.
    ///   - requestID: under which a repeated call has the same effect and answer (AIP-155), sent as `Request-Id`.
    ///   - retry: whether the call is repeated.
    /// - Throws: what the service answered; UNAVAILABLE at once when none listens (reason `NO_RESPONDERS`) or the
    ///   connection is gone; DEADLINE_EXCEEDED; CANCELLED when the task was cancelled; INVALID_ARGUMENT when the
    ///   request cannot be encoded or is too large.
    public func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as credential: Credential? = nil,
        deadline: Duration? = nil, requestID: String? = nil, retry: RetryPolicy = .none
    ) async throws(Problem) -> Response {
        try await callWithWarnings(
            method, request, as: credential, deadline: deadline, requestID: requestID, retry: retry
        ).answer
    }

    /// As ``call(_:_:as:deadline:requestID:retry:)``, with what the answer warns of.
    public func callWithWarnings<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as credential: Credential? = nil,
        deadline: Duration? = nil, requestID: String? = nil, retry: RetryPolicy = .none
    ) async throws(Problem) -> (answer: Response, warnings: [Warning]) {
        let payload = try Self.encode(request)
        let delivery = try await deliver(
            payload, to: method.subject, named: method.name, as: credential, deadline: deadline, requestID: requestID,
            retry: retry)
        do throws(WireError) {
            let limits = WireLimits(bytes: transport.maximumMessageBytes)
            return (
                try Response.decode(protobuf: delivery.payload, limits: limits),
                Warning.read(delivery.headers)
            )
        } catch {
            throw .internalError(cause: "the answer to \(method.name) is not a \(Response.fullName): \(error)")
        }
    }

    /// Calls a method that is known by its subject only, in protobuf-JSON: what flows and tools do.
    ///
    /// - Parameters:
    ///   - json: the request, an object.
    ///   - subject: `ale.v1.customer-success.touchpoints.create`.
    ///   - credential: as in ``call(_:_:as:deadline:requestID:retry:)``, like the parameters behind it.
    /// - Returns: the answer in protobuf-JSON.
    public func call(
        json: [UInt8], to subject: String, as credential: Credential? = nil, deadline: Duration? = nil,
        requestID: String? = nil, retry: RetryPolicy = .none
    ) async throws(Problem) -> [UInt8] {
        try await callWithWarnings(
            json: json, to: subject, as: credential, deadline: deadline, requestID: requestID, retry: retry
        ).answer
    }

    /// As ``call(json:to:as:deadline:requestID:retry:)``, with what the answer warns of.
    public func callWithWarnings(
        json: [UInt8], to subject: String, as credential: Credential? = nil, deadline: Duration? = nil,
        requestID: String? = nil, retry: RetryPolicy = .none
    ) async throws(Problem) -> (answer: [UInt8], warnings: [Warning]) {
        let delivery = try await deliver(
            json, to: subject, named: subject, as: credential, deadline: deadline, requestID: requestID, retry: retry)
        return (delivery.payload, Warning.read(delivery.headers))
    }

    private func deliver(
        _ payload: [UInt8], to subject: String, named name: String, as credential: Credential?, deadline: Duration?,
        requestID: String?, retry: RetryPolicy
    ) async throws(Problem) -> Delivery {
        let context = CallContext.current
        var end = Deadline.after(deadline ?? (context == nil ? self.deadline : Deadline.limit))
        if let context { end = min(end, context.deadline) }
        var failures = 0
        while true {
            do throws(Problem) {
                let headers = try await self.headers(context, credential, end, requestID)
                return try await exchange(payload, to: subject, named: name, headers, end)
            } catch {
                failures += 1
                let harmless = requestID != nil || error.reason == Self.noResponders
                guard error.code == .unavailable, harmless, failures < retry.attempts else { throw error }
                let pause = retry.pause(after: failures)
                guard pause < end.remaining else { throw error }
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    throw .canceled()
                }
            }
        }
    }

    private static let noResponders = "NO_RESPONDERS"

    private static func encode(_ request: some Message) throws(Problem) -> [UInt8] {
        do throws(WireError) {
            return try request.encodeProtobuf()
        } catch {
            throw Problem(.invalidArgument, error.text, reason: "MALFORMED_REQUEST", cause: "\(error)")
        }
    }

    private func headers(
        _ context: CallContext?, _ credential: Credential?, _ end: Deadline, _ requestID: String?
    ) async throws(Problem) -> Headers {
        var headers: Headers = [:]
        let token: String?
        if let credential {
            token = try await credential.token()
        } else if let context {
            token = context.bearer
        } else {
            token = try await self.credential?.token()
        }
        if let token { headers.add(HeaderName.authorization, "Bearer \(token)") }
        let trace = context?.trace ?? .generate()
        headers.add(HeaderName.traceParent, trace.header)
        if let state = trace.state { headers.add(HeaderName.traceState, state) }
        if let context { headers.add(HeaderName.acceptLanguage, context.language) }
        if let requestID { headers.add(HeaderName.requestID, requestID) }
        // Last, so that the time it took to find the token counts.
        headers.add(HeaderName.timeout, end.header)
        return headers
    }

    private func exchange(
        _ payload: [UInt8], to subject: String, named name: String, _ headers: Headers, _ end: Deadline
    ) async throws(Problem) -> Delivery {
        let remaining = end.remaining
        guard remaining > .zero else { throw .deadlineExceeded(cause: "no time left to call \(name)") }
        guard payload.count + headers.byteCount <= transport.maximumMessageBytes else {
            throw .requestTooLarge(payload.count, limit: transport.maximumMessageBytes)
        }
        let answer: Delivery
        do throws(TransportFailure) {
            answer = try await transport.request(payload, to: subject, headers: headers, timeout: remaining)
        } catch {
            throw Self.problem(error, name)
        }
        if let code = answer.headers[HeaderName.serviceErrorCode] {
            throw Self.problem(answered: answer, code: code, language: headers[HeaderName.acceptLanguage])
        }
        return answer
    }

    private static func problem(_ failure: TransportFailure, _ method: String) -> Problem {
        switch failure {
        case .noResponders: .unavailable(reason: noResponders, cause: "nobody answers \(method)")
        case .timeout: .deadlineExceeded(cause: "no answer from \(method)")
        case .tooLarge: .requestTooLarge(nil, limit: nil)
        case .closed: .unavailable(reason: "NOT_CONNECTED", cause: "not connected, calling \(method)")
        case .cancelled: .canceled()
        case .forbidden(let text): .internalError(cause: "not allowed to call \(method): \(text)")
        case .overloaded: .resourceExhausted(reason: "CLIENT_OVERLOADED")
        case .invalidHeader(let name):
            .invalid(field: name, Text(en: "The value cannot be sent.", ko: "전송할 수 없는 값입니다."))
        case .other(let text): .unavailable(reason: "TRANSPORT", cause: "\(text), calling \(method)")
        }
    }

    /// The problem in an error answer. A micro service that is not ours sends no status body; its header has to do.
    private static func problem(answered answer: Delivery, code: String, language: String?) -> Problem {
        let code = Int32(code).flatMap(Problem.Code.init(rawValue:)) ?? .unknown
        let header = answer.headers[HeaderName.serviceError]
        let fallback = Problem(code, .foreign(header.map { HeaderText.decoded($0) } ?? code.name))
        let format = PayloadFormat(payload: answer.payload, contentType: answer.headers[HeaderName.contentType])
        let body =
            format == .json
            ? try? Status.decode(json: answer.payload) : try? Status.decode(protobuf: answer.payload)
        guard let status = body, status.code == code.rawValue else { return fallback }
        var problem = Problem(status: status)
        // The body is in the language that was asked for; the header is in English for everybody.
        if language == Language.ko.rawValue, let english = Problem.english(ofHeader: header, code) {
            problem.text = Text(en: english, ko: problem.text.ko)
        }
        return problem
    }
}

extension Problem {
    static func requestTooLarge(_ size: Int?, limit: Int?) -> Problem {
        let sizes = size.flatMap { size in limit.map { ["size": String(size), "limit": String($0)] } }
        return Problem(
            .invalidArgument, Text(en: "The request is too large to be sent.", ko: "요청이 너무 커서 전송할 수 없습니다."),
            reason: "REQUEST_TOO_LARGE", metadata: sizes ?? [:])
    }
}
