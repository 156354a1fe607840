import CustomerSuccessWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire
import WireCatalog

@testable import CustomerSuccessService

/// Two tenants that share a server, a victim with an administrator of its own and an attacker who is one next door.
struct Neighbours: Sendable {
    let world: World
    let next: World
    let victim: Caller
    let attacker: Caller

    init(_ server: Server? = nil) async throws {
        world = try await World(server)
        next = try await World(world.server)
        victim = try Self.inside(world)
        attacker = try Self.inside(next)
    }

    /// The world's administrator, with a token of its own domain.
    private static func inside(_ world: World) throws -> Caller {
        var caller = world.administrator
        caller.domain = try #require(DomainPath(world.domain))
        return caller
    }

    /// A record of the victim's domain.
    func make<R: Sample>(_ type: R.Type) async throws -> R {
        R.storage.visibility == .data
            ? try await world.make(type) : try await world.create(R.draft(in: world), as: victim)
    }
}

/// An administrator of one tenant tries every method of every record with another tenant's ids, numbers, etags, filters,
/// page tokens, request ids and references: they do not exist for it, and stay as they are.
@Suite struct AttackTests {
    static let samples = allSamples + definitionSamples
    /// Verbs that name no record: each has a test below.
    private static let withoutID: Set<String> = ["create", "batch_create", "list", "export"]

    // MARK: Ids, numbers, etags

    @Test(arguments: samples.indices)
    func anotherTenantsRecordsAreOutOfReach(row: Int) async throws { try await attack(Self.samples[row]) }

    private func attack<R: Sample>(_ type: R.Type) async throws {
        let both = try await Neighbours()
        let record = try await both.make(type)
        let ids = [record.id] + (R.schema.numberPrefix == nil ? [] : [record[named: "number"].string ?? ""])
        let verbs = World.verbs(of: type)
        #expect(Set(verbs).isSuperset(of: ["create", "get", "list", "update", "delete"]))
        for verb in verbs where !Self.withoutID.contains(verb) {
            for (id, etag) in ids.flatMap({ [($0, ""), ($0, record.etag)] }) {
                let problem = try await refusal("\(verb)") {
                    try await both.world.attempt(verb, type, id, etag: etag, as: both.attacker)
                }
                #expect(problem.code == .notFound, "\(verb) \(problem)")
                // What is not there and what is not theirs look the same.
                let unknown = try await refusal {
                    try await both.world.attempt(verb, type, uuid(), etag: etag, as: both.attacker)
                }
                #expect(unknown.code == problem.code && unknown.reason == problem.reason, "\(verb)")
            }
        }
        #expect(try await both.world.get(type, record.id, as: both.victim) == record)
    }

    // MARK: Lists, counts, page tokens, exports

    @Test(arguments: samples.indices)
    func listsCountsAndFilesHoldNothingOfAnotherTenant(row: Int) async throws { try await list(Self.samples[row]) }

    private func list<R: Sample>(_ type: R.Type) async throws {
        let both = try await Neighbours()
        let world = both.world
        let record = try await both.make(type)
        let second = R.schema.table == "squad_member" ? record : try await both.make(type)
        var filters = ["id = \"\(record.id)\"", "domain = \"\(world.domain)\""]
        if R.schema.numberPrefix != nil, let number = record[named: "number"].string {
            filters.append("number = \"\(number)\"")
            // The search over all texts.
            if R.schema.index(of: "description") != nil { filters.append("\"\(number)\"") }
        }
        for filter in filters {
            let page = try await world.list(type, filter: filter, as: both.attacker)
            #expect(page.resources.isEmpty && page.totalSize == 0 && page.nextPageToken.isEmpty, "\(filter)")
        }
        for filter in ["", "domain != \"\(both.next.domain)\"", "NOT domain = \"/\""] {
            let page = try await world.list(type, filter: filter, size: 1_000, as: both.attacker)
            let isOwn = { (found: R) in found.domain.hasPrefix(both.next.domain) }
            // Definitions of those above are theirs to see.
            let isSeen = { (found: R) in R.storage.visibility == .definition && found.domain == "/provider/" }
            #expect(page.resources.allSatisfy { isOwn($0) || isSeen($0) }, "\(filter)")
        }
        // A place in the victim's list is none in the attacker's.
        let filter = "id = \"\(record.id)\" OR id = \"\(second.id)\""
        let first = try await world.list(type, filter: filter, size: 1, as: both.victim)
        #expect(first.resources.count == 1 && first.nextPageToken.isEmpty == (second.id == record.id))
        if !first.nextPageToken.isEmpty {
            let problem = try await refusal {
                _ = try await world.list(type, filter: filter, size: 1, token: first.nextPageToken, as: both.attacker)
            }
            #expect(problem.violations.map(\.field) == ["page_token"])
        }
    }

