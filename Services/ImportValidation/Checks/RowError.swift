import Foundation
import Wire

/// One reason why a row needs attention: what found it, in which cell, and what a sentence about it has to know beside the
/// cell. This is what is stored; the sentence is made when it is read, in the language of whoever reads.
struct RowError: Codable, Sendable, Equatable {
    /// What finds errors. The names are part of the API.
    enum Check: String, Codable, Sendable, CaseIterable {
        case mandatory
        // The subtypes of field-level checks. Details: how many records bear the text; the values, and the labels in
        // Korean; the format; the most characters.
        case reference, choice, date, datetime, boolean, integer, decimal
        case limit = "string_limit"
        /// The field itself does not take what passed the checks. Details: the text as it would be stored, where that is
        /// not the text of the cell.
        case field
        /// A date is before another of its row.
        case order
        /// A record-level check. Details: its message, in both languages where it has two.
        case record
        /// The file itself says it. Details: kind, place and detail of a ``CellFault``.
        case file
        /// Another row would become the same record. Details: its row and its file.
        case double
        /// The target table refused it. Details: the sentence in English and in Korean.
        case publication
        /// A sentence that an earlier version has kept. Details: the sentence.
        case comment
    }

    let check: Check
    /// The field of the cell; nil when it concerns the whole row.
    var field: String?
    var details: [String] = []

    /// Short, for the names stand in every row.
    enum CodingKeys: String, CodingKey {
        case check = "c"
        case field = "f"
        case details = "d"
    }

    init(_ check: Check, field: String? = nil, _ details: [String] = []) {
        self.check = check
        self.field = field
        self.details = details
    }

    init(_ fault: CellFault) {
        self.init(.file, field: fault.field, [fault.kind.rawValue, fault.place, fault.detail])
    }

    /// The same, of the cell of a field.
    func of(_ field: String) -> RowError { RowError(check, field: field, details) }

    /// Errors as their column holds them; empty for none. By hand, for a file may have one in every row.
    static func json(_ errors: [RowError]) -> String {
        guard !errors.isEmpty else { return "" }
        let json = try? JSONWriter.objects(errors) { (error, writer) throws(WireError) in
            try writer.member(CodingKeys.check, error.check.rawValue)
            if let field = error.field { try writer.member(CodingKeys.field, field) }
            try writer.member(CodingKeys.details, texts: error.details)
        }
        return json.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// Errors of one row after another as their column holds them: those that are the same again are written once.
    struct Encoder {
        private var last: (errors: [RowError], json: String) = ([], "")

        /// The errors of the next row; empty for none.
        mutating func json(_ errors: [RowError]) -> String {
            if last.errors != errors { last = (errors, RowError.json(errors)) }
            return last.json
        }
    }

    /// The errors of a row from its columns. Instances of an earlier version write a comment alone.
    static func read(_ json: String?, comment: String?) -> [RowError] {
        if let json, let errors = try? JSONDecoder().decode([RowError].self, from: Data(json.utf8)) { return errors }
        return (comment ?? "").split(separator: "\n").map { RowError(.comment, [String($0)]) }
    }
}
