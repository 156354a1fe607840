import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire

/// What a record points to must be there, and not in another tenant.
@Suite struct ReferenceTests {
    private func product(_ name: String, _ domain: String) -> SoldProduct {
        var product = SoldProduct()
        product.id = RecordID.derived(from: name)
        product.etag = "1"
        product.domain = domain
        product.name = name
        return product
    }

    /// A bench whose touchpoints refer to replicated products: one in each of some domains.
    private func filled() async throws -> (bench: Workbench, replica: ReplicaSet) {
        let bench = try await Workbench.make()
        let replica = ReplicaSet([.soldProducts], bench.database, Client(InMemoryTransport()))
        for domain in ["/", "/provider/", "/provider/d1/", "/provider/d2/"] {
            try await replica.store(product(domain, domain))
        }
        return (bench, replica)
    }

    private func draft(_ subject: String, product: String) -> TestTouchpoint {
        var draft = TestTouchpoint.draft(subject)
        draft.product = RecordID.derived(from: product)
        return draft
    }

    @Test func aReferenceStaysInItsTenant() async throws {
        let (bench, _) = try await filled()
        let caller = Caller.person("/provider/d1/")
        #expect(try await bench.perform(create: draft("own", product: "/provider/d1/"), caller: caller).product != nil)
        // A sibling's is not there; one below the record's own domain is seen by the caller, and refused all the same.
        for (path, product) in [("/provider/d1/", "/provider/d2/"), ("/provider/", "/provider/d1/")] {
            let refused = try await problem {
                _ = try await bench.perform(create: draft("x", product: product), caller: .person(path))
            }
            #expect(refused.code == .invalidArgument && refused.reason == "NO_SUCH_REFERENCE", "\(path) to \(product)")
            #expect(refused.violations.first?.field == "touchpoint.product")
        }
        // The same for a change.
        let made = try await bench.create("changing", caller)
        let refused = try await problem {
            try await bench.change(made.id, caller) { $0.product = RecordID.derived(from: "/provider/d2/") }
        }
        #expect(refused.reason == "NO_SUCH_REFERENCE")
        await bench.close()
    }

    /// What the replica does not hold yet is fetched from its owner, once, and then the write goes on.
    @Test func missingReplicasAreFetched() async throws {
        let (bench, replica) = try await filled()
        let asked = Counter()
        let late = product("late", "/provider/")
        let source = ReplicaSource { (table, id, _) async throws(Problem) in
            asked.add(1)
            guard table == "sold_product", id == late.id else { return false }
            try await replica.store(late)
            return true
        }
        let call = Call(caller: .person(), deadline: .patient)
        let wanted = draft("late", product: "late")
        let made = try await fetchingReplicas(source, call) { () async throws(Problem) in
            try await bench.perform(create: wanted, requestID: "late")
        }
        #expect(made.product == late.id && asked.value == 1)
        // What the owner does not know either is refused after one question.
        let unknown = draft("never", product: "never")
        let refused = try await problem {
            _ = try await fetchingReplicas(source, call) { () async throws(Problem) in
                try await bench.perform(create: unknown)
            }
        }
        #expect(refused.reason == "NO_SUCH_REFERENCE" && asked.value == 2)
        await bench.close()
    }

    @Test func batchesAreAllOrNothing() async throws {
        let (bench, _) = try await filled()
        let store = bench.store
        let context = WriteContext(caller: .person(), now: bench.clock.now)
        func create(_ drafts: [TestTouchpoint]) async throws -> [TestTouchpoint] {
            try await bench.asking { tx in try store.createAll(drafts, context, in: tx) }
        }
        let drafts = (0..<250).map { draft("batch \($0)", product: "/provider/") }
        let made = try await create(drafts)
        #expect(made.map(\.subject) == drafts.map(\.subject))
        #expect(made.compactMap(\.number) == (1...250).map { RecordNumber.text("TCHPT", $0) })
        #expect(Set(made.map(\.id)).count == 250)
        let read = try await bench.list(
            {
                var request = ListRequest()
                request.pageSize = 1_000
                request.orderBy = "number"
                return request
            }())
        #expect(read.records == made)
        // One wrong reference, and one that the database refuses: nothing of the batch is there.
        for wrong in [draft("wrong", product: "never"), draft("batch 7", product: "/provider/")] {
            _ = try await problem { _ = try await create([draft("new", product: "/provider/"), wrong]) }
        }
        #expect(try await bench.count("customer_success.touchpoint") == 250)
        #expect(try await bench.count("customer_success.outbox") == 250)
        #expect(try await create([]).isEmpty)
        await bench.close()
    }

    /// A row that would lie outside the caller's scope is refused as such, and is no fault of the service.
    @Test func aRowOutsideTheScopeIsRefused() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let refused = try await problem {
            try await bench.asking(.person("/provider/d1/")) { tx in
                tx.send(
                    """
                    INSERT INTO customer_success.effect (consumer, event, record, revision, domain)
                    VALUES ('x', gen_random_uuid(), gen_random_uuid(), 1, '/provider/')
                    """)
            }
        }
        #expect(refused.code == .permissionDenied)
        await bench.close()
    }
}
