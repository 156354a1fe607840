import Foundation
import PlayLauncherWire
import Wire

/// What a step of a play asked for, in words: the fields of the record it makes or changes under their labels. Ids say nothing
/// to people and are left out; the values as programs exchange them are for whoever administers plays.
struct StepFacts {
    /// Most of a text that is shown.
    private static let most = 300
    let parts: Parts

    /// Labels and values; empty for a step that is not about the fields of a record.
    func facts(of step: FlowStep) -> [Values] {
        let names = step.method.split(separator: ".")
        guard names.count == 3,
            let schema = Dictionaries.all.first(where: { $0.service == names[0] && $0.collection == names[1] }),
            let asked = try? JSONDecoder().decode([String: Part].self, from: Data(step.input.utf8)),
            let record = asked.values.compactMap(\.fields).first
        else { return [] }
        return schema.fields.compactMap { field in
            guard field.referencedTable == nil, let value = record[field.jsonName]?.text, !value.isEmpty else {
                return nil
            }
            let text = parts.shown(value, field.name, schema)
            return .fact(
                field.label(parts.reader.language), text.count > Self.most ? "\(text.prefix(Self.most))…" : text)
        }
    }

    /// A part of what was asked for: a value, a record, or something that has no place on a page.
    private enum Part: Decodable {
        case text(String)
        case record([String: Part])
        case other

        var text: String? { if case .text(let text) = self { text } else { nil } }
        var fields: [String: Part]? { if case .record(let fields) = self { fields } else { nil } }

        init(from decoder: any Decoder) throws {
            if let fields = try? decoder.container(keyedBy: Name.self) {
                let all = fields.allKeys.map { ($0.stringValue, (try? fields.decode(Part.self, forKey: $0)) ?? .other) }
                self = .record(Dictionary(all, uniquingKeysWith: { first, _ in first }))
                return
            }
            let value = try? decoder.singleValueContainer()
            if let text = try? value?.decode(String.self) {
                self = .text(text)
            } else if let flag = try? value?.decode(Bool.self) {
                self = .text(flag ? "true" : "false")
            } else if let number = try? value?.decode(Decimal.self) {
                self = .text("\(number)")
            } else {
                self = .other
            }
        }
    }

    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}
