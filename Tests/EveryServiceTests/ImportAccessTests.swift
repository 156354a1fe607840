import ServiceTestKit
import Tenancy
import Testing

/// Whatever can be done with imports (builders, checks, plans, publications, undo, lineage, error workbooks, cancellation,
/// mending, backups) in the hands of the contact of a task, and of every role next door.
@Suite(.timeLimit(.minutes(15))) struct ImportAccessTests {
    private static let service = "import-validation"

    /// What the contact of a visible task may who may send files (G-15).
    private static let sending: Set = [
        "uploads.begin", "uploads.append", "uploads.complete", "import_tasks.import", "import_tasks.get_mapping",
        "import_tasks.save_mapping", "uploads.preview",
    ]
    /// What the contact may who may read staged rows (G-23).
    private static let following: Set = [
        "import_tasks.summarize", "staging_rows.get", "staging_rows.list", "staging_rows.export_errors",
        "staging_rows.count_errors",
    ]

    private static func name(_ attempt: Attempt) -> String {
        attempt.subject.split(separator: ".").suffix(2).joined(separator: ".")
    }

    private static func attempts(_ service: Tested) throws -> [Attempt] {
        try service.methods.map {
            try #require(Attempt.of($0, service.schemas), "nobody says how \($0.subject) is tried")
        }
    }

    /// With each role of customers the contact sends files and follows them, as far as the role says, and does nothing else:
    /// plans, publications, lineage, corrections, builders, checks and backups are the provider's.
    @Test func theContactSendsFilesAndFollowsThem() async throws {
        let tables = try AccessTables()
        let service = try await Tested.start(Self.service)
        let attempts = try Self.attempts(service).filter { attempt in
            switch attempt.need {
            case .working: true
            case .operation(_, let table), .provider(_, let table):
                attempt.isFoundFirst || ["import_builder", "data_validation_assist", "staging_backup"].contains(table)
            default: false
            }
        }
        #expect(Set(attempts.map(Self.name)).isSuperset(of: Self.sending.union(Self.following)))
        #expect(attempts.count > 40)
        let roles = tables.roles.keys.filter(tables.isForCustomers).sorted()
        #expect(roles.contains { tables.allows($0, "create", "upload") })
        for attempt in attempts {
            let name = Self.name(attempt)
            let tried = attempt.about(try #require(service.ids[attempt.table]?.first, "\(attempt.table)"))
            for role in roles {
                let contact = Caller.customer(
                    role, of: Tested.account, in: Tested.victim, contact: Tested.contact, subject: Tested.person)
                let isExpected =
                    Self.sending.contains(name) && tables.allows(role, "create", "upload")
                    || Self.following.contains(name) && tables.allows(role, "read", "staging_row")
                let problem = await service.problem(tried, as: contact)
                let isRefused = problem?.code == .permissionDenied || problem?.code == .notFound
                #expect(isRefused != isExpected, "\(name) \(role) \(problem as Any)")
                if let problem { #expect(!problem.code.isFault, "\(name) \(role) \(problem)") }
            }
        }
    }

    /// Whoever asks from the domain next door, with whatever role, meets with another tenant's ids what unknown ones meet.
    @Test func noRoleReachesAnotherTenantsImports() async throws {
        let tables = try AccessTables()
        let service = try await Tested.start(Self.service)
        let before = try await service.rows()
        for attempt in try Self.attempts(service) where attempt.namesRecord {
            let ids = try #require(service.ids[attempt.table], "\(attempt.subject) names a \(attempt.table)")
            for role in tables.roles.keys.sorted() {
                let caller =
                    tables.isForCustomers(role)
                    ? Caller.customer(
                        role, of: uuid(), in: Tested.neighbour, contact: Tested.contact, subject: Tested.person)
                    : .holding(role, domain: Tested.neighbour, subject: Tested.person)
                let unknown = await service.problem(attempt.about(uuid()), as: caller)
                for id in ids {
                    let met = await service.problem(attempt.about(id), as: caller)
                    #expect(
                        met?.code == .notFound || met?.code == .permissionDenied,
                        "\(attempt.subject) \(role) \(met as Any)")
                    #expect(
                        met?.code == unknown?.code && met?.reason == unknown?.reason,
                        "\(attempt.subject) \(role) \(met as Any) \(unknown as Any)")
                }
            }
        }
        #expect(try await service.rows() == before)
    }

    /// What a request names beside its own task: rows, files, plans and publications of another tenant are as unknown ones.
    @Test func whatIsNamedBesideIsOnesOwn() async throws {
        let service = try await Tested.start(Self.service)
        let own = try await service.neighbours()
        let before = try await service.rows()
        let task = try #require(own["import_task"])
        let administrator = Caller.holding("admin", domain: Tested.neighbour, subject: Tested.person)
        let named = [
            ("import", #""uploads": ["$ID"]"#, "upload"), ("publish", #""stagingRows": ["$ID"]"#, "staging_row"),
            ("publish", #""plan": "$ID""#, "import_plan"), ("plan", #""stagingRows": ["$ID"]"#, "staging_row"),
            ("undo", #""importRun": "$ID""#, "publication"),
        ]
        for (verb, field, table) in named {
            let attempt = Attempt(
                subject: "ale.v1.import-validation.import_tasks.\(verb)", json: "{\"id\": \"\(task)\", \(field)}",
                need: .nothing, table: table, isFoundFirst: false)
            let foreign = try #require(service.ids[table]?.first)
            let met = await service.answer(attempt.about(foreign), as: administrator)
            let unknown = await service.answer(attempt.about(uuid()), as: administrator)
            #expect(met.problem?.code == unknown.problem?.code, "\(verb) \(field) \(met.problem as Any)")
            #expect(met.problem?.reason == unknown.problem?.reason, "\(verb) \(field) \(unknown.problem as Any)")
            if let problem = met.problem { #expect(!problem.code.isFault, "\(verb) \(field) \(problem)") }
            #expect(!met.json.contains(foreign), "\(verb) \(field)")
        }
        #expect(try await service.rows() == before)
    }
}
