import Foundation

/// A mail as the catcher has received it, read as a person's program does.
public struct CaughtMail: Sendable {
    /// The addresses of the envelope: whom it has really reached.
    public let recipients: [String]
    /// The subject.
    public let subject: String
    /// The body as plain text.
    public let text: String
    /// The body as HTML; empty when there is none.
    public let html: String

    /// Reads a mail in Internet message format; nil for what is none.
    init?(_ data: Data) {
        // A byte each, so that parts keep their bytes until their encoding is known.
        guard let raw = String(data: data, encoding: .isoLatin1), let whole = Part(raw) else { return nil }
        let envelope = whole.header("x-envelope-to")
        recipients = envelope.split(separator: ",").map {
            String($0.trimmingCharacters(in: CharacterSet(charactersIn: " <>")))
        }
        subject = Self.words(whole.header("subject"))
        let type = whole.header("content-type")
        let boundary = type.components(separatedBy: "boundary=\"").dropFirst().first?.split(separator: "\"").first
        let parts = boundary.map { whole.body.components(separatedBy: "--\($0)").compactMap(Part.init) } ?? [whole]
        func body(_ kind: String) -> String {
            parts.first { $0.header("content-type").hasPrefix(kind) }?.decoded ?? ""
        }
        (text, html) = (body("text/plain"), body("text/html"))
    }

    /// Encoded words (RFC 2047) in base64, as the product writes them.
    private static func words(_ header: String) -> String {
        guard header.contains("=?") else { return header }
        let bytes = header.components(separatedBy: "=?UTF-8?B?").dropFirst().compactMap { word in
            word.components(separatedBy: "?=").first.flatMap { Data(base64Encoded: $0) }
        }
        return String(decoding: bytes.joined(), as: UTF8.self)
    }

    /// Headers and a body; the whole mail, or one of its parts.
    private struct Part {
        private let headers: [String: String]
        let body: String

        init?(_ text: String) {
            let text = text.hasPrefix("\r\n") ? String(text.dropFirst()) : text
            guard let end = text.range(of: "\r\n\r\n") else { return nil }
            let lines = text[..<end.lowerBound].replacingOccurrences(of: "\r\n ", with: " ")
                .components(separatedBy: "\r\n")
            headers = Dictionary(
                lines.compactMap { line in
                    let pair = line.split(separator: ":", maxSplits: 1).map(String.init)
                    return pair.count == 2
                        ? (pair[0].lowercased(), pair[1].trimmingCharacters(in: .whitespaces)) : nil
                }, uniquingKeysWith: { first, _ in first })
            body = String(text[end.upperBound...])
        }

        func header(_ name: String) -> String { headers[name] ?? "" }

        var decoded: String {
            switch header("content-transfer-encoding").lowercased() {
            case "base64":
                String(decoding: Data(base64Encoded: body, options: .ignoreUnknownCharacters) ?? Data(), as: UTF8.self)
            case "quoted-printable": quotedPrintable
            default: String(decoding: body.data(using: .isoLatin1) ?? Data(), as: UTF8.self)
            }
        }

        private var quotedPrintable: String {
            let bytes = Array((body.data(using: .isoLatin1) ?? Data()))
            var (decoded, place) = ([UInt8](), 0)
            while place < bytes.count {
                guard bytes[place] == UInt8(ascii: "="), place + 2 < bytes.count else {
                    decoded.append(bytes[place])
                    place += 1
                    continue
                }
                // Behind it either two digits, or the end of a line that goes on.
                let digits = String(decoding: bytes[(place + 1)...(place + 2)], as: UTF8.self)
                if let byte = UInt8(digits, radix: 16) { decoded.append(byte) }
                place += 3
            }
            return String(decoding: decoded, as: UTF8.self)
        }
    }
}

extension MailFolder {
    /// Every mail that has come, the oldest first.
    public var mails: [CaughtMail] {
        files.compactMap { FileManager.default.contents(atPath: "\(path)/\($0)").flatMap(CaughtMail.init) }
    }
}
