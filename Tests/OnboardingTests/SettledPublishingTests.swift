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

/// What became of rows whose taking back has no answer.
@Suite struct SettledUnpublishingTests {
    private static let service = Caller.service("import-validation", domain: .root)

    /// A published location, and the request that takes it back.
    private static func published(_ world: World, _ name: String) async throws -> UnpublishRowsRequest {
        var publication = PublishRowsRequest()
        (publication.targetTable, publication.account) = ("location", world.account.id)
        publication.columns = ["name"]
        var row = PublishRow()
        (row.rowID, row.values) = ("1", [name])
        publication.rows = [row]
        let done = try await world.call(OnboardingAPI.publishRows, publication, as: world.agent)
        var request = UnpublishRowsRequest()
        (request.targetTable, request.account) = ("location", world.account.id)
        request.requestID = uuid()
        request.rows = done.results.map { result in
            var row = UnpublishRow()
            (row.rowID, row.targetRecord, row.wasCreated) = (result.rowID, result.targetRecord, true)
            (row.fields, row.publishedAt) = (result.fields, world.server.database.clock.now)
            return row
        }
        return request
    }

    private static func question(_ world: World, _ request: UnpublishRowsRequest) -> SettleUnpublishRequest {
        var question = SettleUnpublishRequest()
        (question.request, question.subject) = (request, world.agent.subject)
        question.domain = world.agent.domain.path
        return question
    }

    private static func asker(_ world: World) -> Caller {
        var caller = world.agent
        caller.actor = service.subject
        return caller
    }

    private static func count(_ world: World) async throws -> Int {
        var list = ListRequest()
        list.filter = "account = \"\(world.account.id)\""
        return try await world.call(OnboardingAPI.listLocations, list, as: world.agent).locations.count
    }

    @Test func whatWasTakenBackIsToldAgain() async throws {
        let world = try await World()
        let request = try await Self.published(world, "Linz")
        let done = try await world.call(OnboardingAPI.unpublishRows, request, as: Self.asker(world))
        #expect(done.results.map(\.outcome) == ["undone"])
        let question = Self.question(world, request)
        #expect(try await world.call(OnboardingAPI.settleUnpublish, question, as: Self.service) == done)
        var changed = question
        changed.request?.rows[0].wasCreated = false
        #expect(
            await world.problem(OnboardingAPI.settleUnpublish, changed, as: Self.service)?.code == .invalidArgument)
    }

    /// What was not taken back by then stays, though the request come late.
    @Test func whatWasNotTakenBackNeverIs() async throws {
        let world = try await World()
        let request = try await Self.published(world, "Late")
        let question = Self.question(world, request)
        for _ in 0..<2 {
            #expect(try await world.call(OnboardingAPI.settleUnpublish, question, as: Self.service).results.isEmpty)
        }
        #expect(try await world.call(OnboardingAPI.unpublishRows, request, as: Self.asker(world)).results.isEmpty)
        #expect(try await Self.count(world) == 1)
    }

    /// Neither people, nor who acts for them, nor another service.
    @Test func onlyWhoUndoesAsks() async throws {
        let world = try await World()
        let request = try await Self.published(world, "Linz")
        let question = Self.question(world, request)
        let others = ["play-launcher", "customer-success", "notifier"].map { Caller.service($0, domain: .root) }
        for caller in [world.agent, world.administrator, try world.customer(), Self.asker(world)] + others {
            #expect(await world.problem(OnboardingAPI.settleUnpublish, question, as: caller)?.code == .permissionDenied)
        }
        let done = try await world.call(OnboardingAPI.unpublishRows, request, as: Self.asker(world))
        #expect(done.results.map(\.outcome) == ["undone"], "nothing was settled")
        for edit in [
            { $0.request = nil }, { $0.domain = "nowhere" }, { $0.request?.requestID = "" },
        ] as [(inout SettleUnpublishRequest) -> Void] {
            var wrong = question
            edit(&wrong)
            #expect(
                await world.problem(OnboardingAPI.settleUnpublish, wrong, as: Self.service)?.code == .invalidArgument)
        }
    }
}
