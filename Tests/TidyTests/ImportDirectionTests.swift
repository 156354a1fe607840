import Testing

/// Dependencies point one way: services on Platform, Platform on Work, Work on Records, Records on Events, Events on Ground,
/// Ground on RPC, RPC on NATS and Wire. Tenancy and Roles depend on nothing. No service imports another.
@Suite struct ImportDirectionTests {
    /// What each module of Shared may import of this project.
    static let allowed: [String: Set<String>] = [
        "Tenancy": [], "Roles": [], "Korean": [], "Filters": ["Korean", "Wire"], "Addresses": ["CIDN"],
        "Markup": [], "Gzip": ["CZlib"],
        "Wire": ["Korean", "CProto", "CProtobufC"], "NATS": ["CNATS"], "Postgres": ["CPostgres"],
        "StandingWire": ["Wire", "CStandingProto", "CProtobufC"],
        "PlaybooksWire": ["Wire", "CPlaybooksProto", "CProtobufC"],
        "RecommendedActionsWire": ["Wire", "CRecommendedActionsProto", "CProtobufC"],
        "OnboardingWire": [
            "Wire", "StandingWire", "PlaybooksWire", "RecommendedActionsWire", "COnboardingProto", "CProtobufC",
        ],
        "ImportValidationWire": ["Wire", "RecommendedActionsWire", "CImportValidationProto", "CProtobufC"],
        "CustomerSuccessWire": [
            "Wire", "PlaybooksWire", "RecommendedActionsWire", "CCustomerSuccessProto", "CProtobufC",
        ],
        "PlayLauncherWire": ["Wire", "CPlayLauncherProto", "CProtobufC"],
        "NotifierWire": ["Wire", "CNotifierProto", "CProtobufC"],
        "SamplesWire": ["Wire", "CSamplesProto", "CProtobufC"],
        "WireCatalog": [
            "Wire", "OnboardingWire", "ImportValidationWire", "CustomerSuccessWire", "PlayLauncherWire", "NotifierWire",
            "PlaybooksWire", "RecommendedActionsWire", "StandingWire",
        ],
        "RPC": ["Korean", "Wire", "NATS", "Tenancy"],
        "Identity": ["Tenancy", "Roles", "RPC", "Wire"],
        "Ground": ["Postgres", "Wire", "RPC", "Tenancy"],
        "Events": ["Ground", "Postgres", "NATS", "Wire", "RPC", "Tenancy"],
        "Records": [
            "Ground", "Events", "Postgres", "Wire", "RPC", "Roles", "Tenancy", "Filters", "Workbook", "Addresses",
            "Korean",
        ],
        "Playbooks": [
            "PlaybooksWire", "Records", "Work", "Ground", "Events", "Postgres", "Wire", "RPC", "Roles", "Tenancy",
            "Filters", "Flows", "Korean",
        ],
        "RecommendedActions": [
            "RecommendedActionsWire", "Records", "Work", "Ground", "Postgres", "Wire", "RPC", "Roles", "Tenancy",
            "Filters",
        ],
        "Work": ["Records", "Ground", "Events", "Identity", "Postgres", "Wire", "RPC", "Tenancy"],
        "Platform": [
            "Records", "Work", "Ground", "Events", "Identity", "Postgres", "NATS", "Wire", "StandingWire", "RPC",
            "Roles", "Tenancy", "Filters", "Korean",
        ],
        "Workbook": ["CZip", "CXlsxWriter", "Korean", "Wire"], "Sandbox": ["Korean"], "Flows": ["CJQ", "Korean"],
        "Mail": ["Addresses", "Markup", "CCurl"], "HTTPS": ["CCurl"], "Passwords": ["CSodium"],
        "TestKit": ["NATS", "Postgres", "Workbook"],
        "ServiceTestKit": [
            "TestKit", "Platform", "Records", "Ground", "Events", "Work", "Identity", "Postgres", "NATS", "Wire", "RPC",
            "Roles", "Tenancy",
        ],
    ]
    /// What a service may import besides the modules under Platform.
    static let services: [String: Set<String>] = [
        "Onboarding": [
            "OnboardingWire", "Playbooks", "PlaybooksWire", "RecommendedActions", "RecommendedActionsWire",
            "ImportValidationWire", "CustomerSuccessWire", "HTTPS", "Passwords",
        ],
        "ImportValidation": [
            "ImportValidationWire", "OnboardingWire", "CustomerSuccessWire", "PlaybooksWire", "RecommendedActions",
            "RecommendedActionsWire", "Workbook", "Sandbox",
        ],
        "CustomerSuccess": [
            "CustomerSuccessWire", "OnboardingWire", "Playbooks", "PlaybooksWire", "RecommendedActions",
            "RecommendedActionsWire", "Workbook", "Markup",
        ],
        "PlayLauncher": ["HTTPS", "PlayLauncherWire", "OnboardingWire", "CustomerSuccessWire", "WireCatalog", "Flows"],
        "Notifier": ["NotifierWire", "OnboardingWire", "CustomerSuccessWire", "PlayLauncherWire", "Addresses", "Mail"],
        "Workspace": [
            "OnboardingWire", "PlaybooksWire", "RecommendedActionsWire", "ImportValidationWire", "CustomerSuccessWire",
            "PlayLauncherWire", "NotifierWire", "WireCatalog", "Markup", "Gzip",
        ],
    ]

