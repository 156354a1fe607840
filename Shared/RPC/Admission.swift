import Tenancy

/// How much a service takes on at once. What is over is refused at once instead of queued: the caller can then turn to
/// another instance or try again, and the service stays able to answer what it has accepted.
public struct AdmissionLimits: Sendable, Equatable {
    /// Requests in flight; 1,024 unless said otherwise.
    public var requests: Int
    /// Bytes of payload in flight; 64 MiB unless said otherwise.
    public var bytes: Int
    /// The part of ``requests`` one domain may hold, above 0 up to 1; a half unless said otherwise. The rest stays
    /// free for the others, however hard one domain knocks.
    public var domainShare: Double

    /// Limits with the given parts.
    public init(requests: Int = 1024, bytes: Int = 64 << 20, domainShare: Double = 0.5) {
        self.requests = max(1, requests)
        self.bytes = max(1, bytes)
        self.domainShare = min(1, max(0, domainShare))
    }

    /// The most requests of one domain: at least one.
    public var perDomain: Int { max(1, Int(Double(requests) * domainShare)) }
}

/// Counts what is in flight and decides what is taken on. Decisions only: no clock, no lock, no I/O.
///
/// The domain of a request is known for certain only after its token was verified, which happens in the request's own
/// task. At arrival the domain is that of the same token's last verification; a token not seen before counts among
/// the strangers, who together have the share of one domain. So neither a busy tenant nor a flood of forged tokens
/// takes the others' places.
struct Admission {
    /// Who holds a place.
    enum Holder: Hashable {
        case stranger
        case domain(DomainPath)
    }

    /// Why a request is not taken on.
    enum Refusal: String, Error {
        case service = "SERVICE_OVERLOADED"
        case domain = "DOMAIN_OVERLOADED"
    }

    /// How many tokens are remembered in each of the two generations.
    static let rememberedTokens = 4096

    let limits: AdmissionLimits
    private(set) var requests = 0
    private(set) var bytes = 0
    private var held: [Holder: Int] = [:]
    private var recent: [String: DomainPath] = [:]
    private var older: [String: DomainPath] = [:]

    init(_ limits: AdmissionLimits) {
        self.limits = limits
    }

    /// Takes a request on, by the token it brings and the size of its payload.
    mutating func admit(bearer: String?, bytes size: Int) throws(Refusal) -> Holder {
        // A single request above the byte limit is let in when it is alone, or it could never be served.
        guard requests < limits.requests, requests == 0 || bytes + size <= limits.bytes else { throw .service }
        let holder = bearer.flatMap { recent[$0] ?? older[$0] }.map(Holder.domain) ?? .stranger
        guard held[holder, default: 0] < limits.perDomain else { throw .domain }
        requests += 1
        bytes += size
        held[holder, default: 0] += 1
        return holder
    }

    /// Moves a request to the domain its token proved, and remembers the token. When the domain has no place left, the
    /// request keeps the place it has until ``release(_:bytes:)``.
    mutating func identify(_ holder: Holder, bearer: String?, domain: DomainPath) throws(Refusal) -> Holder {
        if let bearer, recent[bearer] == nil { remember(bearer, domain) }
        let proven = Holder.domain(domain)
        guard holder != proven else { return holder }
        guard held[proven, default: 0] < limits.perDomain else { throw .domain }
        give(back: holder)
        held[proven, default: 0] += 1
        return proven
    }

    /// Ends a request.
    mutating func release(_ holder: Holder, bytes size: Int) {
        requests -= 1
        bytes -= size
        give(back: holder)
    }

    private mutating func give(back holder: Holder) {
        guard let count = held[holder] else { return }
        held[holder] = count > 1 ? count - 1 : nil
    }

    private mutating func remember(_ bearer: String, _ domain: DomainPath) {
        if recent.count >= Self.rememberedTokens {
            older = recent
            recent.removeAll(keepingCapacity: true)
        }
        recent[bearer] = domain
    }
}
