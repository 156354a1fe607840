import Foundation

/// When texts that look alike are alike: one folding for keys, titles, references and filters, which SQL has as
/// `folded(text)`.
extension String {
    /// The text as a key is compared: without characters that nobody sees, with every white space as one space and none
    /// at the ends, in lower case, composed (NFC). The database's function `folded` gives the same for every text.
    public var alike: String {
        if utf8.allSatisfy({ $0 < 0x80 }) { return alikeOfASCII }
        var kept = UnicodeScalarView()
        var pendingSpace = false
        for scalar in unicodeScalars {
            switch AlikeText.role(of: scalar) {
            case .unseen: continue
            case .space: pendingSpace = true
            case .seen:
                if pendingSpace && !kept.isEmpty { kept.append(" ") }
                pendingSpace = false
                kept.append(scalar)
            }
        }
        var folded = UnicodeScalarView()
        for scalar in String(kept).lowercased().unicodeScalars {
            // Which sigma stands at the end of a word is a matter of writing, not of the name.
            folded.append(scalar == "ς" ? "σ" : scalar)
        }
        return String(folded).precomposedStringWithCanonicalMapping
    }

    /// The usual text has nothing to compose, and nothing unseen but control characters.
    private var alikeOfASCII: String {
        String(unsafeUninitializedCapacity: utf8.count) { buffer in
            var count = 0
            var pendingSpace = false
            for byte in utf8 {
                if byte == 0x20 || (0x09...0x0D).contains(byte) {
                    pendingSpace = count > 0
                    continue
                }
                if byte < 0x20 || byte == 0x7F { continue }
                if pendingSpace {
                    buffer[count] = 0x20
                    count += 1
                    pendingSpace = false
                }
                buffer[count] = (0x41...0x5A).contains(byte) ? byte | 0x20 : byte
                count += 1
            }
            return count
        }
    }

    /// The text as a person sees it: composed (NFC), without characters that nobody sees; in a text of one line every
    /// white space is a plain space and none stands at the ends.
    public func visible(oneLine: Bool = true) -> String {
        guard AlikeText.mayNeedCleaning(self, oneLine: oneLine) else { return self }
        var kept = UnicodeScalarView()
        var previous: Unicode.Scalar = " "
        for scalar in unicodeScalars {
            defer { previous = scalar }
            switch AlikeText.role(of: scalar) {
            case .unseen:
                // What joins letters of these scripts, or colours an emoji, changes how they look.
                if let before = kept.last, AlikeText.shapes(scalar, after: before) { kept.append(scalar) }
            case .space where oneLine:
                // The two characters of one line end are one blank.
                if scalar != "\n" || previous != "\r" { kept.append(" ") }
            case .space: kept.append(scalar)
            case .seen: kept.append(scalar)
            }
        }
        let text = String(kept).precomposedStringWithCanonicalMapping
        return oneLine ? text.trimmed : text
    }

    /// The text without outer white space.
    public var trimmed: String {
        guard let first = utf8.first, let last = utf8.last else { return self }
        // The usual text begins and ends with a printable ASCII character and needs no second look.
        if first > 0x20, first < 0x7F, last > 0x20, last < 0x7F { return self }
        let start = drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}

/// What single characters mean for how a text looks.
enum AlikeText {
    enum Role { case seen, space, unseen }

    /// The same sets stand in the database's function `folded`.
    static func role(of scalar: Unicode.Scalar) -> Role {
        switch scalar.value {
        case 0x21...0x7E: .seen
        case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, 0x2800:
            .space
        case 0x00...0x1F, 0x7F...0x9F, 0xAD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180F,
            0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0x3164, 0xFE00...0xFE0F, 0xFEFF, 0xFFA0, 0xFFF0...0xFFFB,
            0x1BCA0...0x1BCA3,
            0x1D173...0x1D17A, 0xE0000...0xE0FFF:
            .unseen
        default: .seen
        }
    }

    /// Whether a character without a form of its own gives the one before it another.
    static func shapes(_ scalar: Unicode.Scalar, after before: Unicode.Scalar) -> Bool {
        switch (scalar.value, before.value) {
        case (0x200C...0x200D, 0x0600...0x109F), (0x200C...0x200D, 0x1780...0x18AF): true
        case (0x180B...0x180F, 0x1800...0x18AF): true
        case (0x200D, 0x2190...0x2BFF), (0x200D, 0x1F000...0x1FAFF), (0x200D, 0xFE0F): true
        case (0xFE0E...0xFE0F, 0x21...0x2BFF), (0xFE0E...0xFE0F, 0x1F000...0x1FAFF): true
        case (0xFE00...0xFE02, 0x2E80...0x9FFF), (0xE0100...0xE01EF, 0x2E80...0x9FFF): true
        case (0xE0020...0xE007F, 0x1F000...0x1FAFF), (0xE0020...0xE007F, 0xE0020...0xE007F): true
        default: false
        }
    }

    /// False for the usual text, which is as it should be already.
    static func mayNeedCleaning(_ text: String, oneLine: Bool) -> Bool {
        let bytes = text.utf8
        guard let first = bytes.first, let last = bytes.last else { return false }
        if oneLine && (first <= 0x20 || last <= 0x20) { return true }
        if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return false }
        return text.unicodeScalars.contains { !isPlain($0.value, oneLine) }
    }

    /// Characters that are seen, and that no other composition could stand for.
    private static func isPlain(_ value: UInt32, _ oneLine: Bool) -> Bool {
        switch value {
        case 0x20...0x7E, 0xA1...0xAC, 0xAE...0x02FF, 0x0388...0x0482, 0x1E00...0x1EFF, 0x2010...0x2027,
            0x2030...0x205E,
            0x20A0...0x20BF, 0x3001...0x3029, 0x3041...0x3096, 0x30A1...0x30FA, 0x4E00...0x9FFF, 0xAC00...0xD7A3:
            true
        case 0x09, 0x0A, 0x0D: !oneLine
        default: false
        }
    }
}
