import Foundation
import Wire

/// The fields of a message as JSON, those of messages within it by paths: `start.condition`. Lists are fields as a whole.
struct MessageFields {
    /// The JSON of each field that is set; of a message without any field, `{}`.
    var leaves: [String: String] = [:]

    /// The fields of a message.
    init(of message: some Message) throws {
        let json = try JSONSerialization.jsonObject(with: Data(message.encodeJSON()))
        try add(json as? [String: Any] ?? [:], under: "")
    }

    private mutating func add(_ object: [String: Any], under path: String) throws {
        for (name, value) in object {
            let place = path.isEmpty ? name : "\(path).\(name)"
            if let inner = value as? [String: Any], !inner.isEmpty {
                try add(inner, under: place)
            } else {
                leaves[place] = try Self.text(value)
            }
        }
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
            return tree.text
        }
    }

    /// Names within each other.
    private struct Tree {
        private var values: [String: String] = [:]
        private var inner: [String: Tree] = [:]

        mutating func set(_ path: [String], _ text: String) {
            guard let first = path.first else { return }
            if path.count == 1 {
                values[first] = text
            } else {
                inner[first, default: Tree()].set(Array(path[1...]), text)
            }
        }

        var text: String {
            let plain = values.filter { inner[$0.key] == nil }.map { "\"\($0.key)\":\($0.value)" }
            let deep = inner.map { "\"\($0.key)\":\($0.value.text)" }
            return "{\((plain + deep).joined(separator: ","))}"
        }
    }
}
