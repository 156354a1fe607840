import CustomerSuccessWire
import Foundation
import Korean
import Records
import Wire
import Workbook

/// A success plan as a document (G-119): a page that stands by itself, or a workbook with a row for each thing. What stands in
/// the plan stands in both; nothing is looked up here.
struct PlanDocument {
    /// The forms of a document.
    enum Format: String {
        case html, xlsx

        /// As browsers are told.
        var contentType: String {
            switch self {
            case .html: "text/html; charset=utf-8"
            case .xlsx: AttachmentKind.xlsx.contentType
            }
        }
    }

    let plan: SuccessPlan
    let language: Language

    init(_ plan: SuccessPlan, _ language: Language) { (self.plan, self.language) = (plan, language) }

    /// The title of the document.
    var title: String {
        let name = [plan.accountName, plan.engagement?.title ?? ""].filter { !$0.isEmpty }.joined(separator: " · ")
        let words = Text(en: "Success plan", ko: "성공 계획")(language)
        return name.isEmpty ? words : "\(words): \(name)"
    }

    /// The name of its file.
    func fileName(_ format: Format) -> String {
        let number = plan.engagement?.number ?? ""
        return "success-plan-\(number.isEmpty ? "engagement" : number.lowercased())-\(plan.today).\(format.rawValue)"
    }

    /// Writes the document in pieces.
    func write(_ format: Format, _ hand: ([UInt8]) throws -> Void) throws {
        switch format {
        case .html: try hand(Array(PlanPage(self).text.utf8))
        case .xlsx: try hand(workbook())
        }
    }

    // MARK: Rows

    /// One thing of the plan, as a row of the workbook.
    struct Row {
        /// What kind of record it is, in the language of the document.
        let kind: String
        /// How deep it stands: an objective at 0.
        let level: Int
        let number, title, state, date, person: String
        var base = ""
        var target = ""
        var current = ""
        var unit = ""
        var percent = ""
        var trend = ""
        var description = ""
    }

    /// Everything in it, each below what it belongs to, and how many more there are of each.
    var rows: [Row] {
        plan.objectives.flatMap(rows(of:)) + beyond(plan.objectiveCount, plan.objectives.count, 0)
            + rows(of: plan.touchpoints, level: 0)
    }

    private func rows(of section: PageSection?, level: Int) -> [Row] {
        guard let section else { return [] }
        return section.items.map { row($0, level: level) } + beyond(section.totalSize, section.items.count, level)
    }

    private func beyond(_ total: Int32, _ shown: Int, _ level: Int) -> [Row] {
        more(total, shown).map { [Row(kind: "", level: level, number: "", title: $0, state: "", date: "", person: "")] }
            ?? []
    }

    /// What is said of records that a list does not show; nil when it shows all.
    func more(_ total: Int32, _ shown: Int) -> String? {
        let left = Int(total) - shown
        guard left > 0 else { return nil }
        return Text(en: "and \(left) more", ko: "외 \(grouped: left)건")(language)
    }

    /// What is said of measured values before those that are shown; nil when there are none.
    func earlier(_ progress: OutcomeProgress?) -> String? {
        guard progress?.earlier == true else { return nil }
        return Text(en: "Earlier measured values are not shown.", ko: "이전 측정값은 표시하지 않습니다.")(language)
    }

    private func rows(of planned: PlanObjective) -> [Row] {
        guard let objective = planned.objective else { return [] }
        var head = Row(
            kind: label(SuccessObjective.schema.table), level: 0, number: objective.number ?? "",
            title: objective.title ?? "", state: state(objective.state ?? "", of: SuccessObjective.schema.table),
            date: objective.plannedStop ?? "", person: "")
        head.description = objective.description ?? ""
        return [head] + rows(of: planned.milestones, level: 1) + planned.outcomes.flatMap(rows(of:))
            + beyond(planned.outcomeCount, planned.outcomes.count, 1)
    }

