import Korean
import NotifierWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire

/// Follows each run of a play: keeps its launcher notifier (G-78) and tells the person who launched it (G-77).
struct PlayFollower: Sendable {
    let database: Database
    let people: PeopleLookup
    let messenger: Messenger

    /// Reacts to every change of a run.
    var handler: EventHandler {
        EventHandler(
            "notifier-flow-run", service: FlowRun.schema.service, record: FlowRun.schema.table, wanted: Self.isChange,
            prepare: prepare, apply: apply)
    }

    private func prepare(_ event: RecordEvent) async throws {
        let run = try FlowRun.decode(protobuf: event.record)
        try await people.fetch(users: [run.requestedBy ?? ""], definition: run.definitionRecord)
        if [FlowRun.State.held, FlowRun.State.failed].contains(run.state) {
            try await people.fetchHolders(of: Self.takers)
        }
    }

    func apply(_ event: RecordEvent, _ context: WriteContext, _ tx: Transaction) throws {
        let run = try FlowRun.decode(protobuf: event.record)
        tx.seeAllDomains()
        guard let (notifier, status, before) = try follow(run, context, tx) else { return }
        let isAtWork = status == SuccessLauncherNotifier.Status.inProgress
        // Who took a held run over, or a failed one up again, knows that it goes on.
        if isAtWork, before == SuccessLauncherNotifier.Status.held || run.attempted > 1 { return }
        // Who canceled a run knows that as well.
        if status == SuccessLauncherNotifier.Status.canceled, run.canceledBy == run.requestedBy { return }
        try tell(run, status, by: notifier, context, tx)
    }

    /// What flows emit themselves tells nobody anything, nor does the end of a record.
    private static func isChange(_ event: RecordEvent) -> Bool {
        event.action == "created" || event.action == "updated"
    }

    /// Brings the notifier of the run up to date. Returns it with the status it came to, and that before; nil when that stays as
    /// it was, whatever else is new.
    private func follow(
        _ run: FlowRun, _ context: WriteContext, _ tx: Transaction
    ) throws -> (notifier: SuccessLauncherNotifier, status: String, before: String?)? {
        let store = Store<SuccessLauncherNotifier>(database)
        let known = try store.find(where: "flow_run = \(run.id)", lock: .update, in: tx).first
        let before = known.map { (status: $0.status ?? "", attempt: $0.attempt ?? 1) }
        guard let status = NotifierStatus.next(before, run: run.state ?? "", attempt: run.attempted) else { return nil }
        guard let known else {
            var notifier = SuccessLauncherNotifier()
            notifier.domain = run.domain
            notifier.flowRun = run.id
            Self.copy(run, status, to: &notifier)
            return (try store.create(notifier, context, in: tx), status, nil)
        }
        let changed = try store.change(known.id, context, in: tx) { Self.copy(run, status, to: &$0) }
        return status == known.status && run.attempted == known.attempt ?? 1 ? nil : (changed, status, known.status)
    }

    private static func copy(_ run: FlowRun, _ status: String, to notifier: inout SuccessLauncherNotifier) {
        notifier.status = status
        notifier.definitionRecord = run.definitionRecord
        notifier.sourceTable = run.sourceTable
        notifier.sourceRecord = run.sourceRecord
        notifier.engagement = run.engagement
        notifier.inputs = run.answers
        notifier.requestedBy = run.requestedBy
        notifier.startedAt = run.startedAt
        notifier.completedAt = run.completedAt
        notifier.message = run.message
        notifier.attempt = run.attempted
        (notifier.step, notifier.stepKo) = (run.step, run.stepKo)
    }

    private func tell(
        _ run: FlowRun, _ status: String, by notifier: SuccessLauncherNotifier, _ context: WriteContext,
        _ tx: Transaction
    ) throws {
        guard let message = PlayMessage(status), let user = run.requestedBy, Validation.isUUID(user) else { return }
        let title = try title(run, context, tx)
        let reader = try Reader.find([user], in: tx).first
        let language = reader?.language ?? "en"
        let subject = message.subject(title)(language)
        let said = run.told(language)
        let about = message.source(run)
        try messenger.notify(
            Notice(
                kind: message.kind, subject: subject, body: said ?? subject, sourceTable: about.table,
                sourceRecord: about.id),
            to: user, in: reader?.domain ?? DomainPath(run.domain) ?? .root, context, tx)
        try tellTakers(message, run, title, by: notifier, context, tx)
        var delivery: String?
        if let template = message.template, let reader {
            delivery = try messenger.mail(
                template, ["title": title(language), "message": said ?? "", "name": reader.name], to: reader,
                about: (run.sourceTable, run.sourceRecord), context, tx)
        }
        PlayTellings.keep(
            message.kind, to: user, by: (notifier.id, notifier.domain), delivery: delivery, context, tx)
    }

    /// Roles with which somebody may take over a run of another.
    private static let takers = RoleCatalog.all.map(\.name).filter {
        RoleCatalog.isGrantable($0) && Access.allows(RoleCatalog.close([$0]), .write, on: FlowRun.schema.table)
    }

