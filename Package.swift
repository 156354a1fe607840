// swift-tools-version: 6.1
import PackageDescription

/// Every target: warnings are errors, so that none is ever left behind.
let strict: [SwiftSetting] = [.unsafeFlags(["-warnings-as-errors"])]

/// A C library of the system, found through pkg-config, with its Debian package for the message when it is missing.
func system(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, path: "Shared/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// A module of Shared.
func shared(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Shared/\(name)", exclude: exclude, swiftSettings: strict)
}

/// The generated code of one package of protos, C and Swift; `with` the packages whose messages it names. A change of one
/// compiles nobody else's again.
func wire(_ name: String, with others: [String] = []) -> [Target] {
    [
        .target(
            name: "C\(name)Proto",
            dependencies: ["CProto", "CProtobufC"] + others.map { .byName(name: "C\($0)Proto") },
            path: "Shared/CProto/\(name)"),
        .target(
            name: "\(name)Wire",
            dependencies: ["Wire", "CProtobufC", .byName(name: "C\(name)Proto")]
                + others.map { .byName(name: "\($0)Wire") },
            path: "Shared/Generated/\(name)Wire", swiftSettings: strict),
    ]
}

/// The generated code of all services, for tools and tests that talk to all of them.
let wires: [Target.Dependency] = [
    "StandingWire", "PlaybooksWire", "RecommendedActionsWire", "OnboardingWire", "ImportValidationWire",
    "CustomerSuccessWire",
    "PlayLauncherWire", "NotifierWire",
]

/// Tests of one module, without servers unless the module is about one.
func tests(_ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, path: "Tests/\(name)Tests",
        resources: resources, swiftSettings: strict)
}

/// Tests of one service's decisions against a real database.
func serviceTests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: "\(name)Service"), "ServiceTestKit", "WireCatalog"] + wires + dependencies,
        path: "Tests/\(name)Tests", swiftSettings: strict)
}

/// How programs are linked for release. By default the linker exports every symbol of a program that has the Swift
/// runtime in it, which keeps unused code and a table of names in memory, and writes each of the program's 130,000
/// addresses to be adjusted at start as a record of 24 bytes. Neither is needed: 7 MB less memory for each service.
let lean: [LinkerSetting] = [
    .unsafeFlags(
        [
            "-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs", "-Xlinker", "--no-export-dynamic",
        ], .when(platforms: [.linux], configuration: .release))
]

/// A service: a library and an executable of a few lines. One `withRecords` has protos and a schema of its own.
func service(
    _ name: String, executable: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
    resources: [Resource] = [], withRecords: Bool = true
) -> [Target] {
    [
        .target(
            name: "\(name)Service",
            dependencies: ["Platform"] + (withRecords ? [.byName(name: "\(name)Wire")] : []) + dependencies,
            path: "Services/\(name)",
            exclude: ["README.md", "Main"] + exclude, resources: (withRecords ? [.copy("Schema")] : []) + resources,
            swiftSettings: strict),
        .executableTarget(
            name: executable, dependencies: [.byName(name: "\(name)Service")], path: "Services/\(name)/Main",
            swiftSettings: strict, linkerSettings: lean),
    ]
}

