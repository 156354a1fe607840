import CampaignKit
import Foundation
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import TestKit
import Testing
import Wire

/// Walks through the playbook during which services are killed in the middle of every step that makes something. What comes
/// of them is counted against a walk that nobody has disturbed. Each of the walks has an option of Service Bridge of its own
/// (G-45); all have the testing activity (G-48).
struct KilledWalk {
    /// A step of the undisturbed walk, by the keys that all walks have.
    private struct Plan {
        let key: String
        /// The activities that have made something because of it: here, and in other services.
        let makers: Set<String>
        let remoteMakers: Set<String>
        /// What there was when it had taken effect.
        let counts: WalkCounts
        /// Whether it brought any record.
        let isMaking: Bool
    }

    private let stack: ScenarioStack
    private let world: JourneyWorld
    private let database: StackDatabase
    private let cast: Cast

    init(_ stack: ScenarioStack) async throws {
        self.stack = stack
        world = stack.world()
        database = try StackDatabase(stack)
        cast = try await Cast(world, "en")
    }

    func run() async throws {
        let plan = try await undisturbed()
        let late = try await walk("Killed late", option: "remote_task", killsTrigger: false)
        let early = try await walk("Killed early", option: "remote_catalog", killsTrigger: true)
        var atEvents: [String] = []
        for step in plan {
            let (one, other) = (try #require(try await late.next()), try #require(try await early.next()))
            #expect(late.common(one.activity.key) == step.key && early.common(other.activity.key) == step.key)
            if step.isMaking {
                if try await kill(step, late, one, early, other) { atEvents.append(step.key) }
            } else {
                try await late.complete(one)
                try await early.complete(other)
            }
            for walk in [late, early] { try await expect(step, of: walk) }
        }
        #expect(!atEvents.isEmpty)
        for walk in [late, early] {
            #expect(try await walk.next() == nil)
            #expect(try await walk.current().state == "done")
        }
    }

    // MARK: What is to come of it

    private func undisturbed() async throws -> [Plan] {
        let walk = try await walk("Undisturbed", option: "foundation_data_sync", killsTrigger: false)
        var plan: [Plan] = []
        var before = try await WalkCounts(of: walk, database)
        while let step = try await walk.next() {
            let made = try await walk.activities()
            try await walk.complete(step)
            _ = try await walk.next()
            let counts = try await settled(walk)
            let makers = zip(made, try await walk.activities()).filter { $1.created.count > $0.created.count }.map(\.1)
            func keys(_ isHere: Bool) -> Set<String> {
                Set(makers.filter { ($0.created.last?.service == "onboarding") == isHere }.map { walk.common($0.key) })
            }
            plan.append(
                Plan(
                    key: walk.common(step.activity.key), makers: keys(true), remoteMakers: keys(false), counts: counts,
                    isMaking: counts.records > before.records))
            before = counts
        }
        try await expectEveryMaker(plan, walk)
        return plan
    }

    private func settled(_ walk: CaseWalk) async throws -> WalkCounts {
        try await world.eventually("rest in the walk") {
            let counts = try await WalkCounts(of: walk, database)
            return counts.isSettled ? counts : nil
        }
    }

    /// Every activity that the playbook has make a record has made one, and is behind a step during which services are
    /// killed.
    private func expectEveryMaker(_ plan: [Plan], _ walk: CaseWalk) async throws {
        var list = ListRequest()
        list.pageSize = 100
        let known = try await world.call(
            OnboardingAPI.listPlaybookDefinitions, list, as: cast.administrator.credential
        ).playbookDefinitions
        var request = GetRequest()
        request.id = try #require(known.first { $0.key == "account_lifecycle_onboarding" }).id
        let stored = try await world.call(
            OnboardingAPI.getPlaybookDefinition, request, as: cast.administrator.credential)
        let planned = try #require(stored.playbook).lanes.flatMap(\.activities)
            .filter { $0.creates?.table.isEmpty == false }.map(\.key)
        let due = Set(
            Set(planned).intersection(try await walk.activities().filter(\.applies).map(\.key)).map(walk.common))
        #expect(due.isSuperset(of: ["testing", CaseWalk.ofOption]), "\(due)")
        let makers = plan.filter(\.isMaking).reduce(into: Set<String>()) {
            $0.formUnion($1.makers.union($1.remoteMakers))
        }
        #expect(due.count >= 20 && makers.isSuperset(of: due), "\(due.subtracting(makers))")
        #expect(plan.filter { !$0.isMaking }.allSatisfy { $0.makers.isEmpty && $0.remoteMakers.isEmpty })
        #expect(plan.count(where: \.isMaking) >= 10 && plan.contains { !$0.remoteMakers.isEmpty })
    }

    private func expect(_ step: Plan, of walk: CaseWalk) async throws {
        _ = try await walk.next()
        var counts = try await settled(walk)
        let end = ContinuousClock.now + world.patience
        while counts != step.counts, ContinuousClock.now < end { counts = try await settled(walk) }
        // Every step behind would be found wrong, too.
        try #require(counts == step.counts, "\(walk.account.name ?? "") after \(step.key)")
    }

    // MARK: Killing

    /// An account whose automatic case has its run, and a walk of its own. The event that starts that run may be what the
    /// service is killed in.
    private func walk(_ name: String, option: String, killsTrigger: Bool) async throws -> CaseWalk {
        let manager = cast.manager.credential
        let account: CustomerAccount
        if killsTrigger {
            account = try await database.locking("onboarding.playbook_run", .share) { lock in
                try await lock.awaitGrant()
                let account = try await world.openAccount(name, as: manager)
                try await kill("onboarding")
                return account
            }
            try await stack.restart()
        } else {
            account = try await world.openAccount(name, as: manager)
        }
        let automatic = try await world.automaticCase(of: account.id, as: manager)
        try await CasePlaybook(world, of: automatic.id, as: manager).awaitBeginning()
        return try await CaseWalk(world, cast, account, option: option)
    }

    /// Waits until a service is kept from adding a row, kills it there, and undoes what it has not committed.
    private func kill(_ service: String) async throws {
        try await waitUntil("\(service) is about to write") {
            try await database.waiters(of: service, toWrite: true) > 0
        }
        try stack.kill(service)
        try await database.endSessions(of: service)
    }

    /// Kills onboarding once `late` has committed the step and nobody has been told of it, neither those who hear its
    /// events nor import-validation, and while `early` is writing and has not committed it. Then both ask again. Answers
    /// whether something is made only when events come in, and was killed there, too.
    private func kill(
        _ step: Plan, _ late: CaseWalk, _ one: CaseWalk.Step, _ early: CaseWalk, _ other: CaseWalk.Step
    ) async throws -> Bool {
        try stack.kill("import-validation", SIGSTOP)
        let first = try await committed(one) {
            try await awaitCalls(of: late)
            let second = asked(other)
            try await kill("onboarding")
            second.cancel()
        }
        #expect(try await states([one, other]) == ["done", "in_progress"], "\(step.key)")
        let isMade = try await hasMade(step.makers, late)
        try stack.kill("import-validation", SIGCONT)
        if !isMade { try await killAtEvent(step.makers, late) }
        try await stack.restart()
        let again = try await answer(to: one)
        if let first { #expect(first == again, "\(step.key)") }
        if step.remoteMakers.isEmpty {
            #expect(try await answer(to: other).state == "done", "\(step.key)")
        } else {
            try await killOtherSide(other)
        }
        return !isMade
    }

    /// What is made in another service is killed there, and the step is answered all the same.
    private func killOtherSide(_ step: CaseWalk.Step) async throws {
        try await database.locking("import_validation.import_task", .share) { lock in
            try await lock.awaitGrant()
            #expect(try await answer(to: step).state == "done", "\(step.activity.key)")
            try await kill("import-validation")
        }
        try await stack.restart()
    }

    /// What is made when events come in is killed there.
    private func killAtEvent(_ makers: Set<String>, _ walk: CaseWalk) async throws {
        try await database.locking("onboarding.lifecycle_task", .share) { lock in
            try await lock.awaitGrant()
            try await stack.restart()
            try await kill("onboarding")
        }
        #expect(try await !hasMade(makers, walk))
    }

    private func states(_ steps: [CaseWalk.Step]) async throws -> [String] {
        let ids = steps.map(\.activity.id)
        let rows = try await database.rows(
            "SELECT id::text, state FROM onboarding.playbook_activity WHERE id = ANY(\(ids)::uuid[])")
        let states = Dictionary(uniqueKeysWithValues: rows.map { ($0[0], $0[1]) })
        return ids.map { states[$0] ?? "" }
    }

    /// Whether all of these activities have made something.
    private func hasMade(_ keys: Set<String>, _ walk: CaseWalk) async throws -> Bool {
        let made = try await database.rows(
            """
            SELECT key FROM onboarding.playbook_activity WHERE run = \(walk.run)::uuid \
            AND key = ANY(\(keys.map(walk.own))) AND jsonb_array_length(created) > 0
            """)
        return made.count == keys.count
    }

    /// Carries out `body` when the step is committed and, as long as it goes on, none of its events can be read.
    private func committed(
        _ step: CaseWalk.Step, _ body: () async throws -> Void
    ) async throws -> PlaybookActivity? {
        let request = try await database.locking("onboarding.request_log", .share) { log in
            try await log.awaitGrant()
            let request = asked(step)
            try await waitUntil("\(step.activity.key) waits to commit") {
                try await database.waiters(of: "onboarding", toWrite: true) > 0
            }
            // Behind the step in the queue for the table, and before whoever comes later.
            try await database.locking("onboarding.outbox", .accessExclusive) { outbox in
                try await log.release()
                try await outbox.awaitGrant()
                try await database.locking("onboarding.request_log", .share) { log in
                    try await log.awaitGrant()
                    try await body()
                }
            }
            return request
        }
        request.cancel()
        return await request.value
    }

    /// The step, asked for; what the service answered, when it did.
    private func asked(_ step: CaseWalk.Step) -> Task<PlaybookActivity?, Never> {
        let (client, manager) = (world.client, cast.manager.credential)
        return Task {
            try? await client.call(
                OnboardingAPI.completePlaybookActivity, step.request, as: manager, deadline: .seconds(60))
        }
    }

    private func answer(to step: CaseWalk.Step) async throws -> PlaybookActivity {
        try await world.call(OnboardingAPI.completePlaybookActivity, step.request, as: cast.manager.credential)
    }

    /// Waits until the calls of other services that a walk asks for are out, if it asks for any.
    private func awaitCalls(of walk: CaseWalk) async throws {
        try await waitUntil("the calls are out") {
            try await database.rows(
                """
                SELECT 'waiting' FROM onboarding.playbook_call WHERE run = \(walk.run)::uuid \
                HAVING count(*) > 0 AND count(owner) = 0
                """
            ).isEmpty
        }
    }
}
