import RPC
import Wire

/// A rule that the database keeps: the constraint's name maps back to the rule's id.
public struct DatabaseRule<R: RecordMessage>: Sendable {
    /// The rule: `BR-57`.
    public let id: String
    /// The constraint or unique index that enforces it.
    public let constraint: String
    /// The field to blame.
    public let field: R.Field
    /// What the caller reads.
    public let text: Text

    /// Constraint `constraint` stands for rule `id`.
    public init(_ id: String, constraint: String, field: R.Field, _ text: Text) {
        self.id = id
        self.constraint = constraint
        self.field = field
        self.text = text
    }
}

/// An error that knows what to tell the caller.
package protocol Refusal: Error {
    /// What is told.
    var problem: Problem { get }
}
