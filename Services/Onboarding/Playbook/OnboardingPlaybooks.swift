import Foundation
import ImportValidationWire
import OnboardingWire
import Platform
import Playbooks
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension Onboarding {
    /// The playbooks of onboarding cases.
    static func playbooks(_ database: Database) -> Playbooks {
        Playbooks(
            database,
            tables: [
                PlaybookTable(OnboardingCase.self, database), PlaybookTable(LifecycleTask.self, database),
            ],
            remote: [importTasks], kinds: OnboardingActivities.all, people: CaseHolders.people)
    }

    /// The files of the playbooks that come with the product.
    static var shippedPlaybooks: [URL] {
        guard let folder = Bundle.module.url(forResource: "Playbooks", withExtension: nil) else { return [] }
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    }

    /// Import tasks are import-validation's: asked for by durable work, in the background, where it keeps nobody's place.
    /// What cases of before have is taken over.
    private static let importTasks = RemoteTable(
        ImportTask.self, create: ImportValidationAPI.createImportTask, close: ImportValidationAPI.closeImportTask,
        cancel: ImportValidationAPI.cancelImportTask, list: ImportValidationAPI.listImportTasks,
        adoptedBy: [.parent, .targetTable])

    /// Starts the runs that events of cases trigger (G-130).
    static func playbookTrigger(_ playbooks: Playbooks) -> EventHandler {
        EventHandler("onboarding-playbooks", service: name, record: OnboardingCase.schema.table) { event, context, tx in
            let record = try OnboardingCase.decode(protobuf: event.record)
            try playbooks.trigger(
                event.action, record,
                RuleContext(transaction: tx, write: context, database: playbooks.database))
        }
    }
}

/// What the playbook has to do with the records of onboarding.
extension OnboardingCase {
    /// A change may start what waits for it, and the end of a case ends its runs (G-128).
    static let movesPlaybook = Rule<OnboardingCase>.after("G-50") { change, context in
        guard change.old != nil, let playbooks = Playbooks.of(context.database) else { return }
        try playbooks.parentChanged(change.new, context)
        // The go-live support case is what an activity of its parent's playbook has made.
        if change.new.parent != nil { try playbooks.madeChanged(change.new, context) }
    }

    /// Every stage is done before a case closes (G-122).
    static let stagesDone = Rule<OnboardingCase>("G-122") { change, context in
        guard change.old != nil, change.changes(.state), change.new.state == State.closed else { return }
        let open = try Playbooks.of(context.database)?.openActivities(over: change.new.id, context) ?? []
        guard !open.isEmpty else { return }
        let english = open.prefix(named).map { "\($0.activity.en) (\($0.stage.en))" }.joined(separator: ", ")
        let korean = open.prefix(named).map { "\($0.activity.ko)(\($0.stage.ko))" }.joined(separator: ", ")
        let text = Text(
            en: "Activities of the playbook are neither done nor skipped: \(english).",
            ko: "완료하거나 건너뛰지 않은 플레이북 활동이 있습니다: \(korean)")
        throw Problem(
            .failedPrecondition, text, reason: "OPEN_STAGES",
            violations: [.init(field: "onboarding_case.state", text: text, rule: "G-122")],
            metadata: ["count": String(open.count)])
    }
}

extension LifecycleTask {
    /// An activity ends with the task that it has made (G-53).
    static let movesPlaybook = Rule<LifecycleTask>.after("G-53") { change, context in
        guard change.old != nil, !(change.new.playbookActivity ?? "").isEmpty else { return }
        try Playbooks.of(context.database)?.madeChanged(change.new, context)
    }
}

/// Cases that were open before there was a playbook get their run.
enum PlaybookAdoption {
    /// How many cases are looked for at once.
    private static let page = 100

    /// Starts the runs of open cases that have none, each in a transaction of its own. Harmless when repeated.
    static func run(_ playbooks: Playbooks) async throws(Problem) {
        let database = playbooks.database
        var last = "00000000-0000-0000-0000-000000000000"
        while !Task.isCancelled {
            let after = last
            let ids = try await database.transaction(as: .service(database.service, domain: .root), readOnly: true) {
                tx in
                try tx.query(
                    """
                    SELECT c.id FROM onboarding.onboarding_case c WHERE c.active AND c.id > \(after) \
                    AND NOT EXISTS (SELECT 1 FROM onboarding.playbook_run r WHERE r.record = c.id) \
                    ORDER BY c.id LIMIT \(page)
                    """
                ).map { try $0.string(at: 0) }
            }
            guard let end = ids.last else { return }
            for id in ids { try await adopt(id, playbooks) }
            last = end
        }
    }

    private static func adopt(_ id: String, _ playbooks: Playbooks) async throws(Problem) {
        let database = playbooks.database
        try await database.transaction(as: .service(database.service, domain: .root)) { tx in
            let write = WriteContext.system(database.service, domain: .root, now: database.clock.now)
            guard let record = try Store<OnboardingCase>(database).find(id, lock: .update, in: tx) else { return }
            try playbooks.trigger(
                "created", record, RuleContext(transaction: tx, write: write, database: database))
        }
    }
}
