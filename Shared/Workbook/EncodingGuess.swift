/// What encoding bytes that are not UTF-8 may have, told from the lines that hold something beyond ASCII.
struct EncodingGuess {
    /// Such lines, the first ones of the file.
    private let lines: [[UInt8]]

    init(_ lines: [[UInt8]]) { self.lines = lines }

    /// Whether the file is UTF-8 all the same, with a few bytes broken: most of its characters beyond ASCII are whole.
    var isBrokenUTF8: Bool {
        var whole = 0
        var broken = 0
        for line in lines {
            var rest = line[...]
            while let byte = rest.first {
                let count = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1
                if byte < 0x80 {
                    rest = rest.dropFirst()
                } else if rest.count >= count, count > 1, String(validating: rest.prefix(count), as: UTF8.self) != nil {
                    whole += 1
                    rest = rest.dropFirst(count)
                } else {
                    broken += 1
                    rest = rest.dropFirst()
                }
            }
        }
        return whole >= 3 * broken
    }

    /// Whether the bytes read as Windows-1252 the way Western languages are written.
    var isWestern: Bool {
        guard let texts = decoded(.windows1252) else { return false }
        return texts.allSatisfy { Words.areLikely($0, .windows1252) && Words.areWestern($0) }
    }

    /// The encodings the bytes may have, each with the first words by which they differ.
    var candidates: [(encoding: TextEncoding, sample: String)] {
        var found: [(encoding: TextEncoding, words: [String])] = []
        for encoding in TextEncoding.codePages {
            guard let texts = decoded(encoding), texts.allSatisfy({ Words.areLikely($0, encoding) }) else { continue }
            let words = texts.flatMap(Words.foreign)
            if !words.isEmpty, !found.contains(where: { $0.words == words }) { found.append((encoding, words)) }
        }
        let shortest = found.map(\.words.count).min() ?? 0
        let telling = (0..<shortest).first { place in Set(found.map { $0.words[place] }).count > 1 } ?? 0
        return found.map { ($0.encoding, String($0.words[telling].prefix(24))) }
    }

    private func decoded(_ encoding: TextEncoding) -> [String]? {
        guard let page = CodePage(encoding) else { return nil }
        var texts: [String] = []
        for line in lines {
            guard let text = page.text(line) else { return nil }
            texts.append(text)
        }
        return texts
    }
}

/// How words look when they were read in the encoding they were written in.
private enum Words {
    static func areLikely(_ text: String, _ encoding: TextEncoding) -> Bool {
        let words = text.unicodeScalars.split { !isWordlike($0) }
        return words.allSatisfy { isLikely(Array($0), encoding) }
            && !text.unicodeScalars.contains {
                (0x80...0x9F).contains($0.value) || (0xE000...0xF8FF).contains($0.value)
            }
    }

    /// Whether every word has only letters of one Western language: "Dvoøák" is a Czech word in another encoding.
    static func areWestern(_ text: String) -> Bool {
        // Three characters beyond ASCII in a row, with a letter among them, are the bytes of another script.
        for run in text.unicodeScalars.split(whereSeparator: { $0.isASCII || $0 == "\u{A0}" }) where run.count > 2 {
            guard !run.contains(where: \.properties.isAlphabetic) else { return false }
        }
        guard text.count(where: { $0 == "‹" }) == text.count(where: { $0 == "›" }) else { return false }
        return text.lowercased().split { !$0.isLetter }.allSatisfy { word in
            let marked = Set(word.unicodeScalars.filter { !$0.isASCII })
            return marked.isEmpty || alphabets.contains { $0.isSuperset(of: marked) }
        }
    }

    private static let alphabets: [Set<Unicode.Scalar>] = [
        "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "àçèéíïòóúü", "àèéìíîòóùú", "ãõáâàçéêíóôúü", "åäöæøéüèêàôó",
        "áéíóúýþðæö", "ëïéèóöüáíúê", "äöõüšž",
    ].map { Set($0.unicodeScalars) }

    /// Letters, and the signs that bytes of another encoding would put among them.
    private static func isWordlike(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.generalCategory == .nonspacingMark
            || signs.contains(scalar) || (0x2500...0x25FF).contains(scalar.value)
    }

    private static let signs: Set<Unicode.Scalar> = Set("¢£¤¥¦§¨©¬®¯°±²³´µ¶·¸¹º¼½¾×÷ˆ‡†‰ƒ¡¿".unicodeScalars)

    private static func isLikely(_ word: [Unicode.Scalar], _ encoding: TextEncoding) -> Bool {
        let foreign = word.filter { !$0.isASCII }
        guard !foreign.isEmpty else { return true }
        if encoding.isMultibyte { return !isSandwiched(word) && !foreign.contains(where: isHalfWidth) }
        // A sign stands beside ASCII (a degree, a square metre), not among letters of which each is beyond it.
        for (left, right) in zip(word, word.dropFirst()) where !left.isASCII && !right.isASCII {
            if signs.contains(left) || signs.contains(right) { return false }
        }
        let letters = word.filter { $0.properties.isAlphabetic }
        // A capital letter behind a small one is another code page's letter.
        for (left, right) in zip(letters, letters.dropFirst()) where !right.isASCII || !left.isASCII {
            if left.properties.isLowercase && right.properties.isUppercase { return false }
        }
        let isLatin = [.windows1252, .windows1250, .windows1254, .windows1257, .windows1258].contains(encoding)
        if isLatin { return areLatin(letters) }
        return foreign.count == letters.count && letters.allSatisfy { $0.value >= 0x370 }
    }

    /// Three letters with marks in a row, or a word of such letters only, are of another script.
    private static func areLatin(_ letters: [Unicode.Scalar]) -> Bool {
        var run = 0
        for letter in letters {
            run = letter.isASCII ? 0 : run + 1
            if run == 3 { return false }
        }
        return letters.count < 2 || letters.contains(where: \.isASCII)
    }

    /// One ideograph between small Latin letters is a letter with a mark.
    private static func isSandwiched(_ word: [Unicode.Scalar]) -> Bool {
        word.indices.dropFirst().dropLast().contains { index in
            !word[index].isASCII && word[index - 1].isASCII && word[index + 1].isASCII
        }
    }

    private static func isHalfWidth(_ scalar: Unicode.Scalar) -> Bool { (0xFF61...0xFF9F).contains(scalar.value) }

    /// The fields of a line with characters beyond ASCII.
    static func foreign(_ text: String) -> [String] {
        text.split { ",;\t|\"\r\n".contains($0) }.filter { $0.unicodeScalars.contains { !$0.isASCII } }.map(String.init)
    }
}
