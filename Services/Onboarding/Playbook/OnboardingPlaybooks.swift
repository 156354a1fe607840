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
                PlaybookTable(OnboardingCase.self, database),
                PlaybookTable(LifecycleTask.self, database, carriesRuns: false),
            ],
            remote: [importTasks], kinds: OnboardingActivities.all, people: CaseHolders.people
        ) { record, tx in
            guard let account = (record as? OnboardingCase)?.account else { return [] }
            return try AccountHoliday.days(of: account, tx)
        }
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
        ImportTask.self, create: ImportValidationAPI.createImportTask, get: ImportValidationAPI.getImportTask,
        update: ImportValidationAPI.updateImportTask, close: ImportValidationAPI.closeImportTask,
        cancel: ImportValidationAPI.cancelImportTask, list: ImportValidationAPI.listImportTasks,
        adoptedBy: [.parent, .targetTable], known: [.targetTable: importTargets]
    ) { id, tx in
        try !tx.query("SELECT 1 FROM onboarding.import_task WHERE id = \(id) AND (revision > 1 OR worked_on)").isEmpty
    } hasEnded: { id, tx in
        try !tx.query("SELECT 1 FROM onboarding.import_task WHERE id = \(id) AND active IS FALSE").isEmpty
    }

    /// Notes that something was done on an import task since it was made: an undo that would cancel it knows by that (ADR 0055).
    static func noteWork(onImportTask id: String, _ tx: Transaction) {
        tx.send("UPDATE onboarding.import_task SET worked_on = true WHERE id = \(id) AND NOT worked_on")
    }

    /// The tables that can be imported into, by either of their names.
    private static let importTargets = Set(
        OnboardingCatalog.records.flatMap { type in
            type.schema.importing.map { [type.schema.table, $0.alias].compactMap { $0 } } ?? []
        })

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
        try playbooks.parentChanged(change.new, from: change.old, context)
        // The go-live support case is what an activity of its parent's playbook has made.
        if change.new.parent != nil { try playbooks.madeChanged(change.new, context) }
    }

    /// A phase that a success play begins has its playbook, also where it was generated from the go-live support case or a
    /// problem below that, which have none (G-80). The event of its creation starts no other.
    static let startsByPlay = Rule<OnboardingCase>.after("G-80") { change, context in
        let launcher = Caller.service("play-launcher", domain: .root).subject
        guard change.isCreation, change.new.type == TypeChoice.phased, context.write.caller.actor == launcher else {
            return
        }
        let context = RuleContext(
            transaction: context.transaction, write: context.write.asSystem, database: context.database)
        try Playbooks.of(context.database)?.trigger("created", change.new, beginsItsOwn: true, context)
    }

    /// Every stage is done before a case closes (G-122).
    static let stagesDone = Rule<OnboardingCase>("G-122") { change, context in
        guard let old = change.old, change.changes(.state), change.new.state == State.closed else { return }
        let open = try Playbooks.of(context.database)?.openActivities(over: old, context) ?? []
        guard !open.isEmpty else { return }
        let english = open.prefix(named).map { "\($0.activity.en) (\($0.stage.en))" }.joined(separator: ", ")
        let korean = open.prefix(named).map { "\($0.activity.ko)(\($0.stage.ko))" }.joined(separator: ", ")
        let anew =
            open.contains(where: \.isOfCanceledRun)
            ? Text(
                en: " Their run was canceled: start the playbook anew.",
                ko: ". 실행이 취소되었으므로 플레이북을 다시 시작해야 합니다.") : Text(en: "", ko: "")
        let text = Text(
            en: "Activities of the playbook are neither done nor skipped: \(english).\(anew.en)",
            ko: "완료하거나 건너뛰지 않은 플레이북 활동이 있습니다: \(korean)\(anew.ko)")
        throw Problem(
            .failedPrecondition, text, reason: "OPEN_STAGES",
            violations: [.init(field: OnboardingCase.path(.state), text: text, rule: "G-122")],
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