/// The templates of the workspace's pages, each beside its handler. A folder with Swift in it cannot be taken whole.
let pages: [Resource] = """
    Administration/action Administration/actions Administration/administration Administration/rights Builders/builder
    Builders/builder_new Case/case Case/case_new Case/go_live Checks/check Checks/checks Choices/choices_edit
    Domains/domains Emails/email Emails/emails Engagement/engagement Engagement/objective Engagement/success Errors/error
    Errors/error_within Flows/flow Flows/flow_new Holidays/holidays Import/import Import/import_block Import/import_cell
    Import/import_counts Import/import_details Import/import_fix Import/import_grid Import/import_match Import/import_plan
    Import/import_publish Import/import_row Import/import_row_panel Import/import_run Import/import_start_over
    Import/import_upload Import/lineage Knowledge/article_edit Knowledge/article_version List/list Notices/notices
    Onboarding/onboarding Operations/health People/people Person/person Playbooks/designer Playbooks/migration
    Playbooks/playbook Playbooks/playbook_new Playbooks/playbook_try Playbooks/playbooks Plays/notifiers Plays/play
    Plays/play_run Plays/play_steps Plays/plays Portal/article Portal/portal Portal/portal_case Portal/portal_task
    Portal/portal_upload Portal/portal_work PortalEngagement/portal_engagement Records/record Records/record_new
    Registration/registration Search/search SignIn/forgotten SignIn/invitation SignIn/reset SignIn/sign_in
    Success/success_plan Task/task Triggers/back_test Triggers/trigger Users/user
    """.split { $0 == " " || $0 == "\n" }.map { .copy("\($0).mustache") }

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let jwt = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")

