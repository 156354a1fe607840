import CustomerSuccessWire
import Identity
import NATS
import RPC
import Records
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire

@testable import CustomerSuccessService
@testable import Platform

/// Daily jobs by request.
@Suite struct JobRequestTests {
    private func run(_ world: World, _ job: String, as caller: Caller) async throws -> RunJobResponse {
        var request = RunJobRequest()
        request.job = job
        return try await world.call(CustomerSuccessAPI.runJob, request, as: caller)
    }

    /// An administrator runs a job over the own domain, and no further.
    @Test func administratorsRunJobsNow() async throws {
        let server = try await Server.start()
        let world = try await World(server)
        let other = try await World(server)
        for one in [world, other] {
            _ = try await one.make(Engagement.self) { $0.renewalDate = one.day(100) }
        }
        var inside = world.administrator
        inside.domain = world.customer.domain
        #expect(try await run(world, "renewal-watch", as: inside).records == 1)
        #expect(try await run(world, "renewal-watch", as: world.administrator).records == 1)
        #expect(try await run(world, "renewal-watch", as: world.administrator).records == 0)
        #expect(try await run(world, "scorecard-snapshots", as: world.administrator).records == 2)
        #expect(try await run(world, "renewal-dates", as: world.administrator).job == "renewal-dates")
        let unknown = try await refusal { _ = try await run(world, "x", as: world.administrator) }
        #expect(unknown.code == .invalidArgument && unknown.violations.map(\.field) == ["job"])
        for caller in [world.agent, world.customer] {
            let refused = try await refusal { _ = try await run(world, "renewal-dates", as: caller) }
            #expect(refused.code == .permissionDenied)
        }
    }

    // MARK: The watch over renewals (G-108)

    @Test func theWatchIsOffUnlessItIsConfigured() async throws {
        let server = try await Server.shared.value
        let nats = try await NATSServer.start(jetStream: false)
        let connection = try await Connection.connect(ConnectionOptions(urls: [nats.url], name: "jobs"))
        func background(_ values: [String: String]) async throws -> [String] {
            let parts = ServiceParts(
                database: server.database, client: server.client, connection: connection, issuer: nil,
                ownCredential: nil, people: PeopleRegistry(), settings: Settings(values: values),
                log: server.database.log)
            return try await CustomerSuccess.assemble(parts).background.map(\.name)
        }
        let always = [
            "playbook migrations", "renewal-dates", "missed-milestones", "scorecard-snapshots", "expired-exports",
        ]
        #expect(try await background([:]) == always + ["replicas"])
        #expect(try await background(["ALE_RENEWAL_WATCH": "false"]) == always + ["replicas"])
        #expect(
            try await background(["ALE_RENEWAL_WATCH": "true"]) == always + [
                "renewal-watch", "renewal-opportunities", "replicas",
            ])
        await #expect(throws: ConfigurationError.self) { try await background(["ALE_RENEWAL_WATCH": "perhaps"]) }
        await connection.close()
    }

    /// Over NATS: an administrator who asks for it is told why nothing happens, and nothing does.
    @Test func theWatchThatIsOffSaysSo() async throws {
        let nats = try await NATSServer.start(jetStream: false)
        let server = try await Server.start(overNATS: true, nats: nats, watchesRenewals: false)
        let world = try await World(server)
        _ = try await world.make(Engagement.self) { $0.renewalDate = world.day(100) }
        let problem = try await refusal { _ = try await run(world, "renewal-watch", as: world.administrator) }
        #expect(problem.code == .failedPrecondition && problem.reason == "JOB_IS_OFF")
        #expect(problem.violations.map(\.field) == ["job"] && problem.text.en.contains("ALE_RENEWAL_WATCH"))
        #expect(try await world.list(InternalPlay.self).totalSize == 0)
        // Whoever may not run jobs does not learn which are on.
        #expect(
            try await refusal { _ = try await run(world, "renewal-watch", as: world.agent) }.code == .permissionDenied)
        #expect(try await run(world, "renewal-dates", as: world.administrator).job == "renewal-dates")
    }
}
