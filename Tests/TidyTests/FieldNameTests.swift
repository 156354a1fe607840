import Testing

/// Declarations and rules name fields by the keys the generator writes: a misspelt text would only be found when it is
/// run.
@Suite struct FieldNameTests {
    /// Texts where a key stands: what changes, what is read, what follows what, which field is to blame.
    private static func names(in line: Substring) -> Int {
        let places: [Regex<Substring>] = [
            #/changes\("/#, #/\[(?:field|named): "/#, #/Inherited\("/#, #/via: "/#, #/\.references\(\["/#,
            #/\.document\(table: "/#, #/(?:conditional|immutable|ruled|numbered|writable|closingNeeds): \["/#,
            #/notAfter: "/#, #/\.(?:records|lists|documents)\(\w+\.self, (?:by|in|table): "/#,
            #/(?:daysRemaining\(until: |Computed\(|Redaction\(\[|Tie\()"/#,
            #/^ *(?:Problem)?\.?broken\(.*field: "/#, #/noSuchReference\(\w+\.self, "/#, #/DatabaseRule\(.*field: "/#,
            #/^ *"[A-Z_]+-?\d*", (?:\w+\.self, |constraint: "\w+", )?field: "/#,
            #/\bR\.(?:index|field)\("/#, #/schema\.(?:index\(of: |field\()"/#, #/Field\(rawValue: "/#,
            #/Page(?:List|Lists)\(.*by: "/#,
        ]
        return places.count { line.contains($0) }
    }

    static func findings(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            // Most lines hold no text at all: asking for it first is what keeps the check fast.
            guard line.utf8.contains(UInt8(ascii: "\"")), !line.drop(while: \.isWhitespace).hasPrefix("//"),
                names(in: line) > 0
            else { return nil }
            return Finding(file.path, line: index + 1, "a field named by a text: \(line.drop(while: \.isWhitespace))")
        }
    }

    @Test func rulesNameFieldsByTheirKeys() {
        let places = ["Services/", "Shared/Records/"]
        let findings = Repository.swift.filter { file in places.contains { file.path.hasPrefix($0) } }
            .flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    /// Columns are read by constants, which do not compile when they are misspelt. A place is another one when a column
    /// comes before it.
    static func positions(in file: SourceFile) -> [Finding] {
        let reading =
            #/\.(?:optional)?(?:[sS]tring|[bB]ool|[iI]nt|[iI]nt64|[dD]ouble|[bB]ytes|[tT]imestamp|value|strings|isNull)\(at: \d/#
        return file.lines.enumerated().compactMap { index, line in
            guard line.contains(reading) else { return nil }
            return Finding(file.path, line: index + 1, "a column read by its place")
        }
    }

    @Test func columnsAreReadByTheirNames() {
        let findings = Repository.swift.filter { $0.path.hasPrefix("Services/") }.flatMap(Self.positions)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        func count(_ text: String) -> Int {
            Self.findings(in: SourceFile(path: "Services/A/A.swift", text: text)).count
        }
        #expect(count(#"guard change.changes("due_date") else { return }"#) == 1)
        #expect(count(#"record[named: "state"] = .null"#) == 1)
        #expect(count(#"inherited: [Inherited("account", via: "engagement")],"#) == 1)
        #expect(count(#"domain: .references(["account"]), immutable: ["account"],"#) == 1)
        #expect(count(#"            "BR-29", field: "engagement","#) == 1)
        #expect(count(#"                "G-97", RiskSignal.self, field: "source_record","#) == 1)
        #expect(count(#"DatabaseRule("BR-41", constraint: "no_parent", field: "parent", noParent),"#) == 1)
        #expect(count(#".records(SuccessTask.self, by: "parent")"#) == 1)
        #expect(count(#"let members = change.new[field: R.field("squad")].strings"#) == 1)
        #expect(count(#"stateIndex = R.index("state")"#) == 1)
        #expect(count(#"priority = R.schema.index(of: "priority").flatMap { record[fieldAt: $0].int }"#) == 1)
        #expect(count(#"let shown = Upload.schema.field("state")?.label"#) == 1)
        #expect(count(#"guard change.changes(.dueDate), record[field: .state].isEmpty else { return }"#) == 0)
        #expect(count(#"throw .invalid(field: "page_token", damaged)"#) == 0)
        #expect(count(#"// changes("due_date")"#) == 0)
        func places(_ text: String) -> Int {
            Self.positions(in: SourceFile(path: "Services/A/A.swift", text: text)).count
        }
        #expect(places("let value = try row.optionalString(at: 1)") == 1)
        #expect(places("return Set(try rows.map { try $0.string(at: 0) })") == 1)
        #expect(places("let id = try row.string(User.Field.id)") == 0)
        #expect(places("let cell = try row.string(at: index)") == 0)
        #expect(places("names.insert(text, at: 0)") == 0)
    }
}
