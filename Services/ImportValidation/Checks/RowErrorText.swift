import Korean
import Records
import Wire

extension RowError {
    /// What people read of it. `cells` are those of the row.
    func text(_ cells: [String], _ target: ImportTarget) -> Text {
        guard let position = field.flatMap(target.position) else { return text(target) }
        if check == .order, let earlier = target.fields[position].notBefore.flatMap(target.field) {
            return FieldRules.notBefore(target.fields[position].label, earlier.label)
        }
        return text(of: position < cells.count ? cells[position] : "", in: target.fields[position])
    }

    /// Of a cell that holds `value`.
    func text(of value: String, in field: FieldSchema) -> Text {
        let label = field.label
        switch check {
        case .mandatory: return Text(en: "\(label.en) is mandatory.", ko: "\(label.ko, .topic) 필수입니다.")
        case .reference:
            let matches = Int(detail(0)) ?? 0
            return ReferenceFault.of(CellCheck.trimmed(value), matches: matches, isOther: true, label) ?? literal
        case .field:
            let stored = details.first ?? value
            if case .fault(let text) = PublishedCell(seen: stored.trimmed, for: field) { return text }
            // What it did not take then it takes by now.
            return Text(
                en: "\(label.en) did not take this value. Check it again.", ko: "\(label.ko) 값을 다시 검증하세요.")
        case .choice, .date, .datetime, .boolean, .integer, .decimal, .limit: return wanted(label)
        case .file: return fault?.text(label) ?? literal
        case .order, .record, .double, .publication, .comment: return literal
        }
    }

    /// What a field-level check asks for.
    func wanted(_ label: Text) -> Text {
        switch check {
        case .choice:
            Text(
                en: "\(label.en) must be one of: \(detail(0)).",
                ko: "\(label.ko, .topic) 다음 중 하나여야 합니다: \(detail(1).isEmpty ? detail(0) : detail(1))")
        case .date:
            Text(
                en: "\(label.en) must be a date in the format \(detail(0)).",
                ko:
                    "\(label.ko, .topic) \(detail(0).uppercased()) 형식(예: \(CellCheck.example(detail(0))))의 날짜여야 합니다.")
        case .datetime:
            Text(
                en: "\(label.en) must be a date and time in the format \(detail(0)).",
                ko: "\(label.ko, .topic) \(CellCheck.example(detail(0)), .companion) 같은 날짜와 시간이어야 합니다.")
        case .boolean: PublishedCell.noBoolean(label)
        case .integer: PublishedCell.noInteger(label)
        case .decimal:
            Text(en: "\(label.en) must be a number such as 1863.4.", ko: "\(label.ko, .topic) 1863.4와 같은 숫자여야 합니다.")
        case .limit:
            Text(
                en: "\(label.en) may be at most \(detail(0)) characters long.",
                ko: "\(label.ko, .topic) 최대 \(grouped: Int64(detail(0)) ?? 0)자입니다.")
        default: literal
        }
    }

    /// Of a whole row.
    private func text(_ target: ImportTarget) -> Text {
        switch check {
        case .file: fault?.text(Text(en: "", ko: "")) ?? literal
        case .double where details.isEmpty:
            Text(
                en:
                    "\(target.key.map(\.label.en).joined(separator: ", ")): another row of the task is the same record.",
                ko: "\(target.key.map(\.label.ko).joined(separator: ", ")): 이 작업의 다른 행과 같은 레코드입니다.")
        case .double:
            Text(
                en:
                    "\(target.key.map(\.label.en).joined(separator: ", ")): row \(detail(0)) of \(detail(1)) is the same record. Correct one of the two.",
                ko:
                    "\(target.key.map(\.label.ko).joined(separator: ", ")): \(detail(1)) 파일의 \(grouped: Int64(detail(0)) ?? 0)행과 같은 레코드입니다. 둘 중 하나를 수정하세요."
            )
        default: literal
        }
    }

    private var fault: CellFault? {
        CellFault.Kind(rawValue: detail(0)).map {
            CellFault(kind: $0, field: field, place: detail(1), detail: detail(2))
        }
    }

    /// A sentence that was made elsewhere, in both languages where it has two.
    private var literal: Text { Text(en: detail(0), ko: details.count > 1 ? detail(1) : detail(0)) }

    /// The same as the contact of the task is told it, who has sent `file`: neither another file, which may be the
    /// provider's, nor what the target table says of the row as a whole.
    func forContact(of file: String) -> RowError {
        switch check {
        case .double where detail(1) != file: return RowError(.double)
        case .publication where field == nil:
            return RowError(.publication, [Self.notPublished.en, Self.notPublished.ko])
        default: return self
        }
    }

    /// Said of a row that its target table has refused without a reason.
    static let notPublished = Text(en: "The row could not be published.", ko: "행을 게시하지 못했습니다.")

    private func detail(_ index: Int) -> String { index < details.count ? details[index] : "" }
}

extension [RowError] {
    /// All in one text, a line each.
    func comment(_ cells: [String], _ target: ImportTarget, _ language: String) -> String {
        map { $0.text(cells, target)(language) }.joined(separator: "\n")
    }
}