let package = Package(
    name: "account-lifecycle",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
        .package(url: "https://github.com/jpsim/Yams.git", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache.git", from: "2.1.1"),
        // Without its own way to read settings.
        .package(
            url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1", traits: ["FullFoundation"]),
        .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
    ],
    targets: [
        // C libraries, each imported by one module only.
        system("CNATS", pkgConfig: "libnats", apt: "libnats-dev"),
        system("CPostgres", pkgConfig: "libpq", apt: "libpq-dev"),
        system("CProtobufC", pkgConfig: "libprotobuf-c", apt: "libprotobuf-c-dev"),
        system("CZip", pkgConfig: "libzip", apt: "libzip-dev"),
        system("CXlsxWriter", apt: "libxlsxwriter-dev"),
        system("CJQ", apt: "libjq-dev"),
        system("CIDN", pkgConfig: "libidn2", apt: "libidn2-dev"),
        system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        .target(name: "CCurl", path: "Shared/CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CProto", dependencies: ["CProtobufC"], path: "Shared/CProto/Common"),

        // Shared modules, lowest first.
        shared("Tenancy", []),
        shared("Roles", [], exclude: ["roles.tsv", "acl.tsv", "acl_decisions.tsv"]),
        shared("Korean", []),
        shared("Filters", ["Korean", "Wire"]),
        shared("Addresses", ["CIDN"]),
        shared("Markup", []),
        shared("Gzip", ["CZlib"]),
        shared("Wire", ["Korean", "CProto", "CProtobufC"]),
        shared("NATS", ["CNATS"]),
        shared("Postgres", ["CPostgres"]),
        shared("RPC", ["Korean", "Wire", "NATS", "Tenancy", log]),
        shared("Identity", ["Tenancy", "Roles", "RPC", jwt]),
        .target(
            name: "Ground", dependencies: ["Postgres", "Wire", "RPC", "Tenancy", log], path: "Shared/Ground",
            exclude: ["README.md"], resources: [.copy("Schema")], swiftSettings: strict),
        shared("Events", ["Ground", "Postgres", "NATS", "Wire", "RPC", "Tenancy", log], exclude: ["README.md"]),
        shared(
            "Records",
            [
                "Ground", "Events", "Postgres", "Wire", "RPC", "Roles", "Tenancy", "Filters",
                "Workbook",
                "Addresses", "Korean", crypto,
            ],
            exclude: ["README.md"]),
        shared("Work", ["Records", "Identity"], exclude: ["README.md"]),
        shared(
            "RecommendedActions", ["RecommendedActionsWire", "Records", "Work", "Filters"], exclude: ["README.md"]),
        shared("Playbooks", ["PlaybooksWire", "Records", "Work", "Filters", "Flows"], exclude: ["README.md"]),
        shared(
            "Platform",
            [
                "Records", "Work", "Identity", "StandingWire", log, lifecycle, signals, configuration,
                arguments,
            ]),
        shared("Workbook", ["CZip", "CXlsxWriter", "Korean", "Wire"]),
        shared("Sandbox", ["Korean"]),
        shared("Flows", ["CJQ", "Korean", yams], exclude: ["README.md"]),
        shared("Mail", ["Addresses", "Markup", "CCurl", mustache]),
        shared("HTTPS", ["CCurl"]),
        shared("Passwords", ["CSodium"]),
        shared("WireCatalog", wires),
        shared("TestKit", ["NATS", "Postgres", "Workbook", log]),
        shared("ServiceTestKit", ["TestKit", "Platform"]),
        .executableTarget(
            name: "script-worker", path: "Shared/ScriptWorker",
            linkerSettings: [.linkedLibrary("duktape"), .linkedLibrary("seccomp"), .linkedLibrary("m")]),
    ]
        + wire("Standing") + wire("Playbooks") + wire("RecommendedActions")
        + wire("Onboarding", with: ["Standing", "Playbooks", "RecommendedActions"])
        + wire("CustomerSuccess", with: ["Playbooks", "RecommendedActions"])
        + wire("ImportValidation", with: ["RecommendedActions"])
        + ["PlayLauncher", "Notifier", "Samples"].flatMap { wire($0) }
        + service(
            "Onboarding", executable: "onboarding",
            [
                "StandingWire", "PlaybooksWire", "RecommendedActionsWire", "ImportValidationWire",
                "CustomerSuccessWire",
                "Playbooks", "RecommendedActions", "HTTPS", "Passwords", crypto,
            ],
            resources: [.copy("Playbooks"), .copy("Articles"), .copy("SignIn/common_passwords.txt")])
        + service(
            "ImportValidation", executable: "import-validation",
            [
                "OnboardingWire", "CustomerSuccessWire", "PlaybooksWire", "RecommendedActionsWire",
                "RecommendedActions", "Workbook", "Sandbox", crypto,
            ])
        + service(
            "CustomerSuccess", executable: "customer-success",
            [
                "OnboardingWire", "PlaybooksWire", "RecommendedActionsWire", "Playbooks", "RecommendedActions",
                "Workbook", "Markup",
            ],
            exclude: ["business_rules.tsv"], resources: [.copy("Playbooks")])
        + service(
            "PlayLauncher", executable: "play-launcher",
            ["OnboardingWire", "CustomerSuccessWire", "WireCatalog", "Flows", "HTTPS"],
            resources: [.copy("Flows")])
        + service(
            "Notifier", executable: "notifier",
            ["OnboardingWire", "CustomerSuccessWire", "PlayLauncherWire", "Addresses", "Mail"],
            resources: [.copy("Templates")])
        + service(
            "Workspace", executable: "workspace",
            [
                "OnboardingWire", "PlaybooksWire", "RecommendedActionsWire", "ImportValidationWire",
                "CustomerSuccessWire", "PlayLauncherWire", "NotifierWire", "WireCatalog", "Markup", "Gzip", hummingbird,
                httpTypes,
                crypto, lifecycle, signals, arguments, log,
            ],
            resources: [.copy("Design"), .copy("Strings")] + pages, withRecords: false)
        + [
            .target(
                name: "JourneyKit",
                dependencies: ["Identity", "NATS", "RPC", "Records", "Roles", "Tenancy", "Wire"] + wires,
                path: "Tools/JourneyKit", swiftSettings: strict),
            .executableTarget(
                name: "journey", dependencies: ["JourneyKit", "Platform"], path: "Tools/journey",
                swiftSettings: strict),
            .target(
                name: "CampaignKit",
                dependencies: ["TestKit", "JourneyKit", "Identity", "NATS", "RPC", "Wire", "Workbook", crypto] + wires,
                path: "Tools/CampaignKit", swiftSettings: strict),
            .executableTarget(
                name: "soak", dependencies: ["CampaignKit", "JourneyKit"], path: "Tools/soak", swiftSettings: strict),
            .executableTarget(
                name: "bench",
                dependencies: ["CampaignKit", "JourneyKit", "Platform", "TestKit", "Workbook", "floor", hummingbird],
                path: "Tools/bench",
                exclude: [
                    "filling.sql", "scale.sql", "playbooks.sql", "session.sql", "dbos_plays.py", "calamine_polars.py",
                ],
                swiftSettings: strict),
            .executableTarget(
                name: "corpus", dependencies: ["Workbook"], path: "Tools/corpus", exclude: ["compare.py"],
                swiftSettings: strict),
            .executableTarget(
                name: "floor", dependencies: ["CProto", "CCustomerSuccessProto", "CNATS", "CPostgres"],
                path: "Tools/floor",
                linkerSettings: [.linkedLibrary("protobuf-c")]),
            tests("Tenancy"),
            tests("Roles", ["TestKit"]),
            tests("Korean"),
            tests("Filters", ["CustomerSuccessWire", "Postgres", "TestKit"]),
            tests("Wire", ["SamplesWire", "TestKit", "WireCatalog"]),
            tests("NATS", ["TestKit"]),
            tests("Postgres", ["TestKit"]),
            tests("RPC", ["TestKit", "NATS", "Wire", "Tenancy", log], resources: [.copy("Resources")]),
            tests("Identity", ["ServiceTestKit", jwt]),
            tests("Records", ["TestKit", "ServiceTestKit", "WireCatalog"]),
            tests("Work", ["TestKit", "ServiceTestKit", "Platform", log]),
            tests("Platform", ["Records", "Postgres", "TestKit", "Wire", log]),
            serviceTests("Onboarding", ["Playbooks", "RecommendedActions", "HTTPS", "Korean", "Passwords"]),
            serviceTests(
                "ImportValidation", ["OnboardingService", "RecommendedActions", "Workbook", "Sandbox", "script-worker"]),
            serviceTests("CustomerSuccess", ["Playbooks", "Workbook"]),
            serviceTests("PlayLauncher", ["Flows", "HTTPS"]),
            serviceTests("Notifier", ["Mail"]),
            .testTarget(
                name: "WorkspaceTests",
                dependencies: [
                    "WorkspaceService", "TestKit", "WireCatalog", "Markup", "Gzip", hummingbird, httpTypes, mustache,
                ] + wires,
                path: "Tests/WorkspaceTests", resources: [.copy("Samples")], swiftSettings: strict),
            tests("Workbook", ["TestKit", "corpus"]),
            tests("Sandbox", ["script-worker"]),
            tests("Passwords"),
            tests("Flows", resources: [.copy("jq-1.6.tsv")]),
            tests("Playbooks", ["PlaybooksWire"]),
            tests("Mail", ["Addresses", "TestKit"]),
            // Reads every file many times: without optimisation that takes two minutes.
            .testTarget(
                name: "TidyTests", path: "Tests/TidyTests", swiftSettings: strict + [.unsafeFlags(["-O"])]),
            .testTarget(
                name: "IntegrationTests",
                dependencies: ["ServiceTestKit", "WireCatalog", "CustomerSuccessWire", "customer-success"],
                path: "Tests/IntegrationTests",
                exclude: ["discovery_client.py"], swiftSettings: strict),
            .testTarget(
                name: "EveryServiceTests",
                dependencies: [
                    "ServiceTestKit", "OnboardingService", "ImportValidationService", "CustomerSuccessService",
                    "PlayLauncherService", "NotifierService", "WorkspaceService", "WireCatalog", "script-worker",
                ],
                path: "Tests/EveryServiceTests", swiftSettings: strict),
            .testTarget(
                name: "ScenarioTests",
                dependencies: [
                    "TestKit", "CampaignKit", "JourneyKit", "Platform", "Workbook", "onboarding", "import-validation",
                    "customer-success",
                    "play-launcher", "notifier", "workspace", "script-worker",
                ],
                path: "Tests/ScenarioTests", exclude: ["multiply.sql", "Cases"], swiftSettings: strict),
        ],
    swiftLanguageModes: [.v6]
)
