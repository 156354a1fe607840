import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// Beside the id of a reference a file has what people know the record by, where the caller may read it.
@Suite(.serialized) struct ExportNameTests {
    /// Of its own: only so many exports are written at a time.
    private static let server = Task { try await Server.start() }

    private static let fields = ["number", "engagement", "account", "contact", "assigned_to", "product", "squad"]

    /// The table of an export, by row and header.
    private func file<R: Sample>(
        _ type: R.Type, _ fields: [String], in world: World, as caller: Caller, format: String = "csv",
        language: String = "en"
    ) async throws -> (header: [String], rows: [[String: String]]) {
        let tests = ExportTests()
        var request = tests.request(format, fields, filter: "domain = \"\(world.domain)\"", language: language)
        if caller.kind == .customer { request.filter = "" }
        let method: Method<ExportRequest, Export> = World.method(type, "export")
        let export = try await world.call(method, request, as: caller)
        let content = try #require(export.first)
        #expect(content.last)
        let table = try tests.rows(content.content, format)
        let header = try #require(table.first).map { $0 ?? "" }
        let rows = table.dropFirst().map { row in
            Dictionary(zip(header, row.map { $0 ?? "" }), uniquingKeysWith: { first, _ in first })
        }
        return (header, rows)
    }

    private func touchpoint(in world: World) async throws -> (Touchpoint, Engagement, SquadMember) {
        let member = try await world.make(SquadMember.self)
        let engagement = try await world.make(Engagement.self)
        let touchpoint = try await world.make(Touchpoint.self) {
            $0.engagement = engagement.id
            $0.contact = world.contact
            $0.assignedTo = world.manager
            $0.product = world.product
            $0.squad = [member.id]
        }
        return (touchpoint, engagement, member)
    }

    @Test(arguments: ["csv", "xlsx"])
    func referencesHaveNames(format: String) async throws {
        let world = try await World(Self.server.value)
        let (touchpoint, engagement, member) = try await touchpoint(in: world)
        let (header, rows) = try await file(Touchpoint.self, Self.fields, in: world, as: world.agent, format: format)
        let labels = Self.fields.map { Touchpoint.schema.field($0)?.label.en ?? "" }
        // The name stands right of its id. A squad member has no number: there is nothing to call it by.
        var expected = [labels[0]]
        for label in labels[1...5] { expected += [label, "\(label) (name)"] }
        #expect(header == expected + [labels[6]])
        let row = try #require(rows.first)
        #expect(rows.count == 1 && row[labels[0]] == touchpoint.number)
        let values = [engagement.id, world.account, world.contact, world.manager, world.product]
        let names = [engagement.number ?? "", "Ernst Handel", "Mendel", "Jeremy Hess", "Analytics"]
        for (label, (id, name)) in zip(labels[1...5], zip(values, names)) {
            #expect(row[label] == id && row["\(label) (name)"] == name, "\(label)")
        }
        #expect(row[labels[6]] == member.id)
    }

    /// Every page of a long list.
    @Test func everyRowHasItsName() async throws {
        let world = try await World(Self.server.value)
        var numbers: [String] = []
        for _ in 0..<3 { numbers.append(try await world.make(Engagement.self).number ?? "") }
        let engagements = try await world.list(Engagement.self, filter: "domain = \"\(world.domain)\"").resources
        var request = BatchCreateTouchpointsRequest()
        request.touchpoints = try await withDrafts(2_300, engagements)
        #expect(try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, request).failed == 0)
        let rows = try await file(Touchpoint.self, ["engagement"], in: world, as: world.agent).rows
        let known = Dictionary(uniqueKeysWithValues: engagements.map { ($0.id, $0.number ?? "") })
        #expect(rows.count == 2_300)
        #expect(rows.allSatisfy { known[$0["Engagement"] ?? ""] == $0["Engagement (name)"] })
    }

    private func withDrafts(_ count: Int, _ engagements: [Engagement]) async throws -> [Touchpoint] {
        (0..<count).map { index in
            var draft = Touchpoint()
            draft.engagement = engagements[index % engagements.count].id
            draft.subject = "Call"
            draft.description = "x"
            return draft
        }
    }

