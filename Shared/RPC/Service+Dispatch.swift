import Korean
import Logging
import Tenancy
import Wire

extension Service {
    /// Takes a request from the transport, on the transport's thread: nothing here waits or decodes.
    func receive(_ delivery: Delivery, _ served: Served) {
        // Whatever it asks for is not done: an answer to anything but an inbox would be published in our name.
        guard let reply = delivery.reply.flatMap(ReplyInbox.init) else {
            served.statistics.ignored()
            logger.debug(
                "a request without an inbox for its answer is ignored", metadata: ["method": "\(served.endpoint.name)"])
            return
        }
        let arrival = ContinuousClock.now
        let headers = delivery.headers
        let authorization = Authorization(headers)
        let timeout = headers[HeaderName.timeout]
        let deadline =
            timeout.map { Deadline(header: $0, arrival: arrival) } ?? .after(Deadline.standard, from: arrival)
        let trace = headers[HeaderName.traceParent].flatMap {
            TraceContext(header: $0, state: headers[HeaderName.traceState])?.child()
        }
        let arrived = Arrived(
            served: served, delivery: delivery, reply: reply, bearer: authorization.bearer, arrival: arrival,
            deadline: deadline ?? .after(Deadline.standard, from: arrival), trace: trace ?? .generate(),
            format: PayloadFormat(payload: delivery.payload, contentType: headers[HeaderName.contentType]),
            language: CallLanguage.preferred(headers[HeaderName.acceptLanguage]))
        guard deadline != nil else { return refuse(arrived, .badTimeout) }
        guard !authorization.isAmbiguous else { return refuse(arrived, .unauthenticated(reason: "TOKEN_AMBIGUOUS")) }
        do throws(InFlight.Refusal) {
            let exchange = try inFlight.admit(arrived)
            served.statistics.began()
            exchange.start { exchange in await self.serve(exchange) }
        } catch {
            switch error {
            case .overloaded(let refusal): refuse(arrived, .resourceExhausted(reason: refusal.rawValue))
            case .draining: refuse(arrived, .unavailable(reason: "DRAINING"))
            }
        }
    }

    private func refuse(_ arrived: Arrived, _ problem: Problem) {
        arrived.served.statistics.refused(problem)
        let answer = Self.answer(
            problem, format: arrived.format, language: arrived.language ?? "en", limit: transport.maximumMessageBytes)
        send(answer, to: arrived.reply)
    }

    /// Serves one request in its own task.
    private func serve(_ exchange: Exchange) async {
        // The language before the caller is known; then the caller's.
        var language = exchange.language ?? "en"
        var subject = ""
        do throws(Problem) {
            let call = try await admitCaller(exchange)
            language = call.language
            subject = call.caller.subject
            let payload = try await call.context.run { () async throws(Problem) in
                let limits = WireLimits(bytes: transport.maximumMessageBytes)
                return try await exchange.served.endpoint.invoke(
                    call, exchange.delivery.payload, exchange.format, limits)
            }
            let answer = try Self.answer(
                payload, warnings: call.warnings, format: exchange.format, limit: transport.maximumMessageBytes)
            if exchange.claim(nil) { send(answer, to: exchange.reply) }
        } catch {
            let problem = error.outward(traceID: exchange.trace.traceID)
            if error.code.isFault { logFault(error, exchange, subject) }
            if exchange.claim(problem) {
                let answer = Self.answer(
                    problem, format: exchange.format, language: language, limit: transport.maximumMessageBytes)
                send(answer, to: exchange.reply)
            }
        }
        finish(exchange, subject)
    }

    /// Verifies who calls and counts the request for the caller's domain.
    private func admitCaller(_ exchange: Exchange) async throws(Problem) -> Call {
        guard !exchange.deadline.isPast else { throw .deadlineExceeded() }
        let caller: Caller
        switch exchange.served.endpoint.access {
        case .anonymous:
            caller = .anonymous
        case .authenticated:
            caller = try await authenticator.authenticate(exchange.bearer)
            do throws(Admission.Refusal) {
                try inFlight.identify(exchange, as: caller.domain)
            } catch {
                throw .resourceExhausted(reason: error.rawValue)
            }
        }
        // What a call follows from is believed of services, at work for themselves or for a person, and of nobody else: ids of
        // firings are no secret.
        let isTrusted = caller.kind == .service || caller.actor != nil
        return Call(
            caller: caller, deadline: exchange.deadline,
            trace: isTrusted ? exchange.trace : exchange.trace.withoutCause, language: exchange.language,
            requestHeaders: exchange.delivery.headers, bearer: exchange.bearer, subject: exchange.delivery.subject,
            peer: exchange.reply.subject)
    }

