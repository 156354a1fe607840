import Foundation
import Postgres
import TestKit

/// Work of a statement that grows with what there is, and not with what it shows.
public struct Excess: Sendable, Hashable, CustomStringConvertible {
    /// What was done to the rows.
    public enum Work: String, Sendable {
        /// They were put into order.
        case sort
        /// They were read and passed over.
        case filter
    }

    /// What was done.
    public let work: Work
    /// The table the rows came from, or the part of the statement that bears this name.
    public let table: String
    /// To how many; by how many depends on the test's data, so it does not make two of them different.
    public let rows: Int

    public static func == (one: Excess, other: Excess) -> Bool { one.work == other.work && one.table == other.table }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(work)
        hasher.combine(table)
    }
    public var description: String { "\(work.rawValue) of \(rows) rows of \(table)" }
}

/// A plan that the server has carried out, as `auto_explain` writes it.
public struct QueryPlan: Sendable {
    /// The statement.
    public let statement: String
    /// What it did to more rows than fit on a page.
    public let excesses: [Excess]

    /// Reads one plan; nil when the text is none.
    init?(json: String, page: Int) {
        guard let read = try? JSONSerialization.jsonObject(with: Data(json.utf8)), let plan = read as? [String: Any],
            let statement = plan["Query Text"] as? String, let top = plan["Plan"] as? [String: Any]
        else { return nil }
        self.statement = statement
        var excesses: [Excess] = []
        Self.look(at: top, page, &excesses)
        self.excesses = excesses
    }

    private static func look(at node: [String: Any], _ page: Int, _ excesses: inout [Excess]) {
        let below = node["Plans"] as? [[String: Any]] ?? []
        let removed = ["Filter", "Join Filter", "Index Recheck"].reduce(0) { sum, reason in
            sum + (node["Rows Removed by \(reason)"] as? Int ?? 0)
        }
        let loops = node["Actual Loops"] as? Int ?? 1
        if removed * loops > page {
            excesses.append(Excess(work: .filter, table: table(of: node), rows: removed * loops))
        }
        // Rows in order up to equal values are sorted among those alone.
        if node["Node Type"] as? String == "Sort", let input = below.first {
            let rows = (input["Actual Rows"] as? Int ?? 0) * (input["Actual Loops"] as? Int ?? 1)
            if rows > page { excesses.append(Excess(work: .sort, table: table(of: node), rows: rows)) }
        }
        for node in below { look(at: node, page, &excesses) }
    }

    /// The first table, or part of the statement with a name of its own, that the node reads, or that what stands below it reads.
    private static func table(of node: [String: Any]) -> String {
        if let name = (node["Relation Name"] ?? node["CTE Name"]) as? String { return name }
        return (node["Plans"] as? [[String: Any]] ?? []).lazy.map(table).first { !$0.isEmpty } ?? ""
    }
}

extension ServiceBench {
    /// Has the server write down every plan that the service's connections carry out; only those of connections made
    /// after this.
    public func watchPlans() async throws {
        let name = try await databaseName()
        for (setting, value) in [
            ("session_preload_libraries", "auto_explain"), ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_analyze", "on"), ("auto_explain.log_timing", "off"), ("auto_explain.log_format", "json"),
        ] {
            _ = try await admin.run("ALTER DATABASE \(identifier: name) SET \(raw: setting) = \(literal: value)")
        }
    }

    /// The plans of the statements about the service's tables that `body` has the service carry out; `page` is how many
    /// rows a plan may pass over or put into order.
    public func plans(page: Int, of body: () async throws -> Void) async throws -> [QueryPlan] {
        let server = try await PostgresServer.shared
        let before = server.logSize
        try await body()
        let log = try server.log(after: before)
        return Self.entries(log, of: try await databaseName()).compactMap { QueryPlan(json: $0, page: page) }
            .filter { $0.statement.contains(database.schema) }
    }

    private func databaseName() async throws -> String {
        try await admin.run("SELECT current_database()::text").first?.string(at: 0) ?? ""
    }

    /// The plans of a database in a log: the lines behind one that announces a plan, which begin with a tab.
    private static func entries(_ log: String, of database: String) -> [String] {
        var entries: [String] = []
        var isPlan = false
        for line in log.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("\t") {
                if isPlan { entries[entries.count - 1] += line + "\n" }
            } else {
                isPlan = line.hasSuffix("plan:") && line.contains(" \(database) ")
                if isPlan { entries.append("") }
            }
        }
        return entries
    }
}
