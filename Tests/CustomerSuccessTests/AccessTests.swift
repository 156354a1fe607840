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

// Foundation has an Operation too.
private typealias Operation = Roles.Operation

/// Every access rule of every table, over the wire: the role it names is let in, its neighbour is refused.
@Suite struct AccessTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: AccessRule
        let example: AccessExample
        var testDescription: String { "\(rule.id) \(rule.table) \(example.operation)" }
    }

    static let samples = allSamples + definitionSamples

    /// The tables whose figures a request shows: those of engagements, on the landing page.
    static let reports: Set = ["engagement"]

    /// The tables with a row for figures of which no request shows any yet: the row takes effect with the first one.
    static let withoutFigures: Set = [
        "engagement_contract", "internal_play", "internal_play_task", "opportunity", "response_template", "risk_signal",
        "risk_signal_solution", "service_definition", "squad_member", "success_case", "success_initiative",
        "success_milestone", "success_objective", "success_outcome", "success_task", "touchpoint",
    ]

    static let cases: [Case] = Access.rules.flatMap { rule in
        rule.examples.map { Case(rule: rule, example: $0) }
    }.filter { one in
        let isAsked = one.example.operation != .reportView || reports.contains(one.rule.table)
        return one.rule.field == nil && isAsked && samples.contains { $0.schema.table == one.rule.table }
    }

    @Test func noTableIsForgotten() {
        for type in Self.samples {
            let table = type.schema.table
            let operations = Self.cases.filter { $0.rule.table == table }.map(\.example.operation)
            let expected: Set<Operation> = [.read, .create, .write, .delete]
            #expect(Set(operations) == expected.union(Self.reports.contains(table) ? [.reportView] : []), "\(table)")
        }
    }

    /// Wherever a service asks for the right to figures, it is tried here.
    @Test func noReportIsForgotten() throws {
        let services = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "../../Services").standardizedFileURL
        let files = try #require(FileManager.default.enumerator(at: services, includingPropertiesForKeys: nil))
        var asked: [String] = []
        var places = 0
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            asked += text.matches(of: /\.reportView, on: (\w+)\.schema\.table/).map { Self.table(of: $0.1) }
            places += text.ranges(of: ".reportView,").count
        }
        #expect(places == asked.count && Set(asked) == Self.reports)
    }

    /// The table of a type; the type's name where no sample is of it.
    private static func table(of type: Substring) -> String {
        samples.map { $0.schema.table }.first { $0.replacing("_", with: "") == type.lowercased() } ?? String(type)
    }

    /// Every table of which somebody may see figures has a request that asks for the right, or is known to have none.
    @Test func noRowOfFiguresIsWithoutEffectUnnoticed() {
        let allowed = Set(Access.rules.filter { $0.operations.contains(.reportView) }.map(\.table))
            .intersection(Self.samples.map { $0.schema.table })
        #expect(allowed == Self.reports.union(Self.withoutFigures))
        #expect(Self.reports.isDisjoint(with: Self.withoutFigures))
    }

    /// Those rows decide all the same: whoever adds the request finds them as they are meant.
    @Test(arguments: Access.rules.filter { withoutFigures.contains($0.table) && $0.operations.contains(.reportView) })
    func rowsOfFiguresDecide(rule: AccessRule) throws {
        let example = try #require(rule.examples.first { $0.operation == .reportView })
        #expect(Access.allows(RoleCatalog.close([example.allowed]), .reportView, on: rule.table))
        #expect(!Access.allows(RoleCatalog.close([example.refused]), .reportView, on: rule.table))
    }

    @Test(arguments: cases)
    func theRoleIsLetInAndItsNeighbourIsNot(one: Case) async throws {
        let type = try #require(Self.samples.first { $0.schema.table == one.rule.table })
        try await check(type, one)
    }

    private func check<R: Sample>(_ type: R.Type, _ one: Case) async throws {
        let world = try await World()
        func caller(_ role: String) -> Caller {
            var caller = one.rule.isForCustomers ? world.customer : world.agent
            caller.roles = RoleCatalog.close([role])
            return caller
        }
        try await attempt(one.example.operation, type, as: caller(one.example.allowed), in: world)
        let refused = try await refusal("\(one)") {
            try await attempt(one.example.operation, type, as: caller(one.example.refused), in: world)
        }
        #expect(refused.code == .permissionDenied, "\(one) \(refused)")
    }

    private func attempt<R: Sample>(
        _ operation: Operation, _ type: R.Type, as caller: Caller, in world: World
    ) async throws {
        switch operation {
        case .read:
            let record = try await example(type, in: world)
            #expect(try await world.get(type, record.id, as: caller).id == record.id)
            let page = try await world.list(type, filter: "id = \"\(record.id)\"", as: caller)
            #expect(page.resources.map(\.id) == [record.id])
        case .create:
            _ = try await world.create(R.draft(in: world), as: caller)
        case .write:
            let record = try await example(type, in: world)
            let (field, value) = try await change(of: type, in: world)
            _ = try await world.set(record, field, value, as: caller)
        case .delete: try await world.delete(try await example(type, in: world), as: caller)
        case .reportView:
            _ = try await world.call(CustomerSuccessAPI.getLandingPage, GetLandingPageRequest(), as: caller)
        }
    }

    /// A record that customers may see and change where they may at all.
    private func example<R: Sample>(_ type: R.Type, in world: World) async throws -> R {
        if type == SquadMember.self {
            let responsibility = uuid()
            try await world.insert("responsibility_definition", ["id": responsibility], domain: "/provider/")
            return try await world.make(type) { $0[named: "responsibility"] = .string(responsibility) }
        }
        return try await world.make(type) { record in
            guard R.schema.table == "success_task" else { return }
            record[named: "visible_to_customer"] = .bool(true)
            record[named: "contact"] = .string(world.contact)
        }
    }

    /// A change that is allowed in every record of the table.
    private func change(of type: any Sample.Type, in world: World) async throws -> (String, FieldValue) {
        switch type.schema.table {
        case "success_task": ("state", .string("in_progress"))
        case "squad_member", "response_template", "service_definition": ("active", .bool(false))
        case "engagement_contract": ("contract", .string(world.contracts[1]))
        case "risk_signal_solution": ("solution_record", .string(try await world.make(InternalPlay.self).id))
        default: ("description", .string("Other"))
        }
    }
}
