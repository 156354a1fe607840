import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Rows of workbooks on their way into the target tables, on a real database (G-55, G-56).
@Suite struct PublishingTests {
    static let columns = ["account", "number", "end_date", "contract_value"]

    private func contracts(_ world: World) async throws -> [String: Contract] {
        var list = ListRequest()
        list.filter = "account = \"\(world.account.id)\""
        list.pageSize = 1_000
        let contracts = try await world.call(OnboardingAPI.listContracts, list, as: world.agent).contracts
        return Dictionary(uniqueKeysWithValues: contracts.map { ($0.number ?? "", $0) })
    }

    @Test func aFailingRowHoldsNothingBack() async throws {
        let world = try await World()
        let answer = try await world.publish(
            "contract", Self.columns,
            [
                ["Ernst Handel", "C1", "2027-01-01", "1863.4"], ["Ernst Händel", "C2", "2027-01-01", ""],
                ["", "C3", "2027-02-30", "x"], [world.account.id, "C4", "2027-01-01", ""], ["", "", "2027-01-01", ""],
                ["", "C5"],
            ])
        #expect(answer.results.map(\.outcome) == ["created", "failed", "failed", "created", "failed", "failed"])
        #expect(answer.results.map(\.rowID) == ["0", "1", "2", "3", "4", "5"])
        #expect(answer.results[2].message.contains("YYYY-MM-DD") && answer.results[2].message.contains("1863.4"))
        let stored = try await contracts(world)
        #expect(Set(stored.keys) == ["C1", "C4"] && stored["C1"]?.id == answer.results[0].targetRecord)
        #expect(stored["C1"]?.domain == world.account.domain && stored["C1"]?.createdBy == world.agent.subject)
    }

    @Test func publishedTwiceIsPublishedOnce() async throws {
        let world = try await World()
        let rows = [["", "C1", "2027-01-01", "10.50"], ["", "C2", "2027-01-01", ""]]
        let first = try await world.publish("contract", Self.columns, rows, requestID: "p1")
        #expect(try await world.publish("contract", Self.columns, rows, requestID: "p1") == first)
        let again = try await world.publish("contract", Self.columns, rows, requestID: "p2")
        #expect(again.results.map(\.outcome) == ["unchanged", "unchanged"])
        #expect(again.results.map(\.targetRecord) == first.results.map(\.targetRecord))
        let changed = try await world.publish(
            "contract", Self.columns, [["", "C1", "2028-01-01", ""], ["", "C2", "2027-01-01", "7"]])
        #expect(changed.results.map(\.outcome) == ["updated", "updated"])
        let stored = try await contracts(world)
        #expect(stored.count == 2 && stored["C1"]?.endDate == "2028-01-01")
        #expect(stored["C1"]?.contractValue == "10.5", "an empty cell leaves the field as it is")
    }

    /// Programs and the database fold texts alike, character by character, so that what one finds the other keeps apart.
    @Test func programAndDatabaseFoldAlike() async throws {
        let world = try await World()
        let scalars = (UInt32(1)...0x1_FFFF).compactMap(Unicode.Scalar.init).filter { scalar in
            let properties = scalar.properties
            return properties.generalCategory != .unassigned && properties.generalCategory != .privateUse
                && (properties.age?.major ?? 99) <= 14
        }
        let texts = scalars.map { "A" + String(Character($0)) + "b\u{301}Σ  " }
        let folded = texts.map(\.alike)
        let wrong = try await world.server.admin.transaction { tx in
            try tx.query(
                """
                SELECT encode(convert_to(t.text, 'UTF8'), 'hex') FROM unnest(\(texts)::text[], \(folded)::text[]) AS t(text, folded)
                WHERE onboarding.folded(t.text) <> t.folded LIMIT 10
                """
            ).map { try $0.string(at: 0) }
        }
        #expect(texts.count > 50_000 && wrong.isEmpty, "\(wrong)")
    }

