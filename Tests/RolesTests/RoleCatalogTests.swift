import Roles
import Testing

@Suite struct RoleCatalogTests {
    @Test func holdsEveryRowOfTheTable() throws {
        let table = try RoleTables.read("roles.tsv")
        #expect(Set(table.map { $0["name"] ?? "" }) == Set(RoleCatalog.all.map(\.name)))
        #expect(table.count == RoleCatalog.all.count)
        for row in table {
            let role = try #require(RoleCatalog.role(named: row["name"] ?? ""))
            #expect(role.kind.rawValue == row["kind"])
            #expect(role.description == row["description"])
        }
    }

    /// The closure is worked out here from the table once more, in the plainest way.
    @Test func containmentIsClosed() throws {
        var closures: [String: Set<String>] = [:]
        for row in try RoleTables.read("roles.tsv") {
            let contained = RoleTables.names(row["contained_roles"]) + RoleTables.names(row["proposed_contained_roles"])
            closures[row["name"] ?? "", default: []].formUnion(
                contained.filter(RoleCatalog.exists) + [row["name"] ?? ""])
        }
        var grows = true
        while grows {
            grows = false
            for (name, closure) in closures {
                let wider = closure.reduce(into: closure) { $0.formUnion(closures[$1] ?? []) }
                if wider != closure {
                    closures[name] = wider
                    grows = true
                }
            }
        }
        for role in RoleCatalog.all { #expect(Set(role.closure) == closures[role.name], "\(role.name)") }
    }

    @Test func theMainRolesContainWhatTheDecisionsSay() {
        let playAdmin = RoleCatalog.close(["sn_acct_lc.success_play_admin"])
        #expect(
            playAdmin.isSuperset(of: ["sn_acct_lc.ale_success_agent", "sn_acct_lc.touchpoint_read", "sn_ti_core.read"]))
        #expect(playAdmin.contains("sn_acct_lc.definition_record_delete"))
        #expect(!playAdmin.contains("sn_acct_lc.touchpoint_delete"))
        let agent = RoleCatalog.close(["sn_acct_lc.agent"])
        #expect(agent.isSuperset(of: ["import_builder_create", "import_builder_read", "import_builder_write"]))  // G-72
        #expect(!agent.contains("sn_acct_lc.engagement_write"))
        #expect(RoleCatalog.close(["sn_customerservice.customer_admin"]).contains("sn_customerservice.customer"))
    }

    @Test func personasGiveRolesAndAreNeverGranted() {
        #expect(RoleCatalog.close(["Onboarding manager"]).contains("sn_acct_lc.agent"))
        #expect(RoleCatalog.close(["ServiceNow administrator/developer"]).contains("admin"))
        #expect(!RoleCatalog.isGrantable("Onboarding manager"))
        #expect(RoleCatalog.isGrantable("sn_acct_lc.agent"))
    }

    @Test(arguments: ["sn_admin", "sn_acct_lc_agent", "sn_ti_core_read", "sn_acct_lc.ale_success_play_admin", "", "*"])
    func printedVariantsAreNoRoles(_ name: String) {
        #expect(!RoleCatalog.exists(name))
        #expect(RoleCatalog.close([name]).isEmpty)
    }

    @Test func customersAreToldApart() {
        let external = Set(RoleCatalog.all.filter { $0.isExternal && $0.kind != .persona }.map(\.name))
        #expect(
            external == [
                "sn_customerservice.customer", "sn_customerservice.customer_case_manager",
                "sn_customerservice.customer_admin",
                "sn_customerservice.customer_manager", "sn_acct_lc.ale_success_customer",
            ])
    }

    @Test func theAdministratorHoldsEveryRole() {
        #expect(RoleCatalog.holds(["admin"], "sn_acct_lc.agent"))
        #expect(!RoleCatalog.holds(["sn_ti_core.read"], "sn_acct_lc.agent"))
    }
}
