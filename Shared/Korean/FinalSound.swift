/// The sound that a word ends with when a Korean reads it aloud.
enum FinalSound: Equatable {
    /// A vowel, or a foreign consonant that is read with one: `서버`, `2`, `service`.
    case vowel
    /// ㄹ, after which a particle of direction is `로`: `메일`, `1`, `title`.
    case rieul
    /// Any other consonant: `계정`, `3`, `plan`.
    case consonant

    /// Nil when it cannot be known. Closing quotes, brackets with what they hold and punctuation are not read.
    init?(of word: some StringProtocol) {
        var rest = Self.withoutClosing(word.unicodeScalars.suffix(Self.read))
        guard let last = rest.last else { return nil }
        switch last.value {
        case 0xAC00...0xD7A3: self.init(final: (last.value - 0xAC00) % 28)
        case 0x3131...0x314E: self = last.value == 0x3139 ? .rieul : .consonant
        case 0x314F...0x3163: self = .vowel
        case 0x30...0x39: self = Self.ofDigit(last)
        // 퍼센트
        case 0x25: self = .vowel
        case _ where Self.isLatin(last):
            let letters = rest.reversed().prefix(while: Self.isLatin).reversed()
            rest.removeLast(letters.count)
            let isPartOfCode = rest.last.map { (0x30...0x39).contains($0.value) } ?? false
            self = Self.ofLatin(String(String.UnicodeScalarView(letters)), isSpelled: isPartOfCode)
        default: return nil
        }
    }

    /// As much of the end of a text as decides how it is read.
    private static let read = 100

    /// By the index of the final consonant of a syllable: 0 for none, 8 for ㄹ.
    private init(final: UInt32) {
        self = final == 0 ? .vowel : final == 8 ? .rieul : .consonant
    }

    private static func withoutClosing(_ text: some BidirectionalCollection<Unicode.Scalar>) -> [Unicode.Scalar] {
        var rest = Array(text)
        while let last = rest.last {
            let opening: Unicode.Scalar? =
                switch last {
                case ")": "("
                case "]": "["
                case "}": "{"
                default: nil
                }
            if let opening, let start = rest.lastIndex(of: opening), start > 0 {
                rest.removeSubrange(start...)
            } else if opening != nil || last.properties.isWhitespace || isPunctuation(last) {
                rest.removeLast()
            } else {
                break
            }
        }
        return rest
    }

    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar != "%" else { return false }
        switch scalar.properties.generalCategory {
        case .closePunctuation, .openPunctuation, .finalPunctuation, .initialPunctuation, .otherPunctuation,
            .dashPunctuation, .connectorPunctuation, .format, .nonspacingMark:
            return true
        default: return false
        }
    }

    /// 영·일·이·삼·사·오·육·칠·팔·구; what ends with zeros is 십, 백, 천, 만, all with a consonant.
    private static func ofDigit(_ digit: Unicode.Scalar) -> FinalSound {
        switch digit {
        case "1", "7", "8": .rieul
        case "0", "3", "6": .consonant
        default: .vowel
        }
    }

    private static func isLatin(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && scalar.properties.isAlphabetic
    }

    /// A word by the usual rules of writing foreign words; letters read one by one when it is an abbreviation (`KPI`,
    /// `id`) or part of a code (`0a3f`).
    private static func ofLatin(_ word: String, isSpelled: Bool) -> FinalSound {
        let lowercase = word.lowercased()
        let hasVowel = lowercase.contains { "aeiouy".contains($0) }
        let isAbbreviation = word.last?.isUppercase == true || word.count == 2 && word == lowercase
        return isSpelled || isAbbreviation || !hasVowel ? ofLetter(lowercase) : ofWord(lowercase)
    }

    /// 엘, 엠, 엔, 알 end with a consonant, the names of the other letters with a vowel.
    private static func ofLetter(_ word: String) -> FinalSound {
        switch word.last {
        case "l", "r": .rieul
        case "m", "n": .consonant
        default: .vowel
        }
    }

    /// `title` 타이틀, `name` 네임, `plan` 플랜, `meeting` 미팅, `market` 마켓; but `project` 프로젝트, `service` 서비스,
    /// `server` 서버.
    private static func ofWord(_ word: String) -> FinalSound {
        var letters = Array(word)
        if letters.last == "e", letters.count > 2, "lmn".contains(letters[letters.count - 2]) { letters.removeLast() }
        guard let last = letters.popLast(), let before = letters.last else { return .vowel }
        let followsVowel = "aeiou".contains(before)
        switch last {
        case "l": return .rieul
        case "m", "n": return .consonant
        case "g": return before == "n" ? .consonant : .vowel
        case "k": return followsVowel || before == "c" ? .consonant : .vowel
        case "b", "c", "p", "t": return followsVowel ? .consonant : .vowel
        default: return .vowel
        }
    }
}
