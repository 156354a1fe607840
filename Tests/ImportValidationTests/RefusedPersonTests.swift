import RPC
import Testing

@testable import ImportValidationService

/// A run is retried for what passes, and ends for what does not.
@Suite struct RefusedPersonTests {
    @Test(arguments: ["PERSON_UNKNOWN", "PERSON_INACTIVE", "TOKEN_OUTDATED"])
    func aRunOfSomebodyWhoMayNotActEnds(_ reason: String) {
        let problem = Problem.unauthenticated(reason: reason)
        #expect(ImportWorkers.failure(problem)?.en.contains("may no longer") == true)
        #expect(ImportWorkers.failure(problem)?.ko.contains("권한이 없습니다") == true)
    }

    @Test func aClockThatIsOffPasses() {
        #expect(ImportWorkers.failure(Problem.unauthenticated(reason: "TOKEN_NOT_YET_VALID")) == nil)
        #expect(ImportWorkers.failure(Problem.unavailable(reason: "PERSON_NOT_KNOWN_YET")) == nil)
    }
}
