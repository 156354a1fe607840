import RPC
import Testing

@testable import Records

/// Each export holds a connection, so an instance writes only a few at a time.
@Suite struct ExportSlotTests {
    @Test func oneTooManyIsRefusedAndRoomIsMadeAgain() async throws {
        let slots = ExportSlots()
        for round in 0..<2 {
            // Taken one inside the other, so that all are in use at once.
            let answer = try await slots.take { () async throws(Problem) in
                try await slots.take { () async throws(Problem) in
                    do throws(Problem) {
                        return try await slots.take { () async throws(Problem) in "room" }
                    } catch {
                        return error.reason ?? ""
                    }
                }
            }
            #expect(answer == "EXPORTS_BUSY", "round \(round)")
        }
    }
}
