import RPC

/// How long a test waits for an answer: on a busy machine one takes many times longer than the standard allows, and how fast
/// the product is no test says.
public let patience: Duration = .seconds(50)

extension Deadline {
    /// The deadline of a test that is not about deadlines.
    public static var patient: Deadline { .after(patience) }
}
