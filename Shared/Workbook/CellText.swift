import Wire

/// Dates in the formats that checks ask for.
extension CellText {
    /// Whether a text is a date or time in a format of the letters `yyyy yy MM M dd d HH H mm m ss s` and, in Korean
    /// or English, `a` for the half of the day with `hh` or `h`; anything else in the format stands for itself, quoted
    /// in apostrophes if it is a letter. Gives the date as "YYYY-MM-DD", or "YYYY-MM-DD HH:MM:SS" when the format has hours.
    /// Two-digit years are of 1970 to 2069. Nil when the text is not exactly of the format or names no real date.
    public static func date(_ text: String, format: String) -> String? {
        DateFormat.known(format)?.parse(text)
    }

    /// Writes a date "YYYY-MM-DD" or "YYYY-MM-DD HH:MM:SS" in a format of `date(_:format:)`; nil when either is wrong.
    /// This is how native dates of a workbook get into the format a check asks for (G-60).
    public static func format(_ date: String, as format: String) -> String? {
        guard let parts = DateParts(canonical: date) else { return nil }
        return DateFormat.known(format)?.write(parts)
    }
}
