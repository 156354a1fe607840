/// A text for people, in English and Korean.
public struct FlowText: Sendable, Hashable {
    /// English.
    public let en: String
    /// Korean.
    public let ko: String

    /// A text in both languages.
    public init(en: String, ko: String) {
        self.en = en
        self.ko = ko
    }

    /// The wording for `ko`; English for every other language.
    func wording(_ language: String) -> String { language == "ko" ? ko : en }
}

/// Why a flow definition was refused when it was saved, with the place in its YAML.
public struct FlowProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Line, from 1.
    public let line: Int
    /// Column in Unicode scalars, from 1.
    public let column: Int
    /// Path in the document, such as `do/createTouchpoint/with/request/touchpoint/subject`; empty for the whole.
    public let path: String
    /// What is wrong there.
    public let text: FlowText

    /// One line for the log.
    public var description: String { "\(line):\(column) \(path): \(text.en)" }
}

/// Name of one version of a flow.
public struct FlowReference: Sendable, Hashable, CustomStringConvertible {
    /// Namespace, such as `ale`.
    public let namespace: String
    /// Name inside the namespace.
    public let name: String
    /// Semantic version.
    public let version: String

    /// A reference to one version.
    public init(namespace: String, name: String, version: String) {
        self.namespace = namespace
        self.name = name
        self.version = version
    }

    /// `namespace/name@version`.
    public var description: String { "\(namespace)/\(name)@\(version)" }
}
