import Korean
import Mustache
import PlaybooksWire
import RecommendedActionsWire
import Synchronization
import Wire

/// What a template sees: values of a page, and messages of the services under the names of protobuf-JSON; beside each value
/// stands what people read of it, as the README of the workspace says. Nothing is made that the template does not ask for.
final class Shown: MustacheParent {
    private let values: [String: Any]
    private let message: MessageFields?
    private let reader: Reader
    private lazy var schema = message.flatMap { Dictionaries.schema(of: $0.message) }
    /// What was made of a part that holds further ones: a template names them many times.
    private var made: [String: Any] = [:]

    /// Values that a page has put together.
    init(_ values: [String: Any], _ reader: Reader) {
        self.values = values
        message = nil
        self.reader = reader
    }

    /// A message with what a page adds to it.
    init(_ seen: Seen, _ reader: Reader) {
        values = seen.more
        message = MessageFields(seen.message)
        self.reader = reader
    }

    func child(named name: String) -> Any? {
        if let known = made[name] { return known }
        if let part = part(name) {
            let child = seen(part)
            if child is Shown || child is [Any] { made[name] = child }
            return child
        }
        for ending in Beside.endings where name.utf8.last == ending.last && name.hasSuffix(ending.text) {
            let base = String(name.dropLast(ending.text.count))
            if let part = part(base) { return value(ending.beside, of: part, named: base) }
        }
        return nil
    }

    private func part(_ name: String) -> Any? { values[name] ?? message?[name] }

    /// What stands beside a value, under its name with one of these behind it.
    private enum Beside: String, CaseIterable {
        case text = "Text"
        case distance = "Distance"
        case late = "Late"
        case label = "Label"
        case alternatives = "Is"
        case any = "Any"
        case count = "Count"

        /// With the last byte, by which most names are known to have none of them.
        static let endings = allCases.map { (beside: $0, text: $0.rawValue, last: $0.rawValue.utf8.last) }
    }

    private func value(_ beside: Beside, of part: Any, named base: String) -> Any {
        switch beside {
        case .text: return text(of: part)
        case .distance:
            if let time = part as? Timestamp { return Printed(reader.distance(time)) }
            guard let day = Self.day(part) else { return Blank() }
            return Printed(reader.distance(day))
        case .late: return Self.day(part).map { $0 < reader.today } ?? false
        case .label: return label(of: part, named: base)
        case .alternatives: return Alternatives(value: Self.plain(part))
        case .any: return (part as? any RandomAccessCollection)?.isEmpty == false
        case .count:
            guard let list = part as? any RandomAccessCollection else { return Blank() }
            return Printed("\(grouped: list.count)")
        }
    }

    private func text(of part: Any) -> Any {
        if let time = part as? Timestamp { return Printed(reader.text(time)) }
        if let day = Self.day(part) { return Printed(reader.text(day)) }
        guard let number = Self.number(part) else { return seen(part) }
        // A count says when there is more than it counted (G-125).
        return Printed("\(grouped: number)" + ((self.part("more") as? Bool) == true ? "+" : ""))
    }

    private func label(of part: Any, named name: String) -> Any {
        let value = Self.plain(part)
        guard !value.isEmpty else { return Blank() }
        return Printed(schema?.field(name)?.label(of: value, reader.language) ?? value)
    }

    private static func day(_ part: Any) -> CivilDate? { (part as? String).flatMap { CivilDate($0) } }

    private static func number(_ part: Any) -> Int64? {
        switch part {
        case let number as Int: Int64(number)
        case let number as Int32: Int64(number)
        case let number as Int64: number
        default: nil
        }
    }

    /// A value as text, to compare it with others.
    private static func plain(_ part: Any) -> String {
        (part as? String) ?? number(part).map { String($0) } ?? ""
    }

    /// A value as the template engine takes it. What is empty is there and blank, so that sections leave it out and the engine
    /// does not look for the name further out.
    private func seen(_ part: Any) -> Any {
        switch part {
        case let text as String: return text.isEmpty ? Blank() : Printed(text)
        case let flag as Bool: return flag
        case let text as Text: return Printed(text(reader.language))
        case let text as LocalText: return either(text.en, text.ko)
        case let text as ActionText: return either(text.en, text.ko)
        case let time as Timestamp: return Printed(time.rfc3339)
        case let seen as Seen: return Shown(seen, reader)
        case let message as any Message: return Shown(Seen(message), reader)
        case let values as [String: Any]: return Shown(values, reader)
        case let parent as any MustacheParent: return parent
        case is [UInt8]: return Blank()
        case let list as [Any]: return list.map { seen($0) }
        default:
            guard let number = Self.number(part) else { return Blank() }
            return Printed("\(number)")
        }
    }

    private func either(_ en: String, _ ko: String) -> Any {
        let text = reader.language == .ko && !ko.isEmpty ? ko : en
        return text.isEmpty ? Blank() : Printed(text)
    }
}

/// The fields of a message by the names of protobuf-JSON. A field is looked at when a template asks for it: a page has many
/// messages, and shows little of most.
private struct MessageFields {
    let message: any Message
    private let fields: Mirror.Children
    private let places: [String: Int]

    /// Where the fields of each kind of message are.
    private static let known = Mutex<[ObjectIdentifier: [String: Int]]>([:])

    init(_ message: any Message) {
        self.message = message
        fields = Mirror(reflecting: message).children
        let kind = ObjectIdentifier(type(of: message))
        if let known = Self.known.withLock({ $0[kind] }) {
            places = known
        } else {
            var places: [String: Int] = [:]
            for (place, field) in fields.enumerated() {
                if let label = field.label { places[label] = place }
            }
            self.places = places
            Self.known.withLock { [places] in $0[kind] = places }
        }
    }

    subscript(name: String) -> Any? {
        places[name].map { fields[fields.index(fields.startIndex, offsetBy: $0)].value }
    }
}

/// A text as the engine takes it without looking at what it may be besides. It has no parts: what stands in a section of it is
/// looked for further out.
private struct Printed: MustacheCustomRenderable, MustacheParent {
    let renderText: String
    var isNull: Bool { false }

    init(_ text: String) { renderText = text }

    func child(named name: String) -> Any? { nil }
}

/// No value.
private struct Blank: MustacheCustomRenderable, MustacheParent {
    var renderText: String { "" }
    var isNull: Bool { true }

    func child(named name: String) -> Any? { nil }
}

/// What a value is, to ask by: `{{#stateIs.closed}}`.
private struct Alternatives: MustacheParent {
    let value: String

    func child(named name: String) -> Any? { name == value }
}
