/// A language the product speaks to people.
public enum Language: String, Sendable, Hashable, CaseIterable {
    /// English, the fallback.
    case en
    /// Korean.
    case ko
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
        language == "ko" || language.hasPrefix("ko-") || language.hasPrefix("ko_") ? ko : en
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
