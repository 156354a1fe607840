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
        "Services/Notifier/SignInMails.swift": ["created": "an event"],
        "Services/Onboarding/OnboardingCase.swift": ["created": "an event"],
        "Services/Onboarding/Playbook/PlaybookAdoption.swift": ["created": "an event"],
        "Services/Onboarding/Playbook/OnboardingPlaybooks.swift": ["created": "an event"],
        "Services/Onboarding/OnboardingCase+Closing.swift": ["open": "a fact of a problem"],
        "Services/Onboarding/PeopleCommands.swift": ["system": "a command"],
        "Services/ImportValidation/Staging/MendingEndpoints.swift": ["field": "a field of the request"],
        "Shared/Playbooks/Check/PlaybookCheck+Starts.swift": ["created": "an event", "reopened": "an event"],
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

    /// The texts of a line that are nothing but a word, and the words in the quotes of a statement.
    static func words(in line: Substring) -> [String] {
        line.matches(of: #/"(\w+)"/#).map { String($0.1) } + line.matches(of: #/'(\w+)'/#).map { String($0.1) }
    }

    /// The words of the enumerations that the playbooks have for where things are and what becomes of them: names of
    /// tables, columns and fields are no choices.
    static let playbookWords: Set<String> = Repository.swift
        .filter { $0.path.hasPrefix("Shared/Playbooks/") || $0.path == "Shared/Records/Declaration/EndState.swift" }
        .reduce(into: []) { $0.formUnion(words(ofEnumerationsIn: $1)) }

    /// The raw values of enumerations of texts, but for those that name tables, columns and fields.
    static func words(ofEnumerationsIn file: SourceFile) -> Set<String> {
        let names: Set<Substring> = ["OwnTable", "PlaybookColumn", "KnownField", "DefinitionField"]
        var words: Set<String> = []
        var isInside = false
        for line in file.lines {
            if let match = line.firstMatch(of: #/enum (\w+): String\b/#) { isInside = !names.contains(match.1) }
            guard isInside, let match = line.firstMatch(of: #/\bcase ([\w, ]+?)(?: = "(\w+)")?(?: }|$)/#) else {
                if line.drop(while: \.isWhitespace).hasPrefix("}") { isInside = false }
                continue
            }
            words.formUnion(match.2.map { [String($0)] } ?? match.1.split(separator: ", ").map(String.init))
        }
        return words
    }

    static func findings(in file: SourceFile, choices: [Substring: Set<String>]) -> [(word: String, finding: Finding)] {
        let imports = file.lines.filter { $0.hasPrefix("import ") }.map { $0.dropFirst("import ".count) }
        return findings(in: file, imports.reduce(into: Set<String>()) { $0.formUnion(choices[$1] ?? []) })
    }

    private static func findings(
        in file: SourceFile, _ values: Set<String>
    ) -> [(word: String, finding: Finding)] {
        file.lines.enumerated().flatMap { index, line -> [(word: String, finding: Finding)] in
            let marks = [UInt8(ascii: "\""), UInt8(ascii: "'")]
            guard line.utf8.contains(where: marks.contains), !line.drop(while: \.isWhitespace).hasPrefix("//") else {
                return []
            }
            return words(in: line).filter(values.contains).map { word in
                (word, Finding(file.path, line: index + 1, "\(word) is a choice: name it by its constant"))
            }
        }
    }

    /// A file without the cases of its enumerations, where the words are said.
    static func uses(in file: SourceFile) -> SourceFile {
        let lines = file.lines.map { $0.contains(#/^ *case \w+ = "\w+"/#) ? "" : $0 }
        return SourceFile(path: file.path, text: lines.joined(separator: "\n"))
    }

    /// Pages call what their templates are given by the same words.
    private static let pages = "Services/Workspace/"

    private static let all = Repository.swift.flatMap { file in
        let found =
            file.path.hasPrefix("Services/") && !file.path.hasPrefix(pages)
            ? findings(in: file, choices: choices)
            : file.path.hasPrefix("Shared/Playbooks/") ? findings(in: uses(in: file), playbookWords) : []
        return found.map { (path: file.path, word: $0.word, finding: $0.finding) }
    }

    @Test func choicesAreNamedByTheirConstants() {
        let findings = Self.all.filter { Self.others[$0.path]?[$0.word] == nil }.map(\.finding)
        #expect(Self.choices["ImportValidationWire"]?.contains("awaiting_customer") == true)
        #expect(Self.playbookWords.isSuperset(of: ["in_progress", "skipped", "draft", "with_lane", "before_field"]))
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
        #expect(count(#"touchpoints = try PageList(database, caller, listed: "active", limit: limit)"#) == 1)
        #expect(count(#"// not "closed" yet"#) == 0)
        #expect(count(#"guard state == A.State.closed else { throw "closed it is" }"#) == 0)
    }

    @Test func theWordsOfEnumerationsAreFound() {
        let states = SourceFile(
            path: "Shared/Playbooks/A.swift",
            text: """
                enum State: String {
                    /// It was done.
                    case done, skipped
                    case inProgress = "in_progress"
                    var isEnded: Bool { self == .done }
                }
                enum Action: String { case start, close }
                enum OwnTable: String {
                    case run = "playbook_run"
                }
                """)
        #expect(!Self.uses(in: states).text.contains("\""))
        #expect(Self.words(ofEnumerationsIn: states) == ["done", "skipped", "in_progress", "start", "close"])
    }
}
