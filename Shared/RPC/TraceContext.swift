/// The W3C trace context of a call: which trace it belongs to, and which span is its own.
public struct TraceContext: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits, not all zero.
    public let traceID: String
    /// 16 lower-case hexadecimal digits, not all zero: the span of this call.
    public let spanID: String
    /// The trace flags; bit 0 says that the trace is recorded.
    public let flags: UInt8
    /// The vendors' `tracestate`, passed on untouched; at most 512 characters.
    public let state: String?

    /// A new trace with its first span, recorded.
    public static func generate() -> TraceContext {
        TraceContext(traceID: randomHex(64) + randomHex(64), spanID: randomHex(64), flags: 1, state: nil)
    }

    /// Reads the header `traceparent` (and `tracestate`). The answer is nil when the value is malformed; W3C then asks
    /// for a new trace. Versions to come are read as far as version 00 goes.
    public init?(header: String, state: String? = nil) {
        let parts = header.split(separator: "-", maxSplits: 4, omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", parts[0] != "00" || parts.count == 4,
            Self.isHex(parts[1], 32), Self.isHex(parts[2], 16), Self.isHex(parts[3], 2),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }),
            let flags = UInt8(parts[3], radix: 16)
        else { return nil }
        let state = state.flatMap { $0.utf8.count <= 512 ? $0 : nil }
        self.init(traceID: String(parts[1]), spanID: String(parts[2]), flags: flags, state: state)
    }

    private init(traceID: String, spanID: String, flags: UInt8, state: String?) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
        self.state = state
    }

    /// A new span of the same trace.
    public func child() -> TraceContext {
        TraceContext(traceID: traceID, spanID: Self.randomHex(64), flags: flags, state: state)
    }

    /// A trace of what follows from something that nobody asked for, such as the firing of a trigger: it bears the id of that,
    /// one that follows from a name (a UUID of version 8), and hands it on to whatever is done under it.
    public static func following(from cause: String) -> TraceContext? {
        let digits = cause.replacing("-", with: "").lowercased()
        let trace = TraceContext(header: "00-\(digits)-\(randomHex(64))-01")
        return trace.flatMap { Self.cause(inHeader: $0.header) == nil ? nil : $0 }
    }

    /// The trace of a call by somebody who may not say what it follows from: one that bears an id, or looks so, ends here, and
    /// another begins.
    var withoutCause: TraceContext {
        var trace = self
        while Self.cause(inHeader: trace.header) != nil { trace = .generate() }
        return trace
    }

    /// The id that a `traceparent` bears; nil for a trace that has none. Of traces made at random one in 64 looks as though it
    /// had one, which is nobody's.
    public static func cause(inHeader header: String) -> String? {
        let bytes = Array(header.utf8.prefix(36))
        guard bytes.count == 36, bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"),
            bytes[15] == UInt8(ascii: "8"), "89ab".utf8.contains(bytes[19])
        else { return nil }
        let digits = bytes[3..<35]
        var text = ""
        var first = digits.startIndex
        for count in [8, 4, 4, 4, 12] {
            text += (text.isEmpty ? "" : "-") + String(decoding: digits[first..<first + count], as: UTF8.self)
            first += count
        }
        return text
    }

    /// The value of the header `traceparent`.
    public var header: String {
        "00-\(traceID)-\(spanID)-\(flags < 16 ? "0" : "")\(String(flags, radix: 16))"
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
                default: false
                }
            }
    }

    private static func randomHex(_ bits: Int) -> String {
        // Zero is not a valid id.
        let digits = String(UInt64.random(in: 1...UInt64.max), radix: 16)
        return String(repeating: "0", count: bits / 4 - digits.count) + digits
    }
}
