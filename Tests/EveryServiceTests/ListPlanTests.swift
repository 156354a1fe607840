import CustomerSuccessService
import Foundation
import ImportValidationService
import NotifierService
import OnboardingService
import Platform
import PlayLauncherService
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing

/// What a list or a page is made of is found by an index in the order it is shown: the work for it grows with what is
/// shown, and not with what there is. Each is asked of a service with tens of thousands of rows, and the server tells what
/// it did.
@Suite(.serialized, .timeLimit(.minutes(15))) struct ListPlanTests {
    /// How many rows may be passed over or put into order: two pages of the usual size.
    static let page = 100
    /// Who asks, of the provider, for whom everything is visible.
    static let me = "00000000-0000-7000-8000-000000000001"

    @Test(arguments: Tested.names) func nothingGrowsWithWhatThereIs(_ name: String) async throws {
        let service = try #require(Tested.services.first { $0.name == name })
        let lists = try #require(Listed.all[name]).withRecords(of: name)
        let bench = try await watched(service, lists)
        for list in lists.asked {
            guard let plans = try await bench(list) else {
                #expect(list.asker == .customer, "\(list.name) is refused")
                continue
            }
            #expect(!plans.isEmpty, "nothing is known of \(list.name)")
            let found = Set(plans.flatMap(\.excesses))
            for plan in plans {
                for excess in plan.excesses where list.reasons[excess.key] == nil {
                    Issue.record("\(list.name): \(excess) in \(plan.statement)")
                }
            }
            // Which of several ways the server takes may change; that it takes none of them means that the reason is gone.
            let isNeeded = list.reasons.isEmpty || found.contains { list.reasons[$0.key] != nil }
            #expect(isNeeded, "\(list.name) no longer needs a reason for \(list.reasons.keys)")
        }
    }

    /// Every method that answers a list or a page is looked at, or it is said why there is never much of it.
    @Test(arguments: Tested.names) func everyListIsLookedAt(_ name: String) throws {
        let service = try #require(Tested.services.first { $0.name == name })
        let lists = try #require(Listed.all[name]).withRecords(of: name)
        let asked = Set(lists.asked.map(\.subject))
        let listing = Set(service.api.map { $0.subject.split(separator: ".").suffix(2).joined(separator: ".") }).filter
        {
            Listed.isList($0) && Lists.few[$0] == nil
        }
        #expect(listing.subtracting(asked).sorted() == [])
    }

    /// A service with many rows; has a list asked for and answers what was done for it, nil when it is not for who asks.
    private func watched<Definition: ServiceDefinition>(
        _ service: Definition.Type, _ lists: Lists
    ) async throws -> (Listed) async throws -> [QueryPlan]? {
        var bench = try await ServiceBench<Definition>(poolSize: 2)
        try await bench.watchPlans()
        if Definition.name != Onboarding.name { try await bench.standIn(for: Onboarding.name, Tested.emptyOnboarding) }
        let files = FileManager.default.temporaryDirectory.appending(path: "lists-\(UUID().uuidString)").path
        try await bench.serveWhole(
            ["ALE_FILES_DIRECTORY": files, "ALE_MAIL_FROM": "ale@provider.example"], key: .make(), isAlone: true)
        for table in lists.tables {
            let sql = FilledTables.sql(
                schema: bench.database.schema, table: table.name, rows: table.rows, table.columns)
            _ = try await bench.admin.run("\(raw: sql)")
        }
        let asked = bench
        return { list in
            do {
                return try await asked.plans(page: Self.page) {
                    _ = try await asked.call(
                        json: list.json, to: "ale.v1.\(Definition.name).\(list.subject)", as: list.caller)
                }
            } catch {
                guard (error as? Problem)?.code == .permissionDenied else { throw error }
                return nil
            }
        }
    }

    /// The check finds what it is there for.
    @Test func theCheckCatches() async throws {
        let lists = Lists(
            tables: [Filled("engagement", rows: 5_000, ["domain": "'/provider/'", "title": "'t' || n % 7"])],
            asked: [
                Listed("an order without an index", "engagements.list", #"{"orderBy": "title"}"#),
                Listed("a filter without an index", "engagements.list", #"{"filter": "title = t9"}"#),
            ])
        let ask = try await watched(CustomerSuccess.self, lists)
        let sort = try #require(try await ask(lists.asked[0])).flatMap(\.excesses)
        #expect(sort.map(\.key) == ["sort engagement"] && sort.first?.rows == 5_000, "\(sort)")
        let filter = try #require(try await ask(lists.asked[1])).flatMap(\.excesses)
        #expect(filter.map(\.key).contains("filter engagement"), "\(filter)")
    }
}

extension Excess {
    /// Names it among the reasons of a list.
    var key: String { "\(work.rawValue) \(table)" }
}

/// A table with many rows.
struct Filled: Sendable {
    let name: String
    let rows: Int
    /// What columns hold, as SQL over the number `n` of the row.
    let columns: [String: String]

    init(_ name: String, rows: Int = 20_000, _ columns: [String: String]) {
        self.name = name
        self.rows = rows
        self.columns = columns
    }

    /// Which of fifty customers has the row: the first has half of all. Of those that have little the server takes all, as
    /// soon as that is quicker.
    private static let party = "CASE WHEN n % 2 = 1 THEN 1 ELSE (n / 2 - 1) % 49 + 2 END"
    /// The customer's domain, and the id of the first of its accounts, contacts, engagements …
    static let domain = "'/provider/c' || \(party) || '/'"
    static let customer = FilledTables.id(party)
    /// The id of one of `count` rows, each with as many of this table's.
    static func one(of count: Int) -> String { FilledTables.id("(n - 1) % \(count) + 1") }
    /// The same as a text, for people.
    static func person(of count: Int) -> String { one(of: count) + "::text" }
    /// Every second row in whatever group.
    static let half = "hashint4(n) % 2 = 0"
    /// A day of the coming year, in no order.
    static let day = "current_date + abs(hashint4(n + 7)) % 365"
}

/// What is asked for, and why a plan may do more than its page needs.
struct Listed: Sendable {
    /// Who asks.
    enum Asker: Sendable {
        /// An administrator of the provider, for whom everything is visible.
        case provider
        /// Who administers the first account, and is its contact.
        case customer
        /// Another service.
        case service
    }

    let name: String
    /// The last two parts.
    let subject: String
    let json: String
    var asker = Asker.provider
    /// By ``Excess/key``.
    var reasons: [String: String]

    init(_ name: String, _ subject: String, _ json: String, reasons: [String: String] = [:]) {
        self.name = name
        self.subject = subject
        self.json = json
        self.reasons = reasons
    }

    /// A list of records.
    static func records(_ collection: String, _ filter: String, by order: String = "") -> Listed {
        Listed(
            "\(collection) \(filter) by \(order)", "\(collection).list",
            #"{"filter": "\#(filter.replacing("\"", with: "\\\""))", "orderBy": "\#(order)", "pageSize": 50}"#)
    }
}

/// The lists of one service.
struct Lists: Sendable {
    var tables: [Filled]
    var asked: [Listed]
}
