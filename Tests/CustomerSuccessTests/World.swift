import Postgres
import RPC
import Records
import Roles
import ServiceTestKit
import Synchronization
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// One customer account with its domain and what other services know about it, on a server. Each test makes its own:
/// tests share a server and do not meet.
struct World: Sendable {
    let server: Server
    let domain: String
    let account = uuid()
    let contact = uuid()
    let onboarding = uuid()
    let product = uuid()
    /// Contracts that end in 100, 200 and 300 days, each worth 1000.50.
    let contracts = [uuid(), uuid(), uuid()]
    let manager = uuid()
    let responsibility = uuid()
    /// The provider's agent, whose user record is ``manager``.
    let agent: Caller
    /// As the agent, and may delete.
    let administrator: Caller
    /// The account's contact.
    let customer: Caller

    private static let next = Mutex(0)

    init(_ given: Server? = nil) async throws {
        server = if let given { given } else { try await Server.shared.value }
        let number = Self.next.withLock { next in
            next += 1
            return next
        }
        domain = "/provider/d\(number)/"
        let provider = try #require(DomainPath("/provider/"))
        agent = Caller(
            subject: manager, kind: .person, domain: provider,
            roles: RoleCatalog.close(["sn_acct_lc.ale_success_agent"]))
        administrator = Caller(subject: manager, kind: .person, domain: provider, roles: RoleCatalog.close(["admin"]))
        customer = Caller(
            subject: uuid(), kind: .customer, domain: try #require(DomainPath(domain)),
            roles: RoleCatalog.close(["sn_acct_lc.ale_success_customer"]), account: account, contact: contact)
        try await insertReplicas()
    }

    private func insertReplicas() async throws {
        try await insert("customer_account", ["id": account, "name": "Ernst Handel", "currency": "USD"])
        try await insert("customer_contact", ["id": contact, "account": account, "last_name": "Mendel"])
        try await insert(
            "onboarding_case",
            ["id": onboarding, "account": account, "state": "closed", "go_live_date": "2027-03-01"])
        try await insert("sold_product", ["id": product, "account": account, "name": "Analytics"])
        for (index, contract) in contracts.enumerated() {
            try await insert(
                "contract",
                ["id": contract, "account": account, "end_date": day(100 * (index + 1)), "contract_value": "1000.50"])
        }
        try await insert("user", ["id": manager, "name": "Jeremy Hess"], domain: "/provider/")
        try await insert(
            "responsibility_definition", ["id": responsibility, "name": "Architect", "side": "squad"],
            domain: "/provider/")
    }

    /// A person of the provider, or of a customer's account.
    func person(account: String? = nil, isActive: Bool = true, kind: String = "person") async throws -> String {
        let id = uuid()
        var values = ["id": id, "name": "Pat", "active": String(isActive), "kind": kind]
        values["account"] = account
        try await insert("user", values, domain: account == nil ? "/provider/" : domain)
        return id
    }

    /// Puts a record of another service into its replica, as an event would.
    func insert(_ table: String, _ values: [String: String], domain given: String? = nil) async throws {
        var columns: SQL = "domain, revision"
        var parameters: SQL = "\(given ?? domain), 1"
        for (name, value) in values {
            columns += ", \(identifier: name)"
            parameters += name == "active" ? ", \(value)::boolean" : ", \(value)"
        }
        _ = try await server.admin.run(
            "INSERT INTO customer_success.\(identifier: table) (\(columns)) VALUES (\(parameters))")
    }

    /// The day `days` after the server's today.
    func day(_ days: Int) -> String { server.clock.today.adding(days: days).description }

    // MARK: Requests

    func call<Request: Message, Response: Message>(
        _ method: Method<Request, Response>, _ request: Request, as caller: Caller? = nil
    ) async throws -> Response {
        try await server.client.call(
            method, request, as: CallerTokens.credential(caller ?? agent), deadline: .seconds(60))
    }

    /// The method of a verb of `R`.
    static func method<R: Record, Request: Message, Response: Message>(
        _ type: R.Type, _ verb: String
    ) -> Method<Request, Response> {
        let service = CustomerSuccess.name
        return Method(
            service: service, subject: "ale.v1.\(service).\(R.schema.collection).\(verb)", name: verb, summary: verb)
    }

