import CustomerSuccessWire
import RPC
import Records
import Roles
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// What customers see and do (G-18): their own account, fields meant for them, and a little work of their own.
@Suite struct CustomerTests {
    static let seen: [any Sample.Type] = [
        Engagement.self, SuccessObjective.self, SuccessOutcome.self, SuccessMilestone.self, SuccessInitiative.self,
        SuccessCase.self, SuccessTask.self, Touchpoint.self,
    ]
    static let hidden: [any Sample.Type] = [
        InternalPlay.self, InternalPlayTask.self, RiskSignal.self, RiskSignalSolution.self, SquadMember.self,
        EngagementContract.self, Opportunity.self,
    ]

    /// A field that is not for customers is absent from answers, filters and orderings alike.
    @Test(arguments: seen.indices)
    func onlyFieldsForCustomersAreThere(row: Int) async throws { try await fields(Self.seen[row]) }

    private func fields<R: Sample>(_ type: R.Type) async throws {
        let world = try await World()
        let member = try await world.make(SquadMember.self)
        let full = try await world.make(type) { record in
            if R.schema.index(of: "squad") != nil { record[named: "squad"] = .strings([member.id]) }
            if R.schema.index(of: "perceived_health") != nil { record[named: "perceived_health"] = .string("red") }
            if R.schema.index(of: "visible_to_customer") != nil { record[named: "visible_to_customer"] = .bool(true) }
            for list in ["watch_list", "work_notes_list"] where R.schema.index(of: list) != nil {
                record[named: list] = .strings([world.manager])
            }
        }
        let own = try await world.get(type, full.id, as: world.customer)
        let listed = try #require(
            try await world.list(type, filter: "id = \"\(full.id)\"", as: world.customer).resources.first)
        #expect(own == listed)
        for (index, field) in R.schema.fields.enumerated() {
            let expected: FieldValue = field.customerVisible ? full[fieldAt: index] : .null
            #expect(own[fieldAt: index] == expected || own[fieldAt: index].isEmpty && expected.isEmpty, "\(field.name)")
            guard !field.customerVisible, field.type != .journal else { continue }
            let filter = try await refusal("\(field.name)") {
                _ = try await world.list(type, filter: "\(field.name):*", as: world.customer)
            }
            #expect(filter.violations.map(\.field) == ["filter"], "\(field.name)")
            let order = try await refusal("\(field.name)") {
                _ = try await world.list(type, order: field.name, as: world.customer)
            }
            #expect(order.violations.map(\.field) == ["order_by"], "\(field.name)")
        }
        // The search over all texts does not look into what is hidden either.
        let found = try await world.list(type, filter: "\"\(world.manager)\"", as: world.customer)
        #expect(R.schema.fields.contains { $0.reference == "user" && $0.customerVisible } || found.resources.isEmpty)
    }

    @Test(arguments: hidden.indices)
    func theProvidersOwnWorkDoesNotExistForThem(row: Int) async throws { try await denied(Self.hidden[row]) }

    private func denied<R: Sample>(_ type: R.Type) async throws {
        let world = try await World()
        let record = try await world.make(type)
        // Even a role given by mistake opens nothing.
        for roles in [world.customer.roles, RoleCatalog.close(["sn_acct_lc.ale_success_agent"])] {
            var customer = world.customer
            customer.roles = roles
            let caller = customer
            let attempts: [() async throws -> Void] = [
                { _ = try await world.get(type, record.id, as: caller) },
                { _ = try await world.list(type, as: caller) },
                { _ = try await world.create(R(), as: caller) },
                { _ = try await world.update(record, as: caller) },
                { try await world.delete(record, as: caller) },
            ]
            for attempt in attempts {
                #expect(try await refusal { try await attempt() }.code == .permissionDenied)
            }
        }
    }

    @Test(arguments: seen.indices)
    func anotherAccountKnowsNothing(row: Int) async throws { try await stranger(Self.seen[row]) }

    private func stranger<R: Sample>(_ type: R.Type) async throws {
        let world = try await World()
        let other = try await World(world.server)
        let record = try await world.make(type) { record in
            if R.schema.index(of: "visible_to_customer") != nil { record[named: "visible_to_customer"] = .bool(true) }
        }
        #expect(try await refusal { _ = try await world.get(type, record.id, as: other.customer) }.code == .notFound)
        #expect(try await refusal { _ = try await world.activity(record, as: other.customer) }.code == .notFound)
        let page = try await world.list(type, filter: "id = \"\(record.id)\"", as: other.customer)
        #expect(page.resources.isEmpty)
        var agent = world.agent
        agent.domain = other.customer.domain
        let neighbour = agent
        #expect(try await refusal { _ = try await world.get(type, record.id, as: neighbour) }.code == .notFound)
        #expect(
            try await refusal { _ = try await world.set(record, "description", .string("x"), as: neighbour) }.code
                == .notFound)
        // A milestone is reached or canceled, never just closed.
        let verb = type == SuccessMilestone.self ? "cancel" : "close"
        #expect(try await refusal { _ = try await world.close(record, verb, as: neighbour) }.code == .notFound)
    }

    // MARK: Tasks

    @Test func tasksAreSeenWhenTheyAreMeantForThem() async throws {
        let world = try await World()
        let inner = try await world.make(SuccessTask.self)
        let outer = try await world.make(SuccessTask.self) { $0.visibleToCustomer = true }
        #expect(try await world.list(SuccessTask.self, as: world.customer).resources.map(\.id) == [outer.id])
        for attempt in [
            { _ = try await world.get(SuccessTask.self, inner.id, as: world.customer) },
            { _ = try await world.activity(inner, as: world.customer) },
            { _ = try await world.write("add_comment", "Hello", on: inner, as: world.customer) },
            { _ = try await world.set(inner, "state", .string("in_progress"), as: world.customer) },
        ] as [() async throws -> Void] {
            #expect(try await refusal { try await attempt() }.code == .notFound)
        }
    }

    @Test func theyMoveTheirOwnTasks() async throws {
        let world = try await World()
        let foreign = try await world.make(SuccessTask.self) { $0.visibleToCustomer = true }
        #expect(
            try await refusal {
                _ = try await world.set(foreign, "state", .string("in_progress"), as: world.customer)
            }.code == .permissionDenied)
        let own = try await world.make(SuccessTask.self) {
            $0.visibleToCustomer = true
            $0.contact = world.contact
        }
        let moved = try await world.set(own, "state", .string("in_progress"), as: world.customer)
        #expect(moved.state == "in_progress" && moved.progress == "on_track" && moved.domain.isEmpty)
        for (field, value) in [
            ("subject", FieldValue.string("Mine")), ("visible_to_customer", .bool(false)), ("priority", .int(1)),
            ("assigned_to", .string(world.customer.subject)), ("contact", .null), ("work_notes", .string("x")),
        ] {
            let problem = try await refusal("\(field)") {
                _ = try await world.set(own, field, value, as: world.customer)
            }
            #expect(problem.code == .permissionDenied && problem.reason == "FIELD_ACCESS", "\(field) \(problem)")
        }
        #expect(
            try await refusal { _ = try await world.act("assign_to_me", own, as: world.customer) }.reason
                == "FIELD_ACCESS")
        #expect(
            try await refusal { _ = try await world.close(own, notes: "Mine", as: world.customer) }.reason
                == "FIELD_ACCESS")
        #expect(try await world.close(own, as: world.customer).state == "closed")
        let closed = try await world.get(SuccessTask.self, own.id)
        #expect(closed.closedBy == world.customer.subject && closed.active == false)
    }

    /// No update mask reaches a field that is not theirs, whether or not the value would change.
    @Test func noMaskReachesWhatIsHidden() async throws {
        let world = try await World()
        let own = try await world.make(SuccessTask.self) {
            $0.visibleToCustomer = true
            $0.contact = world.contact
            $0.priority = 2
        }
        for field in SuccessTask.schema.fields where field.name != "state" {
            for value in [own[named: field.name], .null] {
                var change = SuccessTask()
                change.id = own.id
                change[named: field.name] = value
                change.id = own.id
                let sent = change
                let problem = try await refusal("\(field.name)") {
                    _ = try await world.update(sent, [field.name], as: world.customer)
                }
                let isOfSystem = problem.violations.map(\.field) == ["update_mask"]
                #expect(field.outputOnly ? isOfSystem : problem.reason == "FIELD_ACCESS", "\(field.name) \(problem)")
            }
        }
        #expect(try await world.get(SuccessTask.self, own.id) == own)
    }

    // MARK: Touchpoints, comments

    @Test func theyRaiseTouchpoints() async throws {
        let world = try await World()
        let engagement = try await world.make(Engagement.self)
        var draft = Touchpoint()
        draft.engagement = engagement.id
        draft.subject = "A question"
        draft.description = "About the figures"
        let raised = try await world.create(draft, as: world.customer)
        #expect(raised.state == "new" && raised.contact == world.contact)
        let stored = try await world.get(Touchpoint.self, raised.id)
        #expect(stored.assignedTo == world.manager && stored.domain == world.domain)
        for (field, value) in [
            ("state", FieldValue.string("closed")), ("assigned_to", .string(world.manager)), ("priority", .int(1)),
            ("watch_list", .strings([world.manager])), ("work_notes", .string("x")),
        ] {
            var forbidden = draft
            forbidden[named: field] = value
            let problem = try await refusal("\(field)") { _ = try await world.create(forbidden, as: world.customer) }
            #expect(problem.violations.map(\.field) == ["touchpoint.\(field)"])
        }
        let other = try await World(world.server)
        let foreign = try await other.make(Engagement.self)
        var stray = draft
        stray.engagement = foreign.id
        let problem = try await refusal { _ = try await world.create(stray, as: world.customer) }
        #expect(problem.violations.map(\.field) == ["touchpoint.engagement"])
        #expect(
            try await refusal { _ = try await world.set(raised, "subject", .string("x"), as: world.customer) }.code
                == .permissionDenied)
    }

    @Test func theyCommentAndReadWhatIsForThem() async throws {
        let world = try await World()
        let touchpoint = try await world.make(Touchpoint.self)
        _ = try await world.write("add_comment", "When?", on: touchpoint, as: world.customer)
        _ = try await world.write("add_work_note", "Careful.", on: touchpoint)
        _ = try await world.set(touchpoint, "subject", .string("Weekly call"))
        _ = try await world.set(touchpoint, "watch_list", .strings([world.manager]))
        let theirs = try await world.activity(touchpoint, as: world.customer)
        #expect(theirs.entries.map(\.kind) == ["field", "additional_comments", "created"])
        #expect(theirs.entries.first?.field == "subject")
        let all = try await world.activity(touchpoint)
        #expect(all.entries.map(\.kind) == ["field", "field", "work_notes", "additional_comments", "created"])
        #expect(
            try await refusal { _ = try await world.write("add_work_note", "x", on: touchpoint, as: world.customer) }
                .code == .permissionDenied)
    }
}
