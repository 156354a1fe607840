import RecommendedActionsWire
import Records
import Wire

/// What a resource generator proposes for a card.
public enum Resource: Sendable {
    /// A value in text form, with what people call it where the service knows that.
    case value(String, called: Text?)
    /// A link to an article.
    case link(ActionLink)
}

/// For what a resource generator is asked.
public struct ProposalGround {
    /// The record, or the draft of a new one.
    public let record: any RecordMessage
    /// What the recommendation says besides.
    public let argument: String
    /// Who asks, and in which transaction.
    public let context: RuleContext

    /// The text of a field of the record; empty when there is none.
    public func text(of field: some FieldKey) -> String { record.text(named: field.rawValue) }
}

/// A function that proposes values or links for a card (G-110).
public struct ResourceGenerator: Sendable {
    /// What comes of it.
    public enum Kind: Sendable, Equatable {
        /// Values for fields that name records of this table; for any field without one.
        case value(of: String?)
        case links
    }

    /// Unique in the service.
    public let key: String
    let kind: Kind
    /// Proposes for a record; nothing when it knows nothing.
    let propose: @Sendable (ProposalGround) throws -> [Resource]

    /// A generator of a service.
    public init(_ key: String, _ kind: Kind, _ propose: @escaping @Sendable (ProposalGround) throws -> [Resource]) {
        self.key = key
        self.kind = kind
        self.propose = propose
    }

    /// The value that the recommendation says itself.
    static let fixed = ResourceGenerator("fixed", .value(of: nil)) { ground in
        ground.argument.isEmpty ? [] : [.value(ground.argument, called: nil)]
    }

    /// Links to the articles whose keys the recommendation says, separated by blanks.
    static let articles = ResourceGenerator("articles", .links) { ground in
        ground.argument.split(separator: " ").map { key in
            var link = ActionLink()
            link.article = String(key)
            return .link(link)
        }
    }
}
