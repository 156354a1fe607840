import Filters
import PlaybooksWire
import RPC
import Records
import Tenancy
import Wire

/// What a playbook may refer to.
struct PlaybookWorld {
    /// A table as definitions see it.
    struct Table: Sendable {
        let schema: RecordSchema
        /// What conditions over its records may name.
        let filterFields: [FilterField]
        /// Whether playbooks run over its records.
        var carriesRuns = false
        /// The values that fields of another service's records may have, where its dictionary does not say them.
        var known: [String: Set<String>] = [:]
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
    /// Whether work may be given to a user: active, of the provider, in the domain of the definition or above it.
    let hasUser: (String) throws -> Bool
    /// Whether records of a table can be looked up, be they of the service or copies of another one's.
    let canLookUp: (String) -> Bool
    /// The versions of other playbooks that are active for the same records.
    var active: [Playbook] = []

    /// Where activities make records.
    func made(_ table: String) -> Table? { tables[table] ?? remote[table] }

}

extension Playbooks {
    /// What a definition of a domain may refer to, for who asks now; `own` is its id, where it is stored.
    func world(of domain: String, _ own: String?, _ context: RuleContext) throws -> PlaybookWorld {
        let (people, schema) = (people, database.schema)
        let above = (DomainPath(domain) ?? .root).ancestors.map(\.path)
        return PlaybookWorld(
            tables: tables.mapValues {
                .init(schema: $0.schema, filterFields: $0.filterFields, carriesRuns: $0.carriesRuns)
            },
            remote: remote.mapValues { .init(schema: $0.schema, filterFields: $0.filterFields, known: $0.known) },
            kinds: kinds, definitions: try ActivityDefinitions(playbooks: self).all(for: domain, context),
            facts: context.filterFacts,
            hasResponsibility: { try people.responsibility($0, context) != nil },
            hasUser: { user in
                guard Validation.isUUID(user), try context.mayBeAssigned(user) else { return false }
                return try !context.queryAbove(
                    """
                    SELECT 1 FROM \(identifier: schema)."user" WHERE id = \(user) AND domain = ANY(\(above)::text[])
                    """
                ).isEmpty
            },
            canLookUp: context.isKnown,
            active: try VersionRow.active(
                where: "d.id IS DISTINCT FROM \(own.value)::uuid AND \(VersionRow.meets(domain))", in: schema,
                context.transaction
            ).map(\.playbook))
    }
}
