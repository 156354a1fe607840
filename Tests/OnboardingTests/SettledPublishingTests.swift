import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// What became of rows whose publication has no answer.
@Suite struct SettledPublishingTests {
    private static let service = Caller.service("import-validation", domain: .root)

    private static func request(_ world: World, _ name: String) -> PublishRowsRequest {
        var request = PublishRowsRequest()
        (request.targetTable, request.account) = ("location", world.account.id)
        (request.columns, request.requestID) = (["name"], uuid())
        var row = PublishRow()
        (row.rowID, row.values) = ("1", [name])
        request.rows = [row]
        return request
    }

    private static func question(_ world: World, _ request: PublishRowsRequest) -> SettlePublishRequest {
        var question = SettlePublishRequest()
        (question.request, question.subject) = (request, world.agent.subject)
        question.domain = world.agent.domain.path
        return question
    }

    @Test func whatWasDoneIsToldAgain() async throws {
        let world = try await World()
        let request = Self.request(world, "Linz")
        let done = try await world.call(OnboardingAPI.publishRows, request, as: world.agent)
        #expect(done.results.map(\.outcome) == ["created"])
        let question = Self.question(world, request)
        #expect(try await world.call(OnboardingAPI.settlePublish, question, as: Self.service) == done)
        // Of another person, and of other rows, it is not.
        var other = question
        other.subject = world.administrator.subject
        #expect(try await world.call(OnboardingAPI.settlePublish, other, as: Self.service).results.isEmpty)
        var changed = question
        changed.request?.rows[0].values = ["Graz"]
        #expect(
            await world.problem(OnboardingAPI.settlePublish, changed, as: Self.service)?.code == .invalidArgument)
    }

    /// What was not done by then is done no more, though it come late.
    @Test func whatWasNotDoneNeverIs() async throws {
        let world = try await World()
        let request = Self.request(world, "Late")
        let question = Self.question(world, request)
        for _ in 0..<2 {
            #expect(try await world.call(OnboardingAPI.settlePublish, question, as: Self.service).results.isEmpty)
        }
        #expect(try await world.call(OnboardingAPI.publishRows, request, as: world.agent).results.isEmpty)
        var list = ListRequest()
        list.filter = "account = \"\(world.account.id)\""
        #expect(try await world.call(OnboardingAPI.listLocations, list, as: world.agent).locations.isEmpty)
    }

    /// Neither people, nor who acts for them, nor another service: a request that is settled is never carried out.
    @Test func onlyWhoPublishesAsks() async throws {
        let world = try await World()
        let request = Self.request(world, "Linz")
        let question = Self.question(world, request)
        var acting = world.agent
        acting.actor = Self.service.subject
        let others = ["play-launcher", "customer-success", "notifier"].map { Caller.service($0, domain: .root) }
        for caller in [world.agent, world.administrator, try world.customer(), acting] + others {
            #expect(await world.problem(OnboardingAPI.settlePublish, question, as: caller)?.code == .permissionDenied)
        }
        let done = try await world.call(OnboardingAPI.publishRows, request, as: world.agent)
        #expect(done.results.map(\.outcome) == ["created"])
        var empty = question
        empty.request?.requestID = ""
        #expect(await world.problem(OnboardingAPI.settlePublish, empty, as: Self.service)?.code == .invalidArgument)
    }
}
