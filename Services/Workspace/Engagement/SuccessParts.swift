import CustomerSuccessWire
import Korean
import RPC
import Wire

/// What the pages of customer success have in common: lists with what leads on, progress of outcomes, health, amounts.
struct SuccessParts: Sendable {
    let visit: Visit
    /// Whether what they name leads to pages of the portal, and nowhere where it has none there.
    var isPortal = false

    private var language: Language { visit.reader.language }

    // MARK: Lists

    /// A line of a list, with its page.
    func item(_ item: PageItem) -> Values {
        let schema = Dictionaries.schema(item.table)
        return [
            "number": item.number, "title": item.title, "state": item.state,
            "stateLabel": schema?.label(SuccessTask.Field.state, of: item.state, language) ?? "",
            "href": href(item), "of": served(item),
            "going": going(item),
            "date": item.meetingDate ?? item.dueDate ?? "", "person": item.assignedToName ?? "",
        ]
    }

    /// How work under way goes on; nothing for what its state says as well.
    private func going(_ item: PageItem) -> any Sendable {
        typealias Progress = SuccessTask.Progress
        guard let progress = item.progress, [Progress.onTrack, Progress.atRisk, Progress.paused].contains(progress)
        else { return "" }
        let label = Dictionaries.schema(item.table)?.label(SuccessTask.Field.progress, of: progress, language)
        return ["value": progress, "label": label ?? progress] as Values
    }

    /// The outcome that an initiative serves; nothing for what serves none, and in the portal, where outcomes have no page.
    private func served(_ item: PageItem) -> any Sendable {
        guard !isPortal, let title = item.outcomeTitle, let outcome = item.outcome else { return "" }
        let schema = SuccessOutcome.schema
        return ["title": title, "href": Address.of(schema.table, item.outcomeNumber ?? outcome, id: outcome)] as Values
    }

    /// The page of what stands in a line; empty where it has none.
    func href(_ item: PageItem) -> String {
        guard !isPortal else { return PortalPages.href(item.table, item.id) }
        return Address.of(item.table, item.number.isEmpty ? item.id : item.number, id: item.id)
    }

    /// A list as the template of related lists takes it.
    /// - Parameters:
    ///   - all: the field of the table that names what the list belongs to, and its id.
    ///   - new: what a new record of it begins with; nil where none is begun here.
    func list(
        _ title: String, _ section: PageSection?, of schema: RecordSchema, all: (String, String)? = nil,
        new: [(String, String)]? = nil
    ) -> Values {
        [
            "title": title, "items": (section?.items ?? []).map(item), "away": false,
            "all": whole(schema, all, section), "new": made(schema, new),
        ]
    }

    private func whole(_ schema: RecordSchema, _ all: (String, String)?, _ section: PageSection?) -> String {
        guard let all, let section, Int(max(section.allSize, section.totalSize)) > section.items.count else {
            return ""
        }
        return "\(ListPages.href(schema.table))?\(all.0)=\(Fields.encoded(all.1))"
    }

    private func made(_ schema: RecordSchema, _ new: [(String, String)]?) -> String {
        guard let (field, id) = new?.first else { return "" }
        return RecordRelated(visit: visit, schema: schema).new(schema, field, id)
    }

    // MARK: Outcomes

    /// How far an outcome has come, with its values as a line that nears the target and a table behind it.
    func progress(_ progress: OutcomeProgress?, target: String) -> Values {
        let history = progress?.history ?? []
        let values = history.map { Double($0.value) ?? 0 }
        let (first, last) = (history.first, history.last)
        let line = Double(target).map { Trend.points(values, goal: $0) } ?? (points: Trend.points(values), goal: "")
        return [
            "percent": progress?.percent.map { "\($0)" } ?? "", "reached": progress?.reached == true,
            "trend": trend(progress?.trend ?? ""), "points": line.points, "goal": line.goal,
            "summary": visit.reader(
                Text(
                    en: "\(history.count) values, from \(first?.value ?? "") to \(last?.value ?? "")",
                    ko: "측정값 \(grouped: history.count)개, \(first?.value ?? "")에서 \(last?.value ?? "")"))
                + (line.goal.isEmpty ? "" : visit.say(", target \(target)", ", 목표값 \(target)")),
            "history": history.reversed().map { point in
                ["day": point.measuredAt?.day.description ?? "", "value": point.value, "unit": point.unit] as Values
            },
        ]
    }

