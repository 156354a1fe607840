/// What encoding bytes that are not UTF-8 may have, told from the lines that hold something beyond ASCII.
struct EncodingGuess {
    /// Such lines, the first ones of the file.
    private let lines: [[UInt8]]

    /// Whether the lines end as programs of the Macintosh end them, whose letters are in other places than those of
    /// Windows-1252: "Jürgen" reads "JŸrgen".
    private let isOfMacintosh: Bool
    private let whole: Int
    private let broken: Int

    init(_ lines: [[UInt8]], isOfMacintosh: Bool = false) {
        self.lines = lines
        (whole, broken) = Self.counts(lines)
        self.isOfMacintosh = isOfMacintosh
    }

    /// Whether the file is UTF-8 all the same, with a few bytes broken: most of its characters beyond ASCII are whole.
    var isBrokenUTF8: Bool { whole >= 3 * broken }

    /// How many characters beyond ASCII are whole ones of UTF-8, and how many bytes are of none.
    private static func counts(_ lines: [[UInt8]]) -> (whole: Int, broken: Int) {
        var whole = 0
        var broken = 0
        for line in lines {
            var rest = line[...]
            while let byte = rest.first {
                let count = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1
                if byte < 0x80 {
                    rest = rest.dropFirst()
                } else if isPair(rest) {
                    // As databases write what UTF-8 writes as one: a file of that encoding with letters broken.
                    whole += 1
                    rest = rest.dropFirst(6)
                } else if rest.count >= count, count > 1, String(validating: rest.prefix(count), as: UTF8.self) != nil {
                    whole += 1
                    rest = rest.dropFirst(count)
                } else {
                    broken += 1
                    rest = rest.dropFirst()
                }
            }
        }
        return (whole, broken)
    }

    /// Whether the bytes begin with the two halves of a character in UTF-16, each written as UTF-8 would write it (CESU-8).
    private static func isPair(_ bytes: ArraySlice<UInt8>) -> Bool {
        let six = Array(bytes.prefix(6))
        return six.count == 6 && six[0] == 0xED && (0xA0...0xAF).contains(six[1]) && six[3] == 0xED
            && (0xB0...0xBF).contains(six[4]) && [six[2], six[5]].allSatisfy { (0x80...0xBF).contains($0) }
    }

    /// Whether the bytes read as Windows-1252 the way Western languages are written. With one whole character of UTF-8
    /// among them they may be a broken file of that, in which "Österreich" would read "Ã–sterreich".
    var isWestern: Bool {
        guard whole == 0, !isOfMacintosh, let texts = decoded(.windows1252) else { return false }
        return texts.allSatisfy { Words.areLikely($0, .windows1252) && Words.areWestern($0) }
    }

    /// The first words beyond ASCII as an encoding has them, by which a person sees whether it is the right one.
    func words(in encoding: TextEncoding) -> [String] {
        var words: [String] = []
        for word in (decoded(encoding) ?? []).lazy.flatMap(Words.foreign).map({ String($0.prefix(24)) })
        where words.count < 3 && !words.contains(word) {
            words.append(word)
        }
        return words
    }

    /// The encodings the bytes may have, each with the first words by which they differ.
    var candidates: [(encoding: TextEncoding, sample: String)] {
        var found: [(encoding: TextEncoding, words: [String])] = []
        let pages = isOfMacintosh ? [.macintosh] + TextEncoding.codePages : TextEncoding.codePages
        for encoding in pages {
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
                (0x80...0x9F).contains($0.value) || (0xE000...0xF8FF).contains($0.value) || $0.value < 9
            }
    }

    /// Whether every word has only letters of one Western language: "Dvoøák" is a Czech word in another encoding.
    static func areWestern(_ text: String) -> Bool {
        // Three characters beyond ASCII in a row, with a letter among them, are the bytes of another script.
        for run in text.unicodeScalars.split(whereSeparator: { $0.isASCII || $0 == "\u{A0}" }) where run.count > 2 {
            guard !run.contains(where: \.properties.isAlphabetic) else { return false }
        }
        guard text.count(where: { $0 == "‹" }) == text.count(where: { $0 == "›" }), areQuoted(text),
            standApart(Array(text.unicodeScalars))
        else { return false }
        return text.lowercased().split { !$0.isLetter }.allSatisfy { word in
            let marked = Set(word.unicodeScalars.filter { !$0.isASCII })
            return marked.isEmpty || alphabets.contains { $0.isSuperset(of: marked) }
        }
    }

