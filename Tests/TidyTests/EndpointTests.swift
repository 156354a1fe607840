import Testing

/// Every rpc that a proto declares is answered: its generated constant is used in the folder of its service, or it is one
/// of the verbs that RecordEndpoints answers for a record the service hands to it.
@Suite struct EndpointTests {
    /// What Shared/Records answers the same way for every record.
    static let recordVerbs: Set<Substring> = [
        "get", "list", "create", "update", "delete", "close", "cancel", "reopen", "assign_to_me", "add_comment",
        "add_work_note", "list_activity", "batch_create", "batch_update", "batch_reassign", "export",
        "begin_attachment", "append_attachment", "complete_attachment", "list_attachments", "read_attachment",
        "update_attachment", "delete_attachment",
    ]

    /// What shared modules answer for a service that adds their endpoints: the function, and the file that says which.
    static let shared = [
        "runEndpoints": "Shared/Playbooks/Runs/PlaybookEndpoints.swift",
        "definitionEndpoints": "Shared/Playbooks/Definitions/DefinitionEndpoints.swift",
        "migrationEndpoints": "Shared/Playbooks/Migrations/PlaybookMigrations.swift",
        "actionEndpoints": "Shared/RecommendedActions/Cards/ActionEndpoints.swift",
    ]

    /// The methods that are answered so, `collection.verb`, for who has `code`.
    static func answered(for code: String, text: (String) -> String?) -> Set<String> {
        Set(
            shared.filter { code.contains(".\($0.key)(") }.values.compactMap(text).flatMap {
                $0.matches(of: #/methods\["([a-z_]+\.[a-z_]+)"\]/#).map { String($0.output.1) }
            })
    }

    /// The folder of a service: `Services/CustomerSuccess/`.
    static func folder(of service: String) -> String {
        "Services/" + service.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "/"
    }

    /// Rpcs that the code does not answer. A use of a constant is `.createTouchpoint`, with nothing of a name after it;
    /// a record is handed over as `Touchpoint.self`. The dictionary is answered by Platform.
    static func unanswered(
        _ methods: [ProtoMethod], records: [ProtoRecord], code: String, shared: Set<String> = []
    ) -> [ProtoMethod] {
        let words = code.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == ".") }
        let members = Set(words.flatMap { $0.split(separator: ".", omittingEmptySubsequences: false).dropFirst() })
        let types = Set(words.filter { $0.hasSuffix(".self") }.map { $0.dropLast(".self".count) })
        let handedOver = Set(records.filter { types.contains(Substring($0.name)) }.map { Substring($0.collection) })
        return methods.filter { method in
            guard !shared.contains("\(method.collection).\(method.verb)") else { return false }
            let isStandard = recordVerbs.contains(method.verb) && handedOver.contains(method.collection)
            return !isStandard && method.verb != "describe" && !members.contains(Substring(method.constant))
        }
    }

    private static let services = Dictionary(grouping: ProtoMethod.all, by: \.service).filter { service, _ in
        Repository.swift.contains { $0.path.hasPrefix(folder(of: service)) && !$0.path.contains("/Main/") }
    }

    @Test(.enabled(if: !services.isEmpty, "there are no services yet"), arguments: services.keys.sorted())
    func everyRpcHasAnEndpoint(service: String) {
        let code = Repository.files
            .filter { $0.path.hasPrefix(Self.folder(of: service)) && $0.path.hasSuffix(".swift") }
            .flatMap(Repository.code).joined(separator: "\n")
        let methods = Self.services[service] ?? []
        let shared = Self.answered(for: code, text: Repository.text)
        let findings = Self.unanswered(methods, records: ProtoRecord.all, code: code, shared: shared).map { method in
            Finding(method.path, "\(method.name) (\(method.subject)) has no endpoint in \(Self.folder(of: service))")
        }
        #expect(findings.isEmpty, "\(findings.report)")
    }

    @Test func theCheckCatches() {
        let methods = [("GetRun", "runs.get"), ("StopRun", "runs.stop"), ("GetStep", "steps.get")].map {
            ProtoMethod(name: $0, service: "a", subject: "ale.v1.a.\($1)", path: "")
        }
        let record = ProtoRecord(name: "Step", table: "step", collection: "steps")
        func missing(_ code: String) -> [String] {
            Self.unanswered(methods, records: [record], code: code).map(\.name)
        }
        #expect(missing("on(PlayLauncherAPI.getRun) { .stopRunning }") == ["StopRun", "GetStep"])
        #expect(missing("add(Step.self); on(API.stopRun)") == ["GetRun"])
        #expect(missing("") == ["GetRun", "StopRun", "GetStep"])
        let file = #"reading(methods["runs.get"], of: table, get)"#
        #expect(Self.answered(for: "add(playbooks.runEndpoints(api))") { _ in file } == ["runs.get"])
        #expect(Self.answered(for: "add(playbooks)") { _ in file } == [])
        #expect(
            Self.unanswered(methods, records: [], code: "", shared: ["runs.get", "steps.get"]).map(\.name) == [
                "StopRun"
            ])
    }

    @Test func aFolderFollowsFromTheName() {
        #expect(Self.folder(of: "play-launcher") == "Services/PlayLauncher/")
    }
}
