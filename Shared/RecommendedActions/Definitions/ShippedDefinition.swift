import Ground
import RecommendedActionsWire
import Records
import Tenancy
import Wire
import Work

/// How services write the definitions that they bring along.
extension ActionDefinition {
    private init(_ key: String, _ label: Text) {
        self.init()
        self.key = key
        self.label = ActionText(label)
    }

    /// The records of a table.
    public static func context(_ key: String, _ label: Text, table: String) -> ActionDefinition {
        var definition = ActionDefinition(key, label)
        var context = ActionContext()
        context.table = table
        definition.context = context
        return definition
    }

    /// What is recommended for the records of a context that meet a condition.
    public static func rule(
        _ key: String, _ label: Text, in context: String, when condition: String = "", position: Int32,
        recommends recommendations: [String]
    ) -> ActionDefinition {
        var definition = ActionDefinition(key, label)
        var rule = ActionRule()
        (rule.context, rule.condition, rule.position) = (context, condition, position)
        rule.recommendations = recommendations
        definition.rule = rule
        return definition
    }

    /// A card that shows the definition `shows`.
    public static func card(
        _ key: String, _ label: Text, _ text: Text, shows: String, generator: String = "", argument: String = ""
    ) -> ActionDefinition {
        var definition = ActionDefinition(key, label)
        var recommendation = Recommendation()
        (recommendation.shows, recommendation.text) = (shows, ActionText(text))
        (recommendation.generator, recommendation.argument) = (generator, argument)
        definition.recommendation = recommendation
        return definition
    }

    /// Something to do, which may begin a guided flow.
    public static func guidance(
        _ key: String, _ label: Text, _ steps: [GuidanceStep], flow: String = ""
    ) -> ActionDefinition {
        var definition = ActionDefinition(key, label)
        var guidance = Guidance()
        (guidance.steps, guidance.flow) = (steps, flow)
        definition.guidance = guidance
        return definition
    }

    /// A value for a field.
    public static func fieldRecommendation(
        _ key: String, _ label: Text, _ field: some FieldKey
    ) -> ActionDefinition {
        var definition = ActionDefinition(key, label)
        var recommendation = FieldRecommendation()
        recommendation.field = field.rawValue
        definition.fieldRecommendation = recommendation
        return definition
    }

    /// Questions that lead to what to do.
    public static func tree(_ key: String, _ label: Text, _ steps: [TreeStep]) -> ActionDefinition {
        var definition = ActionDefinition(key, label)
        var tree = DecisionTree()
        tree.steps = steps
        definition.decisionTree = tree
        return definition
    }
}

extension GuidanceStep {
    /// A step with links to what to read.
    public init(_ text: Text, _ links: ActionLink...) {
        self.init()
        (self.text, self.links) = (ActionText(text), links)
    }
}

extension ActionLink {
    /// A link to the article of that key.
    public init(_ article: String, _ label: Text) {
        self.init()
        (self.article, self.label) = (article, ActionText(label))
    }
}

extension TreeStep {
    /// A question.
    public static func question(
        _ key: String, _ text: Text, _ answers: [TreeAnswer], cases: [TreeCase] = [], links: [ActionLink] = []
    ) -> TreeStep {
        var step = TreeStep()
        (step.key, step.text, step.answers) = (key, ActionText(text), answers)
        (step.cases, step.links) = (cases, links)
        return step
    }

    /// Where the tree ends.
    public static func end(_ key: String, _ text: Text) -> TreeStep {
        var step = TreeStep()
        (step.key, step.text, step.isEnd) = (key, ActionText(text), true)
        return step
    }
}

extension TreeAnswer {
    /// An answer, and the step to which it leads.
    public init(_ key: String, _ label: Text, to next: String) {
        self.init()
        (self.key, self.label, self.next) = (key, ActionText(label), next)
    }
}

extension TreeCase {
    /// What is said when a step was answered so.
    public init(_ step: String, _ answer: String, _ text: Text, _ links: ActionLink...) {
        self.init()
        (self.step, self.answer) = (step, answer)
        (self.text, self.links) = (ActionText(text), links)
    }
}

extension RecommendedActions {
    /// Makes the definitions that a service brings along and that were not made yet, in the provider's domain; those that
    /// others name come first.
    public func seed(_ shipped: [ActionDefinition]) async throws {
        guard let domain = DomainPath("/provider/") else { return }
        let database = database
        try await Seeding.run(database, in: domain) { seeding in
            let context = RuleContext(transaction: seeding.tx, write: seeding.context, database: database)
            for definition in shipped {
                try seeding.once("recommended action:\(definition.key)") {
                    _ = try ActionDefinitions(actions: self).make(definition, context)
                }
            }
        }
    }
}
