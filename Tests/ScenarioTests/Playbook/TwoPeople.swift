import CampaignKit
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import TestKit
import Testing
import Wire

/// The manager and the analyst, both in one activity of one case.
struct TwoPeople {
    private let world: JourneyWorld
    private let database: StackDatabase
    private let cast: Cast
    private let account: CustomerAccount
    private let playbook: CasePlaybook

    /// A case whose playbook has just begun.
    init(_ stack: ScenarioStack) async throws {
        world = stack.world()
        database = try StackDatabase(stack)
        cast = try await Cast(world, "en")
        let manager = cast.manager.credential
        account = try await world.openAccount("Two at once", as: manager)
        playbook = CasePlaybook(world, of: try await world.automaticCase(of: account.id, as: manager).id, as: manager)
        try await playbook.awaitBeginning()
    }

    private func save(
        _ activity: PlaybookActivity, _ values: [String: String], as person: Person
    ) async throws -> PlaybookActivity {
        let request = CasePlaybook.entering(activity, values, etag: activity.etag)
        return try await world.call(OnboardingAPI.savePlaybookActivity, request, as: person.credential)
    }

    private func record() async throws -> OnboardingCase {
        var request = GetRequest()
        request.id = playbook.record
        return try await world.call(OnboardingAPI.getOnboardingCase, request, as: cast.manager.credential)
    }

    /// Both see one draft (G-51), and neither completes over what the other has changed since.
    func shareADraft() async throws {
        let seen = try await playbook.activity("enter_info")
        _ = try await save(seen, ["go_live_date": "2027-06-30", "type": "phased"], as: cast.analyst)
        // What others have changed elsewhere keeps nobody from saving.
        let kept = try await save(seen, ["service_bridge_integration": "not_required"], as: cast.manager)
        let authors = Dictionary(uniqueKeysWithValues: kept.values.map { ($0.input, $0.by) })
        #expect(authors["go_live_date"] == cast.analyst.user && authors["type"] == cast.analyst.user)
        #expect(authors["service_bridge_integration"] == cast.manager.user)
        let shared = try await playbook.activity("enter_info")
        #expect(kept.values == shared.values && kept.etag == shared.etag)
        _ = try await save(kept, ["go_live_date": "2027-07-30"], as: cast.analyst)
        let values = ["assigned_to": cast.manager.user]
        let late = CasePlaybook.entering(kept, values, etag: kept.etag)
        let refused = try #require(await problem(late, as: cast.manager))
        #expect(refused.code == .aborted && refused.reason == "DRAFT_CHANGED", "\(refused)")
        #expect(refused.text.en.contains("Go live date by \(cast.analyst.name)"), "\(refused)")
        #expect(refused.violations.map(\.field) == ["values.go_live_date"], "\(refused)")
        #expect(refused.metadata["by"] == cast.analyst.user, "\(refused)")
        // Nothing of it was done.
        #expect(try await record().goLiveDate == nil)
        let now = try await playbook.activity("enter_info")
        #expect(now.state == "in_progress" && !now.values.contains { $0.input == "assigned_to" && !$0.by.isEmpty })
        let done = try await world.call(
            OnboardingAPI.completePlaybookActivity, CasePlaybook.entering(now, values, etag: now.etag),
            as: cast.manager.credential)
        #expect(done.state == "done" && done.completions == 1)
        let stored = try await record()
        #expect(stored.goLiveDate == "2027-07-30" && stored.type == "phased")
        #expect(stored.assignedTo == cast.manager.user)
    }

    /// What completing meets; nil when it does not meet a problem.
    private func problem(_ request: EnterPlaybookActivityRequest, as person: Person) async -> Problem? {
        do throws(Problem) {
            _ = try await world.client.call(
                OnboardingAPI.completePlaybookActivity, request, as: person.credential, deadline: .seconds(60),
                requestID: "\(request.id) \(person.user.prefix(8))")
            return nil
        } catch {
            return error
        }
    }

    /// Both mark the same activity complete, and neither is done before the other has begun: the first to come completes
    /// it, the other is told that it is done.
    private func both(_ key: String, _ values: [String: String] = [:]) async throws -> PlaybookActivity {
        let activity = try await playbook.activity(key)
        #expect(activity.state == "in_progress")
        let request = CasePlaybook.entering(activity, values, etag: activity.etag)
        let outcomes = try await database.locking("onboarding.request_log", .share) { lock in
            try await lock.awaitGrant()
            async let first = problem(request, as: cast.manager)
            async let second = problem(request, as: cast.analyst)
            try await waitUntil("two who wait") { try await database.waiters(of: "onboarding") >= 2 }
            try await lock.release()
            return await [first, second]
        }
        let problems = outcomes.compactMap(\.self)
        #expect(problems.map(\.code) == [.failedPrecondition], "\(problems)")
        #expect(problems.map(\.reason) == ["ACTIVITY_STATE"], "\(problems)")
        let done = try await playbook.activity(key)
        #expect(done.state == "done" && done.completions == 1, "\(done)")
        return done
    }

    /// Contacts, members and tasks are made once.
    func completeAtOnce() async throws {
        let rows = [["first_name": "Anna", "last_name": "Once", "email": "anna.once@customer.example"]]
        let added = try await both("add_contacts", ["contacts": CasePlaybook.rows(rows)])
        var list = ListRequest()
        list.filter = "account = \"\(account.id)\""
        let contacts = try await world.call(
            OnboardingAPI.listCustomerContacts, list, as: cast.manager.credential
        ).customerContacts
        #expect(contacts.map(\.id) == added.created.map(\.id) && contacts.count == 1)
        let responsibility = try await world.responsibility(
            "Data SME", of: "customer", as: cast.manager.credential)
        let member = ["contact": contacts.first?.id ?? "", "responsibility": responsibility]
        let joined = try await both("add_responsibilities", ["members": CasePlaybook.rows([member])])
        #expect(joined.created.count == 1)
        let analyst = [
            "user": cast.analyst.user,
            "responsibility": try await world.responsibility(
                "Data analyst", of: "provider", as: cast.manager.credential),
        ]
        #expect(try await both("add_account_team", ["members": CasePlaybook.rows([analyst])]).created.count == 1)
        _ = try await both("add_squad")
        let imports = try await world.eventually("eight import tasks") {
            let made = try await playbook.activities(of: "data_capture").flatMap(\.created)
            return made.count >= 8 ? made : nil
        }
        #expect(imports.count == 8 && Set(imports.map(\.id)).count == 8)
        let counts = try await database.rows(
            """
            SELECT (SELECT count(*) FROM onboarding.case_team_member WHERE onboarding_case = \(playbook.record)::uuid)::text, \
            (SELECT count(*) FROM onboarding.team_message WHERE onboarding_case = \(playbook.record)::uuid)::text, \
            (SELECT count(*) FROM import_validation.import_task WHERE parent = \(playbook.record)::uuid)::text
            """)
        // The analyst alone is told of the account team; nobody is an onboarding contact or a key member.
        #expect(counts == [["2", "1", "8"]])
    }
}
