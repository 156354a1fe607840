/// The two kinds of visibility between domains.
public enum Visibility: Sendable {
    /// Records about a customer: seen from their own domain and from the domains above it.
    case data
    /// Definitions (playbooks, templates, choices): seen from their own domain and from the domains below it.
    case definition
}

/// What one transaction may see: a set of domains with all below them, and of customers certain accounts there alone.
/// The same value gives the settings of the SQL session and the check in memory, so the two cannot disagree.
public struct Scope: Hashable, Sendable {
    /// The domains, in byte order, none of them below another. Without any, nothing is visible.
    public let domains: [DomainPath]
    /// For customers: the only accounts whose records are visible, sorted; nil when domains alone decide.
    public let accounts: [String]?

    private init(_ domains: some Sequence<DomainPath>, accounts: [String]? = nil) {
        // In byte order a domain is followed by those below it.
        self.domains = domains.sorted().reduce(into: []) { kept, domain in
            if kept.last?.contains(domain) != true { kept.append(domain) }
        }
        self.accounts = accounts
    }

    /// The scope of everything that is visible from `domain`.
    public static func domain(_ domain: DomainPath) -> Scope { Scope(CollectionOfOne(domain)) }

    /// The scope of everything that is visible from one of `domains`.
    public static func domains(_ domains: some Sequence<DomainPath>) -> Scope { Scope(domains) }

    /// The scope of a customer: the accounts of `memberships`, each in its domain.
    public static func memberships(_ memberships: [Membership]) -> Scope {
        Scope(memberships.map(\.domain), accounts: Set(memberships.map(\.account)).sorted())
    }

    /// Whether a row that belongs to the domain `row` is visible.
    public func sees(_ row: DomainPath, _ visibility: Visibility) -> Bool {
        switch visibility {
        case .data: domains.contains { $0.contains(row) }
        case .definition: domains.contains { row.contains($0) }
        }
    }

    /// The least domain in byte order: `/provider/`. Empty without domains.
    public var lowerBound: String { domains.first?.path ?? "" }

    /// The first text in byte order after all subtrees: see ``DomainPath/upperBound``. Empty without domains.
    public var upperBound: String { domains.last?.upperBound ?? "" }

    /// Whether the bounds enclose more than the scope: of several domains they are the hull, with others in between.
    public var hasGaps: Bool { domains.count > 1 }

    /// The domains as a literal of Postgres' `text[]`: `{"/provider/d0000001/","/provider/d0000007/"}`.
    public var domainArray: String { Self.array(domains.map(\.path)) }

    /// The domains whose definitions are visible, as a literal of Postgres' `text[]`: `{"/","/provider/"}`.
    public var ancestorArray: String {
        Self.array(Set(domains.flatMap(\.ancestors)).sorted().map(\.path))
    }

    /// ``accounts`` as a literal of Postgres' `text[]`; empty when domains alone decide.
    public var accountArray: String { accounts.map(Self.array) ?? "" }

    private static func array(_ texts: [String]) -> String {
        // A path holds neither quotes nor backslashes, and what is no id is no account's.
        let plain = texts.filter { !$0.contains { $0 == "\"" || $0 == "\\" } }
        return "{" + plain.map { "\"\($0)\"" }.joined(separator: ",") + "}"
    }
}

extension DomainPath {
    /// The first text in byte order after the domain and all below it: `/provider0`, because `0` follows `/` in ASCII.
    /// The root's is `0`. An index over the domain serves the pair of path and bound as one range.
    public var upperBound: String { String(path.dropLast()) + "0" }
}
