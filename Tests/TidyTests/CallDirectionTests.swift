import Testing

/// Services ask each other in one direction only. A request that waits for another service keeps its place in flight
/// meanwhile: in a ring, each could wait for the other's places.
@Suite struct CallDirectionTests {
    /// Whom each service may ask.
    static let allowed: [String: Set<String>] = [
        "Onboarding": [], "CustomerSuccess": ["Onboarding"], "ImportValidation": ["Onboarding", "CustomerSuccess"],
        "PlayLauncher": ["Onboarding", "CustomerSuccess", "ImportValidation"],
        "Notifier": ["Onboarding", "CustomerSuccess", "PlayLauncher"],
        "Workspace": ["Onboarding", "CustomerSuccess", "ImportValidation", "PlayLauncher", "Notifier"],
    ]

    /// Whom a service may ask against the direction: for the copies that its `Replicas.swift` declares, and nothing
    /// else. Of its requests only the few that the `ReplicaSet` is told (`atMost:`) may wait for such an answer, and not
    /// long, so that a ring is never full; a rebuild waits in the background, where it keeps nobody's place.
    static let copied: [String: Set<String>] = ["Onboarding": ["CustomerSuccess", "ImportValidation"]]

    /// What a service has done by another one against the direction: by durable work in the background, where it keeps
    /// nobody's place.
    static let durable: [String: Set<String>] = [
        "Services/Onboarding/Playbook/OnboardingPlaybooks.swift": ["ImportValidation"],
        "Services/Onboarding/Dates/DateMoveCalls.swift": ["ImportValidation"],
    ]

    static func findings(in file: SourceFile) -> [Finding] {
        let folders = file.folders.map(String.init)
        guard folders.first == "Services", folders.count > 2, var allowed = allowed[folders[1]] else { return [] }
        if folders.last == "Replicas.swift", file.text.contains("atMost:") {
            allowed.formUnion(copied[folders[1]] ?? [])
        }
        allowed.formUnion(durable[file.path] ?? [])
        return Repository.code(of: file).enumerated().flatMap { number, line in
            Self.allowed.keys.filter { other in
                other != folders[1] && !allowed.contains(other) && line.contains("\(other)API.")
            }.map { Finding(file.path, line: number + 1, "\(folders[1]) may not ask \($0)") }
        }
    }

    @Test func nobodyAsksInARing() {
        let findings = Repository.swift.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
        // Taking away, again and again, those who ask nobody that is left leaves nobody.
        var left = Self.allowed
        while let leaf = left.first(where: { $0.value.isDisjoint(with: left.keys) })?.key { left[leaf] = nil }
        #expect(left.isEmpty, "these ask in a ring: \(left.keys.sorted())")
    }

    /// The NATS server lets each service ask whom it may ask, and no others; a flow of a play may ask everybody.
    @Test func theServerKnowsTheDirections() throws {
        let listed = ConsumerTests.listed(in: try #require(Repository.text("deploy/nats/calls.tsv")))
        var expected: Set<String> = []
        for (folder, others) in Self.allowed {
            let names =
                folder == "PlayLauncher"
                ? Set(Self.allowed.keys).subtracting(["Workspace"]) : others.union(Self.copied[folder] ?? [])
            for other in names {
                expected.insert("\(ConsumerTests.name(of: folder[...])) \(ConsumerTests.name(of: other[...]))")
            }
        }
        #expect(listed.subtracting(expected).sorted() == [], "listed in deploy/nats/calls.tsv, not allowed here")
        #expect(expected.subtracting(listed).sorted() == [], "allowed here, not listed in deploy/nats/calls.tsv")
    }

    @Test func everyServiceHasADirection() {
        let services = Set(
            Repository.swift.filter { $0.folders[0] == "Services" && $0.folders.count > 2 }.map {
                String($0.folders[1])
            })
        #expect(services == Set(Self.allowed.keys))
    }

    @Test func theCheckCatches() {
        func count(_ path: String, _ text: String) -> Int {
            Self.findings(in: SourceFile(path: path, text: text)).count
        }
        #expect(count("Services/Onboarding/A.swift", "call(NotifierAPI.all)") == 1)
        #expect(count("Services/Notifier/A.swift", "call(OnboardingAPI.getUser)") == 0)
        #expect(count("Services/Notifier/A.swift", "// ImportValidationAPI.all") == 0)
        #expect(count("Services/Onboarding/A.swift", "call(OnboardingAPI.getUser)") == 0)
        #expect(count("Services/Onboarding/Replicas.swift", "get: CustomerSuccessAPI.all, atMost: 4") == 0)
        #expect(count("Services/Onboarding/Replicas.swift", "get: CustomerSuccessAPI.all") == 1)
        #expect(count("Services/Onboarding/Replicas.swift", "get: NotifierAPI.all, atMost: 4") == 1)
        #expect(count("Services/Onboarding/A.swift", "get: CustomerSuccessAPI.all, atMost: 4") == 1)
        #expect(count("Services/Onboarding/Playbook/OnboardingPlaybooks.swift", "call(ImportValidationAPI.all)") == 0)
        #expect(count("Services/Onboarding/Playbook/OnboardingPlaybooks.swift", "call(CustomerSuccessAPI.all)") == 1)
    }
}
