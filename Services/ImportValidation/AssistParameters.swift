import ImportValidationWire
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Workbook

/// Whether the parameters of a check can be used (IMP-02): a check that could never be carried out, or that fails every
/// row, is refused when it is saved, with the field that is wrong.
struct AssistParameters {
    private typealias Field = DataValidationAssist.Field

    private let assist: DataValidationAssist
    /// What the rows of the staging table become; nil when there is no such staging table.
    private let target: ImportTarget?

    /// The fields that this looks at: what was saved before there was the rule does not keep others from being changed.
    static let fields: [DataValidationAssist.Field] = [
        .validationType, .validationSubType, .referenceTable, .referenceTableField, .targetTable, .targetTableField,
        .stagingTable, .stagingTableField, .dateFormat, .datetimeFormat, .maxLength, .script,
    ]

    /// The parameters of a check of the rows of `target`; nil when no staging table goes by the check's.
    init(_ assist: DataValidationAssist, _ target: ImportTarget?) {
        self.assist = assist
        self.target = target
    }

    /// What the rows of a staging table become: a target's own, that of a builder which a check of `domain` is for, or one that
    /// an import task names. Nil for neither.
    static func target(of stagingTable: String, for domain: DomainPath, _ tx: Transaction) throws -> ImportTarget? {
        if let target = ImportTarget.all.first(where: { $0.stagingTable == stagingTable }) { return target }
        if let builder = try StoredBuilder.find(stagingTable, for: domain, tx) {
            return ImportTarget.named(builder.targetTable)
        }
        let rows = try tx.query(
            "SELECT target_table FROM import_validation.import_task WHERE source_table = \(stagingTable) LIMIT 1")
        return ImportTarget.named(try rows.first?.string(ImportTask.Field.targetTable))
    }

    /// Refuses the first parameter that is missing or names nothing.
    func check() throws {
        try checkNeeded()
        guard let target else {
            let tables = ImportTarget.all.map(\.stagingTable).joined(separator: ", ")
            throw wrong(
                .stagingTable,
                Text(
                    en: "There is no staging table \(shown(.stagingTable)); there are \(tables).",
                    ko: "\(shown(.stagingTable)) 스테이징 테이블이 없습니다. 있는 테이블: \(tables)"))
        }
        guard assist.validationType != DataValidationAssist.ValidationType.record else { return }
        let column = try stagingField(target)
        switch assist.validationSubType {
        case DataValidationAssist.ValidationSubType.reference: try checkReference()
        case DataValidationAssist.ValidationSubType.choice: try checkChoices(column, target)
        case DataValidationAssist.ValidationSubType.date: try checkFormat(.dateFormat, hasTime: false)
        case DataValidationAssist.ValidationSubType.datetime: try checkFormat(.datetimeFormat, hasTime: true)
        default: break
        }
    }

    /// Each subtype has parameters it cannot do without.
    private func checkNeeded() throws {
        let needed: [Field]
        switch (assist.validationType, assist.validationSubType) {
        case (DataValidationAssist.ValidationType.record, _): needed = [.script]
        case (_, nil): needed = [.validationSubType]
        case (_, DataValidationAssist.ValidationSubType.reference):
            needed = [.stagingTableField, .referenceTable, .referenceTableField]
        case (_, DataValidationAssist.ValidationSubType.date): needed = [.stagingTableField, .dateFormat]
        case (_, DataValidationAssist.ValidationSubType.datetime): needed = [.stagingTableField, .datetimeFormat]
        case (_, DataValidationAssist.ValidationSubType.stringLimit): needed = [.stagingTableField, .maxLength]
        default: needed = [.stagingTableField]
        }
        for field in needed where assist[field: field].isEmpty {
            let label = DataValidationAssist.label(field)
            throw wrong(
                field, Text(en: "This check needs \(label.en).", ko: "이 검증 유형에는 \(label.ko, .object) 입력해야 합니다."))
        }
        if let limit = assist.maxLength, limit < 1 {
            throw wrong(.maxLength, Text(en: "The limit must be at least 1.", ko: "한도는 1 이상이어야 합니다."))
        }
    }

