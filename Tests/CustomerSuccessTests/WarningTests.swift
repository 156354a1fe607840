import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Engagements that are written all the same, with a word to whoever writes them (G-91, G-92).
@Suite struct WarningTests {
    private typealias Answer = (answer: Engagement, warnings: [Warning])

    /// An onboarding case of the account in another state.
    private func onboarding(_ world: World, _ state: String, account: String? = nil) async throws -> String {
        let id = uuid()
        try await world.insert(
            "onboarding_case", ["id": id, "account": account ?? world.account, "state": state])
        return id
    }

    private func draft(_ world: World, _ edit: (inout Engagement) -> Void = { _ in }) async throws -> Engagement {
        var draft = try await Engagement.draft(in: world)
        edit(&draft)
        return draft
    }

    private func call<Request: Message, Response: Message>(
        _ world: World, _ method: Wire.Method<Request, Response>, _ request: Request, as caller: Caller? = nil
    ) async throws -> (answer: Response, warnings: [Warning]) {
        try await world.server.client.callWithWarnings(
            method, request, as: CallerTokens.credential(caller ?? world.agent), deadline: .seconds(60))
    }

    private func create(
        _ world: World, as caller: Caller? = nil, requestID: String = "", validateOnly: Bool = false,
        _ edit: (inout Engagement) -> Void = { _ in }
    ) async throws -> Answer {
        var request = CreateEngagementRequest()
        request.resource = try await draft(world, edit)
        request.requestID = requestID
        request.validateOnly = validateOnly
        return try await call(world, CustomerSuccessAPI.createEngagement, request, as: caller)
    }

    private func update(
        _ world: World, _ engagement: Engagement, _ mask: [String], _ edit: (inout Engagement) -> Void
    ) async throws -> Answer {
        var request = UpdateEngagementRequest()
        var values = Engagement()
        values.id = engagement.id
        edit(&values)
        request.resource = values
        request.updateMask = FieldMask(paths: mask)
        return try await call(world, CustomerSuccessAPI.updateEngagement, request)
    }

    private func reopen(_ world: World, _ engagement: Engagement) async throws -> Answer {
        var request = ActionRequest()
        request.id = engagement.id
        return try await call(world, CustomerSuccessAPI.reopenEngagement, request)
    }

    private func rules(_ answer: Answer) -> [String] { answer.warnings.map(\.rule) }

    // MARK: G-91

    @Test(arguments: ["new", "in_progress", "paused", "closed"]) func theCaseShouldBeClosed(_ state: String)
        async throws
    {
        let world = try await World()
        let onboarding = try await onboarding(world, state)
        let created = try await create(world) { $0.initialOnboarding = onboarding }
        #expect(try await world.get(Engagement.self, created.answer.id).initialOnboarding == onboarding)
        guard state != "closed" else { return #expect(created.warnings.isEmpty) }
        #expect(
            created.warnings == [
                Warning(
                    rule: "G-91", field: "engagement.initial_onboarding",
                    message: "The onboarding case is not closed yet.")
            ])
    }