    /// Row-level security included, which keeps a condition that folds the text from any index.
    @Test func textsAreLookedUpByTheIndexesOverKeys() async throws {
        let world = try await World()
        let texts = (1...500).map { "place \($0)" }
        for (schema, index) in [
            (Location.schema, "location_natural_key"), (CustomerAccount.schema, "customer_account_alike"),
        ] {
            let bounds: SQL = NamedRecords.areOfAccounts(schema) ? "account = \(world.account.id)" : "true"
            let plan = try await world.server.database.transaction(as: world.agent, deadline: .patient, readOnly: true)
            { tx in
                try tx.walking {
                    try tx.query("EXPLAIN " + AlikeSQL.lookup("name", texts, in: schema, bounds))
                }.map { try $0.string(at: 0) }
            }
            #expect(plan.contains { $0.contains("Index Cond") && $0.contains("name_alike") }, "\(plan)")
            #expect(plan.contains { $0.contains(index) }, "\(plan)")
        }
    }

    @Test func keysThatLookAlikeAreOneRecord() async throws {
        let world = try await World()
        let columns = ["number", "end_date"]
        let first = try await world.publish(
            "contract", columns, [["Ä-100", "2027-01-01"], ["LT 3503", "2027-01-01"]])
        let again = try await world.publish(
            "contract", columns, [["A\u{308}-100", "2028-01-01"], ["lt\u{A0}35\u{200B}03", "2028-01-01"]])
        #expect(again.results.map(\.outcome) == ["updated", "updated"])
        #expect(again.results.map(\.targetRecord) == first.results.map(\.targetRecord))
        var creation = CreateContractRequest()
        var contract = Contract()
        contract.account = world.account.id
        contract.number = "ä-\u{FEFF}100"
        contract.endDate = "2027-01-01"
        creation.contract = contract
        let double = await world.problem(OnboardingAPI.createContract, creation, as: world.agent)
        #expect(double?.violations.first?.rule == "G-56", "the API's own writes keep to the same keys")
        contract.number = " B\u{308}-7\u{200B} "
        creation.contract = contract
        let seen = try await world.call(OnboardingAPI.createContract, creation, as: world.agent)
        #expect(
            Array((seen.number ?? "").unicodeScalars) == Array("B\u{308}-7".unicodeScalars),
            "and are kept as they are seen")
        var list = ListRequest()
        list.filter = "number = \"b\u{308}-7\" AND account = \"\(world.account.id)\""
        let found = try await world.call(OnboardingAPI.listContracts, list, as: world.agent).contracts
        #expect(found.map(\.id) == [seen.id])
    }

    /// As many characters as a line may have, and more bytes than an index takes.
    @Test func theLongestNameIsPublished() async throws {
        let world = try await World()
        let large = String(String.UnicodeScalarView((0..<1_000).compactMap { Unicode.Scalar(0xAC00 + $0 * 11) }))
        let answer = try await world.publish("location", ["name"], [[large]])
        let again = try await world.publish("location", ["name"], [[large]])
        #expect(answer.results.map(\.outcome) == ["created"] && again.results.map(\.outcome) == ["unchanged"])
    }

    @Test func oneAddressMayBeOfTwoTypes() async throws {
        let world = try await World()
        _ = try await world.publish("location", ["name"], [["Halle 1"]])
        let answer = try await world.publish(
            "account_address_relationship", ["location", "address_type"],
            [["halle 1", "billing"], ["Halle\u{A0}1", "shipping"], ["Halle 1", "billing"]])
        #expect(answer.results.map(\.outcome) == ["created", "created", "unchanged"])
    }

    @Test func theSameKeyTwiceInOneBatch() async throws {
        let world = try await World()
        let answer = try await world.publish(
            "cmn_location", ["name", "city"], [["L", "Graz"], ["L", "Wien"], ["L", ""]])
        #expect(answer.results.map(\.outcome) == ["created", "updated", "unchanged"])
        #expect(Set(answer.results.map(\.targetRecord)).count == 1)
    }

    @Test func whatTheDatabaseRefusesIsReportedAlone() async throws {
        let world = try await World()
        // A rule that only the database knows.
        try await world.server.admin.transaction { tx in
            _ = try tx.query("ALTER TABLE onboarding.location ADD CHECK (city <> 'Nowhere')")
        }
        let answer = try await world.publish(
            "location", ["name", "city"], [["A", "X"], ["L", "Nowhere"], ["B", "X"]])
        #expect(answer.results.map(\.outcome) == ["created", "failed", "created"])
        #expect(answer.results[1].message == "A value is not allowed here.")
        let again = try await world.publish("location", ["name"], [["A"], ["B"]])
        #expect(again.results.map(\.targetRecord) == [answer.results[0].targetRecord, answer.results[2].targetRecord])
    }

    @Test func referencesAreFoundWithinTheAccount() async throws {
        let world = try await World()
        let other = try await World()
        _ = try await other.publish("contract", Self.columns, [["", "FOREIGN", "2027-01-01", ""]])
        _ = try await world.publish("contract", Self.columns, [["", "C1", "2027-01-01", ""]])
        let products = try await world.publish(
            "sold_product", ["name", "contract", "quantity"],
            [["P1", "C1", "3"], ["P2", "FOREIGN", ""], ["P1", "", "1"]])
        #expect(products.results.map(\.outcome) == ["created", "failed", "created"])
        _ = try await world.publish("location", ["name"], [["Graz"]])
        _ = try await world.publish("install_base_item", ["name", "location"], [["I1", "Graz"]])
        let links = try await world.publish(
            "sold_product_install_base_m2m", ["sold_product", "install_base_item"],
            [["P1", "I1"], [products.results[0].targetRecord, "I1"], [products.results[0].targetRecord, "I1"]])
        #expect(links.results.map(\.outcome) == ["failed", "created", "unchanged"], "P1 names two products")
        let addresses = try await world.publish(
            "account_address_relationship", ["location", "address_type"], [["Graz", "Billing"]])
        #expect(addresses.results.map(\.outcome) == ["created"])
        let entitlements = try await world.publish(
            "service_entitlement", ["name", "contract", "total_units"], [["E", "C1", "5"], ["E", "", "5"]])
        #expect(entitlements.results.map(\.outcome) == ["created", "created"])
    }

    @Test func fiveHundredRowsAtOnce() async throws {
        let world = try await World(Server.start())
        let rows = (0..<500).map { ["Place \($0)", "Graz"] }
        let answer = try await world.publish("location", ["name", "city"], rows)
        #expect(answer.results.allSatisfy { $0.outcome == "created" })
        let before = world.server.database.pool.metrics.roundTrips
        #expect(
            try await world.publish("location", ["name", "city"], rows).results.allSatisfy { $0.outcome == "unchanged" }
        )
        #expect(world.server.database.pool.metrics.roundTrips - before < 20, "one query per kind, not one per row")
    }

    @Test func whoMayNotCreateMayNotPublish() async throws {
        let world = try await World()
        func code(_ caller: Caller, _ table: String = "contract", _ columns: [String] = Self.columns) async -> Problem
            .Code?
        {
            do throws(Problem) {
                _ = try await world.publish(table, columns, [], as: caller)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(await code(world.successAgent) == .permissionDenied)
        #expect(await code(try world.customer()) == .permissionDenied)
        #expect(await code(world.agent, "user") == .invalidArgument)
        #expect(await code(world.agent, "contract", ["created_by"]) == .invalidArgument)
        #expect(await code(world.agent, "contract", ["number", "number"]) == .invalidArgument)
    }

    @Test func textsAreResolvedWithTheAccountOfTheCase() async throws {
        let world = try await World()
        let other = try await World()
        _ = try await other.publish("contract", Self.columns, [["", "C9", "2027-01-01", ""]])
        _ = try await world.publish("contract", Self.columns, [["", "C1", "2027-01-01", ""]])
        var request = ResolveReferencesRequest()
        request.table = "contract"
        request.field = "number"
        request.account = world.account.id
        request.values = [" C1 ", "C9", "c1"]
        let answer = try await world.call(OnboardingAPI.resolveReferences, request, as: world.agent).references
        #expect(answer.map(\.value) == [" C1 ", "C9", "c1"] && answer.map(\.matches) == [1, 0, 1])
        #expect(!answer[0].id.isEmpty && answer[1].id.isEmpty)
        request.field = "end_date"
        #expect(
            await world.problem(OnboardingAPI.resolveReferences, request, as: world.agent)?.code == .invalidArgument)
        request.table = "customer_account"
        request.field = "name"
        request.values = ["Ernst Handel"]
        let accounts = try await world.call(OnboardingAPI.resolveReferences, request, as: world.agent).references
        #expect(accounts.first?.id == world.account.id, "others bear this name, but the case is of this account")
        request.account = ""
        let unbound = try await world.call(OnboardingAPI.resolveReferences, request, as: world.agent).references
        #expect((unbound.first?.matches ?? 0) >= 2 && unbound.first?.id == "", "several accounts bear this name")
        let own = try await world.call(OnboardingAPI.resolveReferences, request, as: try world.customer()).references
        #expect(own.first?.id == world.account.id)
    }

    /// The check and the publication find records by the same texts: by every field that the declaration names, and
    /// by ids.
    @Test func whatTheCheckFindsIsPublished() async throws {
        let world = try await World()
        let made = try await world.publish("contract", Self.columns, [["", "C1", "2027-01-01", ""]])
        let id = made.results[0].targetRecord
        func matches(_ table: String, _ field: String, _ texts: [String]) async throws -> [Int32] {
            var request = ResolveReferencesRequest()
            request.table = table
            request.field = field
            request.account = world.account.id
            request.values = texts
            return try await world.call(OnboardingAPI.resolveReferences, request, as: world.agent).references
                .map(\.matches)
        }
        let contracts = ["c1", id.uppercased(), uuid(), "C2"]
        #expect(try await matches("contract", "number", contracts) == [1, 1, 0, 0])
        let rows = contracts.enumerated().map { ["", $1, "Product \($0)"] }
        let products = try await world.publish("sold_product", ["account", "contract", "name"], rows)
        #expect(products.results.map(\.outcome) == ["created", "created", "failed", "failed"])
        let accounts = ["Ernst Handel", world.account.accountNumber ?? "", world.account.id, "ACCT0"]
        #expect(try await matches("customer_account", "name", accounts) == [1, 1, 1, 0])
        let named = try await world.publish(
            "contract", Self.columns, accounts.enumerated().map { [$1, "N\($0)", "2027-01-01", ""] })
        #expect(named.results.map(\.outcome) == ["created", "created", "created", "failed"])
    }

    /// Where a check names records by another field, so does the publication.
    @Test func recordsAreNamedByTheFieldThatTheRequestSays() async throws {
        let world = try await World()
        let made = try await world.publish(
            "contract", ["number", "end_date", "short_description"], [["C1", "2027-01-01", "Backup"]])
        var request = PublishRowsRequest()
        request.targetTable = "sold_product"
        request.account = world.account.id
        request.columns = ["contract", "name"]
        request.referenceFields = ["short_description", ""]
        var row = PublishRow()
        row.rowID = "r"
        row.values = ["backup", "P"]
        request.rows = [row]
        let answer = try await world.call(OnboardingAPI.publishRows, request, as: world.agent)
        #expect(answer.results.map(\.outcome) == ["created"], "\(answer.results)")
        var get = GetRequest()
        get.id = answer.results[0].targetRecord
        let product = try await world.call(OnboardingAPI.getSoldProduct, get, as: world.agent)
        #expect(product.contract == made.results[0].targetRecord)
        for fields in [["end_date", ""], ["short_description"], ["nothing", ""]] {
            request.referenceFields = fields
            #expect(await world.problem(OnboardingAPI.publishRows, request, as: world.agent)?.code == .invalidArgument)
        }
    }

    /// What a declaration says of keys and names the database keeps: a unique index over the fields of each key, and one
    /// over the folded texts by which records are named.
    @Test func declaredKeysAndNamesAreIndexed() async throws {
        let world = try await World()
        let indexes = try await world.server.admin.transaction { tx in
            try tx.query(
                "SELECT tablename, replace(indexdef, '\"', '') FROM pg_indexes WHERE schemaname = 'onboarding'"
            )
            .map { (table: try $0.string(at: 0), text: try $0.string(at: 1)) }
        }
        for target in Publishing.targets.values {
            let schema = target.schema
            let key = (schema.importing?.key ?? []).map { name in
                let isText = schema.field(name)?.type == .string || schema.field(name)?.type == .email
                return isText ? AlikeSQL.column(name, of: schema) ?? "" : name
            }
            // In whatever order: what is looked for comes first.
            #expect(
                indexes.contains { index in
                    guard index.table == schema.table, index.text.contains("UNIQUE"),
                        let columns = index.text.firstMatch(of: /btree \(([^()]*)\)/)?.1
                    else { return false }
                    return Set(columns.split(separator: ", ").map(String.init)) == Set(key)
                },
                "\(schema.table) has no unique index over \(key)")
        }
        for schema in ReferenceSearch.tables.values.map(\.schema) {
            for field in schema.namedBy {
                #expect(
                    indexes.contains { $0.table == schema.table && $0.text.contains("\(field)_alike") },
                    "\(schema.table) is named by \(field), over which there is no index")
            }
        }
    }
}
