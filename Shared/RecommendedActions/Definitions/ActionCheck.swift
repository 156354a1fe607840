import Filters
import RPC
import RecommendedActionsWire
import Records
import Wire

/// Everything that keeps a definition from working, each fault with its place.
struct ActionCheck {
    let actions: RecommendedActions
    /// What the definition is among.
    let library: ActionLibrary
    let facts: FilterFacts
    private(set) var faults: [ActionFault] = []

    /// The faults of a definition, and of what names it: a rule does not outlive the field its condition asks for.
    static func faults(
        _ definition: ActionDefinition, _ actions: RecommendedActions, _ library: ActionLibrary, _ facts: FilterFacts
    ) -> [ActionFault] {
        var known = library
        known.put(definition)
        var check = ActionCheck(actions: actions, library: known, facts: facts)
        check.look(at: definition)
        guard check.faults.isEmpty else { return check.faults }
        for user in known.definitions.values.sorted(by: { $0.key < $1.key })
        where user.key != definition.key && check.depends(user, on: definition.key) {
            var other = ActionCheck(actions: actions, library: known, facts: facts)
            other.look(at: user)
            guard let first = other.faults.first else { continue }
            let (name, text) = (user.label?.text ?? ActionWords.label, first.message?.text ?? ActionWords.label)
            check.fault(
                ActionPlace(definition.parts.first?.field ?? .key), "‘\(name.en)’ would not work: \(text.en)",
                "‘\(name.ko)’ 정의가 동작하지 않게 됩니다. \(text.ko)")
        }
        return check.faults
    }

    /// Whether a definition names the one of that key, itself or over another.
    private func depends(_ user: ActionDefinition, on key: String) -> Bool {
        user.named.contains(key) || user.named.contains { library[$0]?.named.contains(key) ?? false }
    }

    mutating func look(at definition: ActionDefinition) {
        if !DefinitionKey.isKey(definition.key) {
            fault(ActionPlace(.key), DefinitionKey.rule.en, DefinitionKey.rule.ko)
        }
        text(definition.label, ActionPlace(.label), ActionBounds.labelLength)
        guard definition.parts.count == 1, let kind = definition.parts.first else {
            let known = ActionKind.allCases.map(\.rawValue).joined(separator: ", ")
            return fault(
                ActionPlace(.key), "A definition holds exactly one of \(known).", "정의에는 \(known) 중 하나만 있어야 합니다.")
        }
        if ((try? definition.encodeProtobuf())?.count ?? .max) > ActionBounds.bytes {
            fault(
                ActionPlace(kind.field), "A definition has at most \(ActionBounds.bytes) bytes.",
                "정의의 크기는 \(bytes: ActionBounds.bytes) 이하여야 합니다.")
        }
        if let context = definition.context { look(at: context) }
        if let rule = definition.rule { look(at: rule) }
        if let recommendation = definition.recommendation { look(at: recommendation) }
        if let guidance = definition.guidance { look(at: guidance) }
        if let field = definition.fieldRecommendation { look(at: field) }
        if let tree = definition.decisionTree { look(at: tree) }
    }

    private mutating func look(at context: ActionContext) {
        guard actions.tables[context.table] == nil else { return }
        let known = actions.tables.keys.sorted().joined(separator: ", ")
        fault(
            ActionPlace(.context).at(.table),
            "There are no recommended actions for such a table; there are for \(known).",
            "이 테이블에는 권장 작업을 사용할 수 없습니다. 가능한 테이블: \(known)")
    }

    private mutating func look(at rule: ActionRule) {
        let place = ActionPlace(.rule)
        count(rule.recommendations, ActionBounds.recommendations, place.at(.recommendations))
        if rule.recommendations.isEmpty {
            fault(place.at(.recommendations), "The rule recommends nothing.", "권장할 항목을 하나 이상 지정하세요.")
        }
        guard let context = named(rule.context, [.context], place.at(.context))?.context,
            let table = actions.tables[context.table]
        else { return }
        condition(rule.condition, over: table, place.at(.condition))
        for (index, key) in rule.recommendations.enumerated() {
            let inner = place.at(.recommendations).element(index)
            guard let recommendation = named(key, [.recommendation], inner)?.recommendation,
                let field = library[recommendation.shows]?.fieldRecommendation?.field
            else { continue }
            value(of: field, recommendation, in: table, inner)
        }
    }

    /// A field recommendation is for tables that have its field, and its value is one of the field's.
    private mutating func value(
        of field: String, _ recommendation: Recommendation, in table: ActionTable, _ place: ActionPlace
    ) {
        guard let schema = table.writable(field) else {
            let label = table.schema.label
            return fault(
                place, "‘\(label.en)’ has no field '\(field)' that can be written.",
                "‘\(label.ko)’ 테이블에는 변경할 수 있는 '\(field)' 필드가 없습니다.")
        }
        switch actions.generators[recommendation.generator]?.kind {
        case .value(of: let reference?) where !schema.referencedTables.contains(reference):
            fault(
                place, "What is generated is no value for ‘\(schema.label.en)’.",
                "생성되는 값을 ‘\(schema.label.ko)’ 필드에 지정할 수 없습니다.")
        case .value(of: nil):
            if let text = schema.fault(inText: recommendation.argument) { fault(place, text.en, text.ko) }
        default: break
        }
    }

