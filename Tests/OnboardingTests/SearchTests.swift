import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The search of onboarding (G-125): what is found by which words, in which order, and by whom.
@Suite struct SearchTests {
    private func found(
        _ text: String, _ world: World, as caller: Caller? = nil, size: Int32 = 0
    ) async throws -> SearchResponse {
        var request = SearchRequest()
        (request.text, request.pageSize) = (text, size)
        return try await world.call(OnboardingAPI.searchOnboarding, request, as: caller ?? world.agent)
    }

    private func ids(_ text: String, _ world: World, as caller: Caller? = nil) async throws -> [String] {
        try await found(text, world, as: caller).items.map(\.id)
    }

    /// A world of its own, with a case and a task that share no word.
    private func filled() async throws -> (World, OnboardingCase, LifecycleTask) {
        let world = try await World(try await Server.start())
        let record = try await world.openCase {
            $0.shortDescription = "Hardware rollout 하드웨어 온보딩"
            $0.description = "Zürich first, then the café in Busan."
        }
        let task = try await world.createTask(record) {
            $0.shortDescription = "Send the locations"
            $0.description = "위치 목록을 보내 주세요. Build 2024."
        }
        return (world, record, task)
    }

    @Test func wordsOfBothLanguagesAreFound() async throws {
        let (world, record, task) = try await filled()
        for text in [
            "hardware", "HARD", "rollout hard", "하드웨어", "드웨", "온보딩 rollout", "zürich", "ZÜRICH", "cafe\u{301}",
            record.number ?? "", String((record.number ?? "").dropLast(2)), "온",
        ] {
            #expect(try await ids(text, world) == [record.id], "\(text)")
        }
        for text in ["locations send", "위치", "목록", "2024", task.number ?? ""] {
            #expect(try await ids(text, world) == [task.id], "\(text)")
        }
        for text in ["hardware locations", "ware", "드온", "elsewhere"] {
            #expect(try await ids(text, world).isEmpty, "\(text)")
        }
    }

    /// The account itself comes first, then what is open of it.
    @Test func whatBelongsToAnAccountIsFoundByItsName() async throws {
        let (world, record, task) = try await filled()
        let found = try await found("ernst", world).items
        #expect(found.map(\.id) == [world.account.id, record.id, task.id])
        #expect(found.map(\.table) == ["customer_account", "onboarding_case", "lifecycle_task"])
        #expect(found.allSatisfy { $0.accountName == "Ernst Handel" && $0.service == "onboarding" })
        #expect(found.last?.parentNumber == record.number)
        #expect(try await ids(world.account.accountNumber ?? "", world).first == world.account.id)
    }

    /// By priority, date and last update; what has ended behind what is open.
    @Test func whatIsFoundIsPrioritized() async throws {
        let world = try await World(try await Server.start())
        func open(_ priority: Int32, _ date: String) async throws -> String {
            try await world.openCase {
                ($0.priority, $0.goLiveDate, $0.shortDescription) = (priority, date, "Phase of the rollout")
            }.id
        }
        let ended = try await open(1, "2026-03-11")
        let made = [try await open(2, "2026-04-02"), try await open(2, "2026-04-01"), try await open(1, "2026-05-01")]
        var cancel = CloseRequest()
        cancel.id = ended
        _ = try await world.call(OnboardingAPI.cancelOnboardingCase, cancel, as: world.agent)
        #expect(try await ids("rollout phase", world) == [made[2], made[1], made[0], ended])
        let first = try await found("rollout", world, size: 3)
        #expect(first.items.map(\.id) == [made[2], made[1], made[0]] && first.more)
        #expect(try await found("rollout", world, size: 4).more == false)
    }

    /// Customers find what they see, and nobody finds anything of another tenant.
    @Test func everybodyFindsWhatTheySee() async throws {
        let (world, record, task) = try await filled()
        let manager = try world.customer("sn_customerservice.customer_case_manager")
        #expect(try await ids("hardware", world, as: manager) == [record.id])
        #expect(try await ids("locations", world, as: manager).isEmpty)
        let contact = try world.customer()
        #expect(try await ids("hardware", world, as: contact).isEmpty)
        var update = UpdateLifecycleTaskRequest()
        update.lifecycleTask = LifecycleTask()
        update.lifecycleTask?.id = task.id
        update.lifecycleTask?.visibleToCustomer = true
        update.lifecycleTask?.contact = world.contact.id
        _ = try await world.call(OnboardingAPI.updateLifecycleTask, update, as: world.agent)
        for caller in [manager, contact] {
            let items = try await found("위치", world, as: caller).items
            #expect(items.map(\.id) == [task.id] && items.allSatisfy { $0.assignedTo.isEmpty })
        }
        let other = try await World(world.server)
        var inside = world.agent
        inside.domain = try #require(DomainPath(other.account.domain))
        for caller in [inside, try other.customer("sn_customerservice.customer_admin")] {
            for text in ["hardware", "위치", record.number ?? "", world.account.accountNumber ?? ""] {
                #expect(try await ids(text, world, as: caller).isEmpty, "\(text)")
            }
        }
    }

