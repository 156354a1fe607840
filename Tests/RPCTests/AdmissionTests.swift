import Tenancy
import Testing

@testable import RPC

@Suite struct AdmissionTests {
    let one: DomainPath
    let two: DomainPath

    init() throws {
        one = try #require(DomainPath("/one/"))
        two = try #require(DomainPath("/two/"))
    }

    /// Takes a request on and verifies its token, as the service does.
    private func take(_ admission: inout Admission, _ bearer: String, _ domain: DomainPath) throws(Admission.Refusal)
        -> Admission.Holder
    {
        let holder = try admission.admit(bearer: bearer, bytes: 1)
        do throws(Admission.Refusal) {
            return try admission.identify(holder, bearer: bearer, domain: domain)
        } catch {
            admission.release(holder, bytes: 1)
            throw error
        }
    }

    @Test func aDomainGetsItsShareAndLeavesTheRest() throws {
        var admission = Admission(AdmissionLimits(requests: 8, domainShare: 0.5))
        for _ in 0..<4 { #expect(try take(&admission, "a", one) == .domain(one)) }
        #expect(throws: Admission.Refusal.domain) { try take(&admission, "a", one) }
        #expect(throws: Admission.Refusal.domain) { try take(&admission, "another token", one) }
        #expect(admission.requests == 4)
        for _ in 0..<4 { #expect(try take(&admission, "b", two) == .domain(two)) }
        #expect(throws: Admission.Refusal.service) { try take(&admission, "c", .root) }
        admission.release(.domain(one), bytes: 1)
        #expect(try take(&admission, "a", one) == .domain(one))
        for _ in 0..<4 { admission.release(.domain(one), bytes: 1) }
        for _ in 0..<4 { admission.release(.domain(two), bytes: 1) }
        #expect(admission.requests == 0)
        #expect(admission.bytes == 0)
    }

    @Test func unknownTokensTogetherHaveOneShare() throws {
        var admission = Admission(AdmissionLimits(requests: 8, domainShare: 0.5))
        let holder = try take(&admission, "known", one)
        for forged in 0..<4 { #expect(try admission.admit(bearer: "forged \(forged)", bytes: 1) == .stranger) }
        #expect(throws: Admission.Refusal.domain) { try admission.admit(bearer: "forged", bytes: 1) }
        #expect(throws: Admission.Refusal.domain) { try admission.admit(bearer: nil, bytes: 1) }
        // Who is known gets in all the same.
        #expect(try admission.admit(bearer: "known", bytes: 1) == holder)
    }

    @Test func bytesAreBounded() throws {
        var admission = Admission(AdmissionLimits(requests: 8, bytes: 100))
        #expect(try admission.admit(bearer: nil, bytes: 1000) == .stranger)
        #expect(throws: Admission.Refusal.service) { try admission.admit(bearer: nil, bytes: 1) }
        admission.release(.stranger, bytes: 1000)
        _ = try admission.admit(bearer: nil, bytes: 60)
        #expect(throws: Admission.Refusal.service) { try admission.admit(bearer: nil, bytes: 60) }
        _ = try admission.admit(bearer: nil, bytes: 40)
        #expect(admission.bytes == 100)
    }

    @Test func tokensAreForgottenInTheEnd() throws {
        var admission = Admission(AdmissionLimits())
        for number in 0...(2 * Admission.rememberedTokens) {
            admission.release(try take(&admission, "\(number)", one), bytes: 1)
        }
        #expect(try admission.admit(bearer: "0", bytes: 1) == .stranger)
        #expect(try admission.admit(bearer: "\(2 * Admission.rememberedTokens)", bytes: 1) == .domain(one))
    }

    @Test func limitsAreSane() {
        #expect(
            AdmissionLimits(requests: 0, bytes: -1, domainShare: 7)
                == AdmissionLimits(requests: 1, bytes: 1, domainShare: 1))
        #expect(AdmissionLimits(requests: 3, domainShare: 0.1).perDomain == 1)
    }

    @Test func figuresOfTime() {
        let statistics = EndpointStatistics()
        for _ in 0..<99 {
            statistics.began()
            statistics.ended(after: .microseconds(1), nil)
        }
        statistics.began()
        statistics.ended(after: .milliseconds(1), .notFound(.init(en: "secret", ko: "secret"), reason: "GONE"))
        statistics.refused(.resourceExhausted())
        statistics.began()
        let figures = statistics.snapshot
        #expect(figures.requests == 102)
        #expect(figures.errors == 2)
        #expect(figures.refused == 1)
        #expect(figures.inFlight == 1)
        #expect(figures.lastError == "RESOURCE_EXHAUSTED")
        #expect(figures.processingNanoseconds == 99 * 1000 + 1_000_000)
        #expect(figures.averageNanoseconds == (99 * 1000 + 1_000_000) / 100)
        #expect(figures.quantileNanoseconds(0.5) == 1024)
        #expect(figures.quantileNanoseconds(1) == 1 << 20)
    }
}