    private func stagingField(_ target: ImportTarget) throws -> FieldSchema {
        guard let position = target.position(of: assist.stagingTableField ?? "") else {
            let names = target.fields.map { "u_" + $0.name }.joined(separator: ", ")
            throw wrong(
                .stagingTableField,
                Text(
                    en: "The staging table has no field \(shown(.stagingTableField)); it has \(names).",
                    ko: "스테이징 테이블에 \(shown(.stagingTableField)) 필드가 없습니다. 있는 필드: \(names)"))
        }
        return target.fields[position]
    }

    /// The owner finds records of the table by the field.
    private func checkReference() throws {
        let named = assist.referenceTable ?? ""
        let table = ImportTarget.named(named)?.table ?? named
        let known = OnboardingCatalog.records.map { $0.schema }.filter(\.isNamedByTexts)
        guard let schema = known.first(where: { $0.table == table }) else {
            let tables = known.map(\.table).sorted().joined(separator: ", ")
            throw wrong(
                .referenceTable,
                Text(
                    en: "Texts cannot name records of a table \(shown(.referenceTable)); those of \(tables) they can.",
                    ko: "\(shown(.referenceTable)) 테이블의 레코드는 텍스트로 찾을 수 없습니다. 가능한 테이블: \(tables)"))
        }
        guard schema.field(assist.referenceTableField ?? "")?.namesRecords != true else { return }
        let names = schema.fields.filter(\.namesRecords).map(\.name).joined(separator: ", ")
        throw wrong(
            .referenceTableField,
            Text(
                en: "\(schema.label.en) has no text field \(shown(.referenceTableField)); it has \(names).",
                ko: "\(schema.label.ko) 테이블에 \(shown(.referenceTableField)) 텍스트 필드가 없습니다. 있는 필드: \(names)"))
    }

    /// The field whose choices are asked for; without one named, that of the column.
    private func checkChoices(_ column: FieldSchema, _ target: ImportTarget) throws {
        var schema = target.schema
        if let table = assist.targetTable, !table.isEmpty {
            guard let named = ImportTarget.named(table)?.schema else {
                let tables = ImportTarget.all.map(\.table).joined(separator: ", ")
                throw wrong(
                    .targetTable,
                    Text(
                        en: "There is no target table \(shown(.targetTable)); there are \(tables).",
                        ko: "\(shown(.targetTable)) 대상 테이블이 없습니다. 있는 테이블: \(tables)"))
            }
            schema = named
        }
        let isNamed = assist.targetTableField?.isEmpty == false
        guard schema.field(isNamed ? assist.targetTableField ?? "" : column.name)?.choices.isEmpty != false else {
            return
        }
        let shown = shown(isNamed ? .targetTableField : .stagingTableField)
        let names = schema.fields.filter { !$0.choices.isEmpty }.map(\.name).joined(separator: ", ")
        throw wrong(
            isNamed ? .targetTableField : .stagingTableField,
            Text(
                en:
                    "\(schema.label.en) has no field \(shown) with choices; with choices are: \(names.isEmpty ? "-" : names).",
                ko: "\(schema.label.ko)에 선택값이 있는 \(shown) 필드가 없습니다. 선택값이 있는 필드: \(names.isEmpty ? "-" : names)"))
    }

    /// What is written in the format can be read again, as a day or as a day and a time.
    private func checkFormat(_ field: Field, hasTime: Bool) throws {
        let format = assist[field: field].string ?? ""
        let moment = "2026-11-28 09:30:45"
        let read = CellText.format(moment, as: format).flatMap { CellText.date($0, format: format) }
        if let read, read.utf8.count == (hasTime ? moment : "2026-11-28").utf8.count { return }
        let example = hasTime ? CellCheck.standardDateTime : CellCheck.standardDate
        let letters = hasTime ? "yyyy MM dd HH mm ss" : "yyyy MM dd"
        throw wrong(
            field,
            Text(
                en:
                    "\(shown(field)) is no format of a date\(hasTime ? " and time" : ""): it is made of \(letters), such as \(example).",
                ko:
                    "\(shown(field)) 형식은 \(hasTime ? "날짜와 시간" : "날짜") 형식이 아닙니다. \(letters, .direction) 구성하세요(예: \(example))."
            ))
    }

    private func shown(_ field: Field) -> String {
        "'\((assist[field: field].string ?? "").prefix(60))'"
    }

    private func wrong(_ field: Field, _ text: Text) -> Problem {
        .broken("IMP-02", DataValidationAssist.self, field: field, text)
    }
}