    private func finish(_ exchange: Exchange, _ subject: String) {
        let duration = exchange.arrival.duration(to: .now)
        let verdict = exchange.verdict
        exchange.served.statistics.ended(after: duration, verdict)
        logger.debug(
            "request",
            metadata: [
                "method": "\(exchange.served.endpoint.name)", "code": "\(verdict?.code.name ?? "OK")",
                "reason": "\(verdict?.reason ?? "")", "caller": "\(subject)", "trace_id": "\(exchange.trace.traceID)",
                "duration": "\(duration)",
            ])
        inFlight.end(exchange)
    }

    private func logFault(_ problem: Problem, _ exchange: Exchange, _ subject: String) {
        logger.error(
            "request failed",
            metadata: [
                "method": "\(exchange.served.endpoint.name)", "code": "\(problem.code.name)",
                "cause": "\(problem.cause ?? problem.text.en)", "caller": "\(subject)",
                "trace_id": "\(exchange.trace.traceID)",
            ])
    }

    private func send(_ answer: Answer, to reply: ReplyInbox) {
        do throws(TransportFailure) {
            // Few in flight: somebody waits for this one. Many: sending costs the system more than making some answers.
            if inFlight.isCrowded {
                try transport.publishInCompany(answer.payload, to: reply.subject, headers: answer.headers)
            } else {
                try transport.publish(answer.payload, to: reply.subject, headers: answer.headers)
            }
        } catch {
            logger.warning("answer not sent", metadata: ["cause": "\(error)"])
        }
    }

    /// Answers a request that is cut short and cancels its handler. The place in flight stays taken until the handler
    /// has ended, or work nobody waits for could pile up.
    static func end(_ exchange: Exchange, with problem: Problem, over transport: any Transport) {
        if exchange.claim(problem) {
            let answer = answer(
                problem, format: exchange.format, language: exchange.language ?? "en",
                limit: transport.maximumMessageBytes)
            // Nobody is left to tell when the connection is gone too.
            try? transport.publish(answer.payload, to: exchange.reply.subject, headers: answer.headers)
        }
        exchange.cancel()
    }

    /// What goes out.
    private struct Answer {
        var payload: [UInt8]
        var headers: Headers
    }

    /// The good answer. Warnings are left out when they would not fit: what was done is no error for their sake.
    private static func answer(
        _ payload: [UInt8], warnings: [Warning], format: PayloadFormat, limit: Int
    ) throws(Problem) -> Answer {
        let plain: Headers = format == .json ? [HeaderName.contentType: "application/json"] : [:]
        let size = payload.count + plain.byteCount
        guard size <= limit else { throw .responseTooLarge(size, limit: limit) }
        guard !warnings.isEmpty else { return Answer(payload: payload, headers: plain) }
        var headers = plain
        headers.add(HeaderName.warning, Warning.header(warnings))
        return Answer(payload: payload, headers: payload.count + headers.byteCount <= limit ? headers : plain)
    }

    /// The error answer in the form of the request. Violations and facts are left out when they would not fit.
    private static func answer(_ problem: Problem, format: PayloadFormat, language: String, limit: Int) -> Answer {
        var headers = problem.headers
        if format == .json { headers.add(HeaderName.contentType, "application/json") }
        do throws(WireError) {
            var payload = try format.encode(problem.status(language: language))
            if payload.count + headers.byteCount > limit {
                payload = try format.encode(
                    Problem(problem.code, problem.text, reason: problem.reason).status(language: language))
            }
            if payload.count + headers.byteCount > limit { payload = [] }
            return Answer(payload: payload, headers: headers)
        } catch {
            // A text that cannot be encoded still leaves the code and the sentence in the headers.
            return Answer(payload: [], headers: headers)
        }
    }
}

extension Problem {
    static let badTimeout = Problem.invalid(
        field: HeaderName.timeout,
        Text(
            en: "The header grpc-timeout must be one to eight digits and a unit of H, M, S, m, u, n.",
            ko: "'grpc-timeout' 헤더는 1~8자리 숫자와 단위(H, M, S, m, u, n)여야 합니다."))

    static func responseTooLarge(_ size: Int, limit: Int) -> Problem {
        var problem = Problem.resourceExhausted(
            Text(
                en: "The answer has \(size) bytes and at most \(limit) can be sent. Ask for a smaller page or part.",
                ko: "응답 크기(\(bytes: size))가 전송 한도(\(bytes: limit))를 초과합니다. 더 작은 페이지나 일부를 요청하세요."),
            reason: "RESPONSE_TOO_LARGE")
        problem.metadata = ["size": String(size), "limit": String(limit)]
        return problem
    }
}
