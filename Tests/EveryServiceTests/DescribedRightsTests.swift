import Foundation
import RPC
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// What `dictionary.describe` tells a caller of writing is what the service does: for every record of every service, every
/// field, and each kind of caller. What depends on the value, or on the state of the record, is not asked.
@Suite(.timeLimit(.minutes(15))) struct DescribedRightsTests {
    /// People of the provider: administrator, onboarding agent (the manager's and the analyst's role, too), those of success
    /// and of plays, who designs playbooks, who may only look.
    static let provider = [
        "admin", "sn_acct_lc.agent", "sn_acct_lc.ale_success_agent", "sn_acct_lc.success_play_admin",
        "process_automation_designer", "sn_ti_core.write", "sn_acct_lc.ale_success_viewer",
    ]
    /// The four kinds of people of the portal, the customer's own administrator among them, and who follows success.
    static let customers = [
        "sn_customerservice.customer", "sn_customerservice.customer_case_manager",
        "sn_customerservice.customer_admin", "sn_customerservice.customer_manager",
        "sn_acct_lc.ale_success_customer",
    ]

    @Test(arguments: Tested.names) func whatIsToldIsDone(_ name: String) async throws {
        let service = try await Tested.start(name)
        // The customer's own, where the service knows any.
        let contact = service.ids["customer_contact"]?.first ?? uuid()
        try await service.show(to: contact)
        let known = try await Self.known(to: service)
        let updated = Set(service.methods.map(\.subject).filter { $0.hasSuffix(".update") })
        for schema in service.schemas where updated.contains("ale.v1.\(name).\(schema.collection).update") {
            for role in Self.provider { try await check(schema, service, as: .holding(role), known) }
            for role in Self.customers {
                let caller = Caller.customer(role, of: Tested.account, in: Tested.victim, contact: contact)
                try await checkCustomer(schema, service, as: caller, role)
            }
        }
    }

    // MARK: The provider

    /// Values of fields, by "<table>.<field>", that have to be there: what they refer to is looked up before the rule that
    /// decides about the caller (D-03).
    private static func known(to service: Tested) async throws -> [String: String] {
        guard service.schemas.contains(where: { $0.table == "customer_account" }) else { return [:] }
        let account = try #require(try await service.neighbours()["customer_account"])
        let contact = try #require(service.ids["customer_contact"]?.first)
        return ["customer_account.parent": account, "customer_account.primary_contact": contact]
    }

    private func check(
        _ schema: RecordSchema, _ service: Tested, as caller: Caller, _ known: [String: String]
    ) async throws {
        let table = try await described(schema, service, as: caller)
        let writable = Set((table?.fields ?? []).filter { $0.writable && !$0.createOnly }.map(\.name))
        let id = try #require(service.ids[schema.table]?.first, "\(schema.table)")
        let open = schema.fields.filter { !$0.outputOnly }
        guard Access.allows(caller.roles, .write, on: schema.table) else {
            #expect(writable.isEmpty, "\(schema.table) \(caller.roles)")
            let problem = await service.problem(Self.update(schema, id, open.prefix(1)), as: caller)
            #expect(problem?.code == .permissionDenied, "\(schema.table) \(caller.roles) \(problem as Any)")
            return
        }
        for field in schema.fields {
            let problem = await service.problem(Self.update(schema, id, [field], known), as: caller)
            #expect(
                Self.isRefused(problem) != writable.contains(field.name),
                "\(schema.table).\(field.name) as \(caller.roles.sorted().prefix(3)): \(problem as Any)")
        }
    }

    /// Rules that decide by the state of a record, in the words of those that decide by the field: contracts are linked to
    /// the engagement, whose renewal date follows them.
    private static let ofState: Set = ["G-17"]

    /// Refused for what the caller is or for what the field is, not for the value, nor for the state of the record.
    private static func isRefused(_ problem: Problem?) -> Bool {
        guard let problem else { return false }
        return problem.code == .permissionDenied
            || problem.violations.contains { violation in
                !ofState.contains(violation.rule ?? "")
                    && ["is set by the system.", "cannot change.", "cannot be set by hand."].contains {
                        violation.text.en.hasSuffix($0)
                    }
            }
    }

    // MARK: Customers

    /// All fields at once: what may not be set is said of all of them together.
    private func checkCustomer(_ schema: RecordSchema, _ service: Tested, as caller: Caller, _ role: String)
        async throws
    {
        let table = try await described(schema, service, as: caller)
        let fields = table?.fields ?? []
        let open = schema.fields.filter { !$0.outputOnly }
        let changeable = Set(fields.filter { $0.writable && !$0.createOnly }.map(\.name))
        let id = try #require(service.ids[schema.table]?.first, "\(schema.table)")
        let problem = await service.problem(Self.update(schema, id, open), as: caller)
        if changeable.isEmpty {
            #expect(problem?.code == .permissionDenied, "\(schema.table) \(role) \(problem as Any)")
        } else {
            let refused = Self.closed(problem)
            #expect(refused.isDisjoint(with: changeable), "\(schema.table) as \(role): \(problem as Any)")
            // What may be said of a new record and keeps its value is said of by itself.
            for field in open where !changeable.contains(field.name) && !refused.contains(field.name) {
                let met = await service.problem(Self.update(schema, id, [field]), as: caller)
                #expect(Self.isRefused(met), "\(schema.table).\(field.name) as \(role): \(met as Any)")
            }
        }
        guard service.methods.contains(where: { $0.subject.hasSuffix(".\(schema.collection).create") }) else { return }
        let settable = Set(fields.filter(\.writable).map(\.name)).subtracting(
            table?.operations.contains(Roles.Operation.create.rawValue) == true ? [] : changeable)
        let creation = Attempt(
            subject: "ale.v1.\(schema.service).\(schema.collection).create",
            json: #"{"\#(Attempt.camel(schema.table))": {\#(Self.values(open))}, "validateOnly": true}"#,
            need: .nothing, table: schema.table, isFoundFirst: false)
        let met = await service.problem(creation, as: caller)
        if settable.isEmpty {
            #expect(met?.code == .permissionDenied, "\(schema.table) \(role) \(met as Any)")
        } else {
            let closed = Set(open.map(\.name)).subtracting(settable)
            #expect(Self.closed(met) == closed, "\(schema.table) created as \(role): \(met as Any)")
        }
    }

    /// The fields that are refused to a customer, all that there are.
    private static func closed(_ problem: Problem?) -> Set<String> {
        let refused = problem?.reason == "FIELD_ACCESS" ? problem?.violations.map(\.field) ?? [] : []
        return Set(refused.compactMap { $0.split(separator: ".").last.map(String.init) })
    }

    // MARK: Requests

    private func described(
        _ schema: RecordSchema, _ service: Tested, as caller: Caller
    ) async throws -> TableDescription? {
        let attempt = Attempt(
            subject: "ale.v1.\(schema.service).dictionary.describe", json: #"{"table": "\#(schema.table)"}"#,
            need: .nothing, table: schema.table, isFoundFirst: false)
        let (problem, json) = await service.answer(attempt, as: caller)
        #expect(problem == nil || problem?.code == .notFound, "\(problem as Any)")
        return json.isEmpty ? nil : try DescribeResponse.decode(json: json).tables.first
    }

    private static func update(
        _ schema: RecordSchema, _ id: String, _ fields: some Collection<FieldSchema>, _ known: [String: String] = [:]
    ) -> Attempt {
        let mask = fields.map { Attempt.camel($0.name) }.joined(separator: ",")
        let given = values(fields.filter { $0.name != "id" && known["\(schema.table).\($0.name)"] == nil })
        let found = fields.compactMap { field in
            known["\(schema.table).\(field.name)"].map { "\"\(Attempt.camel(field.name))\": \"\($0)\"" }
        }
        let members = ["\"id\": \"\(id)\""] + found + (given.isEmpty ? [] : [given])
        let record = "{\(members.joined(separator: ", "))}"
        return Attempt(
            subject: "ale.v1.\(schema.service).\(schema.collection).update",
            json: #"{"\#(Attempt.camel(schema.table))": \#(record), "updateMask": "\#(mask)", "validateOnly": true}"#,
            need: .nothing, table: schema.table, isFoundFirst: false)
    }

    /// A value for each field that neither a row nor a default has.
    private static func values(_ fields: some Collection<FieldSchema>) -> String {
        fields.map { field in
            let value: String =
                switch field.storage {
                case .string: "\"\(text(field))\""
                case .int:
                    "\(field.choices.last { $0.value != field.defaultValue }?.value.int ?? field.minimum.map { $0 + 7 } ?? 77)"
                case .bool: field.defaultValue == .bool(true) ? "false" : "true"
                case .timestamp: #""2030-03-17T17:46:40Z""#
                case .strings: "[\"\(uuid())\"]"
                }
            return "\"\(Attempt.camel(field.name))\": \(value)"
        }.joined(separator: ", ")
    }

    private static func text(_ field: FieldSchema) -> String {
        if let choice = field.choices.last(where: { $0.value != field.defaultValue }) {
            return choice.value.string ?? ""
        }
        switch field.format {
        case .currencyCode: return "EUR"
        case .country: return "KR"
        case .timeZone: return "Asia/Seoul"
        case nil: break
        }
        return switch field.type {
        case .date: "2031-01-01"
        case .decimal, .currency: "77.25"
        case .reference, .documentID: uuid()
        case .email: "x@y.example"
        case .url: "https://y.example"
        default: "another"
        }
    }
}
