import OnboardingWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// Lists of a few hundred random rows, page by page, against the same rows sorted in memory.
@Suite struct ListTests {
    /// Few values and many absent ones, so that every ordering has ties and every page boundary falls into one.
    private static func random(_ number: Int, _ source: inout SeededGenerator) -> TestTouchpoint {
        var draft = TestTouchpoint.draft("subject \(number)")
        func maybe<T>(_ values: [T]) -> T? {
            Int.random(in: 0..<3, using: &source) == 0 ? nil : values.randomElement(using: &source)
        }
        draft.description = ["b", "A", "a", "B", "é", "z", "가", "'"].randomElement(using: &source) ?? "a"
        draft.category = maybe(["general_conversation", "renewal_support", "value_and_adoption"])
        draft.dueDate = maybe(["2024-01-01", "2024-02-29", "2025-01-01"])
        draft.priority = maybe([1, 2, 3, 4, 5])
        draft.productRelated = maybe([true, false])
        draft.product = maybe(["a", "b", "c"].map { RecordID.derived(from: $0) })
        return draft
    }

    private static func filled(_ rows: Int, seed: UInt64 = 7) async throws -> Workbench {
        let bench = try await Workbench.make()
        let products = ReplicaSet([.soldProducts], bench.database, Client(InMemoryTransport()))
        for name in ["a", "b", "c"] {
            var product = SoldProduct()
            product.id = RecordID.derived(from: name)
            product.etag = "1"
            product.domain = "/provider/"
            product.name = name
            try await products.store(product)
        }
        var source = SeededGenerator(seed: seed)
        for _ in 0..<(rows / 100) {
            let drafts = (0..<100).map { _ in random(Int.random(in: 0..<1 << 40, using: &source), &source) }
            bench.clock.advance(seconds: Int64.random(in: 0...1, using: &source))
            let context = WriteContext(caller: .person(), now: bench.clock.now)
            let store = bench.store
            _ = try await bench.asking { tx in try store.createAll(drafts, context, in: tx) }
        }
        return bench
    }

    /// Postgres keeps a plan for everybody after five executions. Lists are asked by those who see one customer and by
    /// those who see all, and must not get each other's plan.
    @Test func everyListIsPlannedForItsCaller() async throws {
        let bench = try await Self.filled(100)
        let store = bench.store
        let generic = try await bench.asking(readOnly: true) { tx in
            var request = ListRequest()
            request.filter = "priority >= 2"
            for _ in 0..<12 { _ = try store.list(request, as: .person(), in: tx) }
            return try tx.query(
                """
                SELECT sum(generic_plans)::int8, sum(custom_plans)::int8 FROM pg_prepared_statements \
                WHERE statement LIKE '%ORDER BY id LIMIT%' AND statement NOT LIKE '%pg_prepared_statements%'
                """
            ).map { (try $0.int64(at: 0), try $0.int64(at: 1)) }
        }
        #expect(generic.first?.0 == 0)
        #expect(generic.first?.1 == 12)
    }

    /// The page of a record is found in the same way whoever of the provider opens it; for everybody else it is planned each
    /// time, as ``everyListIsPlannedForItsCaller()`` has it.
    @Test(arguments: [("/provider/", 3), ("/provider/d0000001/", 0), ("/", 0)])
    func aPageIsPlannedOnceForTheProvider(_ domain: String, _ once: Int64) async throws {
        let bench = try await Self.filled(100)
        let store = bench.store
        let caller = Caller.person(domain)
        let planned = try await bench.asking(caller, readOnly: true) { tx in
            tx.planPage(for: caller)
            let page = try store.selection(where: "priority = \(2)::int4", limit: 7, as: caller)
            for _ in 0..<3 { _ = try tx.query(page) }
            return try tx.query(
                """
                SELECT sum(generic_plans)::int8, sum(custom_plans)::int8 FROM pg_prepared_statements \
                WHERE statement LIKE '%priority = $_::int4%' AND statement NOT LIKE '%pg_prepared_statements%'
                """
            ).map { [try $0.int64(at: 0), try $0.int64(at: 1)] }
        }
        #expect(planned == [[once, 3 - once]])
    }

