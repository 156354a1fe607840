/// A Korean particle whose form follows from the sound the word before it ends with: 은 or 는, 이 or 가.
///
/// It is written into a sentence beside its word: `"\(label.ko, .topic) 필수입니다."`; after a quotation mark alone:
/// `"'\(title)'\(.subject, after: title) 완료되었습니다."`.
public enum Josa: Sendable, CaseIterable {
    /// 은/는, what is spoken of.
    case topic
    /// 이/가, who does.
    case subject
    /// 을/를, what is done to.
    case object
    /// 으로/로, where to or by what.
    case direction
    /// 과/와, together with.
    case companion

    /// The form after a consonant, and the one after a vowel.
    private var forms: (consonant: String, vowel: String) {
        switch self {
        case .topic: ("은", "는")
        case .subject: ("이", "가")
        case .object: ("을", "를")
        case .direction: ("으로", "로")
        case .companion: ("과", "와")
        }
    }

    /// The form that stands after `word`. When nobody can know how the word is read (Chinese characters, symbols, no
    /// word at all), both forms, as Korean writes it then: `은(는)`.
    public func after(_ word: some StringProtocol) -> String {
        let (consonant, vowel) = forms
        switch FinalSound(of: word) {
        case .vowel: return vowel
        case .rieul: return self == .direction ? vowel : consonant
        case .consonant: return consonant
        case nil: return self == .direction ? "(으)로" : "\(consonant)(\(vowel))"
        }
    }
}

extension DefaultStringInterpolation {
    /// A word and its particle: `\(label.ko, .topic)`.
    public mutating func appendInterpolation(_ word: some StringProtocol, _ particle: Josa) {
        appendInterpolation(word)
        appendLiteral(particle.after(word))
    }

    /// The particle alone, when something stands between it and its word: `'\(title)'\(.subject, after: title)`.
    public mutating func appendInterpolation(_ particle: Josa, after word: some StringProtocol) {
        appendLiteral(particle.after(word))
    }
}
