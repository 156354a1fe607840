import Foundation
import Hummingbird
import RPC
import Wire

/// One request for a page, with everything a handler may look at.
struct Visit: Sendable {
    /// The path of the address: `/cases/ALEONB0001001`.
    let path: String
    /// What the pattern of the path took out of it.
    let parameters: Parameters
    /// What stands behind `?`.
    let query: Fields
    /// What was posted; empty for what was not.
    var form: Fields
    /// Whose page it is; nil before somebody has signed in.
    let person: Person?
    /// How the page is read.
    let reader: Reader
    /// Where the request came from, for the limits of sign-in: of IPv6 the network.
    let address: String
    /// What the browser says of itself.
    let agent: String
    /// Known to this browser alone: the session token, or before somebody has signed in a value of a cookie.
    let secret: String
    /// The session token as the browser has it; empty when there is none.
    let sessionToken: String
    /// The sign-in with another issuer that this browser has begun, by its state, the mark of the issuer, and where it leads back
    /// to; empty when there is none.
    let federated: String
    /// Whether a script asks for a part of a page.
    let isFragment: Bool
    /// Whether what is answered goes compressed.
    let isCompressed: Bool
    /// The address of the page for what leads back to it, with what it is narrowed to; of what was posted that of the page
    /// above it.
    let back: String
    /// Whether the page is read, and nothing was posted.
    let isRead: Bool
    /// How long the page waits for a part that it can be shown without.
    let patience: Duration
    /// Calls the services with the person's token.
    var ask: Ask
    /// What people have just changed.
    let undos: Undos
    /// Notices that the person has not read.
    var unread: Int64 = 0

    /// The same for a part of a page that is left out where it does not come soon.
    var beside: Visit {
        var visit = self
        visit.ask = ask.within(patience)
        return visit
    }

    /// A part of the path: `id`.
    func part(_ name: String) -> String { parameters.get(name).flatMap(Fields.unescaped) ?? "" }

    /// What the browser is called in the list of sessions.
    var device: String { Device.name(agent) }

    /// A text in the reader's language.
    func say(_ en: String, _ ko: String) -> String { reader(Text(en: en, ko: ko)) }

    /// What each form of this browser posts as `csrf`: another text for each page, so that nothing can be learned of it from
    /// how well pages are compressed.
    var csrf: String { Secrets.proof(of: secret) }

    /// Whether a form came from a page of this browser.
    func isOurs(_ proof: String) -> Bool { Secrets.isProof(proof, of: secret) }
}

/// Asks services with the token of whoever is signed in, within the time that a page may take.
struct Ask: Sendable {
    /// How long the calls of one page may take.
    static let deadline: Duration = .seconds(8)
    /// How long it waits for a part that it can be shown without.
    static let patience: Duration = .seconds(2)

    let client: Client
    let token: String?
    let language: Language
    /// When the page has to be there, whatever it asks for; nil for what lasts as long as it comes further.
    let until: Deadline?
    /// What the services have advised meanwhile.
    var advice = Advice()

    /// What is left of the time of the page.
    var left: Duration { until?.remaining ?? Self.deadline }

    /// The same within less time.
    func within(_ patience: Duration) -> Ask {
        Ask(
            client: client, token: token, language: language, until: .after(min(left, patience)), advice: advice)
    }

    /// The same for what is sent in many parts: each call has a time of its own.
    var unhurried: Ask { Ask(client: client, token: token, language: language, until: nil, advice: advice) }

    /// Calls a method. What is written under a `requestID` is done once, however often the connection fails.
    func callAsFunction<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, requestID: String? = nil
    ) async throws(Problem) -> Response {
        try await within { () async throws(Problem) in
            let (answer, warnings) = try await client.callWithWarnings(
                method, request, requestID: requestID, retry: requestID == nil ? .none : .exponential(attempts: 3))
            advice.add(warnings)
            return answer
        }
    }

    /// Calls a method that a page does not wait for any longer than that.
    func callAsFunction<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, within patience: Duration
    ) async throws(Problem) -> Response {
        try await within(patience) { () async throws(Problem) in
            try await client.call(method, request, requestID: nil, retry: .none)
        }
    }

    /// Calls a method that is known by its subject only, in JSON.
    func callAsFunction(json: [UInt8], to subject: String) async throws(Problem) -> [UInt8] {
        try await within { () async throws(Problem) in
            let (answer, warnings) = try await client.callWithWarnings(json: json, to: subject)
            advice.add(warnings)
            return answer
        }
    }

    private func within<Result: Sendable>(
        _ patience: Duration = Self.deadline, _ body: () async throws(Problem) -> Result
    ) async throws(Problem) -> Result {
        let context = CallContext(
            deadline: .after(min(patience, left)), trace: .generate(), bearer: token, language: language.rawValue)
        return try await context.run(body)
    }
}
