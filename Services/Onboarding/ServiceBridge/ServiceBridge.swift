import HTTPS
import Platform
import Records

/// The way to consumers' instances, as it is configured.
enum ServiceBridge {
    /// Fewest characters of the key.
    private static let shortestKey = 32

    /// Makes handshakes; nil without a key: registrations then wait until there is one.
    static func handshakes(
        _ settings: Settings, _ database: Database
    ) throws(ConfigurationError) -> ConsumerHandshakes? {
        guard let key = try settings.secret("ale.service.bridge.key") else { return nil }
        guard key.utf8.count >= shortestKey else {
            throw ConfigurationError("ALE_SERVICE_BRIDGE_KEY has fewer than \(shortestKey) bytes.")
        }
        let client = HTTPSClient(authorities: settings.optional("ale.service.bridge.ca.file"))
        return ConsumerHandshakes(database, HTTPSHandshake(client: client, key: Array(key.utf8)))
    }

    /// The work of an instance of the service.
    static func background(_ handshakes: ConsumerHandshakes?) -> [Background] {
        guard let handshakes else { return [] }
        return [Background("consumer handshakes", isSingle: false) { await handshakes.run() }]
    }
}