    func create<R: StandardRecord>(
        _ record: R, as caller: Caller? = nil, requestID: String = "", validateOnly: Bool = false
    ) async throws -> R {
        var request = R.Creation()
        request.resource = record
        request.requestID = requestID
        request.validateOnly = validateOnly
        return try await call(Self.method(R.self, "create"), request, as: caller)
    }

    /// Changes the fields of `mask`; without a mask those that are filled in.
    func update<R: StandardRecord>(
        _ record: R, _ mask: [String]? = nil, etag: String = "", as caller: Caller? = nil, requestID: String = ""
    ) async throws -> R {
        var request = R.Modification()
        var record = record
        record.etag = etag
        request.resource = record
        request.requestID = requestID
        request.updateMask = mask.map { FieldMask(paths: $0) }
        return try await call(Self.method(R.self, "update"), request, as: caller)
    }

    /// Changes one field.
    func set<R: StandardRecord>(
        _ record: R, _ field: String, _ value: FieldValue, as caller: Caller? = nil
    ) async throws -> R {
        var draft = R()
        draft.id = record.id
        draft[named: field] = value
        return try await update(draft, [field], as: caller)
    }

    func get<R: StandardRecord>(_ type: R.Type, _ id: String, as caller: Caller? = nil) async throws -> R {
        var request = GetRequest()
        request.id = id
        return try await call(Self.method(R.self, "get"), request, as: caller)
    }

    func list<R: StandardRecord>(
        _ type: R.Type, filter: String = "", order: String = "", size: Int32 = 0, token: String = "",
        as caller: Caller? = nil
    ) async throws -> R.Page {
        var request = ListRequest()
        request.filter = filter
        request.orderBy = order
        request.pageSize = size
        request.pageToken = token
        request.count = true
        return try await call(Self.method(R.self, "list"), request, as: caller)
    }

    func delete<R: StandardRecord>(_ record: R, as caller: Caller? = nil) async throws {
        var request = DeleteRequest()
        request.id = record.id
        let _: Empty = try await call(Self.method(R.self, "delete"), request, as: caller ?? administrator)
    }

    func close<R: StandardRecord>(
        _ record: R, _ verb: String = "close", code: String = "", notes: String = "", as caller: Caller? = nil
    ) async throws -> R {
        var request = CloseRequest()
        request.id = record.id
        request.closeCode = code
        request.closeNotes = notes
        return try await call(Self.method(R.self, verb), request, as: caller)
    }

    func act<R: StandardRecord>(_ verb: String, _ record: R, as caller: Caller? = nil) async throws -> R {
        var request = ActionRequest()
        request.id = record.id
        return try await call(Self.method(R.self, verb), request, as: caller)
    }

    func write<R: StandardRecord>(
        _ verb: String, _ text: String, on record: R, as caller: Caller? = nil
    ) async throws -> ActivityEntry {
        var request = AddEntryRequest()
        request.id = record.id
        request.text = text
        return try await call(Self.method(R.self, verb), request, as: caller)
    }

    func activity<R: StandardRecord>(
        _ record: R, size: Int32 = 0, token: String = "", as caller: Caller? = nil
    ) async throws -> ListActivityResponse {
        var request = ListActivityRequest()
        request.id = record.id
        request.pageSize = size
        request.pageToken = token
        return try await call(Self.method(R.self, "list_activity"), request, as: caller)
    }
}

/// The problem of a call that must be refused.
func refusal(
    _ comment: Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> Problem {
    let problem = await #expect(throws: Problem.self, comment, sourceLocation: sourceLocation) { try await body() }
    return try #require(problem, sourceLocation: sourceLocation)
}

/// The refusal of a write that breaks `rule`, and no other.
@discardableResult
func breaks(
    _ rule: String, field: String? = nil, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async throws -> Problem {
    let problem = try await refusal(comment ?? "\(rule)", sourceLocation: sourceLocation, body)
    let named = Set(problem.violations.compactMap(\.rule) + [problem.reason])
    #expect(named.contains(rule), "\(comment ?? "") \(problem)", sourceLocation: sourceLocation)
    if let field {
        #expect(
            problem.violations.contains { $0.field == field }, "\(comment ?? "") \(problem.violations)",
            sourceLocation: sourceLocation)
    }
    return problem
}
