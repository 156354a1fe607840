import CCurl
import Synchronization

/// A mail on its way, shared between the task that waits for it and the thread that sends it.
final class SMTPJob: Sendable {
    typealias Answer = Result<[MailDelivery], MailError>

    let sender: String
    let recipients: [MailAddress]
    let body: [UInt8]
    let deadline: ContinuousClock.Instant
    /// Whether it may go only to a server that carries addresses beyond ASCII.
    let needsUTF8: Bool
    private let isCanceled = Atomic(false)
    private let waiter = Mutex<Waiter>(.none)

    private enum Waiter {
        case none
        case waiting(CheckedContinuation<Answer, Never>)
        case answered(Answer)
    }

    init(sender: String, recipients: [MailAddress], body: [UInt8], deadline: ContinuousClock.Instant) {
        self.sender = sender
        self.recipients = recipients
        self.body = body
        self.deadline = deadline
        needsUTF8 = recipients.contains(where: \.isInternational) || !sender.utf8.allSatisfy { $0 < 0x80 }
    }

    /// Whether nobody wants the mail any longer.
    var isAbandoned: Bool { isCanceled.load(ordering: .acquiring) }

    /// Gives the answer; the first one counts.
    func finish(_ answer: Answer) {
        let continuation: CheckedContinuation<Answer, Never>? = waiter.withLock { waiter in
            switch waiter {
            case .answered: return nil
            case .none:
                waiter = .answered(answer)
                return nil
            case .waiting(let continuation):
                waiter = .answered(answer)
                return continuation
            }
        }
        continuation?.resume(returning: answer)
    }

    /// Gives up: answers at once and stops the transfer at its next step.
    func cancel() {
        isCanceled.store(true, ordering: .releasing)
        finish(.failure(.canceled))
    }

    func answer() async -> Answer {
        await withCheckedContinuation { continuation in
            let early: Answer? = waiter.withLock { waiter in
                if case .answered(let answer) = waiter { return answer }
                waiter = .waiting(continuation)
                return nil
            }
            if let early { continuation.resume(returning: early) }
        }
    }
}

