import Crypto
import Foundation
import HTTPS
import OnboardingWire
import Wire

/// What an instance is told when it is to be registered.
struct ConsumerOffer: Sendable {
    /// Id of the registration: the same for every attempt, so that the instance registers once.
    let registration: String
    let instance: String
    let sentAt: Timestamp
}

/// What the instance makes of it.
enum HandshakeOutcome: Sendable, Equatable {
    case registered
    /// It will not be otherwise when it is tried again; one of the values of `failure`.
    case failed(String)
    /// Not now; what it is called when no attempt is left.
    case later(String)
}

/// Registers an instance: the way to it.
protocol ConsumerHandshake: Sendable {
    func register(_ offer: ConsumerOffer) async -> HandshakeOutcome
}

/// A signed call over HTTPS. The header `Ale-Signature` holds the time in seconds and the HMAC-SHA256 of "<time>.<body>" under
/// the key that both sides know; the instance refuses a time that is not its own.
struct HTTPSHandshake: ConsumerHandshake {
    static let path = "/api/ale/service_bridge/registration"
    static let header = "Ale-Signature"
    let client: HTTPSClient
    let key: [UInt8]
    var timeout: Duration = .seconds(15)

    func register(_ offer: ConsumerOffer) async -> HandshakeOutcome {
        let body = Array("{\"registration\":\"\(offer.registration)\",\"instance\":\"\(offer.instance)\"}".utf8)
        let answer = await client.post(
            body, to: offer.instance + Self.path,
            headers: [
                "Content-Type": "application/json",
                Self.header: Self.signature(of: body, at: offer.sentAt.seconds, key),
                "Idempotency-Key": offer.registration,
            ], timeout: timeout)
        return Self.outcome(answer)
    }

    /// The value of the header.
    static func signature(of body: [UInt8], at seconds: Int64, _ key: [UInt8]) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(seconds).".utf8) + body, using: SymmetricKey(data: key))
        return "t=\(seconds),v1="
            + code.map { byte in
                String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
            }.joined()
    }

    /// What an answer means. A redirect is no answer of an instance.
    static func outcome(_ answer: HTTPSOutcome) -> HandshakeOutcome {
        typealias Failure = ConsumerRegistration.Failure
        guard case .answered(let status, _) = answer else { return .later(Failure.connectionRefused) }
        return switch status {
        case 200...299: .registered
        case 401, 403: .failed(Failure.authenticationFailed)
        case 412, 426, 505: .failed(Failure.versionMismatch)
        case 408, 425, 429, 500...599: .later(Failure.registrationFailed)
        default: .failed(Failure.registrationFailed)
        }
    }
}
