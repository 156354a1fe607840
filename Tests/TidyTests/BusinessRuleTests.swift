import Testing

/// Every business rule of the specification has a rule value ("BR-07") in a service and a test that names it.
///
/// Services/CustomerSuccess/business_rules.tsv lists the rules; its first column is the id.
@Suite struct BusinessRuleTests {
    static let list = "Services/CustomerSuccess/business_rules.tsv"

    /// Rule ids in the first column.
    static func ids(in table: String) -> Set<String> {
        Set(
            table.split(separator: "\n").compactMap { line in
                let id = line.prefix { $0 != "\t" && $0 != "\r" }
                return id.hasPrefix("BR-") ? String(id) : nil
            })
    }

    /// Ids named as whole words: BR-07 is not in BR-071.
    static func mentions(in text: String) -> Set<String> {
        Set(text.split { !($0.isLetter || $0.isNumber || $0 == "-") }.filter { $0.hasPrefix("BR-") }.map(String.init))
    }

    /// What is wrong with the rules, given those named by the services and by the tests.
    static func findings(all: Set<String>, built: Set<String>, tested: Set<String>) -> [Finding] {
        all.union(built).sorted().compactMap { id in
            if !all.contains(id) { return Finding(list, "\(id) is not a rule of the list") }
            switch (built.contains(id), tested.contains(id)) {
            case (false, _): return Finding(list, "no service has a rule value \"\(id)\"")
            case (true, false): return Finding(list, "no test names \(id)")
            case (true, true): return nil
            }
        }
    }

    private static func mentions(under folder: String, _ keep: (SourceFile) -> Bool) -> Set<String> {
        Repository.swift.filter { $0.path.hasPrefix(folder) && keep($0) }
            .reduce(into: []) { $0.formUnion(mentions(in: $1.text)) }
    }

    @Test(.enabled(if: Repository.text(list) != nil, "Services/CustomerSuccess/business_rules.tsv is not there yet"))
    func everyRuleHasAValueAndATest() throws {
        let all = Self.ids(in: try #require(Repository.text(Self.list)))
        try #require(!all.isEmpty)
        // A value names its rule in quotes; a comment that speaks of a rule is none.
        let built = all.filter { id in
            Repository.swift.contains { $0.path.hasPrefix("Services/") && $0.text.contains("\"\(id)\"") }
        }
        let findings = Self.findings(
            all: all, built: built,
            tested: Self.mentions(under: "Tests/") { !$0.path.hasPrefix("Tests/TidyTests/") })
        #expect(findings.isEmpty, "\(findings.report)")
    }

    /// A rule that can be broken is broken in a test of the service that has it, which finds the id in the error. Rules
    /// about what follows ("After …") refuse nothing.
    @Test(.enabled(if: Repository.text(list) != nil, "Services/CustomerSuccess/business_rules.tsv is not there yet"))
    func everyRuleIsFoundInAnError() throws {
        let all = try #require(Repository.text(Self.list))
        let findings = Self.refusals(in: all).sorted().compactMap { id -> Finding? in
            let services = Self.folders(under: "Services/", with: id)
            let tests = Self.folders(under: "Tests/", with: id)
            return services.contains { tests.contains("\($0)Tests") }
                ? nil : Finding(Self.list, "no test of \(services.sorted()) looks for \"\(id)\" in an error")
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    /// The rules that refuse something.
    static func refusals(in table: String) -> Set<String> {
        ids(
            in: table.split(separator: "\n").filter { line in
                let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
                return cells.count > 3 && !cells[3].hasPrefix("After ")
            }.joined(separator: "\n"))
    }

    /// The folders below `root` that have a Swift file with the id in quotes, outside of comments.
    private static func folders(under root: String, with id: String) -> Set<String> {
        Set(
            Repository.swift.filter { file in
                file.path.hasPrefix(root)
                    && file.lines.contains { line in
                        line.contains("\"\(id)\"") && !line.drop { $0 == " " }.hasPrefix("//")
                    }
            }.compactMap { $0.folders.dropFirst().first.map(String.init) })
    }

    @Test func theCheckCatches() {
        let table = "BR-01\tt\tn\tOn insert -> x\nBR-02\tt\tn\tAfter delete -> y\n"
        #expect(Self.refusals(in: table) == ["BR-01"])
        #expect(Self.ids(in: "id\tname\nBR-01\ta\nBR-02\tb\n") == ["BR-01", "BR-02"])
        #expect(Self.mentions(in: #"Rule("BR-07", "x") BR-071"#) == ["BR-07", "BR-071"])
        let findings = Self.findings(
            all: ["BR-01", "BR-02", "BR-03"], built: ["BR-01", "BR-03", "BR-04"], tested: ["BR-01"])
        #expect(findings.map { $0.message.prefix(5) } == ["no se", "no te", "BR-04"])
    }
}
