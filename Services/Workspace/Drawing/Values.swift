import Wire

/// What a template is given: texts, flags, numbers, messages of the services, lists and further values by their names.
typealias Values = [String: any Sendable]

/// A message as a template sees it, with what a page adds, such as the address of its own page.
struct Seen: Sendable {
    let message: any Message
    let more: Values

    init(_ message: any Message, _ more: Values = [:]) {
        self.message = message
        self.more = more
    }
}

/// Labels with values, as the design shows them.
extension Values {
    /// A label with a value.
    static func fact(_ label: String, _ value: String) -> Self { ["label": label, "value": value] }
    /// A label with a day.
    static func fact(_ label: String, date: String) -> Self { ["label": label, "date": date] }
    /// A label with the state that a badge shows.
    static func fact(_ label: String, badge: String, _ value: String) -> Self {
        ["label": label, "badge": badge, "value": value]
    }
    /// A label with something that leads on.
    static func fact(_ label: String, _ value: String, href: String) -> Self {
        ["label": label, "value": value, "href": href]
    }
}
