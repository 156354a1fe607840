import RPC
import Tenancy
import Testing
import Wire

@testable import Records

/// Heavy work is done only so much at a time, and one domain gets only its share of it.
@Suite struct CapacityTests {
    private let one = DomainPath("/one/") ?? .root
    private let two = DomainPath("/two/") ?? .root
    private let three = DomainPath("/three/") ?? .root

    private func capacity(_ units: Int) -> Capacity {
        Capacity(AdmissionLimits(requests: units), of: Text(en: "loads", ko: "작업"), reason: "LOADS")
    }

    /// The reason for which `amount` is refused; nil when it is let in.
    private func refusal(_ capacity: Capacity, _ domain: DomainPath, _ amount: Int = 1) async -> Problem? {
        do throws(Problem) {
            try await capacity.take(amount, for: domain) { () async throws(Problem) in }
            return nil
        } catch {
            return error
        }
    }

    @Test func oneTooManyIsRefusedAndRoomIsMadeAgain() async throws {
        let room = capacity(4)
        for round in 0..<2 {
            // Taken one inside the other, so that all are in use at once.
            let full = try await room.take(for: one) { () async throws(Problem) in
                try await room.take(for: one) { () async throws(Problem) in
                    let ofDomain = await refusal(room, one)
                    let ofOther = try await room.take(2, for: two) { () async throws(Problem) in
                        await refusal(room, three)
                    }
                    return [ofDomain, ofOther, await refusal(room, three)]
                }
            }
            #expect(full.map { $0?.reason } == ["DOMAIN_LOADS_BUSY", "LOADS_BUSY", nil], "round \(round)")
            #expect(full.compactMap { $0 }.allSatisfy { $0.code == .resourceExhausted })
            #expect(full[1]?.text.en.contains("loads") == true && full[1]?.text.ko.contains("작업") == true)
        }
    }

    @Test func whatFailsGivesItsRoomBack() async throws {
        let room = capacity(2)
        for _ in 0..<5 {
            await #expect(throws: Problem.self) {
                try await room.take(for: one) { () async throws(Problem) in throw .unavailable() }
            }
        }
        #expect(await refusal(room, one) == nil)
    }

    /// Units are counted, not pieces of work; one that is larger than all room gets in when it is alone.
    @Test func largeWorkTakesMoreRoom() async throws {
        let room = capacity(10)
        let answers = try await room.take(4, for: one) { () async throws(Problem) in
            [await refusal(room, one, 2), await refusal(room, one, 1), await refusal(room, two, 7)]
        }
        #expect(answers.map { $0?.reason } == ["DOMAIN_LOADS_BUSY", nil, "LOADS_BUSY"])
        #expect(await refusal(room, one, 100) == nil)
    }

    /// The largest batch that a request may have fits beside another one of its domain.
    @Test func aFullBatchHasRoom() {
        #expect(AdmissionLimits(requests: BatchLimit.atOnce).perDomain >= 2 * BatchLimit.records)
        #expect(AdmissionLimits(requests: ExportLimit.atOnce).perDomain >= 2)
    }
}
