import CustomerSuccessWire
import Korean
import Markup
import Wire

/// A success plan as a page that stands by itself: no script, nothing that it loads, styles for the screen and for paper. Every
/// text of a record is escaped.
struct PlanPage {
    private let document: PlanDocument
    private var plan: SuccessPlan { document.plan }

    init(_ document: PlanDocument) { self.document = document }

    private static let styles = """
        body{font:15px/1.5 system-ui,"Noto Sans KR","Malgun Gothic",sans-serif;color:#1a1a1a;max-width:60rem;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem;border-bottom:1px solid #999}h3{font-size:1.05rem}
        table{border-collapse:collapse;width:100%;margin:.5rem 0}th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #ccc}
        th{font-weight:600}td.figure,th.figure{text-align:right}ul{margin:.3rem 0}progress{width:8rem}
        .note{color:#555}
        @media print{body{max-width:none;margin:0}h2,h3{break-after:avoid}tr,li{break-inside:avoid}}
        """

    /// The page.
    var text: String {
        let title = escaped(document.title)
        let head = """
            <!DOCTYPE html>
            <html lang="\(document.language.rawValue)"><head><meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title><style>\(Self.styles)</style></head><body>
            <h1>\(title)</h1>
            <p class="note">\(escaped(plan.engagement?.number ?? "")) · \(escaped(plan.today))</p>
            """
        let objectives = plan.objectives.map(section(_:)).joined()
        let empty = words("No objectives have been agreed yet.", "아직 합의된 목표가 없습니다.")
        return head + (objectives.isEmpty ? "<p>\(empty)</p>" : objectives)
            + more(plan.objectiveCount, plan.objectives.count) + touchpoints + "</body></html>\n"
    }

    /// Says how many records there are that a list does not show.
    private func more(_ total: Int32, _ shown: Int) -> String {
        document.more(total, shown).map { "<p class=\"note\">\(escaped($0))</p>\n" } ?? ""
    }

    private func escaped(_ text: String) -> String { Markup.escaped(text) }

    private func words(_ en: String, _ ko: String) -> String { Text(en: en, ko: ko)(document.language) }

    private func label(_ field: SuccessOutcome.Field) -> String {
        escaped(SuccessOutcome.schema.field(field.rawValue)?.label(document.language) ?? "")
    }

    // MARK: Objectives

    private func section(_ planned: PlanObjective) -> String {
        guard let objective = planned.objective else { return "" }
        let state = document.state(objective.state ?? "", of: SuccessObjective.schema.table)
        let facts = [objective.number ?? "", state, objective.plannedStop ?? ""].filter { !$0.isEmpty }
        return """
            <section><h2>\(escaped(objective.title ?? ""))</h2>
            <p class="note">\(escaped(facts.joined(separator: " · ")))</p>
            <p>\(escaped(objective.description ?? ""))</p>
            \(table(planned.milestones, words("Milestones", "마일스톤")))
            \(planned.outcomes.map(outcome(_:)).joined())\(more(planned.outcomeCount, planned.outcomes.count))</section>

            """
    }

    private func outcome(_ planned: PlanOutcome) -> String {
        guard let outcome = planned.outcome else { return "" }
        let state = document.state(outcome.state ?? "", of: SuccessOutcome.schema.table)
        let facts = [outcome.number ?? "", state, outcome.plannedStop ?? ""].filter { !$0.isEmpty }
        return """
            <h3>\(escaped(outcome.title ?? ""))</h3>
            <p class="note">\(escaped(facts.joined(separator: " · ")))</p>
            \(figures(outcome, planned.progress))\(history(planned.progress))\(work(planned.initiatives))\
            \(more(planned.initiativeCount, planned.initiatives.count))
            """
    }

