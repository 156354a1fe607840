import Foundation
import OnboardingWire
import RPC
import Records
import Roles
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// The rules about single fields, with every role: a field that a role may not read is absent from answers, filters,
/// orderings and nothing else is.
@Suite struct FieldRuleTests {
    /// The roles that may read a field, as the tables of access rules say: `onboarding_case.stage`.
    static func readers() throws -> [String: Set<String>] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var readers: [String: Set<String>] = [:]
        for name in ["acl.tsv", "acl_decisions.tsv"] {
            let text = try String(contentsOf: root.appending(path: "Shared/Roles/\(name)"), encoding: .utf8)
            for line in text.split(separator: "\n").dropFirst() {
                let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
                guard cells[1].contains("."), cells[2].split(separator: ",").contains("read") else { continue }
                let roles = cells[3].split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
                readers[cells[1], default: []].formUnion(roles)
            }
        }
        return readers
    }

    @Test func fieldsOfCases() async throws {
        let world = try await World()
        _ = try await world.publish("sold_product", ["name"], [["Analytics"]])
        var products = ListRequest()
        products.filter = "account = \"\(world.account.id)\""
        let sold = try await world.call(OnboardingAPI.listSoldProducts, products, as: world.agent).soldProducts
        let record = try await world.openCase {
            $0.contact = world.contact.id
            $0.productsCustomerVisible = true
            $0.products = sold.map(\.id)
        }
        try await check(record, in: world, OnboardingAPI.getOnboardingCase, OnboardingAPI.listOnboardingCases)
    }

    @Test func fieldsOfTasks() async throws {
        let world = try await World()
        let record = try await world.createTask(try await world.openCase()) {
            $0.contact = world.contact.id
            $0.visibleToCustomer = true
            $0.dueDate = "2026-03-20"
            $0.priority = 2
        }
        try await check(record, in: world, OnboardingAPI.getLifecycleTask, OnboardingAPI.listLifecycleTasks)
    }

    private func check<R: StandardRecord>(
        _ record: R, in world: World, _ get: Method<GetRequest, R>, _ list: Method<ListRequest, R.Page>
    ) async throws {
        let table = R.schema.table
        let rules = try Self.readers().filter { $0.key.hasPrefix("\(table).") }
        #expect(rules.count >= 4)
        var request = GetRequest()
        request.id = record.id
        let full = try await world.call(get, request, as: world.administrator)
        var seen: Set<Bool> = []
        for role in RoleCatalog.all where role.kind != .persona {
            let caller =
                role.isExternal ? try world.customer(role.name) : try World.person(world.agent.subject, role.name)
            if let problem = await world.problem(get, request, as: caller) {
                #expect([.permissionDenied, .notFound].contains(problem.code), "\(role.name) \(problem)")
                continue
            }
            let answer = try await world.call(get, request, as: caller)
            var ask = ListRequest()
            ask.filter = "id = \"\(record.id)\""
            let page = try await world.call(list, ask, as: caller)
            #expect(page.resources == [answer], "\(role.name)")
            for (target, readers) in rules {
                let field = String(target.dropFirst(table.count + 1))
                let isOpen = role.name == "admin" || !readers.isDisjoint(with: role.closure)
                seen.insert(isOpen)
                #expect(!full[named: field].isEmpty, "\(field)")
                let value = answer[named: field]
                #expect(isOpen ? value == full[named: field] : value.isEmpty, "\(role.name) \(field)")
                guard !isOpen else { continue }
                for (part, filter, order) in [("filter", "\(field):*", ""), ("order_by", "", field)] {
                    var peek = ListRequest()
                    peek.filter = filter
                    peek.orderBy = order
                    let problem = await world.problem(list, peek, as: caller)
                    #expect(problem?.violations.map(\.field) == [part], "\(role.name) \(field) \(problem as Any)")
                }
            }
        }
        #expect(seen == [true, false])
    }
}
