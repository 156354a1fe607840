import Identity
import OnboardingWire
import RPC
import Wire

/// The methods that work without a token, all of them, and what holds for each: those who have never signed in share so
/// many calls in a second, and no answer says who exists.
struct WithoutToken: Sendable {
    /// Their subjects below `ale.v1.onboarding.`.
    static let methods: Set<String> = [
        "sessions.sign_in", "sessions.renew", "sessions.sign_out", "sessions.list_issuers", "sessions.begin_federated",
        "sessions.complete_federated", "invitations.open", "invitations.accept", "passwords.forget", "passwords.reset",
    ]

    private let strangers: StrangerLimit

    init(perSecond: Int) { strangers = StrangerLimit(perSecond: perSecond, remembered: 1_024) }

    /// An endpoint for one of ``methods``. `proves` says that who gets an answer has proved to be somebody.
    func endpoint<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, proves: Bool = false,
        _ body: @escaping @Sendable (Request, Call) async throws(Problem) -> Response
    ) -> Endpoint {
        precondition(
            Self.methods.contains { method.subject == "ale.v1.onboarding.\($0)" }, "\(method.subject) takes a token")
        let strangers = strangers
        return Endpoint(method, access: .anonymous) { call, request async throws(Problem) in
            let caller = call.connection
            guard strangers.admit(caller) else { throw .tooManyStrangers }
            let response = try await body(request, call)
            if proves { strangers.meet(caller) }
            return response
        }
    }
}

extension Call {
    /// The connections of the workspace, which is a NATS user of its own.
    static let workspace = "_INBOX.workspace"
    /// How the connections of outside systems begin, in the place of whose inboxes the NATS server puts one of its own.
    static let systems = "_R_."

    /// Where the answer goes, as far as the NATS server lets nobody else listen there: the NATS user who asks, or the
    /// connection where there are no users. What follows is chosen by who asks.
    var connection: String {
        peer.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false).prefix(2).joined(separator: ".")
    }
}

extension Problem {
    /// For all who work without a token.
    fileprivate static var tooManyStrangers: Problem {
        .resourceExhausted(
            Text(en: "Too many want to sign in just now. Try again in a moment.", ko: "로그인 요청이 많습니다. 잠시 후 다시 시도해 주세요."),
            reason: "TOO_MANY_STRANGERS")
    }
}
