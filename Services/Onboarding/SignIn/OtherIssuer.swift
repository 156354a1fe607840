import Crypto
import Foundation
import Platform

/// An OpenID Connect issuer that people may sign in with: an entry of the file that `ALE_SIGN_IN_ISSUERS_FILE` names.
///
///     [{"issuer": "https://login.example", "name": "Example", "client_id": "ale",
///       "client_secret_file": "/run/ale/login.secret", "email_domains": ["example.com"]}]
struct OtherIssuer: Sendable, Decodable {
    /// As in its ID tokens; https.
    let issuer: String
    /// What people read on the button.
    let name: String
    let clientID: String
    /// Without it this system is a public client, for which PKCE stands.
    let clientSecretFile: String?
    /// The domains of the addresses that the issuer may speak for; all when there are none.
    let emailDomains: [String]?
    /// PEM file of the certificate authorities it is trusted by; the system's without.
    let authoritiesFile: String?
    /// Read from the file when the service starts.
    private(set) var clientSecret: String?

    enum CodingKeys: String, CodingKey {
        case issuer, name
        case clientID = "client_id"
        case clientSecretFile = "client_secret_file"
        case emailDomains = "email_domains"
        case authoritiesFile = "ca_file"
    }

    /// Most issuers.
    private static let most = 32

    /// Whether the issuer may say that an address is somebody's.
    func speaksFor(_ email: String) -> Bool {
        guard let domains = emailDomains else { return true }
        let domain = email.split(separator: "@").last?.lowercased() ?? ""
        return domains.contains { $0.lowercased() == domain }
    }

    /// The last part of the address that codes of an issuer go to, which is of no other: so what one issuer sends is not taken
    /// for what another was asked for (RFC 9700, 4.4.2). The first 16 hexadecimal digits of the SHA-256 of the issuer.
    static func mark(of issuer: String) -> String {
        SHA256.hash(data: Data(issuer.utf8)).prefix(8)
            .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Those that are configured.
    static func configured(_ settings: Settings) throws(ConfigurationError) -> [OtherIssuer] {
        guard let path = settings.optional("ale.sign.in.issuers.file") else { return [] }
        guard let text = TextFile.read(path, limit: 65_536),
            var issuers = try? JSONDecoder().decode([OtherIssuer].self, from: Data(text.utf8)), issuers.count <= most
        else {
            throw ConfigurationError(
                "ALE_SIGN_IN_ISSUERS_FILE names \(path), which is no JSON list of objects with issuer, name and client_id."
            )
        }
        for index in issuers.indices {
            let issuer = issuers[index]
            guard issuer.issuer.hasPrefix("https://"), !issuer.clientID.isEmpty, !issuer.name.isEmpty else {
                throw ConfigurationError("\(path): an issuer is https, and has a name and a client_id.")
            }
            guard issuers.filter({ $0.issuer == issuer.issuer }).count == 1 else {
                throw ConfigurationError("\(path): the issuer \(issuer.issuer) is named twice.")
            }
            guard let file = issuer.clientSecretFile else { continue }
            guard let secret = TextFile.read(file, limit: 4_096)?.trimmingCharacters(in: .newlines), !secret.isEmpty
            else {
                throw ConfigurationError("\(path): client_secret_file names \(file), which cannot be read.")
            }
            issuers[index].clientSecret = secret
        }
        return issuers
    }
}