    @Test func namesAreNoFormulas() async throws {
        let world = try await World(Self.server.value)
        _ = try await touchpoint(in: world)
        let formula = "=HYPERLINK(\"http://x\")"
        for (table, id) in [("customer_account", world.account), ("sold_product", world.product)] {
            _ = try await world.server.admin.run(
                "UPDATE customer_success.\(identifier: table) SET name = \(formula) WHERE id = \(id)")
        }
        let row = try #require(try await file(Touchpoint.self, Self.fields, in: world, as: world.agent).rows.first)
        #expect(row["Account (name)"] == "'" + formula && row["Product (name)"] == "'" + formula, "\(row)")
    }

    /// A Korean name is read with the family name first, in whatever language the file is.
    @Test(arguments: ["en", "ko"]) func aKoreanNameBeginsWithTheFamilyName(language: String) async throws {
        let world = try await World(Self.server.value)
        let (made, _, _) = try await touchpoint(in: world)
        let contact = uuid()
        try await world.insert(
            "customer_contact", ["id": contact, "account": world.account, "first_name": "길동", "last_name": "홍"])
        _ = try await world.server.admin.run(
            "UPDATE customer_success.touchpoint SET contact = \(contact) WHERE id = \(made.id)")
        let read = try await file(Touchpoint.self, ["contact"], in: world, as: world.agent, language: language)
        #expect(read.rows.first?[read.header.last ?? ""] == "홍길동", "\(read)")
    }

    /// An id that came to point into another domain, whatever the way, stays an id.
    @Test func anotherDomainsNamesAreNotShown() async throws {
        let world = try await World(Self.server.value)
        let other = try await World(world.server)
        let (made, _, _) = try await touchpoint(in: world)
        _ = try await world.server.admin.run(
            """
            UPDATE customer_success.touchpoint SET contact = \(other.contact), product = \(other.product), \
            account = \(other.account) WHERE id = \(made.id)
            """)
        var inside = world.agent
        inside.domain = try #require(DomainPath(world.domain))
        let row = try #require(try await file(Touchpoint.self, Self.fields, in: world, as: inside).rows.first)
        #expect(row["Contact (name)"] == other.contact && row["Product (name)"] == other.product, "\(row)")
        #expect(row["Account (name)"] == other.account)
        // The user belongs to the provider above: seen from there alone.
        #expect(row["Assigned to (name)"] == world.manager)
        let above = try #require(try await file(Touchpoint.self, Self.fields, in: world, as: world.agent).rows.first)
        #expect(above["Contact (name)"] == "Mendel" && above["Assigned to (name)"] == "Jeremy Hess")
    }

    /// Who may read touchpoints and nothing else gets ids alone.
    @Test func namesFollowTheAccessRules() async throws {
        let world = try await World(Self.server.value)
        _ = try await touchpoint(in: world)
        var reader = world.agent
        reader.roles = RoleCatalog.close(["sn_acct_lc.touchpoint_read"])
        let narrow = try await file(Touchpoint.self, Self.fields, in: world, as: reader)
        #expect(narrow.rows.count == 1 && !narrow.header.contains { $0.hasSuffix("(name)") }, "\(narrow.header)")
        reader.roles = RoleCatalog.close(["sn_acct_lc.touchpoint_read", "sn_acct_lc.engagement_read"])
        let wider = try await file(Touchpoint.self, Self.fields, in: world, as: reader)
        #expect(wider.header.filter { $0.hasSuffix("(name)") } == ["Engagement (name)"])
    }

    /// Customers learn the numbers of the records that are theirs to see, and no names of other services' records.
    @Test func customersGetTheNamesOfWhatTheySee() async throws {
        let world = try await World(Self.server.value)
        let (_, engagement, _) = try await touchpoint(in: world)
        let theirs = try await file(Touchpoint.self, [], in: world, as: world.customer)
        #expect(theirs.header.filter { $0.hasSuffix("(name)") } == ["Engagement (name)"])
        #expect(theirs.rows.first?["Engagement (name)"] == engagement.number)
        let parent = try await world.make(SuccessCase.self)
        _ = try await world.make(SuccessTask.self) {
            $0.parent = parent.id
            $0.visibleToCustomer = true
        }
        let tasks = try await file(SuccessTask.self, ["parent"], in: world, as: world.customer, language: "ko")
        let label = SuccessTask.schema.field("parent")?.label.ko ?? ""
        #expect(tasks.header == [label, "\(label)(이름)"])
        #expect(tasks.rows.first?["\(label)(이름)"] == parent.number)
    }
}
