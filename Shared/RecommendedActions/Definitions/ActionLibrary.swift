import Ground
import Postgres
import RecommendedActionsWire
import Records
import Tenancy
import Wire

/// The definitions that hold for the records of a domain, by their keys: those of the domain and of the domains above it,
/// of two with one key the nearer one.
struct ActionLibrary: Sendable {
    private(set) var definitions: [String: ActionDefinition] = [:]

    /// A library of these definitions.
    init(_ definitions: [ActionDefinition]) {
        for definition in definitions { put(definition) }
    }

    /// What holds in a domain, as it is stored.
    init(for domain: String, of table: DefinitionTable, _ tx: Transaction) throws {
        let above = (DomainPath(domain) ?? .root).ancestors.map(\.path)
        let rows = try table.rows(where: "domain = ANY (\(above)::text[]) ORDER BY length(domain)", tx)
        self.init(try rows.map(ActionDefinition.init(row:)))
    }

    /// The definition of that key; nil when there is none.
    subscript(key: String) -> ActionDefinition? { definitions[key] }

    /// Puts a definition in the place of the one with its key.
    mutating func put(_ definition: ActionDefinition) { definitions[definition.key] = definition }

    /// The rules for records of a table that take part, in their order.
    func rules(for table: String) -> [ActionRule] {
        let named = definitions.values.compactMap { definition -> (key: String, rule: ActionRule)? in
            guard definition.isActive, let rule = definition.rule, let place = definitions[rule.context],
                place.isActive, place.context?.table == table
            else { return nil }
            return (definition.key, rule)
        }
        return named.sorted { ($0.rule.position, $0.key) < ($1.rule.position, $1.key) }.map(\.rule)
    }
}

extension ActionDefinition {
    /// A definition as it is stored.
    init(row: Row) throws {
        self = try ActionDefinition.decode(protobuf: row.bytes(ActionColumn.content))
        active = try row.bool(ActionColumn.active)
        take(try DefinitionHead(row))
    }

    /// Takes over what its row begins with.
    mutating func take(_ head: DefinitionHead) {
        (id, etag, domain, key) = (head.id, head.etag, head.domain, head.key)
        (createdAt, createdBy) = (head.createdAt, head.createdBy)
        (updatedAt, updatedBy) = (head.updatedAt, head.updatedBy)
    }
}
