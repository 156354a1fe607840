import CustomerSuccessWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Lists with filters, orders and pages, and the dictionary.
@Suite struct ReadTests {
    /// Seven cases of one engagement with priorities 1, 1, 2, 2, 3, 3, none.
    private func cases(in world: World) async throws -> [SuccessCase] {
        let engagement = try await world.make(Engagement.self)
        var made: [SuccessCase] = []
        for (index, priority) in ([1, 1, 2, 2, 3, 3, nil] as [Int32?]).enumerated() {
            made.append(
                try await world.make(SuccessCase.self) {
                    $0.engagement = engagement.id
                    $0.shortDescription = "Case \(index)"
                    $0.priority = priority ?? 3
                    $0.dueDate = index.isMultiple(of: 2) ? world.day(index) : nil
                })
            if priority == nil { made[index] = try await world.set(made[index], "priority", .null) }
        }
        return made
    }

    @Test(arguments: [
        ("priority = 1", 2), ("priority >= 2 AND priority < 3", 2), ("NOT priority:*", 1), ("due_date:*", 4),
        ("short_description = \"Case 4\"", 1), ("\"case 5\"", 1), ("state = new", 7), ("state != new", 0),
        ("(priority = 1 OR priority = 3) AND due_date:*", 2), ("active = true", 7), ("", 7),
        ("created_at > \"2000-01-01T00:00:00Z\"", 7), ("domain = \"/\"", 0),
    ])
    func listsAreFiltered(filter: String, count: Int) async throws {
        let world = try await World()
        let made = try await cases(in: world)
        let engagement = try #require(made.first?.engagement)
        let own = "engagement = \"\(engagement)\"" + (filter.isEmpty ? "" : " AND (\(filter))")
        let page = try await world.list(SuccessCase.self, filter: own)
        #expect(page.resources.count == count, "\(filter)")
        #expect(page.totalSize == Int64(count))
    }

    /// Every record once and in order, whatever the size of the pages, with absent values and ties.
    @Test(arguments: ["", "priority", "priority desc", "due_date desc, priority", "due_date, number desc", "id desc"])
    func pagesFollowEachOther(order: String) async throws {
        let world = try await World()
        let made = try await cases(in: world)
        let filter = "engagement = \"\(try #require(made.first?.engagement))\""
        let whole = try await world.list(SuccessCase.self, filter: filter, order: order).resources.map(\.id)
        #expect(Set(whole) == Set(made.map(\.id)) && whole.count == 7)
        for size in [1, 2, 3, 7, 8] as [Int32] {
            var found: [String] = []
            var token = ""
            repeat {
                let page = try await world.list(
                    SuccessCase.self, filter: filter, order: order, size: size, token: token)
                #expect(page.resources.count <= size)
                found += page.resources.map(\.id)
                token = page.nextPageToken
            } while !token.isEmpty && found.count < 20
            #expect(found == whole, "\(order) by \(size)")
        }
        if order == "priority" {
            let priorities = try await world.list(SuccessCase.self, filter: filter, order: order).resources.map(
                \.priority)
            #expect(priorities == [1, 1, 2, 2, 3, 3, nil])
        }
    }

    @Test func aTokenBelongsToItsList() async throws {
        let world = try await World()
        let made = try await cases(in: world)
        let filter = "engagement = \"\(try #require(made.first?.engagement))\""
        let token = try await world.list(SuccessCase.self, filter: filter, order: "number", size: 2).nextPageToken
        #expect(!token.isEmpty)
        let attempts: [() async throws -> Void] = [
            { _ = try await world.list(SuccessCase.self, filter: "", order: "number", size: 2, token: token) },
            { _ = try await world.list(SuccessCase.self, filter: filter, order: "", size: 2, token: token) },
            { _ = try await world.list(Touchpoint.self, filter: filter, order: "number", size: 2, token: token) },
            { _ = try await world.list(SuccessCase.self, filter: filter, order: "number", token: token + "x") },
            { _ = try await world.list(SuccessCase.self, filter: filter, order: "number", token: "x") },
            {
                _ = try await world.list(
                    SuccessCase.self, filter: filter, order: "number", token: token, as: world.customer)
            },
        ]
        for attempt in attempts {
            #expect(try await refusal { try await attempt() }.violations.map(\.field) == ["page_token"])
        }
    }

