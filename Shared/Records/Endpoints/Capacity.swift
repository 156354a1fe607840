import Korean
import RPC
import Synchronization
import Tenancy
import Wire

/// How much of one kind of heavy work an instance does at once, and how much of it for one domain, in a unit of the
/// work's own. As at admission, what is over is refused and not queued: the instance stays able to do what it began,
/// and no domain takes the places of all others.
final class Capacity: Sendable {
    private struct Use {
        var total = 0
        var domains: [DomainPath: Int] = [:]
    }

    private let limits: AdmissionLimits
    private let what: Text
    private let reason: String
    private let use = Mutex(Use())

    /// Room for `limits.requests` units at once, of which one domain has its share. `what` is named in the refusal,
    /// in the plural; `reason` is `EXPORTS` for the reasons `EXPORTS_BUSY` and `DOMAIN_EXPORTS_BUSY`.
    init(_ limits: AdmissionLimits, of what: Text, reason: String) {
        self.limits = limits
        self.what = what
        self.reason = reason
    }

    /// Runs `body`, which takes `amount` units, for `domain`; RESOURCE_EXHAUSTED when there is no room for it now. Work
    /// larger than all room is let in when it is alone.
    func take<T: Sendable>(
        _ amount: Int = 1, for domain: DomainPath, _ body: () async throws(Problem) -> T
    ) async throws(Problem) -> T {
        try enter(amount, domain)
        defer { leave(amount, domain) }
        return try await body()
    }

    private func enter(_ amount: Int, _ domain: DomainPath) throws(Problem) {
        try use.withLock { use throws(Problem) in
            let own = use.domains[domain, default: 0]
            guard use.total == 0 || use.total + amount <= limits.requests else { throw busy() }
            guard own == 0 || own + amount <= limits.perDomain else { throw busyForDomain() }
            use.total += amount
            use.domains[domain] = own + amount
        }
    }

    private func leave(_ amount: Int, _ domain: DomainPath) {
        use.withLock { use in
            use.total -= amount
            let own = use.domains[domain, default: 0] - amount
            use.domains[domain] = own > 0 ? own : nil
        }
    }

    private func busy() -> Problem {
        .resourceExhausted(
            Text(
                en: "The service is busy with other \(what.en). Try again shortly.",
                ko: "지금 처리 중인 \(what.ko, .subject) 많습니다. 잠시 후 다시 시도해 주세요."),
            reason: "\(reason)_BUSY")
    }

    private func busyForDomain() -> Problem {
        .resourceExhausted(
            Text(
                en: "Your organization has as many \(what.en) at work as it may. Try again when one is done.",
                ko: "조직에서 동시에 실행할 수 있는 \(what.ko) 한도에 도달했습니다. 하나가 끝난 후 다시 시도해 주세요."),
            reason: "DOMAIN_\(reason)_BUSY")
    }
}

extension Capacity {
    /// For the exports of a service: each holds a connection while it is written.
    static func exports() -> Capacity {
        Capacity(
            AdmissionLimits(requests: ExportLimit.atOnce), of: Text(en: "exports", ko: "내보내기"), reason: "EXPORTS")
    }

    /// For the batches of a service, in records: a few large ones, or many small ones.
    static func batches() -> Capacity {
        Capacity(
            AdmissionLimits(requests: BatchLimit.atOnce), of: Text(en: "batches", ko: "일괄 작업"), reason: "BATCHES")
    }
}
