extension JetStream {
    /// How many messages of a chain the server answers together.
    static let chain = 50

    /// Publishes messages in this order, in chains: each message of a chain but its first is taken only right behind the one
    /// before, so that the server's answer to the last one is that to all, and the places of all follow from its own.
    ///
    /// Where somebody else's message comes in between, or one was stored before, the chain is broken there: what became of
    /// its messages is not known, and all of them end with an error that ``NATSError/isBrokenChain`` tells. Published once more
    /// each is answered by itself, and stored once. `mayGoOn` is as for ``publish(_:while:)``.
    public func publishChained(
        _ publications: [OutboundMessage], while mayGoOn: () -> Bool
    ) async -> [Result<PublishAck, NATSError>] {
        if let denied = connection.state.inboxDenied { return publications.map { _ in .failure(denied) } }
        let chains = stride(from: 0, to: publications.count, by: Self.chain).map { start in
            start..<min(start + Self.chain, publications.count)
        }
        let kinds = chains.map { Waiters.Kind.answer(subject: publications[$0.upperBound - 1].subject) }
        let answers = await connection.state.waiters.gather(kinds, timeout: timeout) {
            (number, token) throws(NATSError) in
            for index in chains[number] {
                guard mayGoOn() else { throw .cancelled }
                let publication = publications[index]
                var headers = publication.headers
                if index > chains[number].lowerBound {
                    headers.add("Nats-Expected-Last-Msg-Id", publications[index - 1].messageID)
                }
                let isLast = index + 1 == chains[number].upperBound
                try connection.send(
                    publication.subject, reply: isLast ? connection.inbox + String(token, radix: 36) : nil,
                    headers: headers, payload: publication.payload)
            }
        }
        return zip(chains, answers).flatMap { chain, answer in
            let last = acknowledgement(of: answer, publications[chain.upperBound - 1].subject)
            return chain.map { index in Self.place(of: index, in: chain, endingWith: last) }
        }
    }

    /// What became of one message of a chain, by the answer to the last.
    private static func place(
        of index: Int, in chain: Range<Int>, endingWith last: Result<PublishAck, NATSError>
    ) -> Result<PublishAck, NATSError> {
        guard case .success(let ack) = last, chain.count > 1 else { return last }
        let behind = UInt64(chain.upperBound - 1 - index)
        guard !ack.isDuplicate, ack.sequence > behind else { return .failure(.brokenChain) }
        return .success(PublishAck(stream: ack.stream, sequence: ack.sequence - behind, isDuplicate: false))
    }
}

extension NATSError {
    /// The server's number for a message that is not behind the one it was to be behind.
    private static let wrongLastMessage = 10070

    fileprivate static let brokenChain = NATSError.jetStream(
        code: 400, errCode: wrongLastMessage, description: "the last message of the chain was stored before")

    /// Whether messages of a chain are to be published once more, each by itself.
    public var isBrokenChain: Bool {
        if case .jetStream(_, Self.wrongLastMessage, _) = self { true } else { false }
    }
}
