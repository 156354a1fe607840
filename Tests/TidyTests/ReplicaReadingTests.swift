import Testing

/// Services show the records of other services through `Database.replica(_:_:as:)`, which knows who may read them: no
/// statement names the table of a replica, but for those that decide and show nothing.
@Suite struct ReplicaReadingTests {
    /// What is decided by a replica, by file: it holds whether or not the caller may read the records.
    private static let deciding = [
        "Services/CustomerSuccess/Engagement.swift": "the case is of the account, and open",
        "Services/CustomerSuccess/EngagementContract.swift": "the contract is of the account",
        "Services/CustomerSuccess/Renewal.swift": "the renewal date follows the contracts",
        "Services/CustomerSuccess/RiskSignal.swift": "the case is of the account",
        "Services/CustomerSuccess/SquadMember.swift": "the responsibility is one of a squad",
        "Services/ImportValidation/TaskAccess.swift": "the case is open",
        "Services/ImportValidation/TaskAssignee.swift": "who has the tasks of a case",
        "Services/Notifier/PeopleLookup.swift": "which of them are copied, before they are told",
        "Services/Notifier/Reader.swift": "who may read, which is what is asked",
        "Services/Onboarding/OnboardingCase+Closing.swift": "the tasks of the case are done",
        "Services/Onboarding/Playbook/OnboardingActivities.swift": "the tasks of the stage have close notes",
        "Services/Onboarding/Playbook/OnboardingPlaybooks.swift": "nobody has changed what an undo cancels",
    ]

    /// The tables of the replicas that a service declares.
    static func replicas(in text: String, records: [ProtoRecord]) -> Set<String> {
        Set(
            text.split(separator: "Replica(", omittingEmptySubsequences: false).dropFirst().compactMap { declared in
                let type = declared.drop { $0.isWhitespace }.prefix { $0 != "." }
                return records.first { $0.name == type }?.table
            })
    }

    static func findings(in page: SourceFile, schema: String, replicas: Set<String>) -> [Finding] {
        page.lines.enumerated().flatMap { number, line in
            let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
            let plain = String(line.filter { $0 != "\"" && $0 != "\\" })
            let unquoted = Set(words + plain.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") })
            return replicas.sorted().filter { unquoted.contains("\(schema).\($0)") }.map {
                Finding(page.path, line: number + 1, "read \($0) through Database.replica")
            }
        }
    }

    /// The statements that name the table of a replica, by file.
    private static let statements = Dictionary(
        uniqueKeysWithValues: Repository.swift.filter { $0.folders[0] == "Services" }.map {
            file -> (String, [Finding]) in
            let declared = Repository.text("Services/\(file.folders[1])/Replicas.swift") ?? ""
            let schema = ConsumerTests.name(of: file.folders[1]).map { $0 == "-" ? "_" : $0 }
            let replicas = replicas(in: declared, records: ProtoRecord.all)
            return (file.path, findings(in: file, schema: String(schema), replicas: replicas))
        })

    @Test func whoShowsAsksWhoMayRead() {
        let findings = Self.statements.filter { Self.deciding[$0.key] == nil }.values.flatMap(\.self)
        #expect(Self.statements.keys.contains { $0.contains("/Pages/") })
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test(arguments: deciding.keys.sorted())
    func noExceptionIsLeftOver(path: String) {
        #expect(Self.statements[path]?.isEmpty == false)
    }

    @Test func theCheckCatches() {
        let records = ["Account", "User"].map {
            ProtoRecord(name: $0, table: $0.lowercased(), collection: $0.lowercased() + "s")
        }
        let replicas = Self.replicas(in: "[\n  Replica(\n  Account.self, …), Replica(User.self, …)]", records: records)
        #expect(replicas == ["account", "user"])
        func count(_ text: String) -> Int {
            Self.findings(in: SourceFile(path: "A.swift", text: text), schema: "a_b", replicas: replicas).count
        }
        #expect(count("SELECT name FROM a_b.account WHERE") == 1)
        #expect(count("JOIN a_b.\\\"user\\\" u") == 1 && count("JOIN a_b.\"user\" u") == 1)
        #expect(count("FROM a_b.account_note") == 0 && count("FROM \\(accounts) account") == 0)
    }
}
