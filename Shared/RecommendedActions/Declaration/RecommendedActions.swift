import Ground
import RecommendedActionsWire
import Records
import Wire

/// The recommended actions of one service (G-132): what it puts into its `Assembly`.
public final class RecommendedActions: Sendable {
    /// The schema that holds the definitions.
    let database: Database
    /// The tables for whose records there are cards.
    let tables: [String: ActionTable]
    /// Resource generators by their keys (G-110).
    let generators: [String: ResourceGenerator]
    /// Guided flows by their keys.
    let flows: [String: GuidedFlow]
    /// Which articles cards may link to for whom.
    let articles: ArticleReading

    /// The recommended actions of the service of `database`. Every service has the generators ``ResourceGenerator/fixed``
    /// and ``ResourceGenerator/articles`` besides its own.
    public init(
        _ database: Database, tables: [ActionTable], generators: [ResourceGenerator] = [], flows: [GuidedFlow] = [],
        articles: ArticleReading
    ) {
        self.database = database
        self.articles = articles
        self.tables = Dictionary(uniqueKeysWithValues: tables.map { ($0.schema.table, $0) })
        self.generators = Dictionary(
            uniqueKeysWithValues: ([.fixed, .articles] + generators).map { ($0.key, $0) })
        self.flows = Dictionary(uniqueKeysWithValues: flows.map { ($0.key, $0) })
    }

    /// The definitions, as they are stored.
    var definitions: DefinitionTable {
        DefinitionTable(
            schema: database.schema, name: ActionWords.table, label: ActionWords.label,
            own: ActionColumn.allCases.map(\.rawValue))
    }
}

extension GuidedFlow {
    /// A flow that ends with the request `method`, for which people enter `fields`.
    public init<Request: Message, Response: Message>(
        _ key: String, _ label: Text, _ method: Method<Request, Response>, fields: [String]
    ) {
        self.init()
        self.key = key
        self.label = ActionText(label)
        subject = method.subject
        self.fields = fields
    }
}