    @Test(arguments: [
        ("filter", "nonsense = 1"), ("filter", "priority = 9"), ("filter", "state = gone"), ("filter", "due_date = x"),
        ("filter", "(state = new"), ("filter", "days_remaining < 3"), ("filter", "work_notes:*"), ("order", "nonsense"),
        ("order", "priority upwards"), ("order", "work_notes"), ("filter", "engagement = x"),
    ])
    func aWrongListSaysWhy(part: String, text: String) async throws {
        let world = try await World()
        let problem = try await refusal("\(text)") {
            _ = try await world.list(
                Touchpoint.self, filter: part == "filter" ? text : "", order: part == "order" ? text : "")
        }
        #expect(problem.code == .invalidArgument)
        #expect(problem.violations.map(\.field) == [part == "filter" ? "filter" : "order_by"])
    }

    @Test func aRecordIsReadByIdAndByNumber() async throws {
        let world = try await World()
        let touchpoint = try await world.make(Touchpoint.self)
        let number = try #require(touchpoint.number)
        #expect(number.count == 12 && number.hasPrefix("TCHPT0"))
        #expect(try await world.get(Touchpoint.self, number) == touchpoint)
        for id in ["", "x", uuid(), "TCHPT9999999", "'; drop table", touchpoint.id.uppercased()] {
            #expect(try await refusal { _ = try await world.get(Touchpoint.self, id) }.code == .notFound, "\(id)")
        }
    }

    @Test func theDictionaryIsToldAsItMayBeUsed() async throws {
        let world = try await World()
        let all = try await world.call(CustomerSuccessAPI.describeCustomerSuccess, DescribeRequest())
        #expect(
            Set(all.tables.map(\.table))
                == Set((allSamples + definitionSamples).map { $0.schema.table } + ["measurement", "product_usage"]))
        let theirs = try await world.call(
            CustomerSuccessAPI.describeCustomerSuccess, DescribeRequest(), as: world.customer)
        #expect(
            Set(theirs.tables.map(\.table)) == [
                "engagement", "success_objective", "success_outcome", "success_milestone",
                "success_initiative", "success_case", "success_task", "touchpoint", "measurement",
            ])
        let engagement = try #require(theirs.tables.first { $0.table == "engagement" })
        #expect(!engagement.fields.contains { $0.name == "perceived_health" })
        #expect(engagement.operations == ["read"])
    }

    /// Where a record goes from each state, for whoever may move it; what is needed, and what only on a condition.
    @Test func statesAreToldWithTheirMoves() async throws {
        let world = try await World()
        func described(_ table: String, _ caller: Caller? = nil) async throws -> TableDescription {
            var request = DescribeRequest()
            request.table = table
            let method = CustomerSuccessAPI.describeCustomerSuccess
            let told =
                if let caller { try await world.call(method, request, as: caller) } else {
                    try await world.call(method, request)
                }
            return try #require(told.tables.first)
        }
        let outcome = try await described("success_outcome")
        #expect(outcome.states.map(\.state) == ["new", "in_progress", "paused", "canceled", "closed"])
        #expect(outcome.states.filter(\.ended).map(\.state) == ["canceled", "closed"])
        #expect(outcome.states.first { $0.state == "closed" }?.moves == ["in_progress"])
        #expect(outcome.states.first { $0.state == "new" }?.moves.contains("new") == false)
        let viewer = try await described("success_outcome", .holding("sn_acct_lc.ale_success_viewer"))
        #expect(viewer.states.count == 5 && viewer.states.allSatisfy(\.moves.isEmpty))
        let risk = try await described("risk_signal")
        #expect(risk.fields.filter(\.conditional).map(\.name) == ["engagement"])
        #expect(try await described("engagement_contract").states.isEmpty)
        #expect(try await described("success_initiative").closingNeeds == ["close_code", "close_notes"])
    }
}
