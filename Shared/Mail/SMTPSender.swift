import Foundation

/// Hands mails to an SMTP server, one after the other, over a connection that is kept.
///
/// libcurl blocks, so a thread of its own does the work; the tasks that send only wait. When a connection breaks after
/// the body was sent but before the server answered, nobody can know whether the mail was taken: the outcome is
/// transient, and a second attempt carries the same message id.
public final class SMTPSender: Sendable {
    private let configuration: SMTPConfiguration
    private let queue: SMTPQueue

    /// A sender; the connection is made with the first mail.
    public init(_ configuration: SMTPConfiguration) {
        self.configuration = configuration
        let queue = SMTPQueue(limit: configuration.queueLimit)
        self.queue = queue
        let thread = Thread { Self.work(queue, configuration) }
        thread.name = "smtp-sender"
        thread.start()
    }

    deinit { queue.close() }

    /// Sends a mail and waits for the server's answer, at most the configured time for a mail.
    ///
    /// - Returns: one delivery for each of ``MailMessage/recipients``, in their order.
    /// - Throws: ``MailError`` when the mail is not valid, too many wait, the task is canceled, or the sender is closed.
    public func send(_ message: MailMessage) async throws(MailError) -> [MailDelivery] {
        let body = try message.encoded()
        guard !Task.isCancelled else { throw .canceled }
        let job = SMTPJob(
            sender: message.from.address, recipients: message.recipients, body: body,
            deadline: .now + .milliseconds(configuration.messageTimeout))
        try queue.add(job)
        let answer = await withTaskCancellationHandler {
            await job.answer()
        } onCancel: {
            job.cancel()
        }
        return try answer.get()
    }

    /// Takes no more mails; those in line are still sent, then the connection ends.
    public func close() { queue.close() }

    private static func work(_ queue: SMTPQueue, _ configuration: SMTPConfiguration) {
        guard let transfer = SMTPTransfer(configuration) else {
            while let job = queue.next() {
                job.finish(.success(job.deliveries { _ in .unreached(code: 0, reason: "libcurl cannot be set up") }))
            }
            return
        }
        while let job = queue.next() {
            if job.isAbandoned { continue }
            job.finish(.success(transfer.send(job)))
        }
    }
}

/// The line of mails before the thread.
///
/// `@unchecked Sendable`: every access is under the condition's lock. A condition, and not an async stream, because its
/// reader is a thread that must block.
private final class SMTPQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private let limit: Int
    private var jobs: [SMTPJob] = []
    private var isClosed = false

    init(limit: Int) { self.limit = limit }

    func add(_ job: SMTPJob) throws(MailError) {
        condition.lock()
        defer { condition.unlock() }
        guard !isClosed else { throw .closed }
        jobs.removeAll(where: \.isAbandoned)
        guard jobs.count < limit else { throw .overloaded }
        jobs.append(job)
        condition.signal()
    }

    func close() {
        condition.lock()
        isClosed = true
        condition.signal()
        condition.unlock()
    }

    /// The next mail; `nil` when the line is closed and empty. An idle wait has no deadline: nobody waits for it.
    func next() -> SMTPJob? {
        condition.lock()
        defer { condition.unlock() }
        while jobs.isEmpty {
            guard !isClosed else { return nil }
            condition.wait()
        }
        return jobs.removeFirst()
    }
}
