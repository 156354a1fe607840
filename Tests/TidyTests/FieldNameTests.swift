import Testing

/// Declarations and rules name fields by the keys the generator writes: a misspelt text would only be found when it is
/// run.
@Suite struct FieldNameTests {
    /// Texts where a key stands: what changes, what is read, what follows what, which field is to blame.
    private static func names(in line: Substring) -> Int {
        let places: [Regex<Substring>] = [
            #/\bchanges\("/#, #/\[(?:field|named): "/#, #/\bInherited\("/#, #/\bvia: "/#, #/\.references\(\["/#,
            #/\.document\(table: "/#, #/\b(?:conditional|immutable|ruled|numbered|writable|closingNeeds): \["/#,
            #/\bnotAfter: "/#, #/\.(?:records|lists|documents)\(\w+\.self, (?:by|in|table): "/#,
            #/\b(?:daysRemaining\(until: |Computed\(|Redaction\(\[|Tie\()"/#,
            #/^ *(?:Problem)?\.?broken\(.*field: "/#, #/\bDatabaseRule\(.*field: "/#,
            #/^ *"[A-Z_]+-?\d*", (?:\w+\.self, |constraint: "\w+", )?field: "/#,
        ]
        return places.count { line.contains($0) }
    }

    static func findings(in file: SourceFile) -> [Finding] {
        file.lines.enumerated().compactMap { index, line in
            guard !line.drop(while: \.isWhitespace).hasPrefix("//"), names(in: line) > 0 else { return nil }
            return Finding(file.path, line: index + 1, "a field named by a text: \(line.drop(while: \.isWhitespace))")
        }
    }

    @Test func rulesNameFieldsByTheirKeys() {
        let findings = Repository.swift.filter { $0.path.hasPrefix("Services/") }.flatMap(Self.findings)
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
        #expect(count(#"guard change.changes(.dueDate), record[field: .state].isEmpty else { return }"#) == 0)
        #expect(count(#"throw .invalid(field: "page_token", damaged)"#) == 0)
        #expect(count(#"// changes("due_date")"#) == 0)
    }
}
