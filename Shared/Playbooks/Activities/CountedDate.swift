import Ground
import Korean
import PlaybooksWire
import RPC
import Records
import Wire

/// The dates from which due dates are counted back.
public enum CountedDate {
    /// The first one: whatever is counted back from it is a date that can be written.
    private static let first = CivilDate(year: 1900, month: 1, day: 1)

    /// Why due dates cannot be counted back from a value of `field`; nil for a date from which they can, and for what is no
    /// date.
    public static func fault(in text: String, of field: FieldSchema) -> Text? {
        guard let date = CivilDate(text), date < first else { return nil }
        return Text(
            en: "\(field.label.en) must not be before \(first): due dates are counted back from it.",
            ko: "\(field.label.ko, .topic) 기한을 계산하는 기준이므로 \(date: first.description) 이후여야 합니다.")
    }
}

extension RunWork {
    /// Why what is entered into an input cannot be taken: due dates of the playbook are counted from it, and cannot be.
    func dueFault(in text: String, of input: ActivityInput) -> Text? {
        guard let field = schema(of: input),
            plan.steps.contains(where: { $0.plan.due?.base == .beforeField && $0.plan.due?.field == field.name })
        else { return nil }
        return CountedDate.fault(in: text, of: field)
    }
}
