import Testing

/// Services name the values of choices by the constants the generator writes, in Swift and in statements
/// (`\(literal: ImportTask.State.open)`): a misspelt one does not compile.
@Suite struct ChoiceTextTests {
    /// Words that are a choice as well as something else, by file: what they are there.
    private static let others: [String: [String: String]] = [
        "Services/ImportValidation/Replicas.swift": [
            "closed": "an event", "canceled": "an event",
        ],
        "Services/Notifier/WatchLists.swift": [
            "created": "an event", "updated": "an event", "closed": "an event", "canceled": "an event",
        ],
        "Services/Notifier/EmailPreviews.swift": ["updated": "an event"],
        "Services/Notifier/TeamMails.swift": ["created": "an event"],
        "Services/Onboarding/OnboardingCase.swift": ["created": "an event"],
        "Services/Onboarding/Playbook/OnboardingActivities.swift": [
            "date": "a type of inputs", "reference": "a type of inputs", "record": "a column of an input",
        ],
        "Services/Onboarding/Playbook/OnboardingPlaybooks.swift": ["created": "an event"],
        "Services/Onboarding/OnboardingCase+Closing.swift": ["open": "a fact of a problem"],
        "Services/Onboarding/PeopleCommands.swift": ["system": "a command"],
    ]

    /// The values that the messages of each module declare. Tables are named as texts in other places, too, and so are
    /// languages.
    static let choices: [Substring: Set<String>] = {
        let tables = Set(ProtoRecord.all.map(\.table))
        var found: [Substring: Set<String>] = [:]
        for file in Repository.files
        where file.path.hasPrefix("Shared/Generated/") && file.text.contains("/// Values of ") {
            found[file.folders[2], default: []].formUnion(values(in: file).subtracting(tables))
        }
        return found
    }()

    /// The values of the choices that one file declares.
    static func values(in file: SourceFile) -> Set<String> {
        var field: Substring = ""
        var values: Set<String> = []
        for line in file.lines {
            if let match = line.firstMatch(of: #/Values of `(\w+)`/#) { field = match.1 }
            guard field != "language", let match = line.firstMatch(of: #/public static let .*: String = "(\w+)"/#)
            else { continue }
            values.insert(String(match.1))
        }
        return values
    }

    /// The texts of a line that are nothing but a word, and the words in the quotes of a statement; conditions of lists
    /// left out.
    static func words(in line: Substring) -> [String] {
        let rest = line.replacing(#/listed: "\w+"/#, with: "")
        return rest.matches(of: #/"(\w+)"/#).map { String($0.1) } + rest.matches(of: #/'(\w+)'/#).map { String($0.1) }
    }

    static func findings(in file: SourceFile, choices: [Substring: Set<String>]) -> [(word: String, finding: Finding)] {
        let imports = file.lines.filter { $0.hasPrefix("import ") }.map { $0.dropFirst("import ".count) }
        let values = imports.reduce(into: Set<String>()) { $0.formUnion(choices[$1] ?? []) }
        return file.lines.enumerated().flatMap { index, line -> [(word: String, finding: Finding)] in
            let marks = [UInt8(ascii: "\""), UInt8(ascii: "'")]
            guard line.utf8.contains(where: marks.contains), !line.drop(while: \.isWhitespace).hasPrefix("//") else {
                return []
            }
            return words(in: line).filter(values.contains).map { word in
                (word, Finding(file.path, line: index + 1, "\(word) is a choice: name it by its constant"))
            }
        }
    }

    private static let all = Repository.swift.filter { $0.path.hasPrefix("Services/") }.flatMap { file in
        findings(in: file, choices: choices).map { (path: file.path, word: $0.word, finding: $0.finding) }
    }

    @Test func choicesAreNamedByTheirConstants() {
        let findings = Self.all.filter { Self.others[$0.path]?[$0.word] == nil }.map(\.finding)
        #expect(Self.choices["ImportValidationWire"]?.contains("awaiting_customer") == true)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func noExceptionIsLeftOver() {
        for (path, words) in Self.others {
            for word in words.keys {
                #expect(Self.all.contains { $0.path == path && $0.word == word }, "\(path) has no \(word)")
            }
        }
    }

    @Test func theCheckCatches() {
        let schema = SourceFile(
            path: "Shared/Generated/AWire/A+Schema.swift",
            text: """
                /// Values of `state`.
                public static let closed: String = "closed"
                public static let active: String = "active"
                /// Values of `language`.
                public static let en: String = "en"
                """)
        #expect(Self.values(in: schema) == ["closed", "active"])
        func count(_ text: String) -> Int {
            let file = SourceFile(path: "Services/A/A.swift", text: "import AWire\n" + text)
            return Self.findings(in: file, choices: ["AWire": Self.values(in: schema)]).count
        }
        #expect(count(#"guard state == "closed" else { return }"#) == 1)
        #expect(count(#"moves: ["active": ["closed"]]"#) == 2)
        #expect(count(#"try tx.query("SELECT 1 FROM a.b WHERE state = 'closed'")"#) == 1)
        #expect(count("    WHERE state NOT IN ('closed', 'active') \\") == 2)
        #expect(count(#"touchpoints = try PageList(database, caller, listed: "active", limit: limit)"#) == 0)
        #expect(count(#"// not "closed" yet"#) == 0)
        #expect(count(#"guard state == A.State.closed else { throw "closed it is" }"#) == 0)
    }
}
