import Korean
import Mustache
import PlaybooksWire
import RecommendedActionsWire
import Wire

/// What a template sees: values of a page, and messages of the services under the names of protobuf-JSON; beside each value
/// stands what people read of it, as the README of the workspace says. Nothing is made that the template does not ask for.
final class Shown: MustacheParent {
    private let parts: [String: Any]
    private let schema: RecordSchema?
    private let reader: Reader
    /// What was made of a part that holds further ones: a template names them many times.
    private var made: [String: Any] = [:]

    /// Values that a page has put together.
    init(_ values: [String: Any], _ reader: Reader) {
        parts = values
        schema = nil
        self.reader = reader
    }

    /// A message with what a page adds to it.
    init(_ seen: Seen, _ reader: Reader) {
        var parts: [String: Any] = [:]
        for child in Mirror(reflecting: seen.message).children {
            if let label = child.label { parts[label] = child.value }
        }
        for (name, value) in seen.more { parts[name] = value }
        self.parts = parts
        schema = Dictionaries.schema(of: seen.message)
        self.reader = reader
    }

    func child(named name: String) -> Any? {
        if let known = made[name] { return known }
        if let part = parts[name] {
            let child = seen(part)
            if child is any MustacheParent || child is [Any] { made[name] = child }
            return child
        }
        for beside in Beside.allCases where name.hasSuffix(beside.rawValue) {
            let base = String(name.dropLast(beside.rawValue.count))
            if let part = parts[base] { return value(beside, of: part, named: base) }
        }
        return nil
    }

    /// What stands beside a value, under its name with one of these behind it.
    private enum Beside: String, CaseIterable {
        case text = "Text"
        case distance = "Distance"
        case late = "Late"
        case label = "Label"
        case alternatives = "Is"
        case any = "Any"
        case count = "Count"
    }

    private func value(_ beside: Beside, of part: Any, named base: String) -> Any {
        switch beside {
        case .text: return text(of: part)
        case .distance:
            if let time = part as? Timestamp { return reader.distance(time) }
            guard let day = Self.day(part) else { return Blank() }
            return reader.distance(day)
        case .late: return Self.day(part).map { $0 < reader.today } ?? false
        case .label: return label(of: part, named: base)
        case .alternatives: return Alternatives(value: Self.plain(part))
        case .any: return (part as? [Any])?.isEmpty == false
        case .count:
            guard let list = part as? [Any] else { return Blank() }
            return "\(grouped: list.count)"
        }
    }

    private func text(of part: Any) -> Any {
        if let time = part as? Timestamp { return reader.text(time) }
        if let day = Self.day(part) { return reader.text(day) }
        guard let number = Self.number(part) else { return seen(part) }
        // A count says when there is more than it counted (G-125).
        return "\(grouped: number)" + ((parts["more"] as? Bool) == true ? "+" : "")
    }

    private func label(of part: Any, named name: String) -> Any {
        let value = Self.plain(part)
        guard !value.isEmpty else { return Blank() }
        return schema?.field(name)?.label(of: value, reader.language) ?? value
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
        case let text as String: return text.isEmpty ? Blank() : text
        case let flag as Bool: return flag
        case let text as Text: return text(reader.language)
        case let text as LocalText: return either(text.en, text.ko)
        case let text as ActionText: return either(text.en, text.ko)
        case let time as Timestamp: return time.rfc3339
        case let seen as Seen: return Shown(seen, reader)
        case let message as any Message: return Shown(Seen(message), reader)
        case let values as [String: Any]: return Shown(values, reader)
        case let parent as any MustacheParent: return parent
        case is [UInt8]: return Blank()
        case let list as [Any]: return list.map { seen($0) }
        default:
            guard let number = Self.number(part) else { return Blank() }
            return number
        }
    }

    private func either(_ en: String, _ ko: String) -> Any {
        let text = reader.language == .ko && !ko.isEmpty ? ko : en
        return text.isEmpty ? Blank() : text
    }
}

/// No value.
private struct Blank: MustacheCustomRenderable {
    var renderText: String { "" }
    var isNull: Bool { true }
}

/// What a value is, to ask by: `{{#stateIs.closed}}`.
private struct Alternatives: MustacheParent {
    let value: String

    func child(named name: String) -> Any? { name == value }
}
