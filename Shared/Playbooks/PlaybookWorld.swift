import Filters
import PlaybooksWire
import RPC
import Records
import Wire

/// What a playbook may refer to.
struct PlaybookWorld {
    /// A table as definitions see it.
    struct Table: Sendable {
        let schema: RecordSchema
        /// What conditions over its records may name.
        let filterFields: [FilterField]
    }

    /// Tables of the service, and of other services in which activities make records.
    let tables: [String: Table]
    let remote: [String: Table]
    let kinds: [String: ActivityKind]
    /// Activity definitions by their keys.
    let definitions: [String: ActivityDefinition]
    /// What the functions of conditions answer: who asks, and when.
    let facts: FilterFacts
    let hasResponsibility: (String) throws -> Bool
    let hasUser: (String) throws -> Bool

    /// Where activities make records.
    func made(_ table: String) -> Table? { tables[table] ?? remote[table] }

    /// Whether `table` is one whose records can be named: one of these tables, or one that they refer to.
    func isKnown(_ table: String) -> Bool {
        if made(table) != nil { return true }
        return (Array(tables.values) + Array(remote.values)).contains { known in
            known.schema.fields.contains { $0.reference == table }
        }
    }
}

extension Playbooks {
    /// What a definition of a domain may refer to, for who asks now.
    func world(of domain: String, _ context: RuleContext) throws -> PlaybookWorld {
        let people = people
        return PlaybookWorld(
            tables: tables.mapValues { .init(schema: $0.schema, filterFields: $0.filterFields) },
            remote: remote.mapValues { .init(schema: $0.schema, filterFields: $0.filterFields) },
            kinds: kinds, definitions: try ActivityDefinitions(playbooks: self).all(for: domain, context),
            facts: FilterFacts(
                nowMicroseconds: context.write.now.microseconds, subject: context.write.caller.subject),
            hasResponsibility: { try people.responsibility($0, context) != nil },
            hasUser: { try people.name($0, context) != nil })
    }
}
