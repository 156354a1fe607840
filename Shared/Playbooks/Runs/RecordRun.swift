import Ground
import PlaybooksWire
import RPC
import Records
import Wire

/// What the page of a record shows of its playbook.
public struct RecordRun {
    /// The playbook at a glance.
    public let stages: StagePicker
    /// The stage that is shown: the one asked for, else the one at work.
    public let lane: String
    /// The activities of that stage.
    public let activities: [PlaybookActivity]
    /// Whether the first stage is done.
    public let isSetUp: Bool
    /// The run as it was read.
    let work: RunWork
}

extension Playbooks {
    /// The run of a record, the open one or the newest, with the activities of one stage; nil when it has none, or when the
    /// caller may not read runs.
    public func run(
        of record: String, in table: String, lane: String, _ context: RuleContext
    ) throws -> RecordRun? {
        var request = GetStagePickerRequest()
        (request.table, request.record) = (table, record)
        guard mayRead(context), let looked = try unlessAbsent({ try looked(request, context) }) else { return nil }
        let work = try shown(looked.run, context)
        let stages = picker(work)
        let shown = lane.isEmpty ? stages.current : lane
        return RecordRun(
            stages: stages, lane: shown,
            activities: work.activities.indices.map(work.answer(of:)).filter { $0.lane == shown },
            isSetUp: stages.stages.first?.state == ActivityState.done.rawValue, work: work)
    }

    /// The stages of the run of a record, and how far each has come, whoever asks: for answers that tell nothing else of the
    /// playbook to who may read the record and no runs. None without a run.
    public func stages(of record: String, in table: String, _ context: RuleContext) throws -> StagePicker {
        var request = GetStagePickerRequest()
        (request.table, request.record) = (table, record)
        guard let looked = try unlessAbsent({ try looked(request, context) }) else { return StagePicker() }
        return picker(try shown(looked.run, context))
    }

    /// The newest entries of the activity log of a run (G-52).
    public func log(of run: RecordRun, atMost count: Int, _ context: RuleContext) throws -> [PlaybookLogEntry] {
        var request = ListPlaybookLogRequest()
        request.run = run.stages.run?.id ?? ""
        request.pageSize = Int32(clamping: count)
        return try log(request, of: run.work, context).entries
    }

    /// The activity `id`; nil when it is not there, or when the caller may not read activities.
    public func activity(_ id: String?, _ context: RuleContext) throws -> PlaybookActivity? {
        guard let id, mayRead(context) else { return nil }
        var request = GetRequest()
        request.id = id
        return try unlessAbsent { try activity(request, context) }
    }

    private func mayRead(_ context: RuleContext) -> Bool {
        let caller = context.write.caller
        return [OwnTable.run, .activity].allSatisfy { (try? authorize(.read, $0, caller)) != nil }
    }

    private func unlessAbsent<T>(_ read: () throws -> T) throws -> T? {
        do {
            return try read()
        } catch let problem as Problem where problem.code == .notFound {
            return nil
        }
    }
}
