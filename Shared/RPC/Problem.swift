import Wire

/// The one error type of the system: everything that may go wrong in a call, as the caller is told it.
///
/// A problem carries the gRPC status code, a sentence for people in both languages, and where it can a machine's
/// reason and the fields at fault (AIP-193). What only the operator may know goes to ``cause``, which is written to
/// the log and never sent.
public struct Problem: Error, Sendable, Equatable {
    /// The status codes of gRPC, with gRPC's numbers.
    public enum Code: Int32, Sendable, CaseIterable {
        case ok = 0
        case canceled = 1
        case unknown = 2
        case invalidArgument = 3
        case deadlineExceeded = 4
        case notFound = 5
        case alreadyExists = 6
        case permissionDenied = 7
        case resourceExhausted = 8
        case failedPrecondition = 9
        case aborted = 10
        case outOfRange = 11
        case unimplemented = 12
        case internalError = 13
        case unavailable = 14
        case dataLoss = 15
        case unauthenticated = 16

        /// The name gRPC gives the code: `NOT_FOUND`.
        public var name: String {
            switch self {
            case .ok: "OK"
            case .canceled: "CANCELLED"
            case .unknown: "UNKNOWN"
            case .invalidArgument: "INVALID_ARGUMENT"
            case .deadlineExceeded: "DEADLINE_EXCEEDED"
            case .notFound: "NOT_FOUND"
            case .alreadyExists: "ALREADY_EXISTS"
            case .permissionDenied: "PERMISSION_DENIED"
            case .resourceExhausted: "RESOURCE_EXHAUSTED"
            case .failedPrecondition: "FAILED_PRECONDITION"
            case .aborted: "ABORTED"
            case .outOfRange: "OUT_OF_RANGE"
            case .unimplemented: "UNIMPLEMENTED"
            case .internalError: "INTERNAL"
            case .unavailable: "UNAVAILABLE"
            case .dataLoss: "DATA_LOSS"
            case .unauthenticated: "UNAUTHENTICATED"
            }
        }

        /// Whether the failure is the service's own. Such a problem is logged with its cause and answered with a
        /// general sentence, because its text may hold what the caller must not learn.
        public var isFault: Bool {
            switch self {
            case .unknown, .internalError, .dataLoss: true
            default: false
            }
        }
    }

    /// One field that is wrong.
    public struct Violation: Sendable, Hashable {
        /// The path of the field in the request, in snake_case: `touchpoint.meeting_date`.
        public var field: String
        /// What is wrong with it.
        public var text: Text
        /// The broken rule, `BR-07`, where there is one.
        public var rule: String?

        /// A violation of `field`.
        public init(field: String, text: Text, rule: String? = nil) {
            self.field = field
            self.text = text
            self.rule = rule
        }

        /// A violation of a field of the request.
        public init(field: some RequestField, text: Text, rule: String? = nil) {
            self.init(field: field.rawValue, text: text, rule: rule)
        }
    }

    /// The status code.
    public var code: Code
    /// The sentence for people.
    public var text: Text
    /// For machines: the broken rule (`BR-07`) or a word in capitals (`ETAG_MISMATCH`); the name of the code where there
    /// is nothing more particular to say. Never empty.
    public var reason: String
    /// The fields at fault.
    public var violations: [Violation]
    /// Facts about the problem, such as the limit that was passed. Sent to the caller.
    public var metadata: [String: String]
    /// What really happened, for the log alone.
    public var cause: String?

    /// A problem in all its parts. The helpers below say the usual ones shorter.
    public init(
        _ code: Code, _ text: Text, reason: String? = nil, violations: [Violation] = [],
        metadata: [String: String] = [:], cause: String? = nil
    ) {
        self.code = code
        self.text = text
        self.reason = reason.flatMap { $0.isEmpty ? nil : $0 } ?? code.name
        self.violations = violations
        self.metadata = metadata
        self.cause = cause
    }
}

extension Problem: CustomStringConvertible {
    /// The code, the reason, the fields and the cause: for logs. Texts are left out, since they may quote a record.
    public var description: String {
        var parts = [code.name]
        if reason != code.name { parts.append(reason) }
        parts += violations.map { violation in violation.field + (violation.rule.map { " (\($0))" } ?? "") }
        if let cause { parts.append("cause: \(cause)") }
        return parts.joined(separator: " ")
    }
}
