import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Many records in one request: each is judged as if it came alone.
@Suite(.serialized) struct BatchTests {
    /// A server with connections of its own: long transactions would keep the tests of others waiting.
    static let server = Task { try await Server.start() }

    private func drafts(_ count: Int, _ engagement: Engagement) -> [Touchpoint] {
        (0..<count).map { index in
            var draft = Touchpoint()
            draft.engagement = engagement.id
            draft.subject = "Call \(index)"
            draft.description = "Batch"
            return draft
        }
    }

    private func count(_ world: World, _ filter: String = "") async throws -> Int64 {
        try await world.list(Touchpoint.self, filter: filter, size: 1, as: inside(world)).totalSize ?? -1
    }

    /// The agent, at work in the account's own domain.
    private func inside(_ world: World) throws -> Caller {
        var agent = world.agent
        agent.domain = try #require(DomainPath(world.domain))
        return agent
    }

    private func creation(_ drafts: [Touchpoint], allOrNothing: Bool = false) -> BatchCreateTouchpointsRequest {
        var request = BatchCreateTouchpointsRequest()
        request.touchpoints = drafts
        request.allOrNothing = allOrNothing
        return request
    }

    /// Three kinds of faults: a missing field, a reference to nothing, a rule.
    private func spoil(_ drafts: inout [Touchpoint]) {
        drafts[7].subject = ""
        drafts[2_500].engagement = uuid()
        drafts[4_999].productRelated = true
    }

