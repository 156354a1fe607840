import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// All tasks of a case in the portal, however many there are: its page shows the first, and the list goes on behind them
/// (G-102).
@Suite(.timeLimit(.minutes(15))) struct PortalCaseTaskTests {
    /// A case with tasks of both services, open and ended, with and without a date, two of one day; and their ids as the portal
    /// shows them.
    private struct Scene {
        let world: World
        let record: OnboardingCase
        let shown: [String]

        init(_ given: Server? = nil) async throws {
            let world = try await World(given)
            self.world = world
            let contact = world.contact.id
            let record = try await world.openCase { $0.contact = contact }
            self.record = record
            func task(_ due: String?, isClosed: Bool = false) async throws -> String {
                let task = try await world.createTask(record) {
                    ($0.contact, $0.visibleToCustomer, $0.dueDate) = (contact, true, due)
                }
                guard isClosed else { return task.id }
                var close = CloseRequest()
                (close.id, close.closeNotes) = (task.id, "Done")
                return try await world.call(OnboardingAPI.closeLifecycleTask, close, as: world.agent).id
            }
            func imported(_ due: String?, isClosed: Bool = false) async throws -> String {
                try await LandingPageTests.hearImportTask(of: record, world) {
                    ($0.contact, $0.visibleToCustomer, $0.dueDate) = (contact, true, due)
                    if isClosed { ($0.state, $0.active) = ("closed", false) }
                }.id
            }
            let sameDay = [
                try await task("2026-03-12"), try await imported("2026-03-12"), try await task("2026-03-12"),
            ]
            let first = try await imported("2026-03-11")
            let undated = [try await task(nil), try await imported(nil), try await task(nil)]
            let ended = [
                try await task("2026-03-13", isClosed: true), try await imported("2026-03-14", isClosed: true),
            ]
            let endedUndated = [
                try await task(nil, isClosed: true), try await imported(nil, isClosed: true),
                try await task(nil, isClosed: true),
            ]
            _ = try await world.createTask(record) { $0.contact = contact }
            _ = try await LandingPageTests.hearImportTask(of: record, world) { $0.contact = contact }
            shown = [first] + sameDay.sorted() + undated.sorted() + ended + endedUndated.sorted()
        }

        func page(_ token: String = "", size: Int32 = 0, as caller: Caller) async throws(Problem) -> PortalList {
            var request = ListPortalCaseTasksRequest()
            (request.id, request.pageSize, request.pageToken) = (record.id, size, token)
            return try await world.call(OnboardingAPI.listPortalCaseTasks, request, as: caller)
        }
    }

    @Test(arguments: 1...4) func theListGoesOnBehindThePage(size: Int32) async throws {
        let scene = try await Scene()
        let caller = try scene.world.customer()
        var request = GetPortalCaseRequest()
        (request.id, request.items) = (scene.record.id, size)
        let page = try await scene.world.call(OnboardingAPI.getPortalCase, request, as: caller)
        #expect(page.taskCount == Int32(scene.shown.count))
        var (seen, token) = (page.tasks.map(\.id), page.nextTasksToken)
        #expect(seen.count == Int(size))
        while !token.isEmpty, seen.count < 50 {
            let next = try await scene.page(token, size: size, as: caller)
            #expect(next.count == 0 && !next.items.isEmpty)
            seen += next.items.map(\.id)
            token = next.nextPageToken
        }
        #expect(seen == scene.shown)
    }

    @Test(arguments: PortalPeopleTests.roles) func theListBeginsByItself(role: String) async throws {
        let scene = try await Scene()
        let caller = try scene.world.customer(role)
        let all = try await scene.page(as: caller)
        #expect(all.items.map(\.id) == scene.shown && all.nextPageToken.isEmpty)
        #expect(all.count == Int32(scene.shown.count) && !all.more)
        #expect(!(try all.jsonText()).contains(scene.world.agent.subject))
        let whole = try await scene.page(as: scene.world.agent)
        #expect(whole.items.count == scene.shown.count + 2)
    }

    @Test func tokensBelongToTheirCase() async throws {
        let scenes = [try await Scene(), try await Scene()]
        let caller = try scenes[0].world.customer()
        let first = try await scenes[0].page(size: 1, as: caller)
        let other = try scenes[1].world.customer()
        let foreign = await ServiceTestKit.problem { () async throws(Problem) in
            try await scenes[1].page(first.nextPageToken, as: other)
        }
        #expect(foreign?.violations.map(\.field) == ["page_token"])
        let stranger = await ServiceTestKit.problem { () async throws(Problem) in
            try await scenes[1].page(as: caller)
        }
        #expect(stranger?.code == .notFound)
        let binding = PageToken.Binding(
            method: OnboardingAPI.listPortalCaseTasks.name, filter: scenes[0].record.id, order: "",
            domain: caller.domain.path)
        for position in [["2", "0", uuid()], ["0", "\(Int64.max - 1)", uuid()], ["0", "0", "x"], ["0", "0"]] {
            let forged = PageToken(position: position).text(for: binding)
            let problem = await ServiceTestKit.problem { () async throws(Problem) in
                try await scenes[0].page(forged, as: caller)
            }
            #expect(problem?.code == .invalidArgument, "\(position) \(problem as Any)")
        }
    }
}
