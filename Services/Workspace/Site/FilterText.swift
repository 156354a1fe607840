/// Filters of AIP-160 over values that come from outside.
enum FilterText {
    /// The field has this value.
    static func equal(_ field: some RawRepresentable<String>, _ value: String) -> String {
        "\(field.rawValue) = \(quoted(value))"
    }

    /// A text as a filter takes it, whatever stands in it. The services read scalar by scalar: a quotation mark with a combining
    /// mark after it is one character to Swift, but ends the text.
    static func quoted(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.prefix(200).unicodeScalars {
            if "\\\"*".unicodeScalars.contains(scalar) { out.append("\\") }
            out.append(scalar)
        }
        return "\"\(String(out))\""
    }
}
