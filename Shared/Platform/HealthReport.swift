import Postgres
import RPC
import Records
import Roles
import Tenancy
import Wire
import Work

/// What administrators see of a service at work, as far as it is of their domain: queues with what stands still, daily jobs with
/// what they did, events that are not on the stream yet.
public struct HealthReport: Sendable {
    /// What the answer is read from.
    private enum Column: String {
        case waiting, oldest
    }

    /// What access rows call it.
    private static let table = "service_health"
    /// Events that are counted.
    private static let most = 10_000
    /// Runs of a job that are told.
    private static let runs = 10

    private let database: Database
    private let queues: [QueueLook]
    private let jobs: [DailyJob]

    /// The endpoint of a service's method, over its queues and its daily jobs.
    public static func endpoint(
        _ method: Method<ShowHealthRequest, ServiceHealth>, _ database: Database, queues: [QueueLook], jobs: [DailyJob]
    ) -> Endpoint {
        let report = HealthReport(database: database, queues: queues, jobs: jobs)
        return Endpoint(method) { call, _ async throws(Problem) in
            try Access.requireProvider(.read, on: table, call.caller)
            return try await report.told(call)
        }
    }

    private func told(_ call: Call) async throws(Problem) -> ServiceHealth {
        var days: [String: CivilDate] = [:]
        for job in jobs { days[job.name] = try await job.lastDay(database) }
        let known = days
        return try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            var health = ServiceHealth()
            health.service = database.service
            health.queues = try queues.map { try $0.state(database, tx) }
            health.jobs = try jobs.map { try state(of: $0, doneOn: known[$0.name], call.caller, tx) }
            let waiting = try tx.query(
                """
                SELECT count(*) AS waiting, min(created_at) AS oldest FROM (SELECT created_at \
                FROM \(identifier: database.schema).outbox WHERE sent_at IS NULL ORDER BY seq LIMIT \(Self.most)) events
                """)
            health.waitingEvents = try waiting.first?.int64(Column.waiting) ?? 0
            health.oldestEventAt = try waiting.first?.optionalTimestamp(Column.oldest).map {
                Timestamp(microseconds: $0)
            }
            return health
        }
    }

    private func state(
        of job: DailyJob, doneOn day: CivilDate?, _ caller: Caller, _ tx: Transaction
    ) throws -> JobState {
        var state = JobState()
        (state.job, state.offUntil) = (job.name, job.offUntil ?? "")
        state.runs = try JobRuns(database).last(job.name, Self.runs, for: caller, tx)
        guard job.offUntil == nil else { return state }
        let today = database.clock.today
        let isDone = day.map { $0 >= today } ?? false
        state.nextAt = isDone ? Timestamp(seconds: Int64(today.adding(days: 1).days) * 86_400) : database.clock.now
        return state
    }
}
