import Korean
import PlaybooksWire
import RecommendedActionsWire
import Wire

/// What a template sees: values of a page, and messages of the services under the names of protobuf-JSON; beside each value
/// stands what people read of it, as the README of the workspace says. Nothing is made that the template does not ask for.
final class Shown {
    private let values: Values
    private let message: (any WireMessage)?
    private let reader: Reader
    private lazy var schema = message.flatMap { Dictionaries.schema(of: $0) }
    /// What was made of a part that holds further ones: a template names them many times.
    private var made: [String: Drawn] = [:]

    /// Values that a page has put together.
    init(_ values: Values, _ reader: Reader) {
        self.values = values
        message = nil
        self.reader = reader
    }

    /// A message with what a page adds to it.
    init(_ seen: Seen, _ reader: Reader) {
        values = seen.more
        message = seen.message as? any WireMessage
        self.reader = reader
    }

    /// The part of that name; nil where there is none.
    func part(_ key: Key) -> Drawn? {
        if !made.isEmpty, let known = made[key.name] { return known }
        if let value = value(key.name) {
            let drawn = drawn(value)
            switch drawn {
            case .list, .whole: made[key.name] = drawn
            case .blank, .text, .flag, .choice: break
            }
            return drawn
        }
        for (beside, name) in key.beside {
            if let value = value(name) { return drawn(beside, of: value, named: name) }
        }
        return nil
    }

    private func value(_ name: String) -> (any Sendable)? { values[name] ?? message?.named(name) }

    private func drawn(_ beside: Beside, of value: any Sendable, named name: String) -> Drawn {
        switch beside {
        case .text: return text(of: value)
        case .distance:
            if let time = value as? Timestamp { return .text(reader.distance(time)) }
            return Self.day(value).map { .text(reader.distance($0)) } ?? .blank
        case .late: return .flag(Self.day(value).map { $0 < reader.today } ?? false)
        case .label: return label(of: value, named: name)
        case .alternatives: return .choice(Self.plain(value))
        case .any: return .flag(Self.count(value) ?? 0 > 0)
        case .count: return Self.count(value).map { .text("\(grouped: $0)") } ?? .blank
        }
    }

    private func text(of value: any Sendable) -> Drawn {
        if let day = Self.day(value) { return .text(reader.text(day)) }
        if let time = value as? Timestamp { return .text(reader.text(time)) }
        guard let number = Self.number(value) else { return drawn(value) }
        // A count says when there is more than it counted (G-125).
        return .text("\(grouped: number)" + ((self.value("more") as? Bool) == true ? "+" : ""))
    }

    private func label(of value: any Sendable, named name: String) -> Drawn {
        let value = Self.plain(value)
        return Self.text(schema?.field(name)?.label(of: value, reader.language) ?? value)
    }

    private static func day(_ value: any Sendable) -> CivilDate? { (value as? String).flatMap { CivilDate($0) } }

    private static func number(_ value: any Sendable) -> Int64? {
        switch value {
        case let number as Int: Int64(number)
        case let number as Int32: Int64(number)
        case let number as Int64: number
        default: nil
        }
    }

    /// How many a list has; nil for what is none.
    private static func count(_ value: any Sendable) -> Int? {
        (value as? [Values])?.count ?? (value as? any RandomAccessCollection)?.count
    }

    /// A value as text, to compare it with others.
    private static func plain(_ value: any Sendable) -> String {
        (value as? String) ?? number(value).map { String($0) } ?? ""
    }

    private static func text(_ text: String) -> Drawn { text.isEmpty ? .blank : .text(text) }

    /// A value as templates draw it. By far most are texts, flags, values and lists of these: they are told by their type,
    /// since a cast that fails looks first at everything that the type conforms to.
    private func drawn(_ value: any Sendable) -> Drawn {
        switch ObjectIdentifier(type(of: value)) {
        case Kind.text: (value as? String).map(Self.text) ?? .blank
        case Kind.flag: .flag(value as? Bool == true)
        case Kind.values: .whole(Shown(value as? Values ?? [:], reader))
        case Kind.list: .list((value as? [Values] ?? []).map { .whole(Shown($0, reader)) })
        default: drawnOther(value)
        }
    }

    private enum Kind {
        static let text = ObjectIdentifier(String.self)
        static let flag = ObjectIdentifier(Bool.self)
        static let values = ObjectIdentifier(Values.self)
        static let list = ObjectIdentifier([Values].self)
    }

    private func drawnOther(_ value: any Sendable) -> Drawn {
        switch value {
        case let seen as Seen: .whole(Shown(seen, reader))
        case let values as Values: .whole(Shown(values, reader))
        case let text as Text: .text(text(reader.language))
        case let text as LocalText: either(text.en, text.ko)
        case let text as ActionText: either(text.en, text.ko)
        case let time as Timestamp: .text(time.rfc3339)
        case let message as any Message: .whole(Shown(Seen(message), reader))
        case is [UInt8]: .blank
        case let list as [any Sendable]: .list(list.map { drawn($0) })
        default: Self.number(value).map { .text("\($0)") } ?? .blank
        }
    }

    private func either(_ en: String, _ ko: String) -> Drawn {
        Self.text(reader.language == .ko && !ko.isEmpty ? ko : en)
    }
}
