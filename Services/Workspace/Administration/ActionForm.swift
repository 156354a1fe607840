import Foundation
import Korean
import OnboardingWire
import RPC
import RecommendedActionsWire
import Wire

/// One part of recommended actions as a form of what its kind has. Its fields are named by their places in the part, so that
/// whatever is found wrong leads to its field. What is too long for a form is changed as JSON.
struct ActionForm: Sendable {
    /// The kinds of parts, in the order in which they build on each other.
    enum Kind: String, CaseIterable {
        case context, rule, recommendation, guidance
        case field = "field_recommendation"
        case tree = "decision_tree"
    }

    /// The lists of a form, whose rows are put in order.
    private enum List: String {
        case recommendations = "rule-recommendations"
        case steps = "guidance-steps"
    }

    /// Most fields of a form: browsers post them all, and no more than ``Fields/limit`` are read.
    private static let most = 1_000
    static let kind = "kind"
    private static let position = "rule-position"

    let visit: Visit
    let service: String
    /// All parts of the service, which name each other.
    let parts: [ActionDefinition]
    /// Where the form is posted to.
    var action = ""

    private var make: ActionFields { ActionFields(visit: visit, action: action) }

    /// Whether a form can hold the part.
    static func holds(_ part: ActionDefinition) -> Bool {
        func links(_ links: [ActionLink]) -> Int { 3 * links.count }
        let guidance = (part.guidance?.steps ?? []).map { 2 + links($0.links) }
        let tree = (part.decisionTree?.steps ?? []).map { step in
            4 + links(step.links) + 4 * step.answers.count
                + step.cases.map { 3 + links($0.links) }.reduce(0, +)
        }
        let fields = (guidance + tree).reduce(part.rule?.recommendations.count ?? 0, +)
        return Kind(rawValue: part.kind) != nil && fields <= most
    }

    /// A new part of a kind.
    static func begun(_ kind: String) -> ActionDefinition {
        var part = ActionDefinition()
        part.kind = kind
        part.active = true
        if kind == Kind.tree.rawValue { part.decisionTree = TreeForm.begun }
        return part
    }

    /// The name of the field at a place: `rule.context` is `rule-context`, `guidance.steps[0].text.en` `guidance-steps-0-text-en`.
    private static func name(_ place: String) -> String {
        let path = place.hasPrefix("action_definition.") ? String(place.dropFirst("action_definition.".count)) : place
        return path.replacing("[", with: "-").replacing("]", with: "").replacing(".", with: "-")
    }

    /// What the services refused, or the check has found, at the fields of the form that are there.
    static func placed(_ problem: Problem, at fields: [Forms.Field]) -> Problem {
        let names = Set(fields.map(\.name))
        var problem = problem
        for index in problem.violations.indices {
            problem.violations[index].field = place(of: name(problem.violations[index].field), in: names)
        }
        return problem
    }

    /// The field of that name; of a text in both languages the first one, of what has no field what it stands in.
    private static func place(of name: String, in names: Set<String>) -> String {
        var parts = name.split(separator: "-")
        while !parts.isEmpty {
            let place = parts.joined(separator: "-")
            if let found = [place, "\(place)-en"].first(where: names.contains) { return found }
            parts.removeLast()
        }
        return name
    }

    // MARK: What is shown

    func fields(_ part: ActionDefinition, isNew: Bool) -> [Forms.Field] {
        let key = Forms.Field(
            "key", visit.say("Key", "키"), isNew ? .text("text") : .fixed, value: part.key, isRequired: isNew,
            help: isNew
                ? visit.say("By it other parts name this one; it never changes.", "다른 항목이 이 키로 참조하며 변경할 수 없습니다.")
                : "")
        let active = Forms.Field(
            "active", visit.say("Takes part", "사용"), .boolean, value: part.active == false ? "" : "true")
        return [key] + make.texts("label", visit.say("Name", "이름"), part.label) + own(part) + [active]
    }

    private func own(_ part: ActionDefinition) -> [Forms.Field] {
        switch Kind(rawValue: part.kind) {
        case .context:
            let tables = Dictionaries.all.filter { $0.service == service }
                .map { Forms.Option($0.table, $0.label(visit.reader.language)) }.sorted { $0.label < $1.label }
            return [field("context-table", "Table", "테이블", .choice(tables), part.context?.table)]
        case .rule: return ofRule(part.rule ?? ActionRule())
        case .recommendation: return ofCard(part.recommendation ?? Recommendation())
        case .guidance:
            let guidance = part.guidance ?? Guidance()
            let flow = visit.say("Key of a guided flow that begins from the card", "카드에서 시작하는 안내 흐름의 키")
            return [
                make.ordered(
                    List.steps.rawValue, visit.say("Steps", "단계"), add: visit.say("Add a step", "단계 추가"),
                    guidance.steps.isEmpty ? [GuidanceStep()] : guidance.steps, step),
                Forms.Field("guidance-flow", flow, .text("text"), value: guidance.flow),
            ]
        case .field:
            return [
                field(
                    "field_recommendation-field", "Name of the field", "필드 이름", .text("text"),
                    part.fieldRecommendation?.field)
            ]
        case .tree: return [TreeForm(fields: make).field(part.decisionTree ?? DecisionTree())]
        case nil: return []
        }
    }

