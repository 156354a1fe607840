extension String {
    /// Whether nobody sees anything of the text: it is empty, or holds only white space, control characters, and
    /// characters without a form such as U+200B, U+FEFF, soft hyphens, marks of direction and Hangul fillers.
    public var isBlank: Bool {
        // The usual text begins with a printable ASCII character and needs no second look.
        if let first = utf8.first, first > 0x20, first < 0x7F { return false }
        return unicodeScalars.allSatisfy(\.isInvisible)
    }
}

extension Unicode.Scalar {
    /// Whether the character leaves no mark of its own.
    var isInvisible: Bool {
        if properties.isWhitespace || properties.isDefaultIgnorableCodePoint { return true }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator: return true
        // A Braille cell without dots.
        default: return value == 0x2800
        }
    }
}
