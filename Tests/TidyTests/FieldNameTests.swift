import Testing

/// Declarations and rules name fields by the keys the generator writes: a misspelt text would only be found when it is
/// run.
@Suite struct FieldNameTests {
    /// Texts where a key stands: what changes, what is read, what follows what, which field is to blame. Made once for a
    /// file: an expression is compiled when it is used first.
    private static func places() -> [Regex<Substring>] {
        [
            #/changes\("/#, #/\[(?:field|named): "/#, #/Inherited\("/#, #/via: "/#, #/\.references\(\["/#,
            #/\.document\(table: "/#, #/(?:conditional|immutable|ruled|numbered|writable|closingNeeds): \["/#,
            #/notAfter: "/#, #/\.(?:records|lists|documents)\(\w+\.self, (?:by|in|table): "/#,
            #/(?:daysRemaining\(until: |Computed\(|Redaction\(\[|Tie\()"/#,
            #/^ *(?:Problem)?\.?broken\(.*field: "/#, #/noSuchReference\(\w+\.self, "/#, #/DatabaseRule\(.*field: "/#,
            #/^ *"[A-Z_]+-?\d*", (?:\w+\.self, |constraint: "\w+", )?field: "/#,
            #/\bR\.(?:index|field)\("/#, #/schema\.(?:index\(of: |field\()"/#, #/Field\(rawValue: "/#,
            #/Page(?:List|Lists)\(.*by: "/#, #/(?:^|[ (])order: "(?!")/#, #/ listed: "(?!TRUE"|\\\()/#,
            // Playbooks: values of rows, columns of inputs, fields of records, rights, tables of access rows.
            #/(?:[ .(]row|activity\.values)\["[a-z]/#, #/\$0\["[a-z]/#, #/\.(?:column|rows|field|naming)\(\s*"/#,
            #/[ .(!][a-z]\w*\??\.text\((?:named: )?"/#,
            #/[ .(!]has\("/#, #/WriteRight\(.*"/#, #/[ .]authorize\(.*"/#, #/Access\.allows\(.*on: "/#,
            #/EventHandler\(.*record: "[a-z]/#, #/ record: "[a-z_]+", (?:action|wanted)/#,
            #/(?:MaskedField|FilterField)\(\[?"[a-z_]+"/#, #/\.at\("/#,
            // Errors: what they blame is a key of a record or of a request.
            #/\bfield: "(?:[a-z]|\\\(.*\)\.[a-z])/#,
            // Filters over records: they are made of keys, and a choice is a constant.
            #/CustomerAccess\(.*\{ .*\x22[a-z_]/#, #/(?:rows|changeable): \{ .*\x22[a-z_]/#,
            #/\x22[a-z_]+ !?= (?:true|false)\b/#, #/\x22[a-z_]+ !?= \\\x22/#, #/\.equal\(\.\w+, (?:oneOf: \[)?\x22/#,
        ]
    }

    static func findings(in file: SourceFile) -> [Finding] {
        let places = places()
        return file.lines.enumerated().compactMap { index, line in
            // Most lines hold no text at all: asking for it first is what keeps the check fast.
            guard line.utf8.contains(UInt8(ascii: "\"")), !line.drop(while: \.isWhitespace).hasPrefix("//"),
                places.contains(where: { line.contains($0) })
            else { return nil }
            return Finding(file.path, line: index + 1, "a field named by a text: \(line.drop(while: \.isWhitespace))")
        }
    }

    @Test func rulesNameFieldsByTheirKeys() {
        let places = [
            "Services/", "Shared/Records/", "Shared/Playbooks/", "Shared/RecommendedActions/", "Shared/Ground/",
            "Shared/RPC/",
        ]
        let findings = Self.looked(in: places).flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    private static func looked(in places: [String]) -> [SourceFile] {
        let files = Repository.swift.filter { file in places.contains { file.path.hasPrefix($0) } }
        #expect(places.allSatisfy { place in files.contains { $0.path.hasPrefix(place) } })
        return files
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
        let findings = Self.looked(in: ["Services/", "Shared/"]).filter { !$0.path.contains("TestKit/") }
            .flatMap(Self.positions)
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
        #expect(count(#"task.dueDate = row["due_date"]"#) == 1)
        #expect(count(#".column("due_date", LifecycleTask.label(.dueDate), type: "date"),"#) == 1)
        #expect(count(#".rows("tasks", Text(en: "Tasks", ko: "작업"),"#) == 1)
        #expect(count(#"rights: [WriteRight(.create, "lifecycle_task")]"#) == 1)
        #expect(count(#"if record.text("state") == canceled {"#) == 1)
        #expect(count(#"if has("due_date"), let due { return due }"#) == 1)
        #expect(count(#"try playbooks.authorize(.write, "playbook_activity", caller)"#) == 1)
        #expect(count(#"guard Access.allows(caller.roles, .read, on: "engagement") else { return }"#) == 1)
        #expect(count(#"database, caller, where: own, listed: "active", order: .by(.dueDate), limit: limit)"#) == 1)
        #expect(count(#"order: "due_date, id", limit: limit)"#) == 1)
        #expect(count(#"service: "onboarding", record: "team_message", action: "created","#) == 1)
        #expect(count(#"fault(place.at("labels"), "There is no label.", "레이블이 없습니다.")"#) == 1)
        #expect(count(#"MaskedField("label", \.label),"#) == 1)
        #expect(count(#"            rows: { _ in "visible_to_customer = true" }, writable: [.state],"#) == 1)
        #expect(count(#"await replicas.refresh(ImportTask.self, where: "parent = \"\(id)\"")"#) == 1)
        #expect(count(#"rows: { .equal(.visibleToCustomer, true).and(.equal(.state, "open")) }"#) == 1)
        #expect(count(#"rows: { .equal(.visibleToCustomer, true).and($0.ownContact(.contact)) }"#) == 0)
        #expect(count(#"task.dueDate = row[LifecycleTask.Field.dueDate]"#) == 0)
        #expect(count(#"listed: "\(identifier: SuccessCase.Field.active)", order: .by(.dueDate), limit: limit)"#) == 0)
        #expect(count(#"method: "staging_rows", filter: task.id, order: "","#) == 0)
        #expect(count(#"guard change.changes(.dueDate), record[field: .state].isEmpty else { return }"#) == 0)
        #expect(count(#"throw .invalid(field: "page_token", damaged)"#) == 1)
        #expect(count(#"violations: [.init(field: "\(R.schema.table).state", text: text)])"#) == 1)
        #expect(count(#"field: "answers.\(question.name)", text: text"#) == 1)
        #expect(count(#"throw .invalid(field: ListRequest.Field.pageToken, damaged)"#) == 0)
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
