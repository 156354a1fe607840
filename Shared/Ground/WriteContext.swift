import RPC
import Tenancy
import Wire

/// On whose behalf, when and why something is written.
public struct WriteContext: Sendable {
    /// Who writes.
    public let caller: Caller
    /// The time of the write, the same for all its rows.
    public let now: Timestamp
    /// `traceparent` of the request, passed on through the outbox.
    public let trace: String?
    /// What the write follows from, where nobody asked for it: the id that its trace bears (`TraceContext.following`).
    package var cause: String? { trace.flatMap(TraceContext.cause) }
    /// Same id, same answer (AIP-155); empty for none.
    public let requestID: String
    /// Whether the service itself writes: fields that only the system sets are open, access rows do not apply.
    public let isSystem: Bool
    /// Whether the write is only tried and will be undone (AIP-163).
    public let isTrial: Bool
    /// Where rules leave what they advise; nil when there is nobody to be told.
    package let advice: AdviceList?

    /// A context; services use ``system(_:now:trace:requestID:)`` for their own work.
    public init(
        caller: Caller, now: Timestamp, trace: String? = nil, requestID: String = "", isSystem: Bool = false
    ) {
        self.init(caller: caller, now: now, trace: trace, requestID: requestID, isSystem: isSystem, advice: nil)
    }

    package init(
        caller: Caller, now: Timestamp, trace: String?, requestID: String, isSystem: Bool = false,
        isTrial: Bool = false, advice: AdviceList?
    ) {
        self.caller = caller
        self.now = now
        self.trace = trace
        self.requestID = requestID
        self.isSystem = isSystem
        self.isTrial = isTrial
        self.advice = advice
    }

    /// Today in UTC.
    public var today: CivilDate { now.day }

    /// The same write as the service's own doing, for what follows from a person's change.
    public var asSystem: WriteContext {
        WriteContext(
            caller: caller, now: now, trace: trace, requestID: "", isSystem: true, isTrial: isTrial, advice: nil)
    }

    /// Work of the service `name` inside `domain`.
    public static func system(
        _ name: String, domain: DomainPath, now: Timestamp, trace: String? = nil, requestID: String = ""
    ) -> WriteContext {
        WriteContext(
            caller: .service(name, domain: domain), now: now, trace: trace, requestID: requestID, isSystem: true)
    }
}

extension Caller {
    /// A service at work inside `domain`, with every right there.
    public static func service(_ name: String, domain: DomainPath) -> Caller {
        Caller(subject: "service:\(name)", kind: .service, domain: domain, roles: ["admin"])
    }

    /// Whose stored answers and files are: the subject's, and of a customer with several accounts those of all of them
    /// together. The same person with other accounts is somebody else.
    package var owner: String {
        memberships.count > 1 ? "\(subject) \(memberships.map(\.account).joined(separator: " "))" : subject
    }
}

extension Timestamp {
    /// The day in UTC.
    public var day: CivilDate {
        CivilDate(days: Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400))
    }
}