    private func rows(of planned: PlanOutcome) -> [Row] {
        guard let outcome = planned.outcome else { return [] }
        var head = Row(
            kind: label(SuccessOutcome.schema.table), level: 1, number: outcome.number ?? "",
            title: outcome.title ?? "",
            state: state(outcome.state ?? "", of: SuccessOutcome.schema.table), date: outcome.plannedStop ?? "",
            person: "")
        (head.base, head.target) = (outcome.baseValue ?? "", outcome.targetValue ?? "")
        (head.current, head.unit) = (outcome.currentValue ?? "", outcome.unit ?? "")
        head.percent = planned.progress?.percent.map { "\($0)" } ?? ""
        head.trend = trend(planned.progress?.trend ?? "")
        let history = (planned.progress?.history ?? []).map { point in
            var row = Row(
                kind: label(Measurement.schema.table), level: 2, number: "", title: "", state: "",
                date: point.measuredAt.map(\.day.description) ?? "", person: "")
            (row.current, row.unit) = (point.value, point.unit)
            return row
        }
        let earlier = earlier(planned.progress).map {
            [Row(kind: "", level: 2, number: "", title: $0, state: "", date: "", person: "")]
        }
        let work = planned.initiatives.flatMap { initiative in
            (initiative.initiative.map { [row($0, level: 2)] } ?? [])
                + rows(of: initiative.tasks, level: 3)
        }
        return [head] + (earlier ?? []) + history + work + beyond(planned.initiativeCount, planned.initiatives.count, 2)
    }

    private func row(_ item: PageItem, level: Int) -> Row {
        Row(
            kind: label(item.table), level: level, number: item.number, title: item.title,
            state: state(item.state, of: item.table), date: item.meetingDate ?? item.dueDate ?? "",
            person: item.assignedToName ?? "")
    }

    // MARK: Words

    private static let schemas = Dictionary(
        uniqueKeysWithValues: CustomerSuccessCatalog.records.map { ($0.schema.table, $0.schema) })

    /// What people call the records of a table.
    func label(_ table: String) -> String { Self.schemas[table]?.label(language.rawValue) ?? "" }

    /// What people read of a state.
    func state(_ value: String, of table: String) -> String {
        let name = SuccessTask.Field.state.rawValue
        guard !value.isEmpty, let field = Self.schemas[table]?.field(name) else { return "" }
        return field.label(ofChoice: value)(language)
    }

    /// What people read of a trend.
    func trend(_ value: String) -> String {
        switch value {
        case "improving": Text(en: "Improving", ko: "개선 중")(language)
        case "worsening": Text(en: "Worsening", ko: "악화 중")(language)
        case "steady": Text(en: "Steady", ko: "변화 없음")(language)
        default: ""
        }
    }

    // MARK: Workbook

    private func workbook() throws -> [UInt8] {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("plan-\(UUID().uuidString).xlsx").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let writer = try WorkbookWriter(
            path: path, sheet: Text(en: "Success plan", ko: "성공 계획")(language), columns: columns,
            texts: language == .ko ? .korean : .english)
        for row in rows {
            let indent = String(repeating: "    ", count: row.level)
            try writer.append([
                indent + row.kind, row.number, row.title, row.state, row.date, row.person, row.base, row.target,
                row.current, row.unit, row.percent, row.trend, row.description,
            ])
        }
        try writer.finish()
        guard let data = FileManager.default.contents(atPath: path) else { throw CocoaError(.fileNoSuchFile) }
        return Array(data)
    }

    private var columns: [WorkbookColumn] {
        let outcome = SuccessOutcome.schema
        func named(_ field: SuccessOutcome.Field) -> String { outcome.field(field.rawValue)?.label(language) ?? "" }
        return [
            WorkbookColumn(label: Text(en: "Kind", ko: "종류")(language)), WorkbookColumn(label: named(.number)),
            WorkbookColumn(label: named(.title)), WorkbookColumn(label: named(.state)),
            WorkbookColumn(label: Text(en: "Date", ko: "날짜")(language), kind: .date),
            WorkbookColumn(label: Text(en: "Assigned to", ko: "담당자")(language)),
            WorkbookColumn(label: named(.baseValue), kind: .number),
            WorkbookColumn(label: named(.targetValue), kind: .number),
            WorkbookColumn(label: named(.currentValue), kind: .number), WorkbookColumn(label: named(.unit)),
            WorkbookColumn(label: Text(en: "Progress (%)", ko: "진행률(%)")(language), kind: .number),
            WorkbookColumn(label: Text(en: "Trend", ko: "추세")(language)),
            WorkbookColumn(label: SuccessObjective.label(.description)(language)),
        ]
    }
}
