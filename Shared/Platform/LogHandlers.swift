import Foundation
import Logging
import Records

/// One line per event on standard error, as JSON for machines or plain for people. Metadata holds ids, never content.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    let format: LogFormat
    let label: String

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        // One write per line: lines of several threads do not mix.
        FileHandle.standardError.write(Data((line(event.level, event.message, event.metadata) + "\n").utf8))
    }

    /// The line for an event, without the line end.
    func line(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata?) -> String {
        var all = self.metadata
        for (key, value) in metadata ?? [:] { all[key] = value }
        return format == .json ? json(level, message, all) : plain(level, message, all)
    }

    private static let ownFields: Set<String> = ["at", "level", "service", "message"]

    private func json(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        var fields = [
            "\"at\":\(Self.quoted(SystemClock().now.rfc3339))", "\"level\":\(Self.quoted(level.rawValue))",
            "\"service\":\(Self.quoted(label))", "\"message\":\(Self.quoted(message.description))",
        ]
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            // A name must not stand in an object twice.
            let key = Self.ownFields.contains(key) ? "_\(key)" : key
            fields.append("\(Self.quoted(key)):\(Self.quoted(value.description))")
        }
        return "{" + fields.joined(separator: ",") + "}"
    }

    private func plain(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        let facts = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\(Self.singleLine($0.value.description))" }
        let head = "\(SystemClock().now.rfc3339) \(level.rawValue) \(label): \(Self.singleLine(message.description))"
        return ([head] + facts).joined(separator: " ")
    }

    private static func singleLine(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if scalar.value < 0x20 {
                    result += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }
}

/// The logger of a service.
public enum ServiceLog {
    /// A logger that writes lines in `format`.
    public static func make(_ service: String, level: Logger.Level, format: LogFormat) -> Logger {
        Logger(label: service) { label in LineLogHandler(logLevel: level, format: format, label: label) }
    }
}
