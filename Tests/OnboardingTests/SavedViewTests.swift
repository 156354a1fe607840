import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Views of lists that people keep, each for himself, and many cases and tasks at once.
@Suite(.timeLimit(.minutes(15))) struct SavedViewTests {
    private static func save(
        _ name: String, _ query: String, list: String = "onboarding_case", in world: World, as caller: Caller? = nil
    ) async throws(Problem) -> SavedView {
        var request = SaveViewRequest()
        (request.list, request.name, request.query) = (list, name, query)
        return try await world.call(OnboardingAPI.saveView, request, as: caller ?? world.agent)
    }

    private static func names(_ list: String = "", in world: World, as caller: Caller? = nil) async throws(Problem)
        -> [String]
    {
        var request = ListSavedViewsRequest()
        request.list = list
        return try await world.call(OnboardingAPI.listSavedViews, request, as: caller ?? world.agent).savedViews.map(
            \.name)
    }

    private static func remove(_ view: String, in world: World, as caller: Caller? = nil) async throws(Problem) {
        var request = DeleteRequest()
        request.id = view
        _ = try await world.call(OnboardingAPI.removeView, request, as: caller ?? world.agent)
    }

    private static func refusal(_ body: () async throws(Problem) -> Void) async -> Problem? {
        do throws(Problem) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test func aViewIsKeptReplacedAndForgotten() async throws {
        let world = try await World()
        let first = try await Self.save(" Mine ", "active=true", in: world)
        #expect(first.name == "Mine" && first.query == "active=true" && first.savedAt != nil)
        let again = try await Self.save("Mine", "active=false", in: world)
        #expect(again.id == first.id && again.query == "active=false")
        _ = try await Self.save("내 보기", "", list: "lifecycle_task", in: world)
        #expect(try await Self.names(in: world) == ["내 보기", "Mine"])
        #expect(try await Self.names("onboarding_case", in: world) == ["Mine"])
        try await Self.remove(first.id, in: world)
        #expect(try await Self.names(in: world) == ["내 보기"])
        #expect(
            await Self.refusal { () async throws(Problem) in try await Self.remove(first.id, in: world) }?.code
                == .notFound)
    }

    @Test func nobodyElseSeesIt() async throws {
        let world = try await World()
        let view = try await Self.save("Mine", "active=true", in: world)
        for other in [world.administrator, world.successAgent.holding(world.agent.subject)] {
            #expect(try await Self.names(in: world, as: other).isEmpty)
            let problem = await Self.refusal { () async throws(Problem) in
                try await Self.remove(view.id, in: world, as: other)
            }
            #expect(problem?.code == .notFound)
        }
        #expect(try await Self.names(in: world) == ["Mine"])
    }

    @Test func whatCannotBeKeptIsRefused() async throws {
        let world = try await World()
        let wrong: [(list: String, name: String, query: String, field: String)] = [
            ("", "x", "", "list"), ("a b", "x", "", "list"), (String(repeating: "l", count: 61), "x", "", "list"),
            ("l", " ", "", "name"), ("l", String(repeating: "n", count: 81), "", "name"), ("l", "a\nb", "", "name"),
            ("l", "x", String(repeating: "q", count: 4_001), "query"),
        ]
        for each in wrong {
            let problem = await Self.refusal { () async throws(Problem) in
                _ = try await Self.save(each.name, each.query, list: each.list, in: world)
            }
            #expect(problem?.violations.map(\.field) == [each.field], "\(each)")
        }
        _ = try await world.server.admin.run(
            """
            INSERT INTO onboarding.saved_view (id, domain, "user", list, name, query, saved_at) \
            SELECT gen_random_uuid(), \(world.agent.domain.path), \(world.agent.subject), 'onboarding_case', n::text, '', \
            now() FROM generate_series(1, 100) n
            """)
        let problem = await Self.refusal { () async throws(Problem) in _ = try await Self.save("101", "", in: world) }
        #expect(problem?.reason == "TOO_MANY_VIEWS")
        // One that is there can still be changed.
        #expect(try await Self.save("100", "active=true", in: world).query == "active=true")
    }

    @Test func manyTasksAreChangedAtOnceEachWithItsResult() async throws {
        let world = try await World()
        let record = try await world.openCase { _ in }
        let first = try await world.createTask(record) { $0.shortDescription = "One" }
        let second = try await world.createTask(record) { $0.shortDescription = "Two" }
        var request = BatchReassignRequest()
        request.records = [(first.id, first.etag), (second.id, "0")].map { id, etag in
            var target = BatchTarget()
            (target.id, target.etag) = (id, etag)
            return target
        }
        request.assignedTo = world.agent.subject
        let assigned = try await world.call(OnboardingAPI.batchReassignLifecycleTasks, request, as: world.agent)
        #expect(assigned.succeeded == 1 && assigned.failed == 1 && assigned.applied)
        #expect(assigned.results.map { $0.error?.code } == [nil, Problem.Code.aborted.rawValue])
        var change = BatchUpdateLifecycleTasksRequest()
        change.lifecycleTasks = [first.id, second.id].map { id in
            var task = LifecycleTask()
            (task.id, task.priority) = (id, 1)
            return task
        }
        change.updateMask = FieldMask(paths: [LifecycleTask.Field.priority.rawValue])
        #expect(try await world.call(OnboardingAPI.batchUpdateLifecycleTasks, change, as: world.agent).succeeded == 2)
    }

    @Test func aListIsWrittenAsAFileForWhoAsked() async throws {
        let world = try await World()
        let record = try await world.openCase { $0.shortDescription = "Exported, \"as it is\"" }
        var request = ExportRequest()
        request.filter = "number = \"\(record.number ?? "")\""
        request.format = "csv"
        request.fields = [OnboardingCase.Field.number.rawValue, OnboardingCase.Field.shortDescription.rawValue]
        let export = try await world.call(OnboardingAPI.exportOnboardingCases, request, as: world.agent)
        let text = String(decoding: export.first?.content ?? [], as: UTF8.self)
        #expect(
            export.rows == 1 && text.contains(record.number ?? "-") && text.contains("\"Exported, \"\"as it is\"\"\""))
        var more = ReadExportRequest()
        more.token = export.token
        #expect(try await world.call(OnboardingAPI.readExport, more, as: world.agent).last)
        let problem = await Self.refusal { () async throws(Problem) in
            _ = try await world.call(OnboardingAPI.readExport, more, as: world.administrator)
        }
        #expect(problem?.code == .notFound)
    }
}

extension Caller {
    /// The same person of another domain.
    fileprivate func holding(_ subject: String) -> Caller {
        var other = self
        other.subject = subject
        if let domain = DomainPath("/provider/elsewhere/") { other.domain = domain }
        return other
    }
}