    /// Which way values go, in words.
    func trend(_ trend: String) -> String {
        switch trend {
        case "improving": visit.say("Improving", "개선 중")
        case "worsening": visit.say("Worsening", "악화 중")
        case "steady": visit.say("Steady", "변화 없음")
        default: ""
        }
    }

    /// An outcome as the part `outcome` takes it: how far it has come, and its figures.
    func outcome(
        _ outcome: PageItem?, base: String, target: String, current: String, unit: String, _ progress: OutcomeProgress?
    ) -> Values {
        var values = outcome.map(item) ?? [:]
        values["figures"] = figures(base: base, target: target, current: current, unit: unit)
        values["progress"] = self.progress(progress, target: target)
        values["work"] = ""
        return values
    }

    /// The figures of an outcome.
    private func figures(base: String, target: String, current: String, unit: String) -> [Values] {
        let all: [(SuccessOutcome.Field, String)] = [
            (.currentValue, current), (.targetValue, target), (.baseValue, base),
        ]
        return all.compactMap { field, value in
            guard !value.isEmpty else { return nil }
            return .fact(SuccessOutcome.schema.label(field, language), unit.isEmpty ? value : "\(value) \(unit)")
        }
    }

    // MARK: Engagements

    /// The health of an engagement, and since when it is what it is.
    func health(_ engagement: Engagement) -> Values {
        func label(_ health: String?) -> String {
            Engagement.schema.label(Engagement.Field.perceivedHealth, of: health ?? "", language)
        }
        var note = ""
        if let since = engagement.healthChangedAt {
            let before = label(engagement.previousPerceivedHealth)
            let when = visit.reader.distance(since)
            note = visit.reader(
                before.isEmpty
                    ? Text(en: "since \(when)", ko: when)
                    : Text(en: "was \(before), changed \(when)", ko: "이전: \(before), \(when) 변경"))
        }
        return [
            "value": engagement.perceivedHealth ?? "", "label": label(engagement.perceivedHealth), "note": note,
            "field": Engagement.schema.label(Engagement.Field.perceivedHealth, language),
        ]
    }

    /// Amounts, each in its currency.
    func amounts(_ all: [Money]) -> String { all.map { amount($0.amount, $0.currency) }.joined(separator: " · ") }

    /// An amount with its figures in groups.
    func amount(_ amount: String?, _ currency: String) -> String {
        guard let amount, !amount.isEmpty else { return "" }
        let parts = amount.split(separator: ".", maxSplits: 1)
        let whole = Int(parts.first ?? "").map { "\(grouped: $0)" } ?? String(parts.first ?? "")
        let cents = parts.count == 2 && parts[1].contains { $0 != "0" } ? ".\(parts[1])" : ""
        return "\(whole)\(cents) \(currency)".trimmed
    }

    /// How an engagement stands, as a table and the head of its page show it.
    func engagement(_ engagement: Engagement, _ account: String, _ currency: String) -> Values {
        [
            "number": engagement.number ?? "", "title": engagement.title ?? "", "account": account,
            "href": EngagementPages.href(engagement.number ?? engagement.id), "health": health(engagement),
            "stage": engagement.stage ?? "",
            "stageLabel": Engagement.schema.label(Engagement.Field.stage, of: engagement.stage ?? "", language),
            "date": engagement.renewalDate ?? "", "value": amount(engagement.contractValue, currency),
        ]
    }
}
