import CustomerSuccessWire
import Foundation
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import CustomerSuccessService

/// What the dictionary says a caller may write is what a write lets the caller do: for each record, field and role.
@Suite struct DescribedRightsTests {
    private static let server = Task { try await Server.start() }
    /// Roles that differ in what they may write; of each side one that may only read.
    private static let roles = [
        "admin", "sn_acct_lc.ale_success_agent", "sn_acct_lc.ale_success_viewer", "sn_acct_lc.agent",
        "sn_acct_lc.touchpoint_write", "sn_customerservice.customer", "sn_acct_lc.ale_success_customer",
    ]

    @Test(arguments: allSamples.indices)
    func describedIsAllowed(_ row: Int) async throws { try await check(allSamples[row]) }

    private func check<R: Sample>(_ type: R.Type) async throws {
        let world = try await World(Self.server.value)
        // Shown to the customer and the customer's own, so that only rights keep a write away.
        let record = try await world.make(R.self) { draft in
            if R.schema.table == "success_task" {
                draft[named: "visible_to_customer"] = .bool(true)
                draft[named: "contact"] = .string(world.contact)
            }
        }
        for role in Self.roles {
            var caller = RoleCatalog.role(named: role)?.isExternal == true ? world.customer : world.agent
            caller.roles = RoleCatalog.close([role])
            var request = DescribeRequest()
            request.table = R.schema.table
            let described = try? await world.call(CustomerSuccessAPI.describeCustomerSuccess, request, as: caller)
            let fields = described?.tables.first?.fields ?? []
            let writable = Dictionary(fields.map { ($0.name, $0.writable && !$0.createOnly) }) { first, _ in first }
            for field in R.schema.fields {
                let refused = await isRefused(field, of: record, in: world, as: caller)
                #expect(
                    refused == (writable[field.name] != true),
                    "\(R.schema.table).\(field.name) as \(role): described as writable \(writable[field.name] as Any)")
            }
        }
    }

    /// Whether changing the field is refused for what the caller is or for what the field is, not for the value.
    private func isRefused<R: Sample>(
        _ field: FieldSchema, of record: R, in world: World, as caller: Caller
    ) async -> Bool {
        var draft = R()
        draft.id = record.id
        draft[named: field.name] = Self.other(than: record[named: field.name], field, world)
        var request = R.Modification()
        request.resource = draft
        request.updateMask = FieldMask(paths: [field.name])
        request.validateOnly = true
        do {
            let method: Method<R.Modification, R> = World.method(R.self, "update")
            _ = try await world.call(method, request, as: caller)
            return false
        } catch let problem as Problem {
            if problem.code == .permissionDenied || problem.code == .notFound { return true }
            return problem.violations.contains { violation in
                ["is set by the system.", "cannot change.", "cannot be set by hand."].contains {
                    violation.text.en.hasSuffix($0)
                }
            }
        } catch {
            Issue.record("\(error)")
            return false
        }
    }

    /// A value of the field's type that it does not have.
    private static func other(than value: FieldValue, _ field: FieldSchema, _ world: World) -> FieldValue {
        if let choice = field.choices.first(where: { $0.value != value })?.value { return choice }
        return switch field.storage {
        case .string:
            switch field.type {
            case .date: .string("2031-01-01")
            case .decimal, .currency: .string("77.25")
            case .reference, .documentID: .string(uuid())
            case .email: .string("x@y.example")
            case .url: .string("https://y.example")
            default: .string("another")
            }
        case .int: .int(77)
        case .bool: .bool(value != .bool(true))
        case .timestamp: .timestamp(Timestamp(seconds: 1_900_000_000, nanos: 0))
        case .strings: .strings([uuid()])
        }
    }
}

/// A write that is only tried takes nothing that a real one would miss.
@Suite struct TrialTests {
    private static let server = Task { try await Server.start() }

    @Test func numbersAreNotBurnt() async throws {
        let world = try await World(Self.server.value)
        let engagement = try await world.make(Engagement.self)
        func draft(_ subject: String) async throws -> Touchpoint {
            var draft = try await Touchpoint.draft(in: world)
            draft.engagement = engagement.id
            draft.subject = subject
            return draft
        }
        func digits(_ record: Touchpoint) throws -> Int {
            let number = try #require(record.number)
            return try #require(Int(number.filter(\.isNumber)))
        }
        let first = try digits(try await world.create(try await draft("first")))
        for _ in 0..<3 {
            let tried = try await world.create(try await draft("tried"), validateOnly: true)
            #expect(tried.number == nil && tried.subject == "tried" && tried.account == world.account)
        }
        var batch = BatchCreateTouchpointsRequest()
        for number in 0..<5 { batch.touchpoints.append(try await draft("batch \(number)")) }
        batch.validateOnly = true
        #expect(try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, batch).succeeded == 5)
        #expect(try digits(try await world.create(try await draft("second"))) == first + 1)
        batch.validateOnly = false
        #expect(try await world.call(CustomerSuccessAPI.batchCreateTouchpoints, batch).succeeded == 5)
        #expect(try digits(try await world.create(try await draft("third"))) == first + 7)
    }
}