    static let project = Set(allowed.keys).union(CFenceTests.owners.keys).union(services.keys.map { "\($0)Service" })

    static func findings(in file: SourceFile) -> [Finding] {
        let folders = file.folders.map(String.init)
        guard folders.count > 2, let allowed = allowed(in: module(of: file)) else { return [] }
        return Imports(of: file).compactMap { line, module in
            guard project.contains(module), !allowed.contains(module) else { return nil }
            return Finding(file.path, line: line, "\(folders[0])/\(folders[1]) may not import \(module)")
        }
    }

    /// The folders of a file; what is generated for a service is a module of Shared.
    private static func module(of file: SourceFile) -> [String] {
        file.folders.map(String.init).filter { $0 != "Generated" }
    }

    /// nil: not a module with a direction (tests, tools).
    private static func allowed(in folders: [String]) -> Set<String>? {
        switch folders[0] {
        case "Shared": allowed[folders[1]] ?? (folders[1].hasPrefix("C") ? [] : nil)
        case "Services":
            (allowed["Platform"] ?? []).union(services[folders[1]] ?? []).union(["Platform", "\(folders[1])Service"])
        default: nil
        }
    }

    @Test func importsPointDown() {
        let findings = Repository.files.filter { $0.path.hasSuffix(".swift") }.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func everyModuleHasADirection() {
        let modules = Set(
            Repository.swift.filter { $0.folders[0] == "Shared" && $0.folders.count > 2 }.map { String($0.folders[1]) })
        let unknown = modules.subtracting(Self.allowed.keys).sorted()
        #expect(unknown.isEmpty, "say in ImportDirectionTests what these may import: \(unknown)")
    }

    @Test func theCheckCatches() {
        func count(_ path: String, _ module: String) -> Int {
            Self.findings(in: SourceFile(path: path, text: "import \(module)\n")).count
        }
        #expect(count("Shared/Tenancy/A.swift", "Wire") == 1)
        #expect(count("Shared/NATS/A.swift", "RPC") == 1)
        #expect(count("Shared/RPC/A.swift", "NATS") == 0)
        #expect(count("Shared/Generated/NotifierWire/A.swift", "OnboardingWire") == 1)
        #expect(count("Shared/Generated/NotifierWire/A.swift", "Wire") == 0)
        #expect(count("Services/Onboarding/A.swift", "NotifierWire") == 1)
        #expect(count("Services/Notifier/A.swift", "OnboardingService") == 1)
        #expect(count("Services/Notifier/A.swift", "Flows") == 1)
        #expect(count("Services/Notifier/Main/A.swift", "NotifierService") == 0)
        #expect(count("Services/Notifier/A.swift", "Foundation") == 0)
    }
}
