import OnboardingWire
import PlaybooksWire
import RPC
import Synchronization
import Wire

@testable import WorkspaceService

/// A playbook that is stored, changed by whoever has its etag.
final class StoredPlaybook: Sendable {
    static let id = "01990000-0000-7000-8000-000000000001"
    static let case1 = "01990000-0000-7000-8000-000000000002"

    private let definition: Mutex<PlaybookDefinition>
    let said = Said()

    init() {
        var playbook = DraftEditTests.playbook([("setup", ["begin", "train"]), ("end", ["close"])])
        playbook.table = OnboardingCase.schema.table
        playbook.label = DraftEditTests.label("process <one>")
        playbook.lanes[0].activities[0].kind = "enter_info"
        var input = ActivityInput()
        (input.key, input.field, input.mandatory) = ("go_live_date", "go_live_date", true)
        playbook.lanes[0].activities[0].inputs = [input]
        var definition = PlaybookDefinition()
        (definition.id, definition.etag, definition.key, definition.state) = (Self.id, "1", "process", "active")
        (definition.version, definition.playbook) = (2, playbook)
        self.definition = Mutex(definition)
    }

    var value: PlaybookDefinition { definition.withLock { $0 } }
    var playbook: Playbook { value.playbook ?? Playbook() }

    /// Somebody else saves.
    func change(_ edit: (inout Playbook) -> Void) {
        definition.withLock { definition in
            var playbook = definition.playbook ?? Playbook()
            edit(&playbook)
            definition.playbook = playbook
            definition.etag = "\((Int(definition.etag) ?? 0) + 1)"
            definition.hasChanges = true
        }
    }

    private func update(_ request: UpdatePlaybookDefinitionRequest) throws(Problem) -> PlaybookDefinition {
        let given = request.playbookDefinition ?? PlaybookDefinition()
        guard given.etag == value.etag else {
            throw Problem(.aborted, Text(en: "It was changed meanwhile.", ko: "먼저 변경되었습니다."))
        }
        said.add("update \((request.updateMask?.paths ?? []).joined())")
        change { $0 = given.playbook ?? Playbook() }
        return value
    }

    private func moved(_ what: String, _ request: ActionRequest) throws(Problem) -> PlaybookDefinition {
        guard request.etag == value.etag else {
            throw Problem(.aborted, Text(en: "It was changed meanwhile.", ko: "먼저 변경되었습니다."))
        }
        said.add("\(what) \(request.etag)")
        return value
    }

    private static func kinds() -> ListActivityDefinitionsResponse {
        var answer = ListActivityDefinitionsResponse()
        answer.activityDefinitions = ["enter_info", "create_task"].map { key in
            var kind = ActivityDefinition()
            (kind.key, kind.label, kind.active) = (key, DraftEditTests.label(key), true)
            return kind
        }
        return answer
    }

    private static func versions() -> ListPlaybookVersionsResponse {
        var answer = ListPlaybookVersionsResponse()
        answer.versions = [2, 1].map { number in
            var version = PlaybookVersion()
            version.number = Int32(number)
            return version
        }
        return answer
    }

    private func faults() -> ValidatePlaybookResponse {
        var (fault, other) = (PlaybookFault(), PlaybookFault())
        (fault.lane, fault.activity, fault.field) = ("setup", "train", "start.condition")
        fault.message = DraftEditTests.label("no such field")
        (other.lane, other.activity, other.field) = ("setup", "begin", "inputs[0].default")
        other.message = DraftEditTests.label("no such value")
        var answer = ValidatePlaybookResponse()
        answer.faults = [fault, other]
        return answer
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(OnboardingAPI.getPlaybookDefinition) { _, request async throws(Problem) in
                guard request.id == Self.id else { throw .notFound(Text(en: "None.", ko: "없습니다.")) }
                return self.value
            },
            Endpoint(OnboardingAPI.listPlaybookDefinitions) { _, _ in
                var answer = ListPlaybookDefinitionsResponse()
                answer.playbookDefinitions = [self.value]
                return answer
            },
            Endpoint(OnboardingAPI.listActivityDefinitions) { _, _ in Self.kinds() },
            Endpoint(OnboardingAPI.listResponsibilityDefinitions) { _, _ in
                var answer = ListResponsibilityDefinitionsResponse()
                var one = ResponsibilityDefinition()
                one.name = "Trainer"
                answer.responsibilityDefinitions = [one]
                return answer
            },
            Endpoint(OnboardingAPI.listPlaybookVersions) { _, _ in Self.versions() },
            Endpoint(OnboardingAPI.listPlaybookMigrations) { _, _ in ListPlaybookMigrationsResponse() },
            Endpoint(OnboardingAPI.comparePlaybookVersions) { _, _ in
                var answer = ComparePlaybookVersionsResponse()
                answer.running = 12
                return answer
            },
            Endpoint(OnboardingAPI.validatePlaybookDefinition) { _, _ in self.faults() },
            Endpoint(OnboardingAPI.updatePlaybookDefinition) { _, request async throws(Problem) in
                try self.update(request)
            },
            Endpoint(OnboardingAPI.activatePlaybookDefinition) { _, request async throws(Problem) in
                try self.moved("activate", request)
            },
            Endpoint(OnboardingAPI.retirePlaybookDefinition) { _, request async throws(Problem) in
                try self.moved("retire", request)
            },
            Endpoint(OnboardingAPI.exportPlaybookDefinition) { _, request in
                self.said.add("version \(request.version) \(request.editable)")
                var answer = ExportPlaybookResponse()
                answer.playbook = DraftEditTests.playbook([("before", ["old"])])
                return answer
            },
            Endpoint(OnboardingAPI.createPlaybookDefinition) { _, request in
                self.said.add("create \(request.playbookDefinition?.key ?? "")")
                return self.value
            },
            Endpoint(OnboardingAPI.dryRunPlaybookDefinition) { _, request in
                self.said.add("try \(request.record)")
                var step = DryRunStep()
                (step.lane, step.activity, step.applies, step.starts) = ("setup", "begin", true, true)
                (step.dueDate, step.table) = ("2027-06-30", LifecycleTask.schema.table)
                var answer = DryRunPlaybookResponse()
                answer.steps = [step]
                return answer
            },
            Endpoint(OnboardingAPI.listOnboardingCases) { _, _ in
                var one = OnboardingCase()
                (one.id, one.number) = (Self.case1, "ALEONB0001001")
                var answer = ListOnboardingCasesResponse()
                answer.onboardingCases = [one]
                return answer
            },
        ]
    }
}
