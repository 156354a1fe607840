import Foundation
import JourneyKit

/// A service's copy of another service's records, as deploy/nats/consumers.tsv lists them.
struct Replication: Sendable {
    /// The table of the copy, with its schema.
    let copy: String
    /// The table of the owner.
    let original: String

    /// All there are.
    static func all() throws -> [Replication] {
        let list = try String(contentsOfFile: "\(ScenarioStack.root)/deploy/nats/consumers.tsv", encoding: .utf8)
        return try list.split(separator: "\n").dropFirst().compactMap { line in
            let parts = line.split(separator: "\t").map(String.init)
            let prefix = "\(parts[0])-replica-"
            guard parts[1].hasPrefix(prefix) else { return nil }
            let table = String(parts[1].dropFirst(prefix.count))
            return Replication(
                copy: name(parts[0], table), original: name(try owner(of: table), table))
        }
    }

    private static func name(_ service: String, _ table: String) -> String {
        "\(service.replacingOccurrences(of: "-", with: "_")).\"\(table)\""
    }

    /// The service that owns a table: the one whose protos declare it.
    private static func owner(of table: String) throws -> String {
        for service in ScenarioStack.services {
            let folder = "\(ScenarioStack.root)/proto/ale/\(service.replacingOccurrences(of: "-", with: "_"))/v1"
            for file in try FileManager.default.contentsOfDirectory(atPath: folder) {
                let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                if text.contains("table: \"\(table)\"") { return service }
            }
        }
        throw JourneyFailure("no service owns \(table)")
    }
}
