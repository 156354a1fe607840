/// A value generated from a proto enum. A number this version of the schema does not know is kept and passed on.
public protocol WireEnum: Sendable, Hashable {
    /// The value with this number.
    init(rawValue: Int32)
    /// The value with this proto name; nil when there is none.
    init?(name: String)
    /// The number on the wire.
    var rawValue: Int32 { get }
    /// The proto name; nil for a number without a name.
    var name: String? { get }
}
