import CustomerSuccessWire
import Filters
import PlayLauncherWire
import RPC
import Records
import Roles
import Tenancy
import Wire
import WireCatalog

/// The tables whose records triggers look at: those that plays are launched from (G-75), and those of customer-success whose
/// records belong to an engagement, from which their plays are launched.
enum TriggerTables {
    static let types: [String: any RecordMessage.Type] = Dictionary(
        Catalog.records.filter { watches($0.schema) }.map { ($0.schema.table, $0) },
        uniquingKeysWith: { first, _ in first })

    private static func watches(_ schema: RecordSchema) -> Bool {
        schema.launchesPlays
            || schema.service == Engagement.schema.service && schema.verbs.contains("list")
                && schema.index(like: RiskSignal.Field.engagement) != nil
    }

    /// What plays of records that belong to an engagement are launched from.
    static let engagement = Engagement.schema

    /// The dictionary of a table; INVALID_ARGUMENT for one that triggers do not look at.
    static func schema(of table: String) throws(Problem) -> RecordSchema {
        if let type = types[table] { return type.schema }
        let known = types.values.map { $0.schema }.sorted { $0.table < $1.table }
        throw .invalid(
            field: PlayTrigger.path(.sourceTable),
            Text(
                en: "Triggers look at: \(known.map(\.table).joined(separator: ", ")).",
                ko: "트리거가 지켜볼 수 있는 테이블: \(known.map(\.label.ko).joined(separator: ", "))"),
            rule: TriggerRule.table)
    }

    /// Whether records of the table have an engagement of their own that their plays are launched from; that of what is measured
    /// is looked for when a play is launched.
    static func hasEngagement(_ schema: RecordSchema) -> Bool {
        !schema.launchesPlays && schema.table != ProductUsage.schema.table
    }

    /// The engagement of a record whose plays are launched from there.
    static func engagement(of record: any RecordMessage) -> String? {
        let schema = type(of: record).schema
        guard hasEngagement(schema), let index = schema.index(like: RiskSignal.Field.engagement) else { return nil }
        return record[fieldAt: index].string
    }

    /// What a condition over the table may name, of what `roles` may read.
    static func fields(of schema: RecordSchema, for roles: Set<String>) -> FilterSchema {
        FilterSchema(
            schema.fields.compactMap { field in
                guard Access.mayRead(roles, field: field.name, of: schema.table) != false else { return nil }
                return FilterField(field, of: schema, isSearched: false)
            })
    }
}

/// What refusals about triggers are named by.
enum TriggerRule {
    static let table = "TRIGGER_TABLE"
    static let condition = "TRIGGER_CONDITION"
    static let schedule = "TRIGGER_SCHEDULE"
    static let person = "TRIGGER_PERSON"
    static let answers = "TRIGGER_ANSWERS"
    static let active = "TRIGGER_ACTIVE"
}
