import Foundation
import Identity

/// Identity providers of people beside the system's own issuer: the file that `ALE_ISSUERS_FILE` names.
///
///     [{"name": "https://login.example", "jwks_file": "/run/ale/login.jwks.json", "trust_roles": true}]
///
/// With `trust_roles` the roles in its tokens count as they are; without, only those that were also granted here. The
/// person must be a known and active user in both cases.
enum FurtherIssuers {
    private struct Entry: Decodable {
        let name: String
        let keySetFile: String
        let isTrustedForRoles: Bool?

        enum CodingKeys: String, CodingKey {
            case name
            case keySetFile = "jwks_file"
            case isTrustedForRoles = "trust_roles"
        }
    }

    static func read(_ path: String?) throws(ConfigurationError) -> [TrustedIssuer] {
        guard let path else { return [] }
        guard let text = TextFile.read(path, limit: 65_536),
            let entries = try? JSONDecoder().decode([Entry].self, from: Data(text.utf8))
        else {
            throw ConfigurationError(
                "ALE_ISSUERS_FILE names \(path), which is no JSON list of objects with name, jwks_file and trust_roles."
            )
        }
        return entries.map {
            TrustedIssuer(
                name: $0.name, keySetFile: $0.keySetFile, isTrustedForRoles: $0.isTrustedForRoles ?? false)
        }
    }
}
