import Foundation
import RPC
import Records
import Roles
import Tenancy
import TestKit
import Testing
import Wire

@testable import CustomerSuccessService

// Foundation has an Operation too.
private typealias Operation = Roles.Operation

/// Every verb of every table, with every role, over NATS: what the tables of roles and access rules say, read here
/// from their text and not from the code that decides by them.
@Suite struct AccessMatrixTests {
    /// The rows as they are written.
    struct Tables: Sendable {
        /// Every grantable role with all it contains.
        let roles: [String: Set<String>]
        /// Roles by table or field and operation.
        let grants: [String: [String: Set<String>]]

        init() throws {
            let rows = try Self.read("roles.tsv")
            let names = Set(rows.compactMap { $0["name"] })
            var direct: [String: Set<String>] = [:]
            for row in rows {
                let contained = Self.names(row["contained_roles"]) + Self.names(row["proposed_contained_roles"])
                direct[row["name"] ?? ""] = names.intersection(contained)
            }
            roles = rows.filter { $0["kind"] != "persona" }.reduce(into: [:]) { roles, row in
                var closed: Set<String> = []
                var open = [row["name"] ?? ""]
                while let next = open.popLast() {
                    if closed.insert(next).inserted { open += direct[next] ?? [] }
                }
                roles[row["name"] ?? ""] = closed
            }
            grants = try (Self.read("acl.tsv") + Self.read("acl_decisions.tsv")).reduce(into: [:]) { grants, row in
                for operation in Self.names(row["operations"]) {
                    grants[row["target"] ?? "", default: [:]][operation, default: []]
                        .formUnion(Self.names(row["roles"]))
                }
            }
        }

        func allows(_ role: String, _ operation: String, _ target: String) -> Bool {
            let held = roles[role] ?? []
            // Whoever may write or delete may read (G-16).
            let operations = operation == "read" && !target.contains(".") ? ["read", "write", "delete"] : [operation]
            return held.contains("admin")
                || operations.contains { !held.isDisjoint(with: grants[target]?[$0] ?? []) }
        }

        private static func read(_ name: String) throws -> [[String: String]] {
            let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let text = try String(contentsOf: root.appending(path: "Shared/Roles/\(name)"), encoding: .utf8)
            let lines = text.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
            return lines.dropFirst().map { cells in
                Dictionary(uniqueKeysWithValues: zip(lines[0].map(String.init), cells.map(String.init)))
            }
        }

        private static func names(_ cell: String?) -> [String] {
            (cell ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    static let samples = allSamples + definitionSamples
    /// Of its own: it is asked some ten thousand times.
    private static let server = Task {
        try await Server.start(overNATS: true, nats: NATSServer.start(jetStream: false))
    }

    /// What each verb needs: an operation on the table.
    private static let operations = [
        "get": "read", "list": "read", "export": "read", "list_activity": "read", "render": "read",
        "create": "create", "batch_create": "create", "delete": "delete", "update": "write", "batch_update": "write",
        "batch_reassign": "write", "close": "write", "cancel": "write", "close_initiative": "write",
        "reopen": "write", "assign_to_me": "write", "add_work_note": "write", "add_comment": "comments",
    ]

    /// The roles are those of the catalog, and every one is tried.
    @Test func everyRoleIsThere() throws {
        let tables = try Tables()
        #expect(Set(tables.roles.keys) == Set(RoleCatalog.all.filter { $0.kind != .persona }.map(\.name)))
        #expect(tables.roles.count > 60)
        for (role, closed) in tables.roles { #expect(RoleCatalog.close([role]) == closed, "\(role)") }
        #expect(tables.allows("admin", "delete", "engagement"))
        #expect(tables.allows("sn_acct_lc.ale_success_agent", "write", "engagement"))
        #expect(!tables.allows("sn_acct_lc.ale_success_viewer", "write", "engagement"))
    }

    @Test(arguments: samples.indices)
    func everyRoleMayWhatTheTablesSay(row: Int) async throws { try await check(Self.samples[row]) }

    private func check<R: Sample>(_ type: R.Type) async throws {
        let tables = try Tables()
        let world = try await World(Self.server.value)
        let table = R.schema.table
        var allowed: Set<String> = []
        var refused: Set<String> = []
        for verb in World.verbs(of: type) {
            let operation = try #require(Self.operations[verb], "\(verb)")
            for role in tables.roles.keys {
                let caller = Self.caller(role, tables, world)
                var isExpected =
                    operation == "comments"
                    ? tables.allows(role, "create", "\(table).comments")
                    : tables.allows(role, operation, table)
                // Work notes are the provider's (G-28).
                if verb == "add_work_note", caller.kind == .customer { isExpected = false }
                let problem = await Self.problem { try await world.attempt(verb, type, uuid(), as: caller) }
                #expect((problem?.code != .permissionDenied) == isExpected, "\(verb) \(role) \(problem as Any)")
                if let problem { #expect(!problem.code.isFault, "\(verb) \(role) \(problem)") }
                if isExpected { allowed.insert(operation) } else { refused.insert(operation) }
            }
        }
        let expected: Set = ["read", "create", "write", "delete"]
        #expect(allowed.isSuperset(of: expected) && refused.isSuperset(of: expected))
    }

    /// Somebody who holds the role and nothing else: a customer when it is a role of customers.
    private static func caller(_ role: String, _ tables: Tables, _ world: World) -> Caller {
        let closed = tables.roles[role] ?? []
        var caller = closed.contains { $0.hasPrefix("sn_customerservice.") } ? world.customer : world.agent
        caller.roles = RoleCatalog.close([role])
        return caller
    }

    private static func problem(_ body: () async throws -> Void) async -> Problem? {
        do { try await body() } catch { return error as? Problem ?? .internalError(cause: "\(error)") }
        return nil
    }
}
