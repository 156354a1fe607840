import Foundation
import Markup
import Mustache

/// Languages mails are written in.
public enum MailLanguage: String, Sendable, CaseIterable {
    case en, ko
}

/// A value for a template.
public enum MailValue: Sendable, Hashable, ExpressibleByStringLiteral {
    /// A text.
    case text(String)
    /// A condition for sections.
    case flag(Bool)
    /// A list for sections.
    case list([[String: MailValue]])

    public init(stringLiteral value: String) { self = .text(value) }

    /// The value as Mustache takes it, with texts changed by `escape`.
    fileprivate func object(_ escape: (String) -> String) -> Any {
        switch self {
        case .text(let text): escape(text)
        case .flag(let flag): flag
        case .list(let entries): entries.map { $0.mapValues { $0.object(escape) } }
        }
    }
}

/// Subject and bodies of a mail, made from a template.
public struct MailContent: Sendable, Hashable {
    /// Subject, one line.
    public let subject: String
    /// Plain text.
    public let text: String
    /// HTML.
    public let html: String
}

/// A mail in English and Korean, written in Mustache.
///
/// Values are escaped for HTML before the HTML template sees them, in every form of tag, so that no template can put a
/// value unescaped into a page by accident. Partials are not available.
public struct MailTemplate: Sendable {
    private struct Parts: Sendable {
        let subject: MustacheTemplate
        let text: MustacheTemplate
        let html: MustacheTemplate
    }

    private var parts: [MailLanguage: Parts] = [:]
    /// What it was compiled from.
    public private(set) var sources: [MailLanguage: Source] = [:]

    /// Texts of one language.
    public struct Source: Sendable {
        /// Subject, plain text and HTML with Mustache tags.
        public let subject, text, html: String

        /// The three templates of one language.
        public init(subject: String, text: String, html: String) {
            self.subject = subject
            self.text = text
            self.html = html
        }
    }

    /// Compiles a template.
    ///
    /// - Throws: ``MailError/invalid(part:reason:)`` naming the part that is not valid Mustache.
    public init(en: Source, ko: Source) throws(MailError) {
        try self.init([.en: en, .ko: ko])
    }

    /// Compiles a template of some languages.
    ///
    /// - Throws: ``MailError/invalid(part:reason:)`` naming the part that is not valid Mustache.
    public init(_ sources: [MailLanguage: Source]) throws(MailError) {
        self.sources = sources
        for (language, source) in sources {
            parts[language] = Parts(
                subject: try Self.compile(source.subject, "\(language).subject"),
                text: try Self.compile(source.text, "\(language).text"),
                html: try Self.compile(source.html, "\(language).html"))
        }
    }

    /// Reads `<name>.<language>.txt`, whose first line is `Subject: …` and second is empty, and `<name>.<language>.html`
    /// for both languages from a folder.
    public init(name: String, in folder: URL) throws(MailError) {
        var sources: [Source] = []
        for language in MailLanguage.allCases {
            let text = try Self.read(folder.appendingPathComponent("\(name).\(language).txt"))
            let html = try Self.read(folder.appendingPathComponent("\(name).\(language).html"))
            let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
            guard lines.count == 3, lines[0].hasPrefix("Subject: "), lines[1].isEmpty else {
                throw .invalid(
                    part: "\(name).\(language).txt", reason: "must begin with 'Subject: …' and an empty line")
            }
            sources.append(Source(subject: String(lines[0].dropFirst(9)), text: String(lines[2]), html: html))
        }
        try self.init(en: sources[0], ko: sources[1])
    }

    /// Fills in values. A value that is missing leaves its place empty; a language that is missing has empty texts.
    public func render(_ values: [String: MailValue], language: MailLanguage) -> MailContent {
        guard let parts = parts[language] else { return MailContent(subject: "", text: "", html: "") }
        let plain = values.mapValues { $0.object { $0 } }
        // A subject is one line, whatever the values hold.
        let subject = parts.subject.render(values.mapValues { $0.object(Self.oneLine) })
        return MailContent(
            subject: Self.oneLine(subject), text: parts.text.render(plain),
            html: parts.html.render(values.mapValues { $0.object(Markup.escaped) }))
    }

    private static func read(_ file: URL) throws(MailError) -> String {
        do {
            return try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw .invalid(part: file.lastPathComponent, reason: "the file cannot be read")
        }
    }

    /// Compiles with Mustache's own escaping off: values come escaped as their place needs.
    private static func compile(_ text: String, _ part: String) throws(MailError) -> MustacheTemplate {
        do {
            return try MustacheTemplate(string: "{{% CONTENT_TYPE:TEXT}}" + text)
        } catch {
            throw .invalid(part: part, reason: "\(error)")
        }
    }

    private static func oneLine(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl =
                scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.value == 0x2028
                || scalar.value == 0x2029
            out.append(isControl ? " " : scalar)
        }
        return String(out)
    }
}
