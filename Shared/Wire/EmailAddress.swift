/// Which e-mail addresses mail can reach. What is kept as an address is one that a message can be sent to.
public enum EmailAddress {
    /// Whether `text` is a local part of ASCII (a dot-atom, RFC 5322 3.2.3, at most 64 bytes), one at sign, and a
    /// domain of two labels or more, which may be international: at most 254 bytes in all (RFC 5321, 4.5.3.1).
    public static func isMailable(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2, isLocalPart(parts[0]) else { return false }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 2 && labels.allSatisfy(isLabel)
            // A name that ends in digits is taken for an address of the network.
            && labels.last?.utf8.allSatisfy(isDigit) == false
    }

    private static func isLocalPart(_ text: Substring) -> Bool {
        text.utf8.count <= 64
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
                !atom.isEmpty
                    && atom.utf8.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
            }
    }

    private static func isLabel(_ label: Substring) -> Bool {
        guard let first = label.unicodeScalars.first, let last = label.unicodeScalars.last,
            label.utf8.count <= 63, first != "-", last != "-"
        else { return false }
        return label.unicodeScalars.allSatisfy { scalar in
            if scalar.isASCII { return scalar == "-" || isLetterOrDigit(UInt8(scalar.value)) }
            guard !scalar.properties.isDefaultIgnorableCodePoint else { return false }
            switch scalar.properties.generalCategory {
            case .lowercaseLetter, .uppercaseLetter, .otherLetter, .modifierLetter, .decimalNumber, .nonspacingMark,
                .spacingMark:
                return true
            default: return false
            }
        }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
    }
}
