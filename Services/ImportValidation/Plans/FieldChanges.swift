import Foundation
import ImportValidationWire
import OnboardingWire
import Wire

/// What publishing a row writes, field by field, as plans and publications keep it.
struct KeptChange: Codable, Sendable, Equatable {
    let field, before, after: String

    /// Short, for the names stand in every row.
    enum CodingKeys: String, CodingKey {
        case field = "f"
        case before = "b"
        case after = "a"
    }

    /// As whoever asks reads it.
    var message: FieldChange {
        var change = FieldChange()
        change.field = field
        change.before = before
        change.after = after
        return change
    }

    /// As the owner of the record is told it.
    var published: PublishedField {
        var change = PublishedField()
        change.field = field
        change.before = before
        change.after = after
        return change
    }

    /// What the owner has said of a row, as its column holds it; empty for nothing. By hand, for every row that is planned or
    /// published has some.
    static func json(_ fields: [PublishedField]) -> String {
        guard !fields.isEmpty else { return "" }
        let json = try? JSONWriter.objects(fields) { (field, writer) throws(WireError) in
            try writer.member(CodingKeys.field, field.field)
            try writer.member(CodingKeys.before, field.before)
            try writer.member(CodingKeys.after, field.after)
        }
        return json.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// What a column holds.
    static func read(_ json: String?) -> [KeptChange] {
        json.flatMap { try? JSONDecoder().decode([KeptChange].self, from: Data($0.utf8)) } ?? []
    }
}
