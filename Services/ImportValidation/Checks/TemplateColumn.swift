import ImportValidationWire
import Korean
import OnboardingWire
import Postgres
import RPC
import Records
import Wire
import Workbook

extension CheckPlan {
    /// The checks of a task as its template shows them.
    static func shown(for task: ImportTask, _ target: ImportTarget, _ tx: Transaction) throws -> CheckPlan {
        do {
            return CheckPlan(target, try DataValidationAssist.active(for: task.sourceTable ?? "", in: task.domain, tx))
        } catch let problem as Problem where problem.reason == "TOO_MANY_CHECKS" {
            // That is for the run to say; the template then tells what the field itself asks for.
            return CheckPlan(target, [])
        }
    }
}

extension CheckPlan.Column {
    /// What a cell of the column must be, in the sentences that a wrong one is answered with.
    var rules: [Text] {
        var rules = checks.compactMap { $0.rule(field.label) }
        rules += checks.compactMap {
            if case .reference(let reference) = $0 { reference.rule(field.label) } else { nil }
        }
        if let earlier { rules.append(FieldRules.notBefore(field.label, earlier.label)) }
        // A date is asked for in the format of its check.
        if field.type == .date || field.type == .datetime { return rules }
        for rule in FieldRules.sentences(field, isNamed: true) where !rules.contains(rule) { rules.append(rule) }
        return rules
    }

    /// The column of a template: its rules stand in the note on its title, and as far as a workbook can check them, its
    /// cells have them.
    func templateColumn(_ language: String) -> WorkbookColumn {
        let kind: WorkbookColumn.Kind =
            field.type == .choice
            ? .choice(field.choices.map { $0.value.string ?? $0.label(language) }) : field.columnKind
        return WorkbookColumn(
            label: field.label(language), kind: kind, mandatory: isMandatory,
            note: rules.map { $0(language) }.joined(separator: "\n"), bound: bound)
    }

    private var bound: WorkbookColumn.Bound? {
        let limits = FieldRules.Limits(field, isNamed: true)
        if field.type == .integer, let minimum = limits.minimum, let maximum = limits.maximum {
            return .whole(minimum...maximum)
        }
        if let digits = limits.wholeDigits { return .digits(digits, minimum: limits.minimum, maximum: limits.maximum) }
        let lengths = checks.compactMap { if case .limit(let length) = $0 { length } else { nil } }
        // A cell holds no more than 32,767 characters anyway.
        return (lengths + [limits.maximumLength].compactMap { $0 }).filter { $0 < 32_767 }.min()
            .map(WorkbookColumn.Bound.length)
    }
}

extension CellCheck {
    /// What the check asks for beyond what the field itself does: the very sentence of its fault.
    func rule(_ label: Text) -> Text? {
        switch self {
        case .date, .dateTime: error(in: "-")?.wanted(label)
        case .limit(let maximum): error(in: String(repeating: "-", count: maximum + 1))?.wanted(label)
        case .reference, .choice, .boolean, .decimal, .integer: nil
        }
    }
}

extension CellCheck.Reference {
    /// What the text of a cell names.
    func rule(_ label: Text) -> Text? {
        let schema = OnboardingCatalog.records.map { $0.schema }.first { $0.table == table }
        guard let schema, let named = schema.field(field)?.label else { return nil }
        return Text(
            en: "\(label.en) names one record of \(schema.label.en) by its \(named.en).",
            ko: "\(label.ko, .topic) \(schema.label.ko) 레코드 하나의 \(named.ko)입니다.")
    }
}
