import NATS
import Tenancy
import Wire

/// One request as its handler sees it, beside the decoded message.
public struct Call: Sendable {
    /// Who calls, verified.
    public let caller: Caller
    /// The moment by which the answer must be there. The handler's task is cancelled then.
    public let deadline: Deadline
    /// The span of this call.
    public let trace: TraceContext
    /// The language for texts: that of the header `Accept-Language`, else the caller's, `en` or `ko`.
    public let language: String
    /// The headers of the request.
    public let requestHeaders: Headers
    /// The caller's token, for calls on the caller's behalf. The client uses it by itself.
    public let bearer: String?
    /// The subject the request was sent to.
    public let subject: String
    /// The subject the answer goes to: the peer's inbox.
    public let peer: String
    private let warningList = WarningList()

    /// A call with the given parts; tests of handlers make their own.
    public init(
        caller: Caller, deadline: Deadline = .after(Deadline.standard), trace: TraceContext = .generate(),
        language: String? = nil, requestHeaders: Headers = [:], bearer: String? = nil, subject: String = "",
        peer: String = ""
    ) {
        self.caller = caller
        self.deadline = deadline
        self.trace = trace
        self.language = language ?? caller.locale
        self.requestHeaders = requestHeaders
        self.bearer = bearer
        self.subject = subject
        self.peer = peer
    }

    /// The id under which the request may be repeated (AIP-155), when the caller sent it as the header `Request-Id`.
    public var requestID: String? { requestHeaders[HeaderName.requestID] }

    /// What the answer will warn of.
    public var warnings: [Warning] { warningList.all }

    /// Adds to what the answer warns of in its header `Ale-Warning`: what the caller should know about something that
    /// was done all the same. An answer has room for 16; what is beyond is left out.
    public func warn(_ warnings: [Warning]) { warningList.add(warnings) }

    /// What calls made by this one are given.
    public var context: CallContext {
        CallContext(deadline: deadline, trace: trace, bearer: bearer, language: language)
    }
}

/// The languages of the product, as far as this module must choose between them.
enum CallLanguage {
    /// The first language of `Accept-Language` that the product speaks; nil when there is none.
    static func preferred(_ header: String?) -> String? {
        guard let header else { return nil }
        for part in header.utf8.prefix(256).split(separator: UInt8(ascii: ",")) {
            let tag = Substring(part).drop { $0 == " " }.prefix { $0 != ";" && $0 != "-" && $0 != " " }.lowercased()
            if tag == "en" || tag == "ko" { return tag }
        }
        return nil
    }
}
