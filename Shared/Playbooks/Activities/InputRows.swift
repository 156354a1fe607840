import Foundation
import Ground
import Korean
import PlaybooksWire
import RPC
import Records
import Wire

/// Whether a text is a value of an input.
struct InputText {
    private let input: ActivityInput
    private let field: FieldSchema?
    /// Most bytes of one value.
    private static let limit = 65_536

    /// An input of a form over the records of a table.
    init(_ input: ActivityInput, over parent: RecordSchema?) {
        self.input = input
        field = input.schema(over: parent)
    }

    /// Why `text` is none; nil for one that is.
    func fault(in text: String) -> InputFault? {
        guard text.utf8.count <= Self.limit else {
            return InputFault(
                text: Text(
                    en: "The value has more than \(Self.limit) bytes.", ko: "값의 크기는 \(bytes: Self.limit) 이하여야 합니다."))
        }
        guard !text.isEmpty else { return nil }
        if let field { return field.fault(inText: text).map { InputFault(text: $0) } }
        let label = input.shownLabel
        if InputType(input.type) == .rows {
            return InputRows(text).map { $0.fault(input.columns) } ?? InputFault(text: InputRows.form(of: label))
        }
        return InputFault(text: Text(en: "\(label.en) is not valid.", ko: "\(label.ko) 값이 올바르지 않습니다."))
    }
}

/// Why a text is no value of an input.
struct InputFault {
    /// Where in the value, behind the path of the input: `[1].email` of rows, else nothing.
    var path = ""
    let text: Text
    /// A record that may be missing among the copies of another service's table, and nowhere else.
    var missing: (id: String, table: String)?
}

extension [String: String] {
    /// The text of a column, which a constant names: the key of a record's field, or a case of an enumeration.
    public subscript(_ column: some RawRepresentable<String>) -> String? { self[column.rawValue] }
}

/// The rows of an input of the type "rows".
public struct InputRows: Sendable {
    /// For each row the texts of its columns.
    public let rows: [[String: String]]
    /// Most rows of one input.
    private static let limit = 200

    /// Reads the JSON of a value; nil when it is none, or has too many rows. An empty text has no rows.
    public init?(_ text: String) {
        guard !text.isEmpty else {
            rows = []
            return
        }
        guard let rows = try? JSONDecoder().decode([[String: String]].self, from: Data(text.utf8)),
            rows.count <= Self.limit
        else { return nil }
        self.rows = rows
    }

    /// What a text that is no rows should have been.
    static func form(of label: Text) -> Text {
        Text(
            en: "\(label.en) must be a JSON list of at most \(limit) rows, each an object of texts by column.",
            ko: "\(label.ko, .topic) 열별 텍스트를 담은 행의 JSON 목록이어야 하며 최대 \(grouped: limit)행입니다.")
    }

    /// What is wrong with the first row that lacks something mandatory, has something else than columns, or what its columns
    /// cannot hold; nil when none does.
    func fault(_ columns: [InputColumn]) -> InputFault? {
        let known = Set(columns.map(\.key))
        for (index, row) in rows.enumerated() {
            if let other = row.keys.sorted().first(where: { !known.contains($0) }) {
                let text = Text(en: "There is no such column.", ko: "이러한 열이 없습니다.")
                return InputFault(path: Self.path(index, other), text: Self.named(index, text))
            }
            for column in columns {
                guard let text = column.schema?.fault(inText: row[column.key] ?? "") else { continue }
                return InputFault(path: Self.path(index, column.key), text: Self.named(index, text))
            }
            guard let column = columns.first(where: { $0.mandatory && (row[$0.key] ?? "").isEmpty }) else { continue }
            let label = column.label?.text ?? Text(en: "This column", ko: "이 열")
            let text = Text(en: "\(label.en) is mandatory.", ko: "\(label.ko, .topic) 필수입니다.")
            return InputFault(path: Self.path(index, column.key), text: Self.named(index, text))
        }
        return nil
    }

    /// Where a column of a row is, behind the path of its input.
    static func path(_ row: Int, _ column: String) -> String { "[\(row)].\(column)" }

    /// What is said of a row, as people count.
    static func named(_ row: Int, _ text: Text) -> Text {
        Text(en: "Row \(row + 1): \(text.en)", ko: "\(grouped: row + 1)행: \(text.ko)")
    }
}

extension Problem {
    /// The same problem as one of a row of the input at `path`: its texts name the row, and its fields, which are those of
    /// the record that is made of the row, the column. What may pass, and what is a fault of the service, stays as it is.
    public func ofRow(_ row: Int, at path: String) -> Problem {
        let isOfRow: Set<Code> = [.invalidArgument, .failedPrecondition, .alreadyExists, .notFound]
        guard isOfRow.contains(code) else { return self }
        var problem = self
        problem.text = InputRows.named(row, text)
        problem.violations = violations.map { violation in
            var named = violation
            let column = violation.field.split(separator: ".").last.map(String.init) ?? ""
            named.field = path + (column.isEmpty ? "[\(row)]" : InputRows.path(row, column))
            named.text = InputRows.named(row, violation.text)
            return named
        }
        return problem
    }

    /// The same problem as one of the inputs of a form, of which some set fields of the records of `table`: what is refused
    /// of a field is said of its input.
    func ofInputs(_ inputs: [ActivityInput], over table: String) -> Problem {
        var problem = self
        problem.violations = violations.map { violation in
            guard let input = inputs.first(where: { !$0.field.isEmpty && violation.field == "\(table).\($0.field)" })
            else { return violation }
            var named = violation
            named.field = input.path
            if reason == Self.referenceReason {
                let label = input.shownLabel
                named.text = Text(
                    en: "\(label.en): what was chosen cannot be named here.", ko: "\(label.ko)에 지정할 수 없는 레코드입니다.")
                problem.text = named.text
            }
            return named
        }
        return problem
    }
}