    /// Who sees few domains looks through these alone, and finds own records however many others of the domain share the
    /// word; who sees many walks the word.
    @Test func fewDomainsAreLookedThroughAlone() async throws {
        let (world, record, _) = try await filled()
        let customer = try world.customer("sn_customerservice.customer_case_manager")
        // Newer ones, of whoever else may have records there.
        _ = try await world.server.admin.run(
            """
            INSERT INTO onboarding.search_word (record, term, table_name, domain) \
            SELECT ('ffffffff-ffff-7fff-8fff-' || lpad(n::text, 12, '0'))::uuid, 'hardware', 'onboarding_case', \
            \(world.account.domain) FROM generate_series(1, 600) n
            """)
        #expect(try await ids("hardware", world, as: customer) == [record.id])
        func domains(_ caller: Caller) async throws -> String? {
            try await world.server.database.transaction(as: caller, deadline: .patient, readOnly: true) { tx in
                try tx.query("SELECT onboarding.search_domains('onboarding_case')::text AS domains").first?
                    .optionalString(at: 0)
            }
        }
        #expect(try await domains(customer) == "{\(world.account.domain)}")
        #expect(try await domains(world.agent) == "{\(world.account.domain)}")
        _ = try await world.server.admin.run(
            """
            INSERT INTO onboarding.search_word (record, term, table_name, domain) \
            SELECT gen_random_uuid(), 'elsewhere', 'onboarding_case', '/provider/x' || n || '/' \
            FROM generate_series(1, 101) n
            """)
        #expect(try await domains(world.agent) == nil)
        #expect(try await domains(customer) == "{\(world.account.domain)}")
    }

    /// However many others of the domain have one of two words, and however many domains there are.
    @Test func whatHasSeveralCommonWordsIsFound() async throws {
        let (world, record, _) = try await filled()
        _ = try await world.server.admin.run(
            """
            INSERT INTO onboarding.search_word (record, term, table_name, domain) \
            SELECT ('ffffffff-ffff-7fff-8fff-' || lpad(n::text, 12, '0'))::uuid, \
            CASE WHEN n % 2 = 0 THEN 'hardware' ELSE 'rollout' END, 'onboarding_case', \(world.account.domain) \
            FROM generate_series(1, 1200) n
            """)
        _ = try await world.server.admin.run(
            """
            INSERT INTO onboarding.search_word (record, term, table_name, domain) \
            SELECT gen_random_uuid(), 'hardware', 'onboarding_case', '/provider/x' || n || '/' \
            FROM generate_series(1, 20) n
            """)
        #expect(try await ids("hardware rollout", world) == [record.id])
    }

    /// Of a record that comes nothing is read but whether each of its words is there: to look for its words went through
    /// all of the domain as long as there were no statistics.
    @Test func wordsOfWhatComesAreNotLookedFor() async throws {
        let (world, _, task) = try await filled()
        let id = "ffffffff-ffff-7fff-8fff-ffffffffffff"
        let (reads, words) = try await world.server.database.transaction(as: world.agent, deadline: .patient) { tx in
            func reads() throws -> Int64? {
                try tx.query(
                    """
                    SELECT sum(pg_stat_get_xact_numscans(indexrelid))::bigint FROM pg_index \
                    WHERE indrelid = 'onboarding.search_word'::regclass
                    """
                ).first?.int64(at: 0)
            }
            let before = try reads() ?? 0
            _ = try tx.query(
                """
                INSERT INTO onboarding.lifecycle_task SELECT (jsonb_populate_record(task, \
                jsonb_build_object('id', \(id)::uuid, 'number', 'TASK-AGAIN'))).* \
                FROM onboarding.lifecycle_task task WHERE id = \(task.id)
                """)
            let after = try reads() ?? 0
            let words = try tx.query("SELECT count(*) FROM onboarding.search_word WHERE record = \(id)::uuid")
            return (after - before, try words.first?.int64(at: 0))
        }
        #expect(reads == words)
    }

    /// Whatever was left of the words of a record that was lost, it is found again when it comes back.
    @Test func whatComesBackIsFound() async throws {
        let (world, _, task) = try await filled()
        for statement: SQL in [
            "CREATE TABLE onboarding.kept AS SELECT * FROM onboarding.lifecycle_task",
            "ALTER TABLE onboarding.lifecycle_task DISABLE TRIGGER USER",
            "DELETE FROM onboarding.lifecycle_task WHERE id = \(task.id)",
            "ALTER TABLE onboarding.lifecycle_task ENABLE TRIGGER USER",
            "DELETE FROM onboarding.search_word WHERE record = \(task.id) AND term = 'locations'",
            "INSERT INTO onboarding.lifecycle_task SELECT * FROM onboarding.kept",
        ] {
            _ = try await world.server.admin.run(statement)
        }
        #expect(try await ids("locations send", world) == [task.id])
    }

    @Test(arguments: ["", "  ", "!?", "—", String(repeating: "a ", count: 21)]) func somethingHasToBeLookedFor(
        text: String
    ) async throws {
        let world = try await World()
        var request = SearchRequest()
        request.text = text
        let problem = await world.problem(OnboardingAPI.searchOnboarding, request, as: world.agent)
        #expect(problem?.code == .invalidArgument && problem?.violations.map(\.field) == ["text"])
    }
}
