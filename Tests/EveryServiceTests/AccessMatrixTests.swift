import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

/// Every method of every service, with every role, over NATS: what the tables of roles and access rules say is what a
/// request meets.
@Suite(.timeLimit(.minutes(15))) struct AccessMatrixTests {
    /// The roles are those of the catalog, and every one is tried.
    @Test func everyRoleIsThere() throws {
        let tables = try AccessTables()
        #expect(Set(tables.roles.keys) == Set(RoleCatalog.all.filter { $0.kind != .persona }.map(\.name)))
        #expect(tables.roles.count > 60)
        for (role, closed) in tables.roles { #expect(RoleCatalog.close([role]) == closed, "\(role)") }
        #expect(tables.allows("admin", "delete", "engagement"))
        #expect(tables.allows("sn_acct_lc.ale_success_agent", "write", "engagement"))
        #expect(!tables.allows("sn_acct_lc.ale_success_viewer", "write", "engagement"))
    }

    @Test(arguments: Tested.names) func everyRoleMayWhatTheTablesSay(_ name: String) async throws {
        let tables = try AccessTables()
        let service = try await Tested.start(name, overNATS: true)
        var allowed: Set<String> = []
        var refused: Set<String> = []
        for method in service.methods {
            let tried = try #require(
                Attempt.of(method, service.schemas), "nobody says how \(method.subject) is tried")
            // Without looking for the record, rights must be told of one that does not exist.
            let id = tried.isFoundFirst ? try #require(service.ids[tried.table]?.first, "\(tried.table)") : uuid()
            let attempt = tried.about(id)
            for role in tables.roles.keys.sorted() {
                let isExpected = Self.isAllowed(attempt.need, role, tables)
                let problem = await service.problem(attempt, as: Self.caller(role, tables))
                var isRefused = problem?.code == .permissionDenied
                if attempt.isFoundFirst { isRefused = isRefused || problem?.code == .notFound }
                #expect(isRefused != isExpected, "\(method.subject) \(role) \(problem as Any)")
                if let problem { #expect(!problem.code.isFault, "\(method.subject) \(role) \(problem)") }
                if isExpected { allowed.insert(method.subject) } else { refused.insert(method.subject) }
            }
        }
        // Who may everything and who may nothing are told apart by what each method needs, and by nothing else.
        let subjects = Set(service.methods.map(\.subject))
        let open = subjects.filter {
            $0.hasSuffix(".describe") && $0.contains("dictionary") || $0.hasSuffix("exports.read")
                || $0.contains(".saved_views.") || $0.contains(".sessions.") || $0.contains(".passwords.")
                || $0.hasSuffix("invitations.open") || $0.hasSuffix("invitations.accept")
                || $0.hasSuffix("preferences.change")
        }
        #expect(subjects.subtracting(refused) == open)
        #expect(
            subjects.subtracting(allowed).allSatisfy { subject in
                [
                    "get_standing", "check_closing", "settle_publish", "unpublish", "settle_unpublish",
                    "find_references",
                    "sign_in_links.issue",
                ].contains(
                    where: subject.hasSuffix)
            })
    }

    /// Somebody who holds the role and nothing else: a customer when it is a role of customers.
    private static func caller(_ role: String, _ tables: AccessTables) -> Caller {
        tables.isForCustomers(role)
            ? .customer(role, of: Tested.account, in: Tested.victim, contact: uuid()) : .holding(role)
    }

    private static func isAllowed(_ need: Attempt.Need, _ role: String, _ tables: AccessTables) -> Bool {
        let isProvider = !tables.isForCustomers(role)
        return switch need {
        case .operation(let operation, let target): tables.allows(role, operation, target)
        case .provider(let operation, let target): isProvider && tables.allows(role, operation, target)
        case .working(let operation, let target, let parent):
            isProvider && tables.allows(role, operation, target) && tables.allows(role, "write", parent)
        case .report(let target):
            isProvider && ["read", "report_view"].allSatisfy { tables.allows(role, $0, target) }
        case .reading(let targets): targets.contains { tables.allows(role, "read", $0) }
        case .administrator: isProvider && tables.roles[role]?.contains("admin") == true
        case .nothing: true
        case .service: false
        }
    }
}