    private func all(
        _ bench: Workbench, order: String, filter: String = "", size: Int32
    ) async throws -> [TestTouchpoint] {
        var request = ListRequest()
        request.orderBy = order
        request.filter = filter
        request.pageSize = size
        var records: [TestTouchpoint] = []
        repeat {
            let page = try await bench.list(request)
            records += page.records
            request.pageToken = page.nextPageToken
            #expect(page.nextPageToken.isEmpty || page.records.count == Int(size))
        } while !request.pageToken.isEmpty && records.count < 10_000
        return records
    }

    /// Absent values last when ascending, first when descending; texts by their bytes; ties by id.
    private static func isBefore(_ a: TestTouchpoint, _ b: TestTouchpoint, _ order: [(field: String, descending: Bool)])
        -> Bool
    {
        for (field, descending) in order {
            let (left, right) = (a[named: field], b[named: field])
            if left == right { continue }
            if left == .null || right == .null { return (right == .null) != descending }
            let isLess =
                switch (left, right) {
                case (.string(let x), .string(let y)): Array(x.utf8).lexicographicallyPrecedes(Array(y.utf8))
                case (.int(let x), .int(let y)): x < y
                case (.bool(let x), .bool(let y)): !x && y
                case (.timestamp(let x), .timestamp(let y)): x < y
                default: false
                }
            return isLess != descending
        }
        return a.id < b.id
    }

    static let orders = [
        "", "id", "id desc", "priority", "priority desc", "due_date, priority desc", "due_date desc, priority",
        "category desc, due_date, priority desc, description", "description", "description desc",
        "product_related, category", "product_related desc, product desc, id desc", "created_at desc, subject",
        "number desc", "product, due_date desc", "state, progress, channel",
    ]

    @Test(arguments: orders) func everyOrderByPages(_ order: String) async throws {
        let bench = try await Self.filled(300)
        var terms = order.split(separator: ",").map { part -> (field: String, descending: Bool) in
            let words = part.split(separator: " ")
            return (String(words[0]), words.count == 2)
        }
        let whole = try await all(bench, order: order, size: 1_000)
        #expect(whole.count == 300)
        if terms.last?.field == "id", terms.last?.descending == true {
            terms.removeLast()
            #expect(whole == whole.sorted { Self.isBefore($0, $1, terms + [("id", true)]) })
        } else {
            #expect(whole == whole.sorted { Self.isBefore($0, $1, terms) })
        }
        for size: Int32 in [1, 7, 64] {
            let paged = try await all(bench, order: order, size: size)
            #expect(paged.map(\.id) == whole.map(\.id), "\(order) by \(size)")
        }
        await bench.close()
    }

    /// What was there when the list began is shown once and in order, whatever comes and goes meanwhile.
    @Test(arguments: ["", "priority desc, description", "due_date, category desc"])
    func pagesAreStableUnderWrites(_ order: String) async throws {
        let bench = try await Self.filled(200)
        let before = try await all(bench, order: order, size: 1_000).map(\.id)
        var request = ListRequest()
        request.orderBy = order
        request.pageSize = 9
        var seen: [String] = []
        var gone: Set<String> = []
        var source = SeededGenerator(seed: 3)
        repeat {
            let page = try await bench.list(request)
            seen += page.records.map(\.id)
            request.pageToken = page.nextPageToken
            let drafts = (0..<5).map { Self.random(1 << 50 + $0 + seen.count * 10, &source) }
            let store = bench.store
            let context = WriteContext(caller: .person(), now: bench.clock.now)
            _ = try await bench.asking { tx in try store.createAll(drafts, context, in: tx) }
            // The very record that the token stands for may go.
            if let last = page.records.last {
                try await bench.psql("DELETE FROM customer_success.touchpoint WHERE id = '\(last.id)'")
                gone.insert(last.id)
            }
        } while !request.pageToken.isEmpty && seen.count < 3_000
        #expect(Set(seen).count == seen.count)
        let old = Set(before)
        #expect(seen.filter(old.contains) == before)
        #expect(gone.count > 10)
        await bench.close()
    }

