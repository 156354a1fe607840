/// One role of the catalog, `roles.tsv`.
public struct Role: Sendable, Hashable {
    /// What sort of role it is.
    public enum Kind: String, Sendable {
        /// A role people are granted.
        case role
        /// A role about one table, contained in others.
        case tableRole = "table-role"
        /// A description of a person's work that stands for roles. It is never granted nor written in a token.
        case persona
    }

    /// The canonical name; the printed variants of the source are accepted nowhere (G-14).
    public let name: String
    /// What the role is for, in English.
    public let description: String
    /// What the role is for, in Korean.
    public let descriptionKo: String
    /// What sort of role it is.
    public let kind: Kind
    /// Whether it is a role of customers: whoever holds it may see only what customers may.
    public let isExternal: Bool
    /// The roles it contains directly, as printed and as proposed (G-16).
    public let contained: [String]
    /// The role itself and all it contains, at any depth.
    public let closure: [String]
}

/// All roles, and what each contains.
public enum RoleCatalog {
    /// The role that may do everything (G-26).
    public static let administrator = "admin"

    /// Every role, ordered by name.
    public static let all: [Role] = data

    /// The role of a canonical name.
    public static func role(named name: String) -> Role? { byName[name] }

    /// Whether a canonical name is a role or a persona.
    public static func exists(_ name: String) -> Bool { byName[name] != nil }

    /// Whether the role may be granted to a person and written in a token: every role that is no persona.
    public static func isGrantable(_ name: String) -> Bool {
        if let role = byName[name] { role.kind != .persona } else { false }
    }

    /// The granted roles and all they contain. Names that are no roles are left out; a persona gives its roles.
    public static func close(_ granted: some Sequence<String>) -> Set<String> {
        var closed: Set<String> = []
        for name in granted {
            guard let role = byName[name] else { continue }
            closed.formUnion(role.closure)
        }
        return closed
    }

    /// Whether a set of closed roles has the role, or may do everything.
    public static func holds(_ roles: Set<String>, _ role: String) -> Bool {
        roles.contains(role) || roles.contains(administrator)
    }

    private static let byName = Dictionary(uniqueKeysWithValues: data.map { ($0.name, $0) })
}
