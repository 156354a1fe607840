import Foundation
import JourneyKit
import RPC
import Synchronization
import Testing
import Wire

/// What callers see when a service is restarted, gently and not.
@Suite(.serialized)
struct RestartScenarioTests {
    @Test("The same request id gets the same answer across a restart", .timeLimit(.minutes(3)))
    func requestIDs() async throws {
        try await ScenarioStack.with { stack in
            let (journey, manager) = try await Self.engagement(stack)
            let request = Self.creation(journey.engagement)
            let id = UUID().uuidString.lowercased()
            let first = try await stack.world().call(
                CustomerSuccessAPI.createTouchpoint, request, as: manager, requestID: id)
            try stack.kill("customer-success")
            try await stack.restart()
            let again = try await stack.world().call(
                CustomerSuccessAPI.createTouchpoint, request, as: manager, requestID: id)
            #expect(first == again)
            let count = try await Self.count(stack, journey, manager)
            #expect(count == 1)
        }
    }

    @Test("SIGTERM loses no request that was taken on", .timeLimit(.minutes(3)))
    func drain() async throws {
        try await ScenarioStack.with { stack in
            let (journey, manager) = try await Self.engagement(stack)
            let request = Self.creation(journey.engagement)
            let client = stack.world().client
            let succeeded = Atomic(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        while true {
                            do {
                                _ = try await client.call(CustomerSuccessAPI.createTouchpoint, request, as: manager)
                                succeeded.add(1, ordering: .relaxed)
                            } catch {
                                // Not taken on: nobody listens any more, and the caller learns it at once.
                                #expect(error.code == .unavailable, "\(error)")
                                return
                            }
                        }
                    }
                }
                try await Task.sleep(for: .milliseconds(700))
                try stack.kill("customer-success", SIGTERM)
                try await group.waitForAll()
            }
            try await stack.restart()
            let count = try await Self.count(stack, journey, manager)
            #expect(count == succeeded.load(ordering: .relaxed))
            #expect(count > 0)
        }
    }

    private static func engagement(_ stack: ScenarioStack) async throws -> (Journey, Credential) {
        let journey = Journey(stack.world())
        try await journey.meetPeople()
        try await journey.openAccount()
        try await journey.seeCaseAndTasks()
        try await journey.goLive()
        try await journey.createEngagement()
        return (journey, try journey.credential(.successManager))
    }

    private static func creation(_ engagement: Engagement) -> CreateTouchpointRequest {
        var request = CreateTouchpointRequest()
        var touchpoint = Touchpoint()
        touchpoint.engagement = engagement.id
        touchpoint.subject = "Check-in"
        touchpoint.description = "Weekly."
        request.touchpoint = touchpoint
        return request
    }

    private static func count(_ stack: ScenarioStack, _ journey: Journey, _ manager: Credential) async throws -> Int {
        var request = ListRequest()
        request.filter = "engagement = \"\(journey.engagement.id)\""
        request.count = true
        request.pageSize = 1
        let page = try await stack.world().call(CustomerSuccessAPI.listTouchpoints, request, as: manager)
        return Int(page.totalSize ?? 0)
    }
}
