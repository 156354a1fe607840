import Testing

/// C is imported in one place per library: its owner keeps the handles, the threads and the memory right for all.
@Suite struct CFenceTests {
    /// Which modules of Shared may import which C module.
    static let owners: [String: Set<String>] = [
        "CNATS": ["NATS"], "CPostgres": ["Postgres"], "CProtobufC": ["Wire", "Generated"], "CProto": ["Wire"],
        "COnboardingProto": ["Generated"], "CImportValidationProto": ["Generated"],
        "CCustomerSuccessProto": ["Generated"], "CPlayLauncherProto": ["Generated"], "CNotifierProto": ["Generated"],
        "CSamplesProto": ["Generated"], "CZip": ["Workbook"],
        "CXlsxWriter": ["Workbook"], "CCurl": ["Mail", "HTTPS"], "CJQ": ["Flows"], "CIDN": ["Addresses"],
        "CSodium": ["Passwords"], "CZlib": ["Gzip"],
    ]

    /// Benchmarks measure against the bare C libraries; the tests of an owner may look below it.
    static func findings(in file: SourceFile) -> [Finding] {
        let folders = file.folders
        guard !file.path.hasPrefix("Tools/bench/"), folders.count > 1 else { return [] }
        return Imports(of: file).compactMap { line, module in
            guard isProjectC(module) else { return nil }
            let allowed = owners[module] ?? []
            let isOwner = folders[0] == "Shared" && allowed.contains(String(folders[1]))
            let isOwnersTest = folders[0] == "Tests" && allowed.contains { "\($0)Tests" == folders[1] }
            guard !isOwner, !isOwnersTest else { return nil }
            return Finding(file.path, line: line, "imports \(module), which only \(allowed.sorted()) may")
        }
    }

    /// A capital C and another capital, with a folder in Shared or a known owner.
    private static func isProjectC(_ module: String) -> Bool {
        owners[module] != nil || Repository.files.contains { $0.path.hasPrefix("Shared/\(module)/module.modulemap") }
    }

    @Test func cIsImportedByItsOwnerOnly() {
        let findings = Repository.files.filter { $0.path.hasSuffix(".swift") }.flatMap(Self.findings)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func everyCModuleHasAnOwner() {
        let maps = Repository.files.filter { $0.path.hasSuffix("/module.modulemap") }
        let modules = Set(maps.map { String($0.folders[1]) })
        #expect(modules.subtracting(Self.owners.keys).isEmpty)
    }

    @Test func theCheckCatches() {
        let text = "import Logging\n@preconcurrency import CNATS\n"
        #expect(Self.findings(in: SourceFile(path: "Shared/RPC/Client.swift", text: text)).map(\.line) == [2])
        #expect(Self.findings(in: SourceFile(path: "Services/Notifier/A.swift", text: text)).count == 1)
        #expect(Self.findings(in: SourceFile(path: "Shared/NATS/A.swift", text: text)).isEmpty)
        #expect(Self.findings(in: SourceFile(path: "Tests/NATSTests/A.swift", text: text)).isEmpty)
    }
}