    @Test func fiveThousandAreCreatedButTheWrongOnes() async throws {
        let world = try await World(BatchTests.server.value)
        var drafts = drafts(5_000, try await world.make(Engagement.self))
        spoil(&drafts)
        let response = try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, creation(drafts))
        #expect(response.succeeded == 4_997 && response.failed == 3 && response.applied)
        #expect(response.results.map(\.index) == (0..<5_000).map(Int32.init))
        let failed = response.results.filter { $0.error != nil }
        #expect(failed.map(\.index) == [7, 2_500, 4_999])
        #expect(failed.allSatisfy { $0.id.isEmpty })
        #expect(failed[0].error?.fieldViolations.first?.field == "touchpoint.subject")
        #expect(failed[0].error?.fieldViolations.first?.rule == "BR-30")
        #expect(failed[1].error?.fieldViolations.first?.field == "touchpoint.engagement")
        #expect(failed[2].error?.fieldViolations.first?.rule == "G-85")
        #expect(try await count(world) == 4_997)
        #expect(Set(response.results.map(\.id)).count == 4_998)
        // What a record created alone leaves behind, each of these leaves behind.
        let one = try await world.get(Touchpoint.self, response.results[4_998].id)
        #expect(one.subject == "Call 4998" && one.account == world.account && one.etag == "1")
        #expect(try await world.activity(one).entries.map(\.kind) == ["created"])
        let events = try await world.server.admin.run(
            "SELECT count(*) FROM customer_success.outbox WHERE domain = \(world.domain) AND subject LIKE '%.touchpoint.created'"
        )
        #expect(try events.first?.int(at: 0) == 4_997)
    }

    @Test func allOrNothingLeavesNothing() async throws {
        let world = try await World(BatchTests.server.value)
        var drafts = drafts(5_000, try await world.make(Engagement.self))
        spoil(&drafts)
        let response = try await world.call(
            CustomerSuccessAPI.batchCreateTouchpoints, creation(drafts, allOrNothing: true))
        #expect(response.failed == 3 && !response.applied)
        #expect(response.results.allSatisfy { $0.id.isEmpty && $0.etag.isEmpty })
        #expect(response.results.filter { $0.error != nil }.map(\.index) == [7, 2_500, 4_999])
        #expect(try await count(world) == 0)
    }

    @Test func aCheckWritesNothing() async throws {
        let world = try await World(BatchTests.server.value)
        var request = creation(drafts(3, try await world.make(Engagement.self)))
        request.validateOnly = true
        let response = try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, request)
        #expect(response.succeeded == 3 && !response.applied && response.results.allSatisfy { $0.id.isEmpty })
        #expect(try await count(world) == 0)
    }

    @Test func theSameRequestIDGivesTheSameAnswer() async throws {
        let world = try await World(BatchTests.server.value)
        var request = creation(drafts(20, try await world.make(Engagement.self)))
        request.requestID = uuid()
        let first = try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, request)
        #expect(try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, request) == first)
        #expect(try await count(world) == 20)
        request.touchpoints.removeLast()
        let problem = try await refusal {
            _ = try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, request)
        }
        #expect(problem.violations.first?.field == "request_id")
    }

    @Test func fiveThousandAreReassigned() async throws {
        let world = try await World(BatchTests.server.value)
        let drafts = drafts(5_000, try await world.make(Engagement.self))
        let created = try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, creation(drafts))
        try #require(created.failed == 0)
        var request = BatchReassignRequest()
        request.assignedTo = world.manager
        request.records = created.results.map { result in
            var target = BatchTarget()
            target.id = result.id
            target.etag = result.etag
            return target
        }
        // Somebody was faster with one, and one never was.
        request.records[10].etag = "9"
        request.records[4_000].id = uuid()
        // As JSON too it fits into one message, and so does the answer.
        #expect(try request.encodeJSON().count < 1_000_000)
        let response = try await world.call(CustomerSuccessAPI.batchReassignTouchpoints, request)
        #expect(try response.encodeJSON().count < 1_000_000)
        #expect(response.succeeded == 4_998)
        #expect(response.results[10].error?.reason == "ETAG_MISMATCH")
        #expect(response.results[4_000].error?.code == Problem.Code.notFound.rawValue)
        #expect(response.results[11].etag == "2")
        #expect(try await count(world, "assigned_to = \"\(world.manager)\"") == 4_998)
        // A user nobody knows is the error of every record, and the answer stays small.
        request.assignedTo = uuid()
        request.records = request.records.map { target in
            var target = target
            target.etag = ""
            return target
        }
        let refused = try await world.call(CustomerSuccessAPI.batchReassignTouchpoints, request)
        #expect(refused.failed == 5_000)
        #expect(try refused.encodeJSON().count < 1_000_000)
        #expect(refused.results.allSatisfy { ($0.error?.code ?? 0) != 0 })
    }

    @Test func updatesKeepEachRecordsRules() async throws {
        let world = try await World(BatchTests.server.value)
        let created = try await world.call(
            CustomerSuccessAPI.batchCreateTouchpoints, creation(drafts(40, try await world.make(Engagement.self))))
        var request = BatchUpdateTouchpointsRequest()
        request.updateMask = ["state", "channel"]
        request.touchpoints = created.results.map { result in
            var change = Touchpoint()
            change.id = result.id
            change.state = "in_progress"
            change.channel = "phone"
            return change
        }
        request.touchpoints[3].channel = "smoke_signal"
        request.touchpoints[5].state = "nowhere"
        let response = try await world.call(CustomerSuccessAPI.batchUpdateTouchpoints, request)
        #expect(response.results.filter { $0.error != nil }.map(\.index) == [3, 5])
        #expect(response.results[3].error?.fieldViolations.first?.field == "touchpoint.channel")
        #expect(try await count(world, "state = \"in_progress\" AND channel = \"phone\"") == 38)
        request.allOrNothing = true
        request.updateMask = ["channel"]
        for index in request.touchpoints.indices where index != 3 { request.touchpoints[index].channel = "email" }
        let undone = try await world.call(CustomerSuccessAPI.batchUpdateTouchpoints, request)
        #expect(!undone.applied && undone.failed == 1)
        #expect(try await count(world, "channel = \"email\"") == 0)
        request.updateMask = ["no_such_field"]
        let problem = try await refusal {
            _ = try await world.call(CustomerSuccessAPI.batchUpdateTouchpoints, request)
        }
        #expect(problem.violations.first?.field == "update_mask")
    }

    /// A refusal that only the database finds shows behind the record's own statements; the right one is blamed.
    @Test func aConstraintBlamesItsRecord() async throws {
        let world = try await World(BatchTests.server.value)
        var drafts: [SquadMember] = []
        for index in 0..<6 {
            var member = try await SquadMember.draft(in: world)
            if index != 2, index != 4 {
                let responsibility = uuid()
                member.responsibility = responsibility
                try await world.insert(
                    "responsibility_definition", ["id": responsibility, "name": "Role"], domain: "/provider/")
            }
            drafts.append(member)
        }
        var request = BatchCreateSquadMembersRequest()
        request.squadMembers = drafts
        let response = try await world.call(CustomerSuccessAPI.batchCreateSquadMembers, request)
        #expect(response.results.filter { $0.error != nil }.map(\.index) == [4])
        #expect(response.results[4].error?.fieldViolations.first?.rule == "BR-55")
    }

    @Test func whoMayNotIsRefused() async throws {
        let world = try await World(BatchTests.server.value)
        let record = try await world.make(Touchpoint.self)
        var nobody = world.agent
        nobody.roles = []
        for caller in [nobody, world.customer] {
            var reassign = BatchReassignRequest()
            var target = BatchTarget()
            target.id = record.id
            reassign.records = [target]
            reassign.assignedTo = world.manager
            do {
                let response = try await world.call(CustomerSuccessAPI.batchReassignTouchpoints, reassign, as: caller)
                #expect(response.results.map(\.error?.code) == [Problem.Code.permissionDenied.rawValue])
            } catch let problem as Problem {
                #expect(problem.code == .permissionDenied)
            }
        }
        let problem = try await refusal {
            _ = try await world.call(
                CustomerSuccessAPI.batchCreateTouchpoints, self.creation(self.drafts(2, Engagement())), as: nobody)
        }
        #expect(problem.code == .permissionDenied)
        #expect(try await world.get(Touchpoint.self, record.id) == record)
    }

    @Test func oneMoreThanTheLimitIsRefused() async throws {
        let world = try await World()
        let problem = try await refusal {
            _ = try await world.call(
                CustomerSuccessAPI.batchCreateTouchpoints, self.creation(self.drafts(5_001, Engagement())))
        }
        #expect(problem.reason == "TOO_MANY_RECORDS" && problem.metadata["limit"] == "5000", "\(problem)")
        var large = drafts(200, Engagement())
        for index in large.indices { large[index].description = String(repeating: "x", count: 8_000) }
        let drafts = large
        let refused = try await refusal {
            _ = try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, self.creation(drafts))
        }
        #expect(refused.reason == "REQUEST_TOO_LARGE" && refused.metadata["limit"] != nil)
    }

    /// Two batches that meet in opposite orders do not wait for each other in a circle.
    @Test func batchesThatMeetTakeTurns() async throws {
        let world = try await World(BatchTests.server.value)
        let created = try await world.call(
            CustomerSuccessAPI.batchCreateTouchpoints, creation(drafts(300, try await world.make(Engagement.self))))
        let targets = created.results.map { result in
            var target = BatchTarget()
            target.id = result.id
            return target
        }
        try await withThrowingTaskGroup(of: BatchResponse.self) { group in
            for records in [targets, targets.reversed(), targets, targets.reversed()] {
                group.addTask {
                    var request = BatchReassignRequest()
                    request.assignedTo = world.manager
                    request.records = records
                    return try await world.call(CustomerSuccessAPI.batchReassignTouchpoints, request)
                }
            }
            for try await response in group { #expect(response.failed == 0) }
        }
    }
}
