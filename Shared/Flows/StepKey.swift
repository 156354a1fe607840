/// Names one step of a run: the same step has the same key whenever and wherever the run is taken up again.
public struct StepKey: Sendable, Hashable, CustomStringConvertible {
    /// Names of the tasks from the root, with the iteration of each loop in brackets and, when a task is visited again
    /// by `then`, the visit after `~`: `do/eachTask[3]/do/create`, `do/poll~2`. Attempts of a `try` do not change it.
    public let path: String
    /// 1, and one more for every retry the run has made before this step.
    public let attempt: Int

    /// A key of its parts.
    public init(path: String, attempt: Int) {
        self.path = path
        self.attempt = attempt
    }

    /// `path#attempt`.
    public var description: String { "\(path)#\(attempt)" }

    /// The request id for the RPC of this step: a UUID made from the run and the path.
    ///
    /// The attempt is left out on purpose: when a `try` is retried, a call that had gone through before is answered
    /// with its stored answer (AIP-155) instead of being carried out twice, and one that had failed is tried anew.
    public func requestID(run: String) -> String { Self.uuid(run + "\n" + path) }

    /// A UUID (version 8, "custom") of two 64-bit FNV-1a hashes of a text. It is an identifier, not a security measure:
    /// nobody outside chooses the text, and a run holds at most ten thousand of them.
    static func uuid(_ text: String) -> String {
        var hex = Array(hash(text))
        hex[12] = "8"
        hex[16] = ["8", "9", "a", "b"][(hex[16].hexDigitValue ?? 0) % 4]
        let digits = String(hex)
        var parts: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }

    /// 32 hexadecimal digits: FNV-1a of the text with the standard offset, and with another one, each mixed at the end
    /// so that near texts differ in every digit.
    static func hash(_ text: String) -> String {
        var digits = ""
        for offset: UInt64 in [0xCBF2_9CE4_8422_2325, 0x9E37_79B9_7F4A_7C15] {
            var state = offset
            for byte in text.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
            state = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            state = (state ^ state >> 27) &* 0x94D0_49BB_1331_11EB
            state ^= state >> 31
            let hex = String(state, radix: 16)
            digits += String(repeating: "0", count: 16 - hex.count) + hex
        }
        return digits
    }
}