    @Test func filtersNarrowAndCount() async throws {
        let bench = try await Self.filled(200)
        let everything = try await all(bench, order: "", size: 1_000)
        let filter = "priority > 2 AND due_date < \"2025-01-01\" AND NOT category = \"renewal_support\""
        let expected = everything.filter { record in
            guard let priority = record.priority, let due = record.dueDate else { return false }
            return priority > 2 && due < "2025-01-01" && record.category != "renewal_support"
        }
        let found = try await all(bench, order: "", filter: filter, size: 5)
        #expect(Set(found.map(\.id)) == Set(expected.map(\.id)) && !found.isEmpty)
        var request = ListRequest()
        request.filter = filter
        request.count = true
        request.pageSize = 1
        #expect(try await bench.list(request).totalSize == Int64(expected.count))
        request.count = false
        #expect(try await bench.list(request).totalSize == nil)
        await bench.close()
    }

    @Test func aTokenOfAnotherListIsRefused() async throws {
        let bench = try await Self.filled(100)
        var request = ListRequest()
        request.pageSize = 5
        request.filter = "priority = 1"
        let token = try await bench.list(request).nextPageToken
        #expect(!token.isEmpty)
        request.pageToken = token
        for change: (inout ListRequest) -> Void in [
            { $0.filter = "priority = 2" }, { $0.orderBy = "priority" }, { $0.filter = "" },
            { $0.pageToken = String(token.dropLast()) }, { $0.pageToken = "x" }, { $0.pageToken = token + "AA" },
        ] {
            var other = request
            change(&other)
            let asked = other
            let refused = try await problem { _ = try await bench.list(asked) }
            #expect(refused.code == .invalidArgument && refused.violations.first?.field == "page_token")
        }
        // Another domain's list is another list.
        let asked = request
        let refused = try await problem { _ = try await bench.list(asked, .person("/")) }
        #expect(refused.reason == "PAGE_TOKEN")
        // Another page size is not.
        request.pageSize = 1
        #expect(try await bench.list(request).records.count == 1)
        await bench.close()
    }

    /// A hidden field must not be guessed by filters, orderings, or from the answer.
    @Test func hiddenFieldsAreNotThere() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        var draft = TestTouchpoint.draft("shown")
        draft.watchList = ["bob"]
        draft.account = RecordID.derived(from: "account")
        _ = try await bench.perform(create: draft)
        let roles = RoleCatalog.close(["sn_acct_lc.touchpoint_read"])
        let customer = Caller(
            subject: "carol", kind: .customer, domain: DomainPath("/provider/") ?? .root, roles: roles,
            account: RecordID.derived(from: "account"))
        var request = ListRequest()
        let shown = try #require(try await bench.list(request, customer).records.first)
        #expect(shown.subject == "shown" && shown.watchList.isEmpty && shown.domain.isEmpty && shown.createdBy.isEmpty)
        for filter in ["watch_list:bob", "created_by = \"alice\"", "domain = \"/provider/\"", "work_notes:x"] {
            request.filter = filter
            let asked = request
            let refused = try await problem { _ = try await bench.list(asked, customer) }
            #expect(refused.violations.first?.field == "filter", "\(filter)")
        }
        request.filter = ""
        request.orderBy = "created_by"
        let asked = request
        let refused = try await problem { _ = try await bench.list(asked, customer) }
        #expect(refused.violations.first?.field == "order_by")
        await bench.close()
    }

    /// The order's values travel in the page token, which has a bound: refused with a reason, not with a token that
    /// nobody takes back.
    @Test func anOrderingTooLongForATokenIsRefused() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        for number in 0..<2 {
            var draft = TestTouchpoint.draft("long \(number)")
            draft.description = String(repeating: "x", count: 20_000)
            _ = try await bench.perform(create: draft)
        }
        var request = ListRequest()
        request.pageSize = 1
        request.orderBy = "description"
        let asked = request
        let refused = try await problem { _ = try await bench.list(asked) }
        #expect(refused.violations.first?.field == "order_by")
        await bench.close()
    }

    @Test func accessRowsDecideWhoLists() async throws {
        let bench = try await Workbench.make(poolSize: 1)
        let nobody = Caller(subject: "eve", kind: .person, domain: .root, roles: [])
        #expect(try await problem { _ = try await bench.list(ListRequest(), nobody) }.code == .permissionDenied)
        await bench.close()
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
