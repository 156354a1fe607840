import NATS
import Tenancy

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An outside system that reads the events of one domain, through a durable consumer of its own.
struct EventReader: Hashable {
    /// How it gets them.
    enum Form: String {
        case protobuf, json
    }

    /// The system, which is also its NATS user.
    let system: String
    let domain: DomainPath
    let form: Form

    /// What the consumers of all systems begin with. No service has such a name.
    static let prefix = "system-"

    /// The consumer. A system's name has no `_`, so that no two readers share one.
    var consumer: String { "\(Self.prefix)\(system)_\(domain.subjectToken)" }

    /// What it gives.
    var subject: String { "ale.v1.\(form == .json ? "json" : "events").\(domain.subjectToken).>" }

    /// The consumer as it should be. It begins with the oldest event there is; an event may come twice.
    var configuration: ConsumerConfiguration {
        var configuration = ConsumerConfiguration(name: consumer, filterSubject: subject)
        configuration.acknowledgementWait = .seconds(60)
        configuration.description = "The system \(system) reads the events of \(domain.path)"
        return configuration
    }

    /// The readers that `deploy/nats/system.sh` has written down; nil when there is no such file.
    static func load(_ path: String) throws(Malformed) -> [EventReader]? {
        guard let bytes = FileManager.default.contents(atPath: path) else { return nil }
        return try read(String(decoding: bytes, as: UTF8.self))
    }

    /// Reads `system`, `domain` and `form` of each line, separated by tabs; a system without events has `-` for both.
    static func read(_ text: String) throws(Malformed) -> [EventReader] {
        var readers: [EventReader] = []
        for (index, line) in text.split(whereSeparator: \.isNewline).enumerated() {
            let columns = line.split(separator: "\t").map(String.init)
            guard columns.count == 3, isName(columns[0]) else { throw Malformed(line: index + 1) }
            if columns[1] == "-" { continue }
            guard let domain = DomainPath(columns[1]), let form = Form(rawValue: columns[2]) else {
                throw Malformed(line: index + 1)
            }
            readers.append(EventReader(system: columns[0], domain: domain, form: form))
        }
        return readers
    }

    /// A line that cannot be read.
    struct Malformed: Error, Equatable {
        let line: Int
    }

    private static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            }
    }
}