    /// Not that of Icelandic: its þ, ð and ý stand where Turkish, Lithuanian and Czech have letters of theirs.
    private static let alphabets: [Set<Unicode.Scalar>] = [
        "äöüß", "àâæçéèêëîïôœùûüÿ", "áéíñóúü", "àçèéíïòóúü", "àèéìíîòóùú", "ãõáâàçéêíóôúü", "åäöæøéüèêàôó",
        "ëïéèóöüáíúê", "äöõüšž",
    ].map { Set($0.unicodeScalars) }

    /// Whether quotation marks that close have some that open: `“…”`, `„…”`, or the same on both sides. Behind a digit they
    /// are inches.
    private static func areQuoted(_ text: String) -> Bool {
        var (opened, closed, previous) = (0, 0, Character(" "))
        for letter in text {
            if letter == "“" || letter == "„" { opened += 1 }
            if letter == "”", !previous.isNumber { closed += 1 }
            previous = letter
        }
        return closed <= opened || closed.isMultiple(of: 2)
    }

    /// Whether signs that no word has stand beside numbers and blanks alone, and powers behind what they are of.
    private static func standApart(_ scalars: [Unicode.Scalar]) -> Bool {
        scalars.indices.allSatisfy { index in
            let before = index > 0 ? scalars[index - 1] : " "
            let behind = index + 1 < scalars.count ? scalars[index + 1] : " "
            if powers.contains(scalars[index]) {
                return before.isASCII && before.properties.isAlphabetic || isDigit(before)
            }
            return !apart.contains(scalars[index]) || ![before, behind].contains(where: isOfWord)
        }
    }

    private static let powers: Set<Unicode.Scalar> = ["¹", "²", "³"]
    private static let apart = Set("¢£¤¥¦¨¬¯¶¸¼½¾÷ˆ‡†‰ƒ±".unicodeScalars)

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar == "_" || scalar == "\\" || !scalar.isASCII && scalar != "\u{A0}"
    }

    /// Letters, and the signs that bytes of another encoding would put among them.
    private static func isWordlike(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || scalar.properties.generalCategory == .nonspacingMark
            || signs.contains(scalar) || (0x2500...0x25FF).contains(scalar.value)
    }

    private static let signs: Set<Unicode.Scalar> = Set("¢£¤¥¦§¨©¬®¯°±²³´µ¶·¸¹º¼½¾×÷ˆ‡†‰ƒ¡¿".unicodeScalars)

    private static func isLikely(_ word: [Unicode.Scalar], _ encoding: TextEncoding) -> Bool {
        let foreign = word.filter { !$0.isASCII }
        guard !foreign.isEmpty else { return true }
        if encoding.isMultibyte {
            // Letters of half width are single bytes, as those of other encodings are: only words of them are words.
            let isHalf = foreign.contains(where: isHalfWidth)
            return !isSandwiched(word) && (!isHalf || word.count > 1 && word.allSatisfy(isHalfWidth))
        }
        // A sign stands beside ASCII (a degree, a square metre), not among letters of which each is beyond it.
        for (left, right) in zip(word, word.dropFirst()) where !left.isASCII && !right.isASCII {
            if signs.contains(left) || signs.contains(right) { return false }
        }
        let letters = word.filter { $0.properties.isAlphabetic }
        // A capital letter behind a small one is another code page's letter.
        for (left, right) in zip(letters, letters.dropFirst()) where !right.isASCII || !left.isASCII {
            if left.properties.isLowercase && right.properties.isUppercase { return false }
        }
        let latin: [TextEncoding] = [
            .windows1252, .windows1250, .windows1254, .windows1257, .windows1258, .macintosh,
        ]
        if latin.contains(encoding) { return areLatin(letters) }
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
