import Foundation
import OnboardingWire
import PlayLauncherWire
import RPC
import Records
import Tenancy
import Testing
import Wire

/// The daily jobs of a service, run by hand: each does its work over the domain of whoever asks, and says that it did.
@Suite(.timeLimit(.minutes(15))) struct JobTests {
    private static let asker = Caller.holding("admin", domain: Tested.neighbour, subject: Tested.person)

    @Test(arguments: [OnboardingCase.schema.service, FlowRun.schema.service])
    func eachIsRunByHandAndStaysWithinItsDomain(_ name: String) async throws {
        let service = try await Tested.start(name)
        let before = try await service.rows()
        func ask(_ verb: String, _ json: String) async throws -> String {
            let method = try #require(service.methods.first { $0.subject.hasSuffix(".\(verb)") })
            var attempt = try #require(Attempt.of(method, service.schemas))
            attempt.json = json
            let (problem, answer) = await service.answer(attempt, as: Self.asker)
            #expect(problem == nil, "\(json) \(problem as Any)")
            return answer
        }
        let jobs = try ServiceHealth.decode(json: try await ask("health.show", "{}")).jobs.map(\.job)
        #expect(jobs.count > (name == FlowRun.schema.service ? 0 : 2))
        for job in jobs { _ = try await ask("jobs.run_now", "{\"job\": \"\(job)\"}") }
        let ran = try ServiceHealth.decode(json: try await ask("health.show", "{}")).jobs
        #expect(ran.allSatisfy { $0.runs.contains { $0.askedBy == Self.asker.subject && !$0.failed } })
        #expect(try await service.rows() == before)
    }
}