    private mutating func look(at recommendation: Recommendation) {
        let place = ActionPlace(.recommendation)
        text(recommendation.text, place.at(.text), ActionBounds.textLength)
        if recommendation.argument.count > ActionBounds.argumentLength {
            fault(
                place.at(.argument), "At most \(ActionBounds.argumentLength) characters.",
                "최대 \(grouped: ActionBounds.argumentLength)자입니다.")
        }
        guard let shown = named(recommendation.shows, ActionKind.shown, place.at(.shows)) else { return }
        let wantsValue = shown.fieldRecommendation != nil
        let generator = actions.generators[recommendation.generator]
        let fits: Bool =
            switch generator?.kind {
            case .value: wantsValue
            case .links: !wantsValue
            case nil: recommendation.generator.isEmpty && !wantsValue
            }
        guard !fits else { return }
        let known = actions.generators.values.filter { ($0.kind == .links) != wantsValue }.map(\.key).sorted()
            .joined(separator: ", ")
        fault(
            place.at(.generator), "No resource generator for such a card; possible are \(known).",
            "이러한 카드에 사용할 수 없는 리소스 생성기입니다. 가능한 값: \(known)")
    }

    private mutating func look(at guidance: Guidance) {
        let place = ActionPlace(.guidance)
        count(guidance.steps, ActionBounds.guidanceSteps, place.at(.steps))
        for (index, step) in guidance.steps.enumerated() {
            let inner = place.at(.steps).element(index)
            text(step.text, inner.at(.text), ActionBounds.textLength)
            links(step.links, inner.at(.links))
        }
        if guidance.steps.isEmpty { fault(place.at(.steps), "The guidance says nothing.", "안내 단계를 하나 이상 입력하세요.") }
        guard !guidance.flow.isEmpty, actions.flows[guidance.flow] == nil else { return }
        let known = actions.flows.keys.sorted().joined(separator: ", ")
        fault(place.at(.flow), "There is no such guided flow; there are: \(known).", "이러한 안내 흐름이 없습니다. 가능한 값: \(known)")
    }

    private mutating func look(at field: FieldRecommendation) {
        guard !actions.tables.values.contains(where: { $0.writable(field.field) != nil }) else { return }
        fault(
            ActionPlace(.fieldRecommendation).at(.field), "No table has such a field that can be written.",
            "변경할 수 있는 이러한 필드가 있는 테이블이 없습니다.")
    }
}

// MARK: What all parts share

extension ActionCheck {
    mutating func fault(_ place: ActionPlace, _ en: String, _ ko: String) {
        var fault = ActionFault()
        fault.field = place.path
        fault.message = ActionText(Text(en: en, ko: ko))
        faults.append(fault)
    }

    mutating func count<Element>(_ list: [Element], _ most: Int, _ place: ActionPlace) {
        if list.count > most { fault(place, "At most \(most).", "최대 \(grouped: most)개까지 지정할 수 있습니다.") }
    }

    /// A text that people read: there in both languages, and not longer than `most` characters.
    mutating func text(_ text: ActionText?, _ place: ActionPlace, _ most: Int) {
        if text?.en.isBlank ?? true { fault(place.at(.en), "The English text is missing.", "영어 텍스트가 없습니다.") }
        if text?.ko.isBlank ?? true { fault(place.at(.ko), "The Korean text is missing.", "한국어 텍스트가 없습니다.") }
        if max(text?.en.count ?? 0, text?.ko.count ?? 0) > most {
            fault(place, "At most \(most) characters.", "최대 \(grouped: most)자입니다.")
        }
    }

    mutating func links(_ links: [ActionLink], _ place: ActionPlace) {
        count(links, ActionBounds.links, place)
        for (index, link) in links.enumerated() {
            let inner = place.element(index)
            text(link.label, inner.at(.label), ActionBounds.labelLength)
            if !DefinitionKey.isKey(link.article) {
                fault(inner.at(.article), DefinitionKey.rule.en, DefinitionKey.rule.ko)
            }
        }
    }

    /// The definition of that key, of one of these kinds; a fault when there is none.
    private mutating func named(_ key: String, _ kinds: Set<ActionKind>, _ place: ActionPlace) -> ActionDefinition? {
        if let found = library[key], !kinds.isDisjoint(with: found.parts) { return found }
        let what = kinds.map(\.rawValue).sorted().joined(separator: ", ")
        fault(place, "There is no such definition of the kind \(what).", "\(what) 종류의 이러한 정의가 없습니다.")
        return nil
    }

    private mutating func condition(_ text: String, over table: ActionTable, _ place: ActionPlace) {
        guard text.count <= ActionBounds.conditionLength else {
            return fault(
                place, "At most \(ActionBounds.conditionLength) characters.",
                "최대 \(grouped: ActionBounds.conditionLength)자입니다.")
        }
        do throws(FilterError) {
            _ = try Filter.parse(text).check(against: FilterSchema(table.filterFields), context: facts)
        } catch { fault(place, error.english, error.korean) }
    }
}

/// Where in a definition something is wrong: the path of the field.
struct ActionPlace: Sendable, Equatable {
    let path: String

    private init(path: String) { self.path = path }

    /// A field of the definition.
    init(_ field: ActionField) { path = field.rawValue }

    /// A field of this place.
    func at(_ field: ActionField) -> ActionPlace { ActionPlace(path: "\(path).\(field.rawValue)") }

    /// An element of the list that this place is.
    func element(_ index: Int) -> ActionPlace { ActionPlace(path: "\(path)[\(index)]") }
}

extension ActionKind {
    /// The field that holds the part.
    var field: ActionField {
        switch self {
        case .context: .context
        case .rule: .rule
        case .recommendation: .recommendation
        case .guidance: .guidance
        case .fieldRecommendation: .fieldRecommendation
        case .decisionTree: .decisionTree
        }
    }
}
