/// Filters of AIP-160 over values that come from outside.
enum FilterText {
    /// The field has this value.
    static func equal(_ field: some RawRepresentable<String>, _ value: String) -> String {
        "\(field.rawValue) = \(quoted(value))"
    }

    /// A text as a filter takes it, whatever stands in it.
    static func quoted(_ text: String) -> String {
        "\"" + text.prefix(200).map { "\\\"*".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "\""
    }
}
