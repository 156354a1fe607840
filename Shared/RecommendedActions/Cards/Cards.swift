import Filters
import Ground
import Postgres
import RPC
import RecommendedActionsWire
import Records
import Roles
import Tenancy
import Wire

/// What is recommended for a record: of each rule whose condition holds, its recommendations that have something to say.
struct Cards {
    let actions: RecommendedActions
    let table: ActionTable
    /// The record as the caller may see it, or the draft of a new one.
    let record: any RecordMessage
    let isDraft: Bool
    let context: RuleContext
    private let library: ActionLibrary

    /// About a record that the caller may see, or a new one that the caller may make. NOT_FOUND when there is none.
    init(
        _ actions: RecommendedActions, table name: String, record id: String, entered: [String: String] = [:],
        _ context: RuleContext
    ) throws {
        let caller = context.write.caller
        table = try actions.table(name)
        try Access.requireProvider(id.isEmpty ? .create : .read, on: name, caller)
        isDraft = id.isEmpty
        record = try isDraft ? table.draft(entered) : table.get(id, caller, context.transaction)
        library = try ActionLibrary(
            for: isDraft ? caller.domain.path : record.domain, of: actions.definitions, context.transaction)
        self.actions = actions
        self.context = context
    }

    /// About a record that the caller has just been shown.
    init(_ actions: RecommendedActions, shown record: any RecordMessage, _ context: RuleContext) throws {
        table = try actions.table(type(of: record).schema.table)
        try Access.requireProvider(.read, on: table.schema.table, context.write.caller)
        (isDraft, self.record, self.actions, self.context) = (false, record, actions, context)
        library = try ActionLibrary(for: record.domain, of: actions.definitions, context.transaction)
    }

    /// All cards, at most ``ActionBounds/cards``, and as many as fit into an answer.
    func all() throws -> [RecommendedAction] {
        var (cards, bytes): ([RecommendedAction], Int) = ([], 0)
        for key in try recommended() {
            guard cards.count < ActionBounds.cards, let card = try card(key) else { continue }
            bytes += try card.encodeProtobuf().count
            guard bytes <= ActionBounds.answerBytes else { break }
            cards.append(card)
        }
        return cards
    }

    /// The card of a recommendation, which must be recommended now. FAILED_PRECONDITION, reason NOT_RECOMMENDED, otherwise.
    func required(_ key: String) throws -> RecommendedAction {
        guard try recommended().contains(key), let card = try card(key) else { throw Self.notRecommended }
        return card
    }

    /// The decision tree of a recommendation, which must be recommended now.
    func tree(_ key: String) throws -> DecisionTree {
        _ = try required(key)
        guard let shows = library[key]?.recommendation?.shows, let tree = library[shows]?.decisionTree else {
            throw Self.notRecommended
        }
        return tree
    }

    static let notRecommended = Problem(
        .failedPrecondition,
        Text(en: "This is not recommended for the record now.", ko: "현재 이 레코드에 권장되지 않는 작업입니다."),
        reason: "NOT_RECOMMENDED")

    /// The keys of the recommendations whose rule holds, in their order, each once.
    private func recommended() throws -> [String] {
        var (keys, seen): ([String], Set<String>) = ([], [])
        for rule in library.rules(for: table.schema.table) where holds(rule.condition) {
            keys += rule.recommendations.filter { seen.insert($0).inserted }
        }
        return keys
    }

    /// Whether a condition holds. One that cannot be read any more holds for nothing: it was right when it was stored.
    private func holds(_ condition: String) -> Bool {
        let filter = try? Filter.parse(condition).check(
            against: FilterSchema(table.filterFields), context: context.filterFacts)
        return filter?.matches { record.filterValue($0) } ?? false
    }

    /// The card of a recommendation; nil when it has nothing to say.
    private func card(_ key: String) throws -> RecommendedAction? {
        guard let definition = library[key], definition.isActive, let recommendation = definition.recommendation,
            let shown = library[recommendation.shows], shown.isActive, let kind = shown.parts.first
        else { return nil }
        var card = RecommendedAction()
        (card.recommendation, card.kind) = (key, kind.rawValue)
        (card.label, card.text) = (definition.label, recommendation.text)
        if let field = shown.fieldRecommendation {
            guard let proposed = try proposed(field.field, recommendation) else { return nil }
            card.proposed = proposed
        } else if let tree = shown.decisionTree {
            card.place = try TreeWalk(tree).place([])
            card.place?.links += try links(recommendation)
        } else if let guidance = shown.guidance {
            card.steps = guidance.steps
            if let flow = actions.flows[guidance.flow] { card.flow = flow }
            try add(links(recommendation), to: &card)
        }
        return card
    }

    /// What a generator links to stands behind the steps of the guidance.
    private func add(_ links: [ActionLink], to card: inout RecommendedAction) throws {
        guard !links.isEmpty else { return }
        var step = GuidanceStep()
        step.text = card.text
        step.links = links
        card.steps.append(step)
    }

    private func links(_ recommendation: Recommendation) throws -> [ActionLink] {
        let links = try generated(recommendation).compactMap { resource -> ActionLink? in
            if case .link(let link) = resource { link } else { nil }
        }
        return Array(links.prefix(ActionBounds.links))
    }

    /// The value that is proposed for a field: the first that is generated, unless the record has it already. Nothing is
    /// proposed for a record that has ended.
    private func proposed(_ field: String, _ recommendation: Recommendation) throws -> ProposedValue? {
        guard let schema = table.writable(field), !record.hasEnded else { return nil }
        let generated = try generated(recommendation).compactMap { resource -> (String, Text?)? in
            if case .value(let text, let called) = resource { (text, called) } else { nil }
        }
        let current = record.text(named: field)
        guard let (value, called) = generated.first, value != current, schema.fault(inText: value) == nil else {
            return nil
        }
        let choice = schema.choices.first { $0.value.text == value }?.label
        var proposed = ProposedValue()
        (proposed.field, proposed.value) = (field, value)
        proposed.fieldLabel = ActionText(schema.label)
        proposed.display = (called ?? choice).map { ActionText($0) }
        proposed.fills = isDraft && current.isEmpty
        proposed.message = ActionText(Self.message(schema.label, called ?? choice))
        return proposed
    }

    private static func message(_ field: Text, _ value: Text?) -> Text {
        guard let value else {
            return Text(en: "A value is recommended for ‘\(field.en)’.", ko: "‘\(field.ko)’ 필드에 권장되는 값이 있습니다.")
        }
        return Text(
            en: "Recommended for ‘\(field.en)’: \(value.en)", ko: "‘\(field.ko)’ 필드의 권장 값: \(value.ko)")
    }

    private func generated(_ recommendation: Recommendation) throws -> [Resource] {
        guard let generator = actions.generators[recommendation.generator] else { return [] }
        return try generator.propose(
            ProposalGround(record: record, argument: recommendation.argument, context: context))
    }
}

extension RecommendedActions {
    /// The table of that name. INVALID_ARGUMENT for one without recommended actions.
    func table(_ name: String) throws(Problem) -> ActionTable {
        guard let table = tables[name] else {
            let known = tables.keys.sorted().joined(separator: ", ")
            throw .invalid(
                field: ShowRecommendedActionsRequest.Field.table,
                Text(
                    en: "There are no recommended actions for such a table; there are for \(known).",
                    ko: "이 테이블에는 권장 작업을 사용할 수 없습니다. 가능한 테이블: \(known)"))
        }
        return table
    }
}
