import Foundation
import HTTPS
import Identity
import RPC
import Synchronization

/// Speaks with one OpenID Connect issuer: where it is reached and with which keys it signs are fetched from it and kept for
/// an hour, keys anew when a token names another one, once a minute at most.
///
/// The issuer is configured by the operator, so it may be in the own network.
final class IssuerConnection: Sendable {
    /// What it says of itself (OpenID Connect Discovery 1.0).
    struct Document: Sendable, Decodable {
        let issuer: String
        let authorizationEndpoint: String
        let tokenEndpoint: String
        let keySet: String

        enum CodingKeys: String, CodingKey {
            case issuer
            case authorizationEndpoint = "authorization_endpoint"
            case tokenEndpoint = "token_endpoint"
            case keySet = "jwks_uri"
        }
    }

    private struct TokenAnswer: Decodable {
        let idToken: String

        enum CodingKeys: String, CodingKey {
            case idToken = "id_token"
        }
    }

    private struct Known: Sendable {
        let document: Document
        let keys: IDTokenKeys
        let at: ContinuousClock.Instant
    }

    private static let kept: Duration = .seconds(3_600)
    private static let keysKept: Duration = .seconds(60)
    private static let longestWait: Duration = .seconds(8)
    /// Requests to the issuer at once: each has a thread.
    private static let most = 8

    let configuration: OtherIssuer
    private let client: HTTPSClient
    private let known = Mutex<Known?>(nil)
    private let underWay = Mutex(0)

    init(_ configuration: OtherIssuer) {
        self.configuration = configuration
        client = HTTPSClient(authorities: configuration.authoritiesFile, reachesOwnNetwork: true)
    }

    /// Where people go on.
    func authorizationEndpoint(by deadline: Deadline) async throws(Problem) -> String {
        try await discover(by: deadline).document.authorizationEndpoint
    }

    /// The ID token for a code.
    func redeem(_ code: String, verifier: String, redirectURI: String, by deadline: Deadline) async throws(Problem)
        -> String
    {
        let endpoint = try await discover(by: deadline).document.tokenEndpoint
        var fields = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectURI),
            ("code_verifier", verifier),
        ]
        var headers = ["Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"]
        if let secret = configuration.clientSecret {
            // RFC 6749, 2.3.1: both are encoded as in a form first.
            let pair = "\(FormText.encode(configuration.clientID)):\(FormText.encode(secret))"
            headers["Authorization"] = "Basic \(Data(pair.utf8).base64EncodedString())"
        } else {
            fields.append(("client_id", configuration.clientID))
        }
        let body = FormText.encode(fields)
        let answer = try await ask(by: deadline) { client, timeout in
            await client.post(Array(body.utf8), to: endpoint, headers: headers, timeout: timeout)
        }
        guard case .answered(200, let bytes) = answer,
            let token = try? JSONDecoder().decode(TokenAnswer.self, from: Data(bytes))
        else {
            // The issuer refuses the code, or this system: which, its own log says.
            if case .answered(let status, _) = answer, (400...499).contains(status) { throw .signInRefused }
            throw unreached
        }
        return token.idToken
    }

    /// Who has signed in there.
    func read(_ token: String, nonce: String, now: Int64, by deadline: Deadline) async throws(Problem) -> IDToken {
        var keys = try await discover(by: deadline).keys
        for isLast in [false, true] {
            do throws(IDTokenFault) {
                return try IDToken(
                    token, keys: keys, issuer: configuration.issuer, audience: configuration.clientID, nonce: nonce,
                    now: now)
            } catch {
                guard error.isKeyUnknown, !isLast else { throw .signInRefused(cause: error.description) }
            }
            keys = try await discover(by: deadline, keptFor: Self.keysKept).keys
        }
        throw .signInRefused
    }

    private func discover(by deadline: Deadline, keptFor kept: Duration = kept) async throws(Problem) -> Known {
        if let known = known.withLock({ $0 }), ContinuousClock.now - known.at < kept { return known }
        let issuer = configuration.issuer
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        let bytes = try await get("\(base)/.well-known/openid-configuration", by: deadline)
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)), document.issuer == issuer,
            [document.authorizationEndpoint, document.tokenEndpoint, document.keySet].allSatisfy({
                $0.hasPrefix("https://")
            })
        else { throw unreached }
        guard let keys = try? await IDTokenKeys(try await get(document.keySet, by: deadline)) else { throw unreached }
        let found = Known(document: document, keys: keys, at: .now)
        known.withLock { $0 = found }
        return found
    }

    private func get(_ url: String, by deadline: Deadline) async throws(Problem) -> [UInt8] {
        let answer = try await ask(by: deadline) { client, timeout in
            await client.get(url, headers: ["Accept": "application/json"], timeout: timeout)
        }
        guard case .answered(200, let bytes) = answer else { throw unreached }
        return bytes
    }

    private func ask(
        by deadline: Deadline, _ request: (HTTPSClient, Duration) async -> HTTPSOutcome
    ) async throws(Problem) -> HTTPSOutcome {
        guard !deadline.isPast else { throw .deadlineExceeded() }
        let isAdmitted = underWay.withLock { count in
            guard count < Self.most else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw .resourceExhausted(reason: "ISSUER_BUSY") }
        defer { underWay.withLock { $0 -= 1 } }
        return await request(client, min(deadline.remaining, Self.longestWait))
    }

    private var unreached: Problem {
        .unavailable(reason: "ISSUER_UNREACHED", cause: "\(configuration.issuer) does not answer as an issuer does")
    }
}

/// Texts as a form of the web sends them.
enum FormText {
    private static let plain = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

    static func encode(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: plain) ?? "" }

    static func encode(_ fields: [(String, String)]) -> String {
        fields.map { "\(encode($0.0))=\(encode($0.1))" }.joined(separator: "&")
    }
}
