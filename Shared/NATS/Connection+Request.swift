import CNATS

extension Connection {
    /// Publishes and waits for one answer. Throws `.noResponders` at once when nobody listens, `.timeout`,
    /// `.disconnected` when the connection is lost meanwhile, `.permissionDenied`, `.cancelled` when the task is
    /// cancelled, `.closed`, `.tooManyRequests`, or what `publish` throws. After `.timeout`, `.cancelled` and
    /// `.disconnected` the other side may have acted all the same.
    public func request(
        _ subject: String, headers: Headers = Headers(), payload: [UInt8] = [], timeout: Duration
    ) async throws(NATSError) -> InboundMessage {
        if let denied = state.inboxDenied { throw denied }
        let outcome = try await state.waiters.wait(.answer(subject: subject), timeout: timeout) {
            (token) throws(NATSError) in
            try send(subject, reply: inbox + String(token, radix: 36), headers: headers, payload: payload)
        }
        guard case .message(let message) = outcome else { throw .other("an answer of the wrong kind") }
        return message
    }

    func subscribeToInbox() throws(NATSError) -> Subscription {
        let waiters = state.waiters
        let prefixLength = inbox.utf8.count
        let limit = PendingLimit(messages: 131_072, bytes: 256 * 1_024 * 1_024)
        return try makeSubscription(inbox + "*", nil, limit) { connection, message in
            guard let subject = natsMsg_GetSubject(message),
                let token = UInt64(String(cString: subject + prefixLength), radix: 36)
            else { return }
            if natsMsg_IsNoResponders(message) {
                waiters.finish(token, .failure(.noResponders))
                return
            }
            // Nobody waits for a late answer any more.
            _ = waiters.deliver(InboundMessage(copying: message), to: token)
        }
    }
}