    @Test func aChangeOfTheCaseIsWarnedOfOnce() async throws {
        let world = try await World()
        let (open, closed) = (try await onboarding(world, "in_progress"), try await onboarding(world, "closed"))
        let made = try await create(world).answer
        #expect(rules(try await update(world, made, ["initial_onboarding"]) { $0.initialOnboarding = closed }) == [])
        #expect(
            rules(try await update(world, made, ["initial_onboarding"]) { $0.initialOnboarding = open }) == ["G-91"])
        // It is open still, but that is nothing new.
        #expect(rules(try await update(world, made, ["initial_onboarding"]) { $0.initialOnboarding = open }) == [])
        #expect(rules(try await update(world, made, ["title"]) { $0.title = "Another" }) == [])
        _ = try await world.close(made, "cancel")
        #expect(rules(try await reopen(world, made)) == ["G-91"], "whoever takes it up again is told")
        let canceled = try await onboarding(world, "canceled")
        try await breaks("G-91") {
            _ = try await update(world, made, ["initial_onboarding"]) { $0.initialOnboarding = canceled }
        }
    }

    // MARK: G-92

    @Test func anotherActiveEngagement() async throws {
        let world = try await World()
        let first = try await create(world)
        #expect(first.warnings.isEmpty)
        let second = try await create(world)
        #expect(
            second.warnings == [
                Warning(
                    rule: "G-92", field: "engagement.account",
                    message: "The account already has another active engagement.")
            ])
        #expect(second.answer.state == "new" && second.answer.active == true)
        #expect(rules(try await update(world, second.answer, ["title"]) { $0.title = "Later" }) == [])
        #expect(rules(try await update(world, second.answer, ["account"]) { $0.account = world.account }) == [])
        // What is over does not count, neither the one nor the others.
        #expect(rules(try await create(world) { $0.state = "canceled" }) == [])
        _ = try await world.close(first.answer, "cancel")
        _ = try await world.close(second.answer, "cancel")
        let third = try await create(world)
        #expect(third.warnings.isEmpty)
    }

    @Test func reopeningBesideAnother() async throws {
        let world = try await World()
        let first = try await create(world).answer
        _ = try await world.close(first, "cancel")
        #expect(rules(try await reopen(world, first)) == [], "alone")
        _ = try await world.close(first, "cancel")
        _ = try await create(world)
        #expect(rules(try await reopen(world, first)) == ["G-92"])
        _ = try await world.close(first, "cancel")
        #expect(rules(try await update(world, first, ["state"]) { $0.state = "in_progress" }) == ["G-92"])
        #expect(rules(try await update(world, first, ["perceived_health"]) { $0.perceivedHealth = "red" }) == [])
    }

    @Test func movingToAnAccountWithAnother() async throws {
        let world = try await World()
        let account = uuid()
        try await world.insert("customer_account", ["id": account, "name": "Alfreds", "currency": "EUR"])
        let onboarding = try await onboarding(world, "in_progress", account: account)
        func move(_ engagement: Engagement) async throws -> Answer {
            try await update(world, engagement, ["account", "initial_onboarding"]) {
                $0.account = account
                $0.initialOnboarding = onboarding
            }
        }
        #expect(rules(try await move(create(world).answer)) == ["G-91"])
        #expect(rules(try await move(create(world).answer)) == ["G-91", "G-92"])
    }

    // MARK: Visibility

    /// Rows of the account in a domain that the caller does not see do not exist for the caller.
    @Test func anotherDomainsEngagementIsNotToldOf() async throws {
        let world = try await World()
        let hidden = try await create(world) { $0.title = "Secret journey" }.answer
        _ = try await world.server.admin.run(
            "UPDATE customer_success.engagement SET domain = '/elsewhere/' WHERE id = \(hidden.id)")
        let created = try await create(world)
        #expect(created.warnings.isEmpty)
        // The platform's administrator sees both, and is told no more than that there is another.
        var root = world.administrator
        root.domain = .root
        let told = try await create(world, as: root)
        #expect(rules(told) == ["G-92"])
        for warning in told.warnings {
            for name in [hidden.number ?? "", hidden.title ?? "", hidden.id, created.answer.number ?? ""] {
                #expect(!name.isEmpty && !warning.message.contains(name))
            }
        }
    }

    // MARK: The answer

    @Test func aCheckWarnsAndWritesNothing() async throws {
        let world = try await World()
        let open = try await onboarding(world, "new")
        _ = try await create(world)
        let checked = try await create(world, validateOnly: true) { $0.initialOnboarding = open }
        #expect(rules(checked) == ["G-91", "G-92"])
        let page = try await world.list(Engagement.self, filter: "account = \"\(world.account)\"")
        #expect(page.totalSize == 1)
    }

    @Test func theSameRequestIDWarnsTheSame() async throws {
        let world = try await World()
        let open = try await onboarding(world, "new")
        let first = try await create(world).answer
        let id = uuid()
        let created = try await create(world, requestID: id) { $0.initialOnboarding = open }
        #expect(rules(created) == ["G-91", "G-92"])
        // Neither is true any more, but the answer is the one that was given.
        _ = try await world.close(first, "cancel")
        _ = try await world.server.admin.run(
            "UPDATE customer_success.onboarding_case SET state = 'closed' WHERE id = \(open)")
        let again = try await create(world, requestID: id) { $0.initialOnboarding = open }
        #expect(again.answer == created.answer && again.warnings == created.warnings)
    }

    @Test func textsAreInTheCallersLanguage() async throws {
        let world = try await World()
        let open = try await onboarding(world, "new")
        _ = try await create(world)
        let agent = world.agent
        let korean = Caller(
            subject: agent.subject, kind: agent.kind, domain: agent.domain, roles: agent.roles, locale: "ko")
        let created = try await create(world, as: korean) { $0.initialOnboarding = open }
        #expect(
            created.warnings.map(\.message) == ["온보딩 케이스가 아직 종결되지 않았습니다.", "이 계정에는 활성 상태인 다른 참여가 이미 있습니다."])
    }

    /// What follows from an event is nobody's request, and a system's own write looks at nothing for the sake of advice.
    @Test func aRefusalWarnsOfNothing() async throws {
        let world = try await World()
        let open = try await onboarding(world, "new")
        let problem = try await refusal {
            _ = try await create(world) {
                $0.initialOnboarding = open
                $0.title = ""
            }
        }
        #expect(problem.code == .invalidArgument)
    }

    // MARK: Batches

    private func creation(_ drafts: [Engagement]) -> BatchCreateEngagementsRequest {
        var request = BatchCreateEngagementsRequest()
        request.engagements = drafts
        return request
    }

    @Test func batchesWarnBesideEachRecord() async throws {
        let world = try await World()
        let open = try await onboarding(world, "new")
        var drafts = [Engagement](repeating: try await draft(world), count: 5)
        drafts[1].title = nil
        drafts[3].initialOnboarding = open
        drafts[4].state = "canceled"
        var request = creation(drafts)
        request.validateOnly = true
        let checked = try await call(world, CustomerSuccessAPI.batchCreateEngagements, request)
        request.validateOnly = false
        request.requestID = uuid()
        let created = try await call(world, CustomerSuccessAPI.batchCreateEngagements, request)
        // The second is refused and the others are written again: what was advised before is not told twice.
        for answer in [checked, created] {
            #expect(answer.warnings.isEmpty, "beside the records, not in headers")
            #expect(answer.answer.failed == 1 && answer.answer.results[1].error != nil)
            #expect(answer.answer.results.map { $0.warnings.map(\.rule) } == [[], [], ["G-92"], ["G-91", "G-92"], []])
        }
        #expect(created.answer.results[3].warnings[0].field == "engagement.initial_onboarding")
        #expect(created.answer.results[3].warnings[0].message == "The onboarding case is not closed yet.")
        let again = try await call(world, CustomerSuccessAPI.batchCreateEngagements, request)
        #expect(again.answer == created.answer && again.warnings.isEmpty)

        var changes = BatchUpdateEngagementsRequest()
        changes.engagements = [created.answer.results[2], created.answer.results[0]].map { result in
            var change = Engagement()
            change.id = result.id
            change.initialOnboarding = open
            return change
        }
        changes.engagements[1].initialOnboarding = world.onboarding
        let changed = try await call(world, CustomerSuccessAPI.batchUpdateEngagements, changes)
        #expect(changed.answer.failed == 0)
        #expect(changed.answer.results.map { $0.warnings.map(\.rule) } == [["G-91"], []])
    }

    /// What was advised about a record that the database then refused is not told about the next one.
    @Test func adviceGoesWithWhatIsUndone() async throws {
        let world = try await World(Server.start())
        _ = try await world.server.admin.run(
            "ALTER TABLE customer_success.engagement ADD CHECK (title <> 'refused by the database')")
        let open = try await onboarding(world, "new")
        let drafts = [Engagement](repeating: try await draft(world), count: 4)
        let made = try await call(world, CustomerSuccessAPI.batchCreateEngagements, creation(drafts)).answer
        var changes = BatchUpdateEngagementsRequest()
        changes.engagements = made.results.map { result in
            var change = Engagement()
            change.id = result.id
            change.title = result.index % 2 == 0 ? "refused by the database" : "fine"
            change.initialOnboarding = result.index == 1 ? world.onboarding : open
            return change
        }
        let answer = try await call(world, CustomerSuccessAPI.batchUpdateEngagements, changes).answer
        #expect(answer.results.map { $0.error != nil } == [true, false, true, false])
        #expect(answer.results.map { $0.warnings.map(\.rule) } == [[], [], [], ["G-91"]])
    }

    /// The largest batch with a word about every record would fit into one message, as JSON too.
    @Test func warningsOfBatchesAreBounded() async throws {
        let world = try await World(BatchTests.server.value)
        let open = try await onboarding(world, "new")
        _ = try await create(world)
        let one = try await draft(world) { $0.initialOnboarding = open }
        let answer = try await call(
            world, CustomerSuccessAPI.batchCreateEngagements, creation(Array(repeating: one, count: 1_500))
        ).answer
        #expect(answer.succeeded == 1_500)
        #expect(answer.results.allSatisfy { $0.warnings.map(\.rule) == ["G-91", "G-92"] })
        let told = answer.results.prefix { $0.warnings.allSatisfy { !$0.message.isEmpty } }.count
        #expect(told > 400 && told < 1_000)
        #expect(answer.results.last?.warnings == ["G-91", "G-92"].map { Warning(rule: $0, field: "", message: "") })
        var further = BatchResponse()
        further.results = Array(repeating: try #require(answer.results.last), count: 3_500)
        #expect(try answer.encodeJSON().count + further.encodeJSON().count < 1_000_000)
    }
}
