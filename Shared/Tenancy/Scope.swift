/// The two kinds of visibility between domains.
public enum Visibility: Sendable {
    /// Records about a customer: seen from their own domain and from the domains above it.
    case data
    /// Definitions (playbooks, templates, choices): seen from their own domain and from the domains below it.
    case definition
}

/// What one transaction may see. The same value gives the settings of the SQL session and the check in memory, so
/// the two cannot disagree.
public struct Scope: Hashable, Sendable {
    /// The domain the transaction works for.
    public let domain: DomainPath

    /// The scope of everything that is visible from `domain`.
    public static func domain(_ domain: DomainPath) -> Scope {
        Scope(domain: domain)
    }

    /// Whether a row that belongs to the domain `row` is visible.
    public func sees(_ row: DomainPath, _ visibility: Visibility) -> Bool {
        switch visibility {
        case .data: domain.contains(row)
        case .definition: row.contains(domain)
        }
    }

    /// The least domain of the subtree in byte order, itself included: `/provider/`.
    public var lowerBound: String { domain.path }

    /// The first text in byte order after the subtree: `/provider0`, because `0` follows `/` in ASCII. The root's is
    /// `0`. An index over the domain serves the pair of bounds as one range.
    public var upperBound: String {
        String(domain.path.dropLast()) + "0"
    }

    /// The domains whose definitions are visible, as a literal of Postgres' `text[]`: `{"/","/provider/"}`.
    public var ancestorArray: String {
        // A path holds neither quotes nor backslashes, so quoting each is all the escaping there is.
        "{" + domain.ancestors.map { "\"\($0.path)\"" }.joined(separator: ",") + "}"
    }
}