    private func ofRule(_ rule: ActionRule) -> [Forms.Field] {
        let cards = make.ordered(
            List.recommendations.rawValue, visit.say("Cards, in their order", "카드(표시 순서대로)"),
            add: visit.say("Add a card", "카드 추가"), rule.recommendations.isEmpty ? [""] : rule.recommendations
        ) { name, number, key in
            let title = visit.say("Card \(number)", "카드 \(grouped: number)")
            let card = Forms.Field(name, title, .choice(options([.recommendation], key)), value: key)
            return OrderedRows.Row(title: title, cells: [card])
        }
        return [
            field("rule-context", "Context", "컨텍스트", .choice(options([.context], rule.context)), rule.context),
            Forms.Field(
                "rule-condition", visit.say("Condition", "조건"), .text("text"), value: rule.condition,
                help: visit.say("Empty for every record of the context.", "비워 두면 컨텍스트의 모든 레코드에 적용됩니다.")),
            cards,
            Forms.Field(
                Self.position, visit.say("Position", "순서"), .text("number"), value: "\(rule.position)",
                help: visit.say("Smaller ones come first.", "작은 값이 먼저 적용됩니다.")),
        ]
    }

    private func ofCard(_ card: Recommendation) -> [Forms.Field] {
        let known = Set(
            parts.compactMap { $0.recommendation?.generator }.filter { !$0.isEmpty } + ["articles", "fixed"])
        return [
            field(
                "recommendation-shows", "What it shows", "표시할 내용",
                .choice(options([.guidance, .field, .tree], card.shows)), card.shows)
        ] + make.texts("recommendation-text", visit.say("What the card says", "카드 문구"), card.text, isLong: true) + [
            Forms.Field(
                "recommendation-generator", visit.say("What proposes the value", "값을 제안하는 생성기"), .text("text"),
                value: card.generator,
                help: visit.say(
                    "In use: \(known.sorted().joined(separator: ", ")). Empty for a guidance or a decision tree alone.",
                    "사용 중인 값: \(known.sorted().joined(separator: ", ")). 안내나 의사 결정 트리만 표시할 때는 비워 둡니다.")),
            Forms.Field(
                "recommendation-argument", visit.say("What it needs", "생성기에 전달할 값"), .text("text"),
                value: card.argument,
                help: visit.say(
                    "Such as the value of fixed, the keys of articles, or the name of a responsibility.",
                    "'fixed'의 값, 문서의 키, 담당 업무 이름 등입니다.")),
        ]
    }

    private func step(_ name: String, _ number: Int, _ step: GuidanceStep) -> OrderedRows.Row {
        let title = visit.say("Step \(number)", "단계 \(grouped: number)")
        return OrderedRows.Row(
            title: title,
            cells: make.texts("\(name)-text", title, step.text, isLong: true) + [make.links(name, step.links)])
    }

    private func field(
        _ name: String, _ en: String, _ ko: String, _ kind: Forms.Kind, _ value: String?
    ) -> Forms.Field {
        Forms.Field(name, visit.say(en, ko), kind, value: value ?? "", isRequired: true)
    }

    /// Parts of some kinds by what people call them; one that nobody knows is kept.
    private func options(_ kinds: [Kind], _ key: String?) -> [Forms.Option] {
        let names = Set(kinds.map(\.rawValue))
        let known = parts.filter { names.contains($0.kind) }.map { part in
            Forms.Option(part.key, "\(ActionPages.name(part, visit)) (\(part.key))")
        }
        guard let key, !key.isEmpty, !known.contains(where: { $0.value == key }) else { return known }
        return [Forms.Option(key, key)] + known
    }

    // MARK: What was posted

    /// The part as it was typed over what is stored, with rows that nobody has filled in yet.
    func typed(_ stored: ActionDefinition, isNew: Bool) throws(Problem) -> ActionDefinition {
        var part = stored
        if isNew { part.key = visit.form["key"] }
        part.label = make.entered("label")
        part.active = visit.form["active"] == "true"
        switch Kind(rawValue: part.kind) {
        case .context:
            var context = ActionContext()
            context.table = visit.form["context-table"]
            part.context = context
        case .rule: part.rule = try rule()
        case .recommendation:
            var card = part.recommendation ?? Recommendation()
            (card.shows, card.text) = (visit.form["recommendation-shows"], make.entered("recommendation-text"))
            card.generator = visit.form["recommendation-generator"]
            card.argument = visit.form["recommendation-argument"]
            part.recommendation = card
        case .guidance:
            var guidance = Guidance()
            guidance.steps = make.rows(List.steps.rawValue) { name in
                var step = GuidanceStep()
                (step.text, step.links) = (make.entered("\(name)-text"), make.links(name))
                return step
            }
            guidance.flow = visit.form["guidance-flow"]
            part.guidance = guidance
        case .field:
            var field = FieldRecommendation()
            field.field = visit.form["field_recommendation-field"]
            part.fieldRecommendation = field
        case .tree: part.decisionTree = TreeForm(fields: make).typed()
        case nil: break
        }
        return part
    }

    private func rule() throws(Problem) -> ActionRule {
        var rule = ActionRule()
        (rule.context, rule.condition) = (visit.form["rule-context"], visit.form["rule-condition"])
        rule.recommendations = make.rows(List.recommendations.rawValue) { visit.form[$0] }
        let position = visit.form[Self.position]
        guard let number = Int32(position.isEmpty ? "0" : position) else {
            throw .invalid(field: Self.position, Text(en: "This is no number.", ko: "숫자를 입력하세요."))
        }
        rule.position = number
        return rule
    }
}
