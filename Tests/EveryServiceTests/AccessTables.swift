import Foundation

/// What the tables of roles and access rules say, read from their text and not from the code that decides by them.
struct AccessTables: Sendable {
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
                grants[row["target"] ?? "", default: [:]][operation, default: []].formUnion(Self.names(row["roles"]))
            }
        }
    }

    /// Whether who holds `role` and nothing else may do `operation` to a table, or to a field `table.field`.
    func allows(_ role: String, _ operation: String, _ target: String) -> Bool {
        let held = roles[role] ?? []
        // Whoever may write or delete may read (G-16).
        let operations = operation == "read" && !target.contains(".") ? ["read", "write", "delete"] : [operation]
        return held.contains("admin") || operations.contains { !held.isDisjoint(with: grants[target]?[$0] ?? []) }
    }

    /// Whether who holds `role` and nothing else is a customer.
    func isForCustomers(_ role: String) -> Bool {
        roles[role]?.contains { $0.hasPrefix("sn_customerservice.") } ?? false
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
