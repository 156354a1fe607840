import Foundation
import Roles
import TestKit
import Testing

// Foundation has an Operation too.
private typealias Operation = Roles.Operation

@Suite struct AccessTests {
    /// One rule and one of its operations.
    struct Example: Sendable, CustomTestStringConvertible {
        let rule: AccessRule
        let example: AccessExample
        var testDescription: String { "\(rule.id) \(example.operation.rawValue) \(rule.table).\(rule.field ?? "*")" }

        func allows(_ roles: Set<String>) -> Bool {
            if let field = rule.field {
                return Access.may(roles, example.operation, field: field, of: rule.table) ?? false
            }
            return Access.allows(roles, example.operation, on: rule.table)
        }
    }

    static let examples = Access.rules.flatMap { rule in rule.examples.map { Example(rule: rule, example: $0) } }

    @Test(arguments: examples)
    func allowsOneRole(_ example: Example) {
        #expect(example.allows(RoleCatalog.close([example.example.allowed])))
        for role in example.rule.roles { #expect(example.allows(RoleCatalog.close([role])), "\(role)") }
        #expect(example.allows(["admin"]))
    }

    @Test(arguments: examples)
    func refusesTheNext(_ example: Example) {
        #expect(!example.allows(RoleCatalog.close([example.example.refused])))
        #expect(!example.allows([]))
    }

    @Test(arguments: [("acl.tsv", "ACL-"), ("acl_decisions.tsv", "D-")])
    func everyRowIsARuleWithATestForEachOperation(_ file: String, _ prefix: String) throws {
        let table = try RoleTables.read(file)
        let rules = Access.rules.filter { $0.id.hasPrefix(prefix) }
        #expect(rules.map(\.id) == table.map { $0["id"] ?? "" })
        for (row, rule) in zip(table, rules) {
            #expect([rule.table, rule.field].compactMap(\.self).joined(separator: ".") == row["target"])
            #expect(rule.operations.map(\.rawValue) == RoleTables.names(row["operations"]))
            #expect(rule.roles == RoleTables.names(row["roles"]))
            #expect(rule.examples.map(\.operation) == rule.operations)
            #expect(rule.basis.rawValue == row["basis"])
        }
    }

    /// No role is given an operation on a table that no rule gives it: everything not said is refused.
    @Test func nothingElseIsAllowed() {
        let tables = Set(Access.rules.map(\.table)) + ["no_such_table", "", "engagement.number"]
        for role in RoleCatalog.all where role.name != "admin" && !role.closure.contains("admin") {
            let held = RoleCatalog.close([role.name])
            for table in tables {
                for operation in Operation.allCases {
                    let implied: Set<Operation> = operation == .read ? [.read, .write, .delete] : [operation]
                    let said = Access.rules.contains { rule in
                        rule.table == table && rule.field == nil && !implied.isDisjoint(with: rule.operations)
                            && !held.isDisjoint(with: rule.roles)
                    }
                    #expect(Access.allows(held, operation, on: table) == said, "\(role.name) \(operation) \(table)")
                }
            }
        }
    }

    @Test func onlyAdministratorsDelete() {
        // G-16, with the exceptions the role texts print: table administrators, technology core, play definitions, and
        // staging rows, which starting an import over removes; one's own preferences, and the holidays that agents keep.
        let agents = RoleCatalog.close(["sn_acct_lc.agent", "sn_acct_lc.ale_success_agent"])
        let deleted = Set(Access.rules.map(\.table)).filter { Access.allows(agents, .delete, on: $0) }
        #expect(deleted == ["staging_row", "notification_preference", "account_holiday"])
    }

    @Test func customersAreAllowedAsCustomers() {
        let customer = RoleCatalog.close(["sn_acct_lc.ale_success_customer"])
        #expect(Access.basis(customer, .read, on: "engagement") == .customer)
        #expect(Access.basis(customer, .create, on: "touchpoint") == .customer)
        #expect(
            Access.basis(RoleCatalog.close(["sn_acct_lc.ale_success_agent"]), .create, on: "touchpoint") == .provider)
        #expect(Access.basis(["admin"], .read, on: "engagement") == .administrator)
        // Never (G-18): internal plays, risk signals, squads.
        for table in ["internal_play", "internal_play_task", "risk_signal", "risk_signal_solution", "squad_member"] {
            for operation in Operation.allCases { #expect(!Access.allows(customer, operation, on: table), "\(table)") }
        }
        for operation in [Operation.create, .write, .delete] {
            for table in [
                "engagement", "success_objective", "success_outcome", "success_milestone", "success_initiative",
                "success_case",
            ] {
                #expect(!Access.allows(customer, operation, on: table), "\(operation) \(table)")
            }
        }
    }

    @Test func fieldRulesSpeakOnlyOfTheirFields() {
        let customer = RoleCatalog.close(["sn_customerservice.customer"])
        #expect(Access.mayRead(customer, field: "stage", of: "onboarding_case") == true)
        #expect(
            Access.mayRead(RoleCatalog.close(["import_builder_read"]), field: "stage", of: "onboarding_case") == false)
        #expect(Access.mayRead(customer, field: "work_notes", of: "onboarding_case") == nil)
        #expect(Access.may(customer, .write, field: "stage", of: "onboarding_case") == nil)
        #expect(Access.mayRead(["admin"], field: "stage", of: "onboarding_case") == true)
    }

    @Test func generatedDataIsFresh() throws {
        let script = RoleTables.root.appending(path: "Tools/generate/roles.py").path
        let result = try Command.result(["python3", script, "--check"])
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    /// The two tables of the specification are kept as they are.
    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: RoleTables.specification.path),
            "the specification is not beside the repository"),
        arguments: ["roles.tsv", "acl.tsv"])
    func tablesAreTheSpecification(_ name: String) throws {
        let ours = try Data(contentsOf: RoleTables.folder.appending(path: name))
        #expect(ours == (try Data(contentsOf: RoleTables.specification.appending(path: name))))
    }
}
