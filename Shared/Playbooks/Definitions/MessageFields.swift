import Foundation
import Wire

/// The fields of a message as JSON, those of messages within it by paths: `start.condition`. Elements of lists that are told
/// apart by keys have paths of their own, `inputs[go_live].mandatory`, beside the list of the keys in their order; other lists
/// are fields as a whole.
struct MessageFields {
    /// The JSON of each field that is set; of a message without any field, `{}`.
    var leaves: [String: String] = [:]

    /// By what the elements of a list of that name are told apart.
    private static let keys = [
        "inputs": "key", "columns": "key", "calendars": "key", "choices": "value", "fields": "field",
    ]

    /// The fields of a message.
    init(of message: some Message) throws {
        let json = try JSONSerialization.jsonObject(with: Data(message.encodeJSON()))
        try add(json as? [String: Any] ?? [:], under: "")
    }

    private mutating func add(_ object: [String: Any], under path: String, without key: String = "") throws {
        for (name, value) in object where name != key {
            let place = path.isEmpty ? name : "\(path).\(name)"
            if let inner = value as? [String: Any], !inner.isEmpty {
                try add(inner, under: place)
            } else if let (key, elements) = Self.keyed(name, value) {
                leaves[place] = try Self.text(elements.map(\.name))
                for element in elements {
                    try add(element.content, under: "\(place)[\(element.name)]", without: key)
                }
            } else {
                leaves[place] = try Self.text(value)
            }
        }
    }

    /// The elements of a list, where each has a key that can stand in a path and no other has.
    private static func keyed(_ name: String, _ value: Any) -> (String, [(name: String, content: [String: Any])])? {
        guard let key = keys[name], let list = value as? [[String: Any]] else { return nil }
        let elements = list.compactMap { element in (element[key] as? String).map { (name: $0, content: element) } }
        let names = elements.map(\.name)
        guard elements.count == list.count, Set(names).count == names.count,
            names.allSatisfy({ !$0.isEmpty && !$0.contains { ".[]".contains($0) } })
        else { return nil }
        return (key, elements)
    }

    private static func text(_ value: Any) throws -> String {
        let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try JSONSerialization.data(withJSONObject: value, options: options), as: UTF8.self)
    }

    /// The message of these fields.
    var json: String {
        get throws {
            var tree = Tree()
            for (path, text) in leaves { tree.set(path.split(separator: ".").map(String.init), text) }
            return try tree.text()
        }
    }

    /// Names within each other.
    private struct Tree {
        private var values: [String: String] = [:]
        private var inner: [String: Tree] = [:]
        /// The elements of lists, by their keys.
        private var elements: [String: [String: Tree]] = [:]

        mutating func set(_ path: [String], _ text: String) {
            guard let first = path.first else { return }
            if path.count == 1 {
                values[first] = text
            } else if first.hasSuffix("]"), let bracket = first.firstIndex(of: "[") {
                let (name, key) = (String(first[..<bracket]), String(first[first.index(after: bracket)...].dropLast()))
                elements[name, default: [:]][key, default: Tree()].set(Array(path[1...]), text)
            } else {
                inner[first, default: Tree()].set(Array(path[1...]), text)
            }
        }

        func text(beginning key: String? = nil) throws -> String {
            let plain = try values.filter { inner[$0.key] == nil }.map { name, value in
                "\"\(name)\":\(try list(name, value) ?? value)"
            }
            let deep = try inner.map { "\"\($0.key)\":\(try $0.value.text())" }
            return "{\(([key].compactMap { $0 } + plain + deep).joined(separator: ","))}"
        }

        /// The list `name` out of its elements; nil where its value is no list of keys.
        private func list(_ name: String, _ value: String) throws -> String? {
            guard let key = MessageFields.keys[name],
                let names = try? JSONSerialization.jsonObject(with: Data(value.utf8)) as? [String]
            else { return nil }
            let known = elements[name] ?? [:]
            let all = try names.map { element in
                try (known[element] ?? Tree()).text(beginning: "\"\(key)\":\(try MessageFields.text(element))")
            }
            return "[\(all.joined(separator: ","))]"
        }
    }
}
