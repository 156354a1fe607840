/// The states in which most records end; what ends in others of its own names these in its life cycle.
public enum EndState: String, Sendable, CaseIterable {
    /// What it is for was done.
    case closed
    /// It was given up.
    case canceled
}
