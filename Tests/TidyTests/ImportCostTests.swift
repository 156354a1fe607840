import Testing

/// What it costs to make a record a target of imports is what the recipe says: nothing is said of a target anywhere else,
/// and none takes more.
@Suite struct ImportCostTests {
    private static let playbook = "Services/Onboarding/Playbooks/account_lifecycle_onboarding.yaml"
    private static let access = "Shared/Roles/acl_decisions.tsv"

    /// The lines that a record's option has for imports, by table.
    static func options(in file: SourceFile) -> [String: Int] {
        var costs: [String: Int] = [:]
        var table = ""
        var isInside = false
        for line in file.lines {
            if let name = line.firstMatch(of: /^message (\w+)/)?.1 { table = snake(name) }
            isInside = isInside || line.hasPrefix("    import: {")
            if isInside || line.hasPrefix("    named_by:") { costs[table, default: 0] += 1 }
            if line.hasPrefix("    }") || line.hasPrefix("    import: {") && line.hasSuffix("}") { isInside = false }
        }
        return costs
    }

    /// `ServiceEntitlement` as a table: `service_entitlement`.
    private static func snake(_ name: Substring) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase && !$0.isEmpty ? "_\($1.lowercased())" : $1.lowercased() }
    }

    /// The lines of the activities that make import tasks, by the table they import into.
    static func activities(in file: SourceFile) -> [String: Int] {
        var costs: [String: Int] = [:]
        var lines = 0
        var table: String?
        for line in file.lines + ["      - key: end"] {
            if line.hasPrefix("      - key: ") || line.hasPrefix("  - key: ") {
                if let table { costs[table] = lines }
                (lines, table) = (0, nil)
            }
            lines += 1
            if let target = line.firstMatch(of: /field: target_table, text: (\w+)/)?.1 { table = String(target) }
        }
        return costs
    }

    @Test func theRecipeSaysWhatATargetCosts() throws {
        let page = try #require(Repository.text("CONTRIBUTING.md"))
        let words = page.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        func figure(_ what: String) throws -> Int {
            let found = words.firstMatch(of: try Regex("([0-9]+) \(what)", as: (Substring, Substring).self))
            return try #require(found.flatMap { Int($0.output.1) }, "the recipe names no \(what)")
        }
        let (option, rows) = (try figure("of the option"), try figure("of the access rows"))
        let activity = try figure("of the activity")
        #expect(
            try figure("lines in four files") == option + (try figure("of the index")) + rows + activity)
        let protos = Repository.files.filter { $0.path.hasPrefix("proto/source/ale/onboarding/") }
        let named = protos.reduce(into: [String: Int]()) { $0.merge(Self.options(in: $1)) { $0 + $1 } }
        let yaml = try #require(Repository.text(Self.playbook))
        let made = Self.activities(in: SourceFile(path: Self.playbook, text: yaml))
        #expect(made.count == 8)
        #expect(made.values.max() == activity, "\(made)")
        #expect(made.keys.compactMap { named[$0] }.max() == option, "\(named)")
        let rules = try #require(Repository.text(Self.access)).split(separator: "\n")
        for table in made.keys {
            #expect(named[table] != nil, "\(table) is imported and not declared so")
            // Customers have a row of their own where they may see the records.
            let own = rules.filter { $0.contains("\t\(table)\t") && !$0.contains("\tsn_customerservice") }
            #expect(own.count <= rows, "\(table): \(own)")
        }
    }

    @Test func theCheckCatches() {
        let proto = SourceFile(
            path: "proto/source/ale/onboarding/v1/a.proto",
            text: """
                message SoldThing {
                  option (ale.options.v1.record) = {
                    import: {
                      order: 1
                    }
                    named_by: "name"
                  };
                """)
        #expect(Self.options(in: proto) == ["sold_thing": 4])
        let playbook = SourceFile(
            path: Self.playbook,
            text: """
                  - key: data
                      - key: one
                            - {field: target_table, text: sold_thing}
                  - key: more
                      - key: two
                        kind: summary
                """)
        #expect(Self.activities(in: playbook) == ["sold_thing": 2])
    }
}