    /// The values that an outcome goes by.
    private func figures(_ outcome: SuccessOutcome, _ progress: OutcomeProgress?) -> String {
        let unit = outcome.unit.map { " \($0)" } ?? ""
        let values = [outcome.baseValue, outcome.targetValue, outcome.currentValue].map { value in
            "<td class=\"figure\">\(escaped(value.map { $0 + unit } ?? "–"))</td>"
        }
        let percent = progress?.percent.map { "<progress max=\"100\" value=\"\($0)\"></progress> \($0)%" } ?? "–"
        let (way, trend) = (words("Progress", "진행률"), words("Trend", "추세"))
        return """
            <table><thead><tr><th class="figure">\(label(.baseValue))</th><th class="figure">\(label(.targetValue))</th>\
            <th class="figure">\(label(.currentValue))</th><th>\(way)</th><th>\(trend)</th></tr></thead>
            <tbody><tr>\(values.joined())<td>\(percent)</td>\
            <td>\(escaped(document.trend(progress?.trend ?? "")))</td></tr></tbody></table>

            """
    }

    private func history(_ progress: OutcomeProgress?) -> String {
        let points = progress?.history ?? []
        guard !points.isEmpty else { return "" }
        let rows = points.map { point in
            let value = [point.value, point.unit].filter { !$0.isEmpty }.joined(separator: " ")
            let day = point.measuredAt.map(\.day.description) ?? ""
            return "<tr><td>\(escaped(day))</td><td class=\"figure\">\(escaped(value))</td></tr>"
        }
        let (at, value) = (words("Measured at", "측정 일시"), words("Value", "값"))
        return """
            <table><thead><tr><th>\(at)</th><th class="figure">\(value)</th></tr></thead>
            <tbody>\(rows.joined())</tbody></table>
            \(document.earlier(progress).map { "<p class=\"note\">\(escaped($0))</p>" } ?? "")
            """
    }

    /// The initiatives of an outcome, each with its tasks.
    private func work(_ initiatives: [PlanInitiative]) -> String {
        guard !initiatives.isEmpty else { return "" }
        let items = initiatives.map { planned in
            let tasks = (planned.tasks?.items ?? []).map { "<li>\(line($0))</li>" }
            let below = tasks.isEmpty ? "" : "<ul>\(tasks.joined())</ul>"
            let left = more(planned.tasks?.totalSize ?? 0, tasks.count)
            return "<li>\(planned.initiative.map(line(_:)) ?? "")\(below)\(left)</li>"
        }
        return "<ul>\(items.joined())</ul>\n"
    }

    // MARK: Lists

    private func line(_ item: PageItem) -> String {
        let facts = [
            document.state(item.state, of: item.table), item.dueDate ?? "", item.assignedToName ?? "",
        ].filter { !$0.isEmpty }
        let title = [item.number, item.title].filter { !$0.isEmpty }.joined(separator: " ")
        return "\(escaped(title)) <span class=\"note\">\(escaped(facts.joined(separator: " · ")))</span>"
    }

    private var touchpoints: String {
        guard let list = plan.touchpoints, !list.items.isEmpty else { return "" }
        let heading = escaped(document.label(Touchpoint.schema.table))
        return "<section><h2>\(heading)</h2>\(table(list, heading))</section>\n"
    }

    private func table(_ list: PageSection?, _ caption: String) -> String {
        guard let list, !list.items.isEmpty else { return "" }
        let rows = list.items.map { item in
            let cells = [
                item.number, item.title, document.state(item.state, of: item.table),
                item.meetingDate ?? item.dueDate ?? "", item.assignedToName ?? "",
            ]
            return "<tr>\(cells.map { "<td>\(escaped($0))</td>" }.joined())</tr>"
        }
        let heads = [
            label(.number), label(.title), label(.state), words("Date", "날짜"), words("Assigned to", "담당자"),
        ]
        return """
            <table><caption>\(caption)</caption><thead><tr>\(heads.map { "<th>\($0)</th>" }.joined())</tr></thead>
            <tbody>\(rows.joined())</tbody></table>
            \(more(list.totalSize, list.items.count))
            """
    }
}
