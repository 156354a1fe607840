/// What is kept of texts that people without a token send.
extension String {
    /// The text without NUL, which the database takes in no text, up to so many bytes of UTF-8: a count of characters
    /// is no bound, for one may have any number of marks. A scalar that does not fit whole is left out, and what follows.
    func kept(bytes limit: Int) -> String {
        var (kept, count) = (UnicodeScalarView(), 0)
        for scalar in unicodeScalars where scalar.value != 0 {
            count += UTF8.width(scalar)
            guard count <= limit else { break }
            kept.append(scalar)
        }
        return String(kept)
    }
}