    /// Tells those who can have a run go on that stands still, held or failed, whoever launched it.
    private func tellTakers(
        _ message: PlayMessage, _ run: FlowRun, _ title: Text, by notifier: SuccessLauncherNotifier,
        _ context: WriteContext, _ tx: Transaction
    ) throws {
        guard message.needsSomebody, let domain = DomainPath(run.domain) else { return }
        let about = message.source(run)
        for reader in try Reader.holders(of: Self.takers, around: domain, in: tx) where reader.id != run.requestedBy {
            let held = Text(
                en: "The person it runs for may no longer act. Take the run over to let it go on.",
                ko: "실행을 요청한 사람에게 더 이상 권한이 없습니다. 계속하려면 실행을 이어받으세요.")
            let subject = message.subject(title)(reader.language)
            let said = message == .held ? held(reader.language) : run.told(reader.language) ?? subject
            try messenger.notify(
                Notice(
                    kind: message.kind, subject: subject, body: said, sourceTable: about.table,
                    sourceRecord: about.id),
                to: reader.id, in: reader.domain, context, tx)
            PlayTellings.keep(
                message.kind, to: reader.id, by: (notifier.id, notifier.domain), delivery: nil, context, tx)
        }
    }

    /// What the play is called. Runs that were launched before they said so themselves are called as their definition
    /// record, which has one language.
    private func title(_ run: FlowRun, _ context: WriteContext, _ tx: Transaction) throws -> Text {
        if let title = run.title { return Text(en: title, ko: run.titleKo ?? title) }
        let title = try definitionTitle(run, context, tx) ?? run.flow ?? ""
        return Text(en: title, ko: title)
    }

    private func definitionTitle(_ run: FlowRun, _ context: WriteContext, _ tx: Transaction) throws -> String? {
        guard let id = run.definitionRecord else { return nil }
        let service = Caller.service(database.service, domain: context.caller.domain)
        let records = database.replica(DefinitionRecord.self, .title, as: service)
        let rows = try tx.query("SELECT title FROM \(records) definition WHERE id = \(id)")
        return try rows.first?.optionalString(DefinitionRecord.Field.title)
    }
}

extension FlowRun {
    /// At which attempt the run is; those that were begun before attempts were counted are at the first.
    fileprivate var attempted: Int32 { attempt ?? 1 }

    /// What the run has to tell, in `language` where it says so; nil when there is nothing.
    fileprivate func told(_ language: String) -> String? {
        guard let messageEn, let messageKo else { return message }
        return Text(en: messageEn, ko: messageKo)(language)
    }
}

/// What is said about a play when its status changes.
enum PlayMessage: CaseIterable {
    case launched, held, completed, failed, canceled

    /// Nil for the begin, of which nobody is told: the person is just choosing.
    init?(_ status: String) {
        switch status {
        case SuccessLauncherNotifier.Status.inProgress: self = .launched
        case SuccessLauncherNotifier.Status.held: self = .held
        case SuccessLauncherNotifier.Status.completed: self = .completed
        case SuccessLauncherNotifier.Status.failed: self = .failed
        case SuccessLauncherNotifier.Status.canceled: self = .canceled
        default: return nil
        }
    }

    /// The kind of the notification.
    var kind: String {
        switch self {
        case .launched: InAppNotification.Kind.playStarted
        case .held: InAppNotification.Kind.playHeld
        case .completed: InAppNotification.Kind.playCompleted
        case .failed: InAppNotification.Kind.playFailed
        case .canceled: InAppNotification.Kind.playCanceled
        }
    }

    /// Whether the run goes on only when somebody sees to it.
    var needsSomebody: Bool { self == .held || self == .failed }

    /// What the notification leads to: a run that stands still itself, else the record it was launched from.
    func source(_ run: FlowRun) -> (table: String?, id: String?) {
        needsSomebody ? (FlowRun.schema.table, run.id) : (run.sourceTable, run.sourceRecord)
    }

    /// The mail that goes with it; none at the launch, when the person is at the page, and none to somebody who may do
    /// nothing about it.
    var template: String? {
        switch self {
        case .launched, .held, .canceled: nil
        case .completed: "play-completed"
        case .failed: "play-failed"
        }
    }

    /// The line people read first.
    func subject(_ title: Text) -> Text {
        switch self {
        case .launched:
            Text(
                en: "Success play \"\(title.en)\" was created.",
                ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 시작되었습니다.")
        case .held:
            Text(
                en: "Success play \"\(title.en)\" is held.",
                ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 보류되었습니다.")
        case .completed:
            Text(
                en: "Success play \"\(title.en)\" is completed.",
                ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 완료되었습니다."
            )
        case .failed:
            Text(
                en: "Success play \"\(title.en)\" failed.",
                ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 실패했습니다.")
        case .canceled:
            Text(
                en: "Success play \"\(title.en)\" was canceled.",
                ko: "성공 플레이 ‘\(title.ko)’\(.subject, after: title.ko) 취소되었습니다.")
        }
    }
}
