/// A language the product speaks to people.
public enum Language: String, Sendable, Hashable, CaseIterable {
    /// English, the fallback.
    case en
    /// Korean.
    case ko

    /// The language of a tag such as `ko` or `ko-KR`; English for every other.
    public init(tag: String) {
        self = tag == "ko" || tag.hasPrefix("ko-") || tag.hasPrefix("ko_") ? .ko : .en
    }
}

/// A text shown to people, in every language of the product.
public struct Text: Sendable, Hashable, CustomStringConvertible {
    /// The English wording.
    public let en: String
    /// The Korean wording.
    public let ko: String

    /// A text in both languages.
    public init(en: String, ko: String) {
        self.en = en
        self.ko = ko
    }

    /// The wording for a language tag such as `ko` or `ko-KR`; English for every other.
    public func callAsFunction(_ language: String) -> String {
        self(Language(tag: language))
    }

    /// The wording in `language`.
    public func callAsFunction(_ language: Language) -> String {
        switch language {
        case .en: en
        case .ko: ko
        }
    }

    /// The English wording, for logs.
    public var description: String { en }
}