/// One libcurl handle, made, used and freed on one thread. It keeps its connection from mail to mail.
struct SMTPTransfer: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private let configuration: SMTPConfiguration

    /// libcurl asks to be set up once per process, before any handle is made.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init?(_ configuration: SMTPConfiguration) {
        guard Self.isReady, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.configuration = configuration
    }

    deinit { curl_easy_cleanup(handle) }

    /// What the callbacks write to; lives as long as the transfer.
    private final class Context {
        var transcript = SMTPTranscript()
        /// What is being sent; nil before and after.
        var body: UnsafeMutablePointer<ale_curl_body>?
        let job: SMTPJob
        init(_ job: SMTPJob) { self.job = job }

        /// Whether the server does not carry the addresses of the mail: nothing of it may go out.
        var isUncarried: Bool { job.needsUTF8 && transcript.lacksUTF8 }
    }

    /// Sends one mail and says what became of it for each recipient.
    borrowing func send(_ job: SMTPJob) -> [MailDelivery] {
        let left = job.deadline - .now
        let milliseconds = Int(left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000)
        guard milliseconds > 0 else { return job.deliveries { _ in .unreached(code: 0, reason: "no time left") } }
        let context = Context(job)
        var list: UnsafeMutablePointer<curl_slist>?
        for recipient in job.recipients {
            // nil only when memory is out; the mail then goes to those before, and the rest is retried.
            list = curl_slist_append(list, recipient.address) ?? list
        }
        defer { curl_slist_free_all(list) }
        let code = job.body.withUnsafeBytes { bytes in
            var body = ale_curl_body(
                bytes: bytes.baseAddress?.assumingMemoryBound(to: CChar.self), count: bytes.count, offset: 0,
                withheld: 0)
            return withUnsafeMutablePointer(to: &body) { body in
                context.body = body
                defer { context.body = nil }
                return withExtendedLifetime(context) {
                    prepare(job, list, body, Unmanaged.passUnretained(context).toOpaque(), milliseconds: milliseconds)
                    return curl_easy_perform(handle)
                }
            }
        }
        // The options point to memory that ends here; the connection stays.
        curl_easy_reset(handle)
        guard !context.isUncarried else {
            return job.deliveries { _ in
                .permanent(code: 0, reason: "the mail server does not carry addresses beyond ASCII (SMTPUTF8)")
            }
        }
        let failure = String(cString: curl_easy_strerror(code))
        let outcomes = context.transcript.outcomes(
            for: job.recipients.count, succeeded: code == CURLE_OK, failure: failure)
        return job.deliveries { outcomes[$0] }
    }

    /// Results of the single settings are not looked at: each option exists in the libcurl this is built with, and an
    /// option that could not be set shows in the result of the transfer, which then fails for want of it.
    private borrowing func prepare(
        _ job: SMTPJob, _ recipients: UnsafeMutablePointer<curl_slist>?, _ body: UnsafeMutablePointer<ale_curl_body>,
        _ context: UnsafeMutableRawPointer, milliseconds: Int
    ) {
        func set(_ option: CURLoption, _ value: Int) { _ = ale_curl_set_long(handle, option, value) }
        func set(_ option: CURLoption, _ value: String) { _ = ale_curl_set_string(handle, option, value) }
        set(CURLOPT_URL, configuration.url)
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        // Proxies named in the environment are meant for the web.
        set(CURLOPT_PROXY, "")
        // libcurl's time-outs use signals otherwise, which a process with threads must not.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, min(configuration.connectTimeout, milliseconds))
        set(CURLOPT_TIMEOUT_MS, milliseconds)
        set(
            CURLOPT_USE_SSL,
            configuration.security == .none ? Int(CURLUSESSL_NONE.rawValue) : Int(CURLUSESSL_ALL.rawValue))
        set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let file = configuration.caFile { set(CURLOPT_CAINFO, file) }
        if let credentials = configuration.credentials {
            set(CURLOPT_USERNAME, credentials.user)
            set(CURLOPT_PASSWORD, credentials.password)
        }
        // Only a new connection tells what the server offers.
        if job.needsUTF8 { set(CURLOPT_FRESH_CONNECT, 1) }
        set(CURLOPT_MAIL_FROM, "<\(job.sender)>")
        _ = ale_curl_set_list(handle, CURLOPT_MAIL_RCPT, recipients)
        // One wrong address does not keep the mail from the others.
        set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1)
        _ = ale_curl_set_body(handle, body)
        _ = ale_curl_set_debug(handle, smtpDebug, context)
        _ = ale_curl_set_progress(handle, smtpProgress, context)
    }

    /// Follows the conversation. Called by libcurl on the thread of the transfer.
    fileprivate static func follow(
        _ type: curl_infotype, _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ context: UnsafeMutableRawPointer?
    ) {
        guard let context, let data else { return }
        let bytes = UnsafeRawBufferPointer(start: data, count: size)
        let shared = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
        if type == CURLINFO_HEADER_IN {
            shared.transcript.received(bytes)
        } else if type == CURLINFO_HEADER_OUT {
            shared.transcript.sent(bytes)
            if shared.isUncarried { shared.body?.pointee.withheld = 1 }
        }
    }

    fileprivate static func isAbandoned(_ context: UnsafeMutableRawPointer?) -> Bool {
        guard let context else { return false }
        let shared = Unmanaged<Context>.fromOpaque(context).takeUnretainedValue()
        return shared.job.isAbandoned || shared.isUncarried
    }
}

extension SMTPJob {
    func deliveries(_ outcome: (Int) -> MailDelivery.Outcome) -> [MailDelivery] {
        recipients.enumerated().map { MailDelivery(recipient: $1, outcome: outcome($0)) }
    }
}

private func smtpDebug(
    _: UnsafeMutableRawPointer?, type: curl_infotype, data: UnsafeMutablePointer<CChar>?, size: Int,
    context: UnsafeMutableRawPointer?
) -> CInt {
    SMTPTransfer.follow(type, data, size, context)
    return 0
}

/// Anything but 0 stops the transfer.
private func smtpProgress(
    context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> CInt {
    SMTPTransfer.isAbandoned(context) ? 1 : 0
}
