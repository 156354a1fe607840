import Testing

/// Which services are compiled again when the protos of a service change: those that depend on its wire, by a file of their
/// own or of a module they stand on. None does that names nothing of it.
@Suite struct WireDependencyTests {
    /// The wires that reach each service.
    static let reaching: [String: Set<String>] = [
        "Platform": ["Standing"],
        "Onboarding": [
            "Standing", "Playbooks", "RecommendedActions", "Onboarding", "ImportValidation", "CustomerSuccess",
        ],
        "ImportValidation": [
            "Standing", "Playbooks", "RecommendedActions", "Onboarding", "ImportValidation", "CustomerSuccess",
        ],
        "CustomerSuccess": ["Standing", "Playbooks", "RecommendedActions", "Onboarding", "CustomerSuccess"],
        "Notifier": [
            "Standing", "Playbooks", "RecommendedActions", "Onboarding", "CustomerSuccess", "PlayLauncher", "Notifier",
        ],
        // A page shows labels of any record.
        "Workspace": [
            "Standing", "Playbooks", "RecommendedActions", "Onboarding", "ImportValidation", "CustomerSuccess",
            "PlayLauncher", "Notifier",
        ],
        // A flow of a play may call whatever any service declares.
        "PlayLauncher": [
            "Standing", "Playbooks", "RecommendedActions", "Onboarding", "ImportValidation", "CustomerSuccess",
            "PlayLauncher", "Notifier",
        ],
    ]

    /// The modules that the files of each module import: `["Notifier": ["Platform", "NotifierWire"], …]`.
    static func graph(_ files: [SourceFile]) -> [String: Set<String>] {
        files.reduce(into: [:]) { graph, file in
            let folders = file.folders.filter { $0 != "Generated" }
            guard folders.count > 2, ["Services", "Shared"].contains(folders[0]) else { return }
            graph[String(folders[1]), default: []].formUnion(Imports(of: file).map(\.module))
        }
    }

    /// The wires that a module reaches, over whatever it imports.
    static func wires(of module: String, in graph: [String: Set<String>]) -> Set<String> {
        var seen: Set<String> = []
        var left = [module]
        while let next = left.popLast() {
            if seen.insert(next).inserted { left += graph[next] ?? [] }
        }
        return Set(seen.filter { $0.hasSuffix("Wire") && $0 != "Wire" }.map { String($0.dropLast("Wire".count)) })
    }

    /// The wires that Package.swift gives to the service `name` besides its own.
    static func declared(for name: String, in package: String) -> Set<String>? {
        guard let start = package.range(of: "+ service(\n            \"\(name)\"")?.upperBound else { return nil }
        let rest = package[start...]
        let call = rest[..<(rest.range(of: "\n        + ")?.lowerBound ?? rest.endIndex)]
        return Set(call.matches(of: #/"(\w+Wire|WireCatalog)"/#).map { String($0.1) })
    }

    @Test func servicesDependOnTheWiresTheyName() throws {
        let graph = Self.graph(Repository.files.filter { $0.path.hasSuffix(".swift") })
        for (module, wires) in Self.reaching { #expect(Self.wires(of: module, in: graph) == wires, "\(module)") }
        let package = try #require(Repository.text("Package.swift"))
        for service in CallDirectionTests.allowed.keys {
            let named = (graph[service] ?? []).filter { $0.hasSuffix("Wire") || $0 == "WireCatalog" }
            let declared = try #require(Self.declared(for: service, in: package), "\(service)")
            #expect(declared == named.subtracting(["Wire", "\(service)Wire"]), "\(service) in Package.swift")
            #expect(Self.reaching[service] != nil, "say here which wires reach \(service)")
        }
    }

    @Test func theCheckCatches() {
        let graph = Self.graph([
            SourceFile(path: "Services/A/A.swift", text: "import Platform\nimport AWire\n"),
            SourceFile(path: "Shared/Platform/P.swift", text: "import BWire\nimport Wire\n"),
            SourceFile(path: "Shared/Generated/BWire/B.swift", text: "import CWire\n"),
        ])
        #expect(Self.wires(of: "A", in: graph) == ["A", "B", "C"])
        let package =
            "\n        + service(\n            \"A\", [\"BWire\"])\n        + service(\n            \"B\", [\"WireCatalog\"])"
        #expect(Self.declared(for: "A", in: package) == ["BWire"])
        #expect(Self.declared(for: "B", in: package) == ["WireCatalog"])
        #expect(Self.declared(for: "C", in: package) == nil)
    }
}
