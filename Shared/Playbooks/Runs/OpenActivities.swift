import Filters
import Ground
import PlaybooksWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// An activity that keeps a record from being closed.
public struct OpenActivity: Sendable {
    /// What its stage and itself are called.
    public let stage, activity: Text
    /// Whether its run was canceled, so that another has to be started before the activity can be done.
    public let isOfCanceledRun: Bool
}

/// What keeps a record from being closed (G-122).
extension Playbooks {
    /// The activities of a record's runs that are neither done nor skipped, by their stages. Canceling a run leaves its stages
    /// open for as long as they can be made good: until another run of its playbook, or of the one that has come in the
    /// place of that, is there instead.
    /// - Parameter record: as it is stored; triggers are asked about it.
    public func openActivities(
        over record: any RecordMessage, _ context: RuleContext
    ) throws -> [OpenActivity] {
        try counted(record, context).flatMap { run in
            guard let work = try RunWork(run, self, context) else { return [OpenActivity]() }
            return work.open.map { step in
                OpenActivity(
                    stage: work.plan.playbook.lanes[step.lane].label?.text ?? Self.label,
                    activity: step.plan.label?.text ?? step.kind.label, isOfCanceledRun: run.state == .canceled)
            }
        }
    }

    /// The runs whose open activities count.
    private func counted(_ record: any RecordMessage, _ context: RuleContext) throws -> [RunRow] {
        let runs = try context.transaction.query(
            """
            SELECT \(RunRow.columns) FROM \(identifier: database.schema).playbook_run WHERE record = \(record.id) \
            ORDER BY started_at, id
            """
        ).map(RunRow.init)
        let open = runs.filter { $0.state == .inProgress }
        let canceled = runs.filter { $0.state == .canceled && !isGivenUp($0, runs) }
        guard !canceled.isEmpty else { return open }
        let offered = try offered(record, context)
        return open + canceled.filter { !isMadeGood($0, by: runs, offered) }
    }

    /// Whether a run was canceled that somebody had started by hand beside the record's own, which an earlier one is that was
    /// not canceled by then: that one says what is to be done.
    private func isGivenUp(_ run: RunRow, _ runs: [RunRow]) -> Bool {
        guard run.state == .canceled, run.startedBy != own else { return false }
        return runs.prefix { $0.id != run.id }.contains { earlier in
            earlier.state != .canceled || earlier.endedAt.map { $0 > run.startedAt } == true
        }
    }

    /// Whether a canceled run is no longer to be replaced: by one of its playbook that was started since and counts itself;
    /// when its playbook is no longer offered, by one that a trigger starts in its place, or by nothing where there is none.
    private func isMadeGood(_ run: RunRow, by runs: [RunRow], _ offered: Offered) -> Bool {
        let later = runs.drop { $0.id != run.id }.dropFirst()
            .filter { other in run.endedAt.map { other.startedAt >= $0 } == true }
        if later.contains(where: { $0.definition == run.definition && !isGivenUp($0, runs) }) { return true }
        guard !offered.active.contains(run.definition) else { return false }
        return offered.triggered.isEmpty
            || later.contains { other in
                other.state != .canceled && (other.startedBy == own || offered.triggered.contains(other.definition))
            }
    }

    /// The definitions that runs over a record can begin with, and those of them whose triggers mean it.
    private struct Offered {
        var active: Set<String> = []
        var triggered: Set<String> = []
    }

    private func offered(_ record: any RecordMessage, _ context: RuleContext) throws -> Offered {
        var offered = Offered()
        for version in try active(for: record, context.transaction) {
            offered.active.insert(version.definition)
            guard let trigger = version.playbook.trigger else { continue }
            do {
                if try meets(trigger, record, context) { offered.triggered.insert(version.definition) }
            } catch is FilterError {
                // One that cannot be asked starts nothing.
            }
        }
        return offered
    }

    /// Who starts what triggers start.
    private var own: String { Caller.service(database.service, domain: .root).subject }
}
