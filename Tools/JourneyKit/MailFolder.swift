import Foundation

/// The folder into which a mail catcher writes what it was sent, one file per mail.
public struct MailFolder: Sendable {
    /// Where it is.
    public let path: String

    /// The folder at `path`.
    public init(path: String) { self.path = path }

    /// The newest mail of a delivery; nil when none has come.
    public func mail(of delivery: String) -> String? {
        // Names sort by time, so that what has just come is found at once, however many there are.
        files.reversed().first { self.delivery(of: $0) == delivery }
    }

    /// How many mails there are of each delivery: more than one where a mail was sent again.
    public var deliveries: [String: Int] {
        files.reduce(into: [:]) { counts, file in
            if let delivery = delivery(of: file) { counts[delivery, default: 0] += 1 }
        }
    }

    var files: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".eml") }.sorted()
    }

    /// The delivery a mail belongs to, which its Message-ID begins with.
    private func delivery(of file: String) -> String? {
        guard let text = try? String(contentsOfFile: "\(path)/\(file)", encoding: .utf8) else { return nil }
        for line in text.split(whereSeparator: \.isNewline) where line.lowercased().hasPrefix("message-id:") {
            return line.split(separator: "<").last?.split(separator: "@").first.map(String.init)
        }
        return nil
    }
}
