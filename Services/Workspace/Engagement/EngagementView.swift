import CustomerSuccessWire
import OnboardingWire
import RPC
import Roles
import Wire

/// What the pages of an engagement have in common, that of the provider and that of the portal: both are drawn from one answer, in
/// which customers find what is theirs to see (G-18).
struct EngagementView: Sendable {
    let answer: EngagementPage
    let parts: SuccessParts

    var visit: Visit { parts.visit }
    var engagement: Engagement { answer.engagement ?? Engagement() }

    /// Asks for the engagement that the address names.
    static func read(_ visit: Visit, isPortal: Bool) async throws(Problem) -> EngagementView {
        var request = GetEngagementPageRequest()
        request.id = visit.part("id")
        return EngagementView(
            answer: try await visit.ask(CustomerSuccessAPI.getEngagementPage, request),
            parts: SuccessParts(visit: visit, isPortal: isPortal))
    }

    /// What both pages show; `href` is the address of the page.
    func values(_ href: String) -> Values {
        [
            "number": engagement.number ?? "", "description": engagement.description ?? "",
            "plan": SuccessPlanPages.href(
                parts.isPortal ? visit.part("id") : engagement.number ?? engagement.id, isCustomer: parts.isPortal),
            "next": answer.timeline.map(parts.item),
            "outcomes": answer.outcomes.map { measured in
                parts.outcome(
                    measured.outcome, base: measured.baseValue, target: measured.targetValue,
                    current: measured.currentValue, unit: measured.unit, measured.progress)
            },
            "moves": answer.moves.map(move), "files": ["attachments": answer.files.map { file($0, href) }] as Values,
        ]
    }

    /// The page, which is live as the engagement is.
    func page(_ template: String, title: String, _ trail: [Crumb], _ values: Values) -> Page {
        var page = Page(template: template, title: title, values: values)
        page.trail = trail
        page.live = LiveTopic.record(table: Engagement.schema.table, id: engagement.id).text
        return page
    }

    /// What the dictionary calls a field.
    func label(_ field: Engagement.Field) -> String { Engagement.schema.label(field, visit.reader.language) }

    /// Who leads it for the provider, and when the account went live first, as far as that is known.
    var facts: [Values] {
        let leads = [
            (Engagement.Field.accountManager, answer.accountManagerName),
            (.customerSuccessManager, answer.customerSuccessManagerName),
        ]
        let goLive = engagement.initialGoLive.flatMap { CivilDate($0) }.map {
            (Engagement.Field.initialGoLive, visit.reader.text($0))
        }
        return (leads + [goLive].compactMap { $0 }).filter { !$1.isEmpty }.map { .fact(label($0), $1) }
    }

    // MARK: What has moved

    /// How long before the health changed something may have moved it, in days.
    private static let near = 30

    /// What moved last before the health did: what people look for first. Nothing where the health changed twice at a time, and of
    /// what is long past.
    var cause: EngagementMove? {
        let kinds = answer.moves.map(\.kind)
        guard let place = kinds.firstIndex(of: Kind.health.rawValue), place + 1 < kinds.count,
            kinds[place + 1] != Kind.health.rawValue,
            let changed = CivilDate(answer.moves[place].day), let moved = CivilDate(answer.moves[place + 1].day),
            changed.days - moved.days <= Self.near
        else { return nil }
        return answer.moves[place + 1]
    }

    /// What happened, as customer-success tells it.
    private enum Kind: String {
        case health, raised, closed, canceled, measured, held, reached

        var label: Text {
            switch self {
            case .health: Text(en: "Health changed", ko: "건강도 변경")
            case .raised: Text(en: "Risk signal raised", ko: "위험 신호 등록")
            case .closed: Text(en: "Risk signal closed", ko: "위험 신호 종결")
            case .canceled: Text(en: "Risk signal canceled", ko: "위험 신호 취소")
            case .measured: Text(en: "Outcome measured", ko: "성공 결과 측정")
            case .held: Text(en: "Touchpoint held", ko: "접점 완료")
            case .reached: Text(en: "Milestone reached", ko: "마일스톤 달성")
            }
        }
    }

    /// A move in words, with the record that moved where that is not the engagement itself.
    func move(_ move: EngagementMove) -> Values {
        let kind = Kind(rawValue: move.kind)
        let isHealth = kind == .health
        let item = move.item ?? PageItem()
        func shown(_ value: String) -> Values {
            let label = Engagement.schema.label(
                Engagement.Field.perceivedHealth, of: value, visit.reader.language)
            return value.isEmpty
                ? [:]
                : [
                    "value": isHealth ? value : "",
                    "label": isHealth ? label : "\(value) \(move.unit)".trimmed,
                ]
        }
        let isSeen = !isHealth && !item.id.isEmpty
        return [
            "what": kind.map { visit.reader($0.label) } ?? move.kind, "by": move.byName, "day": move.day,
            "when": move.at.map(visit.reader.text) ?? CivilDate(move.day).map(visit.reader.text) ?? move.day,
            "isHealth": isHealth, "before": [shown(move.before)].filter { !$0.isEmpty },
            "after": [shown(move.after)].filter { !$0.isEmpty },
            "item": isSeen
                ? ["number": item.number, "title": item.title, "href": parts.href(item)] as Values : "",
        ]
    }

    // MARK: Files

    /// A file with where it is read; those of touchpoints lie there.
    private func file(_ file: EngagementFile, _ href: String) -> Seen {
        let shown = file.attachment ?? Attachment()
        let isOwn = file.touchpoint == nil
        let place = file.touchpoint.map(parts.href) ?? href
        return Seen(
            shown,
            [
                "href": "\(place)/files/\(shown.id)", "size": Parts.size(shown.sizeBytes),
                "of": file.touchpoint?.title ?? "",
                "remove": isOwn && mayAttach ? "\(href)/files/\(shown.id)/remove" : "",
                "show": isOwn && mayAttach ? "\(href)/files/\(shown.id)/show" : "",
            ])
    }

    /// Whether the person may attach files here, and remove them: of customers nobody does.
    var mayAttach: Bool {
        let target = "\(Engagement.schema.table).attachments"
        return !parts.isPortal && engagement.active != false
            && visit.person.map { Access.allows($0.roles, .create, on: target) } == true
    }
}
