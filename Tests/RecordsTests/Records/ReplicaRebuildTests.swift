import CustomerSuccessWire
import ImportValidationWire
import OnboardingWire
import RPC
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire

@testable import Ground
@testable import Records

/// A replica is rebuilt from its owner: what was lost comes back, what is stale goes, and whatever happens meanwhile wins.
@Suite(.timeLimit(.minutes(15))) struct ReplicaRebuildTests {
    private func location(_ name: String, revision: Int64 = 7, domain: String = "/provider/d1/") -> Location {
        var location = Location()
        location.id = RecordID.derived(from: name)
        location.name = name
        location.domain = domain
        location.etag = String(revision)
        return location
    }

    private func rebuildAll(_ replicas: ReplicaSet) async throws {
        try await replicas.ask(for: "location", by: .person())
        while try await replicas.rebuildNext() {}
    }

    @Test func lostRowsComeBackAndStaleOnesGo() async throws {
        let bench = try await Workbench.make()
        let owner = LocationOwner()
        let (replicas, _) = try await owner.replicas(in: bench)
        owner.set((0..<1_300).map { location("n\($0)", domain: "/provider/d\($0 % 9)/") })
        try await rebuildAll(replicas)
        #expect(try await bench.count("customer_success.location WHERE revision = 7") == 1_300)
        // Lost rows, outdated ones, one that is newer than what the owner answers, and many that it no longer has.
        try await bench.psql(
            """
            DELETE FROM customer_success.location WHERE name LIKE 'n1%';
            UPDATE customer_success.location SET name = 'outdated', revision = 3 WHERE name LIKE 'n2%';
            """)
        try await replicas.store(location("n30", revision: 50))
        for number in 0..<600 { try await replicas.store(location("gone \(number)", revision: 99)) }
        try await rebuildAll(replicas)
        #expect(try await bench.count("customer_success.location") == 1_300)
        #expect(try await bench.count("customer_success.location WHERE name LIKE 'n%' AND revision = 7") == 1_299)
        #expect(try await bench.count("customer_success.location WHERE name = 'n30' AND revision = 50") == 1)
        let state = try #require(try await replicas.states(for: .person("/provider/d1/")).first)
        #expect(state.removed == 600 && state.stored == 1_300 && !state.isRebuilding && state.rebuiltAt != nil)
        #expect(state.owner == "onboarding" && state.table == "location")
        // Of the rows only those in the caller's scope are counted.
        #expect(state.rows == Int64(try await bench.count("customer_success.location WHERE domain = '/provider/d1/'")))
        await bench.close()
    }

    /// What events bring between the owner's reading a page and its being compared.
    @Test func whatHappensMeanwhileWins() async throws {
        let bench = try await Workbench.make()
        let owner = LocationOwner()
        let (replicas, _) = try await owner.replicas(in: bench)
        owner.set((0..<20).map { location("n\($0)") })
        let table = ReplicaTable(Location.self, fields: ["name", "city"], bench.database)
        let (fresh, changed, deleted) = (location("fresh"), location("n3", revision: 8), location("n5"))
        owner.meanwhile { (_) async throws(Problem) in
            owner.set([fresh, changed])
            owner.remove(deleted.id)
            try await table.store([fresh, changed])
            try await table.remove(deleted.id)
        }
        try await rebuildAll(replicas)
        #expect(try await replicas.holds(Location.self, fresh.id))
        #expect(try await !replicas.holds(Location.self, deleted.id))
        #expect(try await bench.count("customer_success.location WHERE name = 'n3' AND revision = 8") == 1)
        #expect(try await bench.count("customer_success.location") == 20)
        await bench.close()
    }

    /// An instance that ends leaves the rest to another; asking again meanwhile does not begin anew.
    @Test func anotherInstanceGoesOn() async throws {
        let bench = try await Workbench.make()
        let owner = LocationOwner()
        owner.set((0..<1_200).map { location("n\($0)") })
        let (first, _) = try await owner.replicas(in: bench)
        try await first.ask(for: "location", by: .person())
        #expect(try await first.rebuildNext())
        let restarted = try bench.restarted()
        let (second, _) = try await owner.replicas(in: restarted)
        try await second.ask(for: "location", by: .person())
        owner.set(isAway: true)
        let refused = try await problem { _ = try await second.rebuildNext() }
        #expect(refused.code == .unavailable)
        owner.set(isAway: false)
        while try await second.rebuildNext() {}
        #expect(owner.pages.filter(\.isEmpty).count == 1 && owner.pages.count == 3)
        #expect(try await bench.count("customer_success.location") == 1_200)
        await restarted.close()
        await bench.close()
    }

    /// A replica whose owner does not answer keeps the others from nothing, and the operator reads why it waits.
    @Test func oneThatFailsLetsTheOthersGoFirst() async throws {
        let bench = try await Workbench.make()
        let owner = LocationOwner()
        owner.set((0..<1_200).map { location("n\($0)") })
        // Nobody answers for import tasks here.
        let absent = Replica(
            ImportTask.self, fields: [.number], readers: .rules, get: ImportValidationAPI.getImportTask,
            list: ImportValidationAPI.listImportTasks)
        let (replicas, _) = try await owner.replicas(in: bench, besides: [absent])
        try await bench.psql(
            """
            CREATE TABLE customer_success.import_task (
                id uuid PRIMARY KEY, revision bigint, domain text COLLATE "C", number text);
            SELECT customer_success.separate('import_task');
            """)
        func state(_ table: String, _ caller: Caller = .person()) async throws -> ReplicaState {
            try #require(try await replicas.states(for: caller).first { $0.table == table })
        }
        try await replicas.ask(for: "import_task", by: .person())
        try await replicas.ask(for: "location", by: .person())
        let refused = try await problem { _ = try await replicas.rebuildNext() }
        #expect(try await state("import_task").failure == refused.text.en)
        for _ in 0..<3 { #expect(try await replicas.rebuildNext()) }
        let rebuilt = try await state("location")
        #expect(!rebuilt.isRebuilding && rebuilt.stored == 1_200 && rebuilt.failure.isEmpty)
        #expect(try await state("import_task").isRebuilding)
        _ = try await problem { _ = try await replicas.rebuildNext() }
        // Who asks anew is not kept waiting behind what is under way since.
        owner.set((0..<1_200).map { location("n\($0)", revision: 9) })
        try await replicas.ask(for: "location", by: .person())
        #expect(try await replicas.rebuildNext())
        try await replicas.ask(for: "import_task", by: .person())
        _ = try await problem { _ = try await replicas.rebuildNext() }
        for _ in 0..<2 { #expect(try await replicas.rebuildNext()) }
        #expect(try await !state("location").isRebuilding)
        let korean = Caller.holding("admin", domain: "/provider/", locale: "ko")
        let waiting = try await state("import_task", korean)
        #expect(waiting.isRebuilding && waiting.failure == refused.text.ko)
        await bench.close()
    }

    @Test func administratorsAskForIt() async throws {
        let bench = try await Workbench.make()
        let owner = LocationOwner()
        let (replicas, client) = try await owner.replicas(in: bench)
        owner.set([location("a")])
        var request = RebuildReplicaRequest()
        request.table = "location"
        for token in ["/provider/|sn_acct_lc.agent", "/provider/d1/|sn_customerservice.customer"] {
            let stranger = Credential.token(token)
            let rebuilding = try await problem {
                _ = try await client.call(CustomerSuccessAPI.rebuildReplica, request, as: stranger)
            }
            let listing = try await problem {
                _ = try await client.call(CustomerSuccessAPI.listReplicas, ListReplicasRequest(), as: stranger)
            }
            #expect(rebuilding.code == .permissionDenied && listing.code == .permissionDenied)
        }
        #expect(try await !replicas.rebuildNext())
        let administrator = Credential.token("/provider/|admin")
        let asked = try await client.call(CustomerSuccessAPI.rebuildReplica, request, as: administrator)
        #expect(asked.isRebuilding && asked.askedBy == "somebody" && asked.table == "location" && asked.rows == 0)
        let work = Task { await replicas.rebuild() }
        try await waitUntil("the replica is rebuilt") {
            let listed = try await client.call(
                CustomerSuccessAPI.listReplicas, ListReplicasRequest(), as: administrator)
            return listed.replicas.map { [$0.rows, $0.stored] } == [[1, 1]] && !listed.replicas[0].isRebuilding
        }
        work.cancel()
        await work.value
        request.table = "touchpoint"
        let unknown = try await problem {
            _ = try await client.call(CustomerSuccessAPI.rebuildReplica, request, as: administrator)
        }
        #expect(unknown.code == .invalidArgument && unknown.violations.first?.field == "table")
        await bench.close()
    }

    /// Pages show a replica to those who may read the records at their owner, and to nobody else.
    @Test func pagesShowWhatTheCallerMayRead() async throws {
        let bench = try await Workbench.make()
        let (replicas, _) = try await LocationOwner().replicas(in: bench)
        try await replicas.store(location("here", domain: "/provider/d1/"))
        try await replicas.store(location("elsewhere", domain: "/provider/d2/"))
        func names(_ caller: Caller) async throws -> [String] {
            let database = bench.database
            return try await bench.asking(caller, readOnly: true) { tx in
                let locations = database.replica(Location.self, .name, as: caller)
                return try tx.query("SELECT coalesce(name, '-') FROM \(locations) place ORDER BY 1").map {
                    try $0.string(at: 0)
                }
            }
        }
        func caller(_ kind: Caller.Kind, _ domain: String, _ role: String) throws -> Caller {
            Caller(subject: "s", kind: kind, domain: try #require(DomainPath(domain)), roles: [role])
        }
        #expect(try await names(caller(.person, "/provider/", "sn_acct_lc.agent")) == ["elsewhere", "here"])
        #expect(try await names(caller(.person, "/provider/d1/", "sn_acct_lc.agent")) == ["here"])
        #expect(try await names(caller(.person, "/provider/d1/", "no_such_role")) == [])
        // To a customer with the right to read locations the dictionary shows no names of theirs.
        let membership = Membership(
            account: RecordID.derived(from: "account"), domain: try #require(.init("/provider/d1/")))
        let customer = try #require(Caller(subject: "s", roles: ["admin"], memberships: [membership]))
        #expect(try await names(customer) == ["-"])
        await bench.close()
    }

    @Test(arguments: [Replica.Readers.provider, .rules])
    func readersAreDeclared(readers: Replica.Readers) throws {
        func caller(_ kind: Caller.Kind) -> Caller {
            Caller(subject: "s", kind: kind, domain: .root, roles: ["admin"])
        }
        #expect(readers.admit(caller(.service), to: "location"))
        #expect(!readers.admit(caller(.customer), to: "location"))
        #expect(readers.admit(caller(.person), to: "location") == (readers == .provider))
    }
}
