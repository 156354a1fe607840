extension String {
    /// Whether nobody sees anything of the text: it is empty, or holds only white space and characters without a form of
    /// their own such as U+200B, U+FEFF, soft hyphens, marks of direction, Hangul fillers and control characters.
    public var isBlank: Bool {
        // The usual text begins with a printable ASCII character and needs no second look.
        if let first = utf8.first, first > 0x20, first < 0x7F { return false }
        return unicodeScalars.allSatisfy { AlikeText.role(of: $0) != .seen }
    }
}
