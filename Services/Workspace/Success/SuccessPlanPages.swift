import CustomerSuccessWire
import Hummingbird
import OnboardingWire
import RPC
import Wire

/// The success plan of an engagement (G-119): for the provider whole or as the customer sees it, and in the portal; with its
/// documents.
enum SuccessPlanPages: PageFolder {
    static func add(to pages: Pages) {
        for place in ["/engagements/:id/plan", "/portal/engagements/:id/plan"] {
            pages.get("\(place)") { visit async throws(Problem) in .page(try await page(visit)) }
            pages.get("\(place)/:format") { visit async throws(Problem) in
                .response(try await document(visit))
            }
        }
    }

    /// The page of the plan of an engagement.
    static func href(_ engagement: String, isCustomer: Bool) -> String {
        "\(isCustomer ? "/portal" : "")/engagements/\(Fields.encoded(engagement))/plan"
    }

    /// Whether the reader wants to see what the customer sees.
    private static func asCustomer(_ visit: Visit) -> Bool {
        visit.query[GetSuccessPlanRequest.Field.asCustomer] == "true"
    }

    private static func document(_ visit: Visit) async throws(Problem) -> Response {
        var request = ExportSuccessPlanRequest()
        (request.id, request.format) = (visit.part("id"), visit.part("format"))
        request.asCustomer = asCustomer(visit)
        request.language = visit.reader.language.rawValue
        let export = try await visit.ask(CustomerSuccessAPI.exportSuccessPlan, request)
        return FileSender.response(export, by: CustomerSuccessAPI.readExport, visit)
    }

    private static func page(_ visit: Visit) async throws(Problem) -> Page {
        var request = GetSuccessPlanRequest()
        (request.id, request.asCustomer) = (visit.part("id"), asCustomer(visit))
        let plan = try await visit.ask(CustomerSuccessAPI.getSuccessPlan, request)
        let isCustomer = visit.person?.isCustomer == true
        let href = href(visit.part("id"), isCustomer: isCustomer)
        let view = PlanView(visit: visit)
        let theirs = "?\(GetSuccessPlanRequest.Field.asCustomer.rawValue)=true"
        let query = request.asCustomer ? theirs : ""
        let title = plan.engagement?.title ?? ""
        var values: Values = [
            "heading": title, "number": plan.engagement?.number ?? "", "facts": view.facts(plan),
            "objectives": plan.objectives.map(view.objective),
            "touchpoints": (plan.touchpoints?.items ?? []).map(view.item), "other": "",
            "downloads": [("HTML", "html"), ("Excel", "xlsx")].map { label, format in
                ["label": label, "href": "\(href)/\(format)\(query)"] as Values
            },
        ]
        if !isCustomer {
            values["other"] =
                request.asCustomer
                ? ["label": visit.say("Show everything", "전체 보기"), "href": href]
                : ["label": visit.say("As the customer sees it", "고객에게 보이는 내용"), "href": "\(href)\(theirs)"]
                    as Values
        }
        var page = Page(
            template: "success_plan", title: "\(visit.say("Success plan", "성공 계획")) · \(title)", values: values)
        page.trail = [
            Navigation.home(visit),
            Crumb(
                label: title,
                href: isCustomer ? PortalEngagementPage.href(visit.part("id")) : EngagementPages.href(visit.part("id"))),
        ]
        page.live = plan.engagement.map { LiveTopic.record(table: Engagement.schema.table, id: $0.id).text } ?? ""
        return page
    }
}

/// The parts of a plan as its template takes them.
struct PlanView: Sendable {
    let visit: Visit

    func facts(_ plan: SuccessPlan) -> [Values] {
        let language = visit.reader.language
        var facts: [Values] = []
        func label(_ field: Engagement.Field) -> String { Engagement.schema.label(field, language) }
        if !plan.accountName.isEmpty { facts.append(.fact(label(.account), plan.accountName)) }
        if let state = plan.engagement?.state {
            facts.append(
                .fact(label(.state), badge: state, Engagement.schema.label(Engagement.Field.state, of: state, language))
            )
        }
        if let date = plan.engagement?.renewalDate { facts.append(.fact(label(.renewalDate), date: date)) }
        return facts
    }

    func objective(_ planned: PlanObjective) -> Values {
        let objective = planned.objective ?? SuccessObjective()
        var values = record(
            objective.id, objective.number, objective.title, objective.state, objective.plannedStop,
            SuccessObjective.schema)
        values["description"] = objective.description ?? ""
        values["milestones"] = (planned.milestones?.items ?? []).map(item)
        values["outcomes"] = planned.outcomes.map(outcome)
        return values
    }

    private func outcome(_ planned: PlanOutcome) -> Values {
        let outcome = planned.outcome ?? SuccessOutcome()
        var values = record(
            outcome.id, outcome.number, outcome.title, outcome.state, outcome.plannedStop, SuccessOutcome.schema)
        let language = visit.reader.language
        let unit = outcome.unit ?? ""
        let figures: [(SuccessOutcome.Field, String?)] = [
            (.baseValue, outcome.baseValue), (.targetValue, outcome.targetValue), (.currentValue, outcome.currentValue),
        ]
        values["figures"] = figures.compactMap { field, value -> Values? in
            guard let value else { return nil }
            let shown = unit.isEmpty ? value : "\(value) \(unit)"
            return Values.fact(SuccessOutcome.schema.label(field, language), shown)
        }
        values["percent"] = planned.progress?.percent.map { "\($0)" } ?? ""
        values["trend"] = SuccessParts(visit: visit).trend(planned.progress?.trend ?? "")
        values["history"] = (planned.progress?.history ?? []).reversed().map { point in
            ["day": point.measuredAt?.day.description ?? "", "value": point.value, "unit": point.unit] as Values
        }
        values["initiatives"] = planned.initiatives.map { planned in
            var values = planned.initiative.map(item) ?? [:]
            values["tasks"] = (planned.tasks?.items ?? []).map(item)
            return values
        }
        return values
    }

    /// A line of a list.
    func item(_ item: PageItem) -> Values {
        let schema = CustomerSuccessCatalog.records.first { $0.schema.table == item.table }?.schema
        var values = record(item.id, item.number, item.title, item.state, item.meetingDate ?? item.dueDate, schema)
        values["person"] = item.assignedToName ?? ""
        return values
    }

    private func record(
        _ id: String, _ number: String?, _ title: String?, _ state: String?, _ date: String?, _ schema: RecordSchema?
    ) -> Values {
        [
            "id": id, "number": number ?? "", "title": title ?? "", "state": state ?? "", "date": date ?? "",
            "stateText": schema?.label(SuccessTask.Field.state, of: state ?? "", visit.reader.language) ?? "",
        ]
    }
}
