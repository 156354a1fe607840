import ImportValidationWire
import Records
import Wire

/// Every check that the rows of one staging table must pass: those that follow from the dictionary of the target, and
/// those an administrator added.
struct CheckPlan: Sendable {
    /// What is checked in one column. A class, since it is looked at for each cell, and a copy of a field takes longer than
    /// many a check.
    final class Column: Sendable {
        let field: FieldSchema
        let isMandatory: Bool
        let checks: [CellCheck]
        /// The date of the same row that this one must not be before.
        let earlier: FieldSchema?

        init(_ field: FieldSchema, isMandatory: Bool, checks: [CellCheck], earlier: FieldSchema? = nil) {
            self.field = field
            self.isMandatory = isMandatory
            self.checks = checks
            self.earlier = earlier
        }

        var label: Text { field.label }

        /// By what its texts name the records that the field refers to; nil where they name none.
        var reference: CellCheck.Reference? {
            for case .reference(let reference) in checks where reference.table == field.referencedTable {
                return reference
            }
            return nil
        }

        /// Why the owner of the table would not publish a text that passed the checks: what is called ready here is taken
        /// there. References are judged by whether they are found.
        func refusal(of text: String, stored: String) -> RowError? {
            guard case .fault = PublishedCell(seen: stored.trimmed, for: field) else { return nil }
            return RowError(.field, field: field.name, stored == text ? [] : [stored])
        }
    }

    /// A record-level check.
    struct Script: Sendable {
        let name: String
        let source: String
        /// Positions of the cells the script can read; nil when that cannot be told and every cell counts.
        let reach: [Int]?
        let message: CheckMessage
    }

    let target: ImportTarget
    let columns: [Column]
    /// Positions of two dates of which the later must not be before the earlier.
    let periods: [(earlier: Int, later: Int)]
    private(set) var scripts: [Script] = []
    /// What all of it is known by.
    let version: CheckVersion

    private struct Replaced: Hashable {
        let position: Int
        let subtype: CellCheck.Subtype
    }

    /// Longest text where an administrator's check names none.
    private static let lineLimit = 1_000

    /// The plan for `target`: the dictionary's checks, then `assists` in their order. A check of a column replaces the
    /// dictionary's of the same subtype; a mandatory one makes the column mandatory, none makes it optional.
    init(_ target: ImportTarget, _ assists: [DataValidationAssist]) {
        self.target = target
        version = CheckVersion(target, assists)
        var checks = target.fields.indices.map { position in
            Self.standard(target.fields[position], lookup: target.built?.lookupField(at: position)).map { [$0] } ?? []
        }
        var mandatory = target.fields.map(\.mandatory)
        var replaced: Set<Replaced> = []
        for assist in assists {
            if assist.validationType == DataValidationAssist.ValidationType.record {
                guard let source = assist.script else { continue }
                scripts.append(
                    Script(
                        name: assist.name ?? "", source: source, reach: ScriptReach.positions(source, target),
                        message: CheckMessage(assist)))
            } else if let position = target.position(of: assist.stagingTableField ?? ""),
                let check = Self.check(assist, target)
            {
                if replaced.insert(Replaced(position: position, subtype: check.subtype)).inserted {
                    checks[position].removeAll { $0.subtype == check.subtype }
                }
                checks[position].append(check)
                if assist.mandatory == true { mandatory[position] = true }
            }
        }
        columns = target.fields.indices.map { position in
            let field = target.fields[position]
            return Column(
                field, isMandatory: mandatory[position], checks: checks[position],
                earlier: field.notBefore.flatMap(target.field))
        }
        periods = columns.enumerated().compactMap { later, column in
            column.earlier.flatMap { target.position(of: $0.name) }.map { ($0, later) }
        }
    }

    /// Positions of the cells that tell the row's record from the account's others.
    var key: [Int] {
        target.key.compactMap { target.position(of: $0.name) }
    }

    /// For each column the field by which its texts name records, where an administrator's check names another one than
    /// the owner's declaration; else empty.
    var referenceFields: [String] {
        columns.map { column in
            guard let reference = column.reference, reference != CellCheck.Reference.usual(reference.table) else {
                return ""
            }
            return reference.field
        }
    }

    /// The formats that native dates of a column are written in; nil for columns without a date.
    var dateFormats: [(format: String, hasTime: Bool)?] {
        columns.map { column in
            for check in column.checks {
                if case .date(let format) = check { return (format, false) }
                if case .dateTime(let format) = check { return (format, true) }
            }
            return nil
        }
    }

    /// The texts of a row as the target table stores them.
    func stored(_ cells: [String]) -> [String] {
        columns.indices.map { position in
            let text = position < cells.count ? cells[position] : ""
            return stored(text, at: position)
        }
    }

    /// The text of a cell as the target table stores it.
    func stored(_ text: String, at position: Int) -> String {
        text.isEmpty ? "" : columns[position].checks.reduce(text) { $1.stored($0) }
    }

    /// The check that a field's type asks for. `lookup` is the field by which a builder has records named.
    private static func standard(_ field: FieldSchema, lookup: String?) -> CellCheck? {
        switch field.type {
        case .reference where lookup != nil:
            field.referencedTable.map { .reference(.init(table: $0, field: lookup ?? "")) }
        case .reference: field.referencedTable.flatMap(CellCheck.Reference.usual).map(CellCheck.reference)
        case .choice: .choice(ChoiceNames(field.choices))
        case .date: .date(format: CellCheck.standardDate)
        case .datetime: .dateTime(format: CellCheck.standardDateTime)
        case .boolean: .boolean
        case .integer: .integer
        case .decimal, .currency: .decimal
        default: nil
        }
    }

    /// The check an administrator added; nil when its table or field does not exist any more.
    private static func check(_ assist: DataValidationAssist, _ target: ImportTarget) -> CellCheck? {
        switch assist.validationSubType {
        case DataValidationAssist.ValidationSubType.reference:
            guard let table = assist.referenceTable, let field = assist.referenceTableField else { return nil }
            return .reference(.init(table: ImportTarget.named(table)?.table ?? table, field: field))
        case DataValidationAssist.ValidationSubType.choice:
            let schema = ImportTarget.named(assist.targetTable)?.schema ?? target.schema
            let name = assist.targetTableField ?? assist.stagingTableField ?? ""
            guard let field = schema.field(name), !field.choices.isEmpty else { return nil }
            return .choice(ChoiceNames(field.choices))
        case DataValidationAssist.ValidationSubType.date:
            return .date(format: assist.dateFormat ?? CellCheck.standardDate)
        case DataValidationAssist.ValidationSubType.datetime:
            return .dateTime(format: assist.datetimeFormat ?? CellCheck.standardDateTime)
        case DataValidationAssist.ValidationSubType.boolean: return .boolean
        case DataValidationAssist.ValidationSubType.stringLimit:
            return .limit(Int(assist.maxLength ?? Int32(lineLimit)))
        case DataValidationAssist.ValidationSubType.integerOrDecimal:
            let position = target.position(of: assist.stagingTableField ?? "")
            return position.map { target.fields[$0].type == .integer ? .integer : .decimal }
        default: return nil
        }
    }
}
