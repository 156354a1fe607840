import Testing

/// Every configuration key a service reads is in its README, and every key a README lists is read.
///
/// Code names a key as `settings.string("ale.log.level")`, which is the variable ALE_LOG_LEVEL, or by the variable itself
/// in quotes. Keys of Services/<Name> belong to that service, those of Shared/Platform to every service with records.
@Suite struct EnvironmentKeyTests {
    static func findings(service: String, readme: String, read: EnvironmentKeys) -> [Finding] {
        let listed = EnvironmentKeys.variables(in: readme, quoted: false)
        let path = "Services/\(service)/README.md"
        let missing = read.plain.subtracting(listed)
            .union(read.secret.filter { !listed.contains($0) && !listed.contains($0 + "_FILE") })
        return missing.sorted().map { Finding(path, "does not list \($0), which the service reads") }
            + listed.subtracting(read.all).sorted().map {
                Finding(path, "lists \($0), which the service does not read")
            }
    }

    private static let services: [String] = Set(
        Repository.swift.filter { $0.folders[0] == "Services" && $0.folders.count > 2 }.map { String($0.folders[1]) }
    ).sorted()

    @Test(.enabled(if: !services.isEmpty, "there are no services yet"), arguments: services)
    func readmeListsWhatTheServiceReads(service: String) throws {
        let readme = try #require(Repository.text("Services/\(service)/README.md"), "the service has no README.md")
        // The workspace is no service with records, and reads what it needs by itself.
        let isWorkspace = service == "Workspace"
        var read =
            isWorkspace ? EnvironmentKeys(readBy: #""ALE_CONFIG_FILE""#) : EnvironmentKeys(under: "Shared/Platform/")
        read.formUnion(EnvironmentKeys(under: "Services/\(service)/"))
        let findings = Self.findings(service: service, readme: readme, read: read)
        #expect(findings.isEmpty, "\(findings.report)")
    }

    /// What the stack and the containers set is read by somebody: a key with a slip in it would be ignored silently.
    @Test(.enabled(if: services.count == 6, "not all services are there yet"))
    func whatIsSetIsRead() {
        // Read by the scripts themselves.
        let scripts: Set<String> = ["ALE_LOCAL", "ALE_BIN", "ALE_STACK_SERVERS", "ALE_STACK_INSTANCES"]
        let read = EnvironmentKeys(under: "").all.union(scripts)
        let places = Repository.files.filter { file in
            ["compose.yaml", "Tools/stack", "deploy/"].contains { file.path.hasPrefix($0) }
        }
        let findings = places.flatMap { file in
            EnvironmentKeys.variables(in: file.text, quoted: false).subtracting(read).sorted().map {
                Finding(file.path, "sets \($0), which nothing reads")
            }
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        let keys = EnvironmentKeys(
            readBy: #"a("ALE_A") // ALE_O \n s.string("ale.b.c") + x.secret("ale.d") + set("ale.scope") "ALE_EVENTS""#)
        #expect(keys.plain == ["ALE_A", "ALE_B_C"])
        #expect(keys.secret == ["ALE_D"])
        #expect(EnvironmentKeys.variables(in: "| `ALE_A_B` | ALE_C=1", quoted: false) == ["ALE_A_B", "ALE_C"])
        let findings = Self.findings(service: "A", readme: "`ALE_A` `ALE_X` `ALE_D_FILE`", read: keys)
        let expected = [
            "does not list ALE_B_C, which the service reads", "lists ALE_X, which the service does not read",
        ]
        #expect(findings.map(\.message) == expected)
    }
}
