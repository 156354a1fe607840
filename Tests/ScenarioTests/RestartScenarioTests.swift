import CampaignKit
import CustomerSuccessWire
import Foundation
import JourneyKit
import RPC
import Testing
import Wire

extension Scenarios.OnOneStack {
    /// What callers see when a service is restarted, gently and not.
    @Suite(.serialized)
    struct RestartScenarioTests {
        @Test("The same request id gets the same answer across a restart", .timeLimit(.minutes(15)))
        func requestIDs() async throws {
            try await SharedStack.with { stack in
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

        @Test("SIGTERM loses no request that was taken on", .timeLimit(.minutes(15)))
        func drain() async throws {
            try await SharedStack.with { stack in
                let (journey, manager) = try await Self.engagement(stack)
                let request = Self.creation(journey.engagement)
                let client = stack.world().client
                let succeeded = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 0..<16 {
                        group.addTask { try await Self.untilRefused(client, request, manager) }
                    }
                    try await Task.sleep(for: .milliseconds(700))
                    try stack.kill("customer-success", SIGTERM)
                    return try await group.reduce(0, +)
                }
                try await stack.restart()
                let count = try await Self.count(stack, journey, manager)
                #expect(count == succeeded)
                #expect(count > 0)
            }
        }

        /// Creates touchpoints until the service is gone; how many were created.
        private static func untilRefused(
            _ client: Client, _ request: CreateTouchpointRequest, _ manager: Credential
        ) async throws -> Int {
            var count = 0
            while true {
                do throws(Problem) {
                    _ = try await client.call(CustomerSuccessAPI.createTouchpoint, request, as: manager)
                    count += 1
                } catch {
                    // Not taken on: nobody listens any more, and the caller learns it at once.
                    #expect(error.code == .unavailable, "\(error)")
                    return count
                }
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

        private static func count(_ stack: ScenarioStack, _ journey: Journey, _ manager: Credential) async throws -> Int
        {
            var request = ListRequest()
            request.filter = "engagement = \"\(journey.engagement.id)\""
            request.count = true
            request.pageSize = 1
            let page = try await stack.world().call(CustomerSuccessAPI.listTouchpoints, request, as: manager)
            return Int(page.totalSize ?? 0)
        }
    }
}