    /// One after the other, since only so many are written at a time.
    @Test func filesHoldNothingOfAnotherTenant() async throws {
        let server = try await Server.start()
        for type in allSamples { try await export(type, server) }
    }

    private func export<R: Sample>(_ type: R.Type, _ server: Server) async throws {
        let both = try await Neighbours(server)
        let world = both.world
        let record = try await both.make(type)
        var request = ExportRequest()
        request.format = "csv"
        request.filter = "id = \"\(record.id)\""
        let method: Method<ExportRequest, Export> = World.method(type, "export")
        let own = try await world.call(method, request, as: both.victim)
        #expect(own.rows == 1)
        for filter in [request.filter, ""] {
            request.filter = filter
            #expect(try await world.call(method, request, as: both.attacker).rows == 0)
        }
        var chunk = ReadExportRequest()
        chunk.token = own.token
        let ask = chunk
        #expect(
            try await refusal { _ = try await world.call(CustomerSuccessAPI.readExport, ask, as: both.attacker) }.code
                == .notFound)
    }

    // MARK: References, request ids

    @Test(arguments: allSamples.indices)
    func noRecordPointsToAnotherTenants(row: Int) async throws { try await point(allSamples[row]) }

    private func point<R: Sample>(_ type: R.Type) async throws {
        let both = try await Neighbours()
        let draft = try await R.draft(in: both.world)
        #expect(
            try await refusal { _ = try await both.world.create(draft, as: both.attacker) }.code == .invalidArgument)
        if World.verbs(of: type).contains("batch_create") {
            let problem = try await refusal { try await both.world.createMany([draft], as: both.attacker) }
            #expect(problem.code == .invalidArgument)
        }
        let own = try await both.next.make(type)
        var theirs = try await references(in: both.world)
        for field in R.schema.fields where !field.outputOnly {
            for table in Self.tables(field) {
                if theirs[table] == nil, let sample = Self.samples.first(where: { $0.schema.table == table }) {
                    theirs[table] = try await id(of: sample, in: both.world)
                }
                let id = try #require(theirs[table], "\(table)")
                var change = R()
                change.id = own.id
                change[named: field.name] = field.storage == .strings ? .strings([id]) : .string(id)
                let named = Self.tableFields[field.name]
                if let named { change[named: named] = .string(table) }
                let mask = [field.name] + [named].compactMap { $0 }
                let sent = change
                let problem = try await refusal("\(field.name) → \(table)") {
                    _ = try await both.world.update(sent, mask, as: both.attacker)
                }
                #expect(problem.code == .invalidArgument, "\(field.name) → \(table): \(problem)")
                #expect(problem.violations.contains { $0.field == "\(R.schema.table).\(field.name)" }, "\(problem)")
            }
        }
        #expect(try await both.next.get(type, own.id, as: both.attacker) == own)
    }

    /// The fields that say which table a document is of.
    private static let tableFields = ["source_record": "table", "solution_record": "solution_table"]

    /// The tables a field may point to.
    private static func tables(_ field: FieldSchema) -> [String] {
        if field.name == "source_record" { return Catalog.schemas.filter(\.sourceOfRisks).map(\.table) }
        return (field.reference ?? "").split(separator: " | ").map(String.init)
    }

    private func id<R: Sample>(of type: R.Type, in world: World) async throws -> String {
        guard R.storage.visibility == .definition else { return try await world.make(type).id }
        // Of the victim's own domain: one of a domain above is the attacker's to use, too.
        let domain = try #require(DomainPath(world.domain))
        let roles = world.administrator.roles
        let own = Caller(subject: world.manager, kind: .person, domain: domain, roles: roles)
        return try await world.create(R.draft(in: world), as: own).id
    }

    /// What the victim has of other services' records.
    private func references(in world: World) async throws -> [String: String] {
        let user = uuid()
        try await world.insert("user", ["id": user, "name": "Of the victim"])
        let responsibility = uuid()
        try await world.insert("responsibility_definition", ["id": responsibility, "name": "Of the victim"])
        return [
            "customer_account": world.account, "customer_contact": world.contact, "onboarding_case": world.onboarding,
            "sold_product": world.product, "contract": world.contracts[0], "user": user,
            "responsibility_definition": responsibility,
        ]
    }

    /// The answer kept under a request id is for the one who asked.
    @Test(arguments: allSamples.indices)
    func aRequestIDBelongsToItsCaller(row: Int) async throws { try await repeatRequest(allSamples[row]) }

    private func repeatRequest<R: Sample>(_ type: R.Type) async throws {
        let both = try await Neighbours()
        let draft = try await R.draft(in: both.world)
        let key = uuid()
        let provider = both.world.administrator
        let made = try await both.world.create(draft, as: provider, requestID: key)
        #expect(try await both.world.create(draft, as: provider, requestID: key) == made)
        var impostor = both.attacker
        impostor.subject = provider.subject
        for caller in [both.attacker, impostor] {
            #expect(
                try await refusal { _ = try await both.world.create(draft, as: caller, requestID: key) }.code
                    == .invalidArgument)
        }
    }

    // MARK: Events

    /// Every event of a record carries that record's domain in its subject, also when the record moves.
    @Test func noEventIsOnASubjectOfAnotherDomain() async throws {
        let both = try await Neighbours()
        for world in [both.world, both.next] {
            for type in allSamples { try await stir(type, in: world) }
        }
        let engagement = try await both.world.make(Engagement.self)
        _ = try await both.world.make(Touchpoint.self) { $0.engagement = engagement.id }
        var moved = Engagement()
        moved.id = engagement.id
        moved.account = both.next.account
        moved.initialOnboarding = both.next.onboarding
        #expect(try await both.world.update(moved).domain == both.next.domain)
        for (world, other) in [(both.world, both.next), (both.next, both.world)] {
            let token = try #require(DomainPath(world.domain)).subjectToken
            let rows = try await world.server.admin.run(
                """
                SELECT subject, domain, payload FROM customer_success.outbox \
                WHERE domain = \(world.domain) OR subject LIKE \("ale.v1.events.\(token).%")
                """)
            #expect(rows.count > 20)
            for row in rows {
                let event = try RecordEvent.decode(protobuf: try row.bytes(at: 2))
                let type = try #require(allSamples.first { $0.schema.table == event.table })
                let subject = "ale.v1.events.\(token).\(CustomerSuccess.name).\(event.table).\(event.action)"
                #expect(try row.string(at: 0) == subject && row.string(at: 1) == world.domain, "\(subject)")
                #expect(event.domain == world.domain)
                #expect(try type.decode(protobuf: event.record).domain == world.domain, "\(subject)")
                #expect(!event.notify.contains(other.manager))
            }
        }
    }

    /// Makes a record and does to it what there are events for.
    private func stir<R: Sample>(_ type: R.Type, in world: World) async throws {
        let record = try await world.make(type)
        let verbs = World.verbs(of: type)
        for verb in ["add_comment", "add_work_note"] where verbs.contains(verb) {
            _ = try await world.write(verb, "x", on: record)
        }
        if verbs.contains("cancel") {
            if R.schema.table == "risk_signal" { _ = try await world.set(record, "state", .string("active")) }
            _ = try await world.close(record, "cancel", notes: "x")
            _ = try await world.act("reopen", record)
        }
        try await world.delete(record)
    }
}
