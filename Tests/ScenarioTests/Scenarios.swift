import Testing

/// All scenarios, one after the other: each works the whole system, and two at once would only wait for each other.
@Suite(.serialized)
enum Scenarios {}

extension Scenarios {
    /// Those that leave a stack as whole as they found it, whatever they kill on it.
    @Suite(.serialized, .sharedStack)
    enum OnOneStack {}

    /// Those that bring customers by the dozen, each with people, files and plays of its own.
    @Suite(.serialized, .sharedStack)
    enum ManyCustomers {}
}
