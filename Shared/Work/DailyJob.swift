import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Work done once for every day, by the leading instance, as soon as the day has begun in UTC.
///
/// That a day is done stands in the table `daily_run` of the service's schema, so that neither a restart nor another
/// leader does it again. Days are counted by the calendar, not by hours: no change of clocks moves them. A day on which
/// the service does not run is not made up for: the first look after an outage runs the job for the day it is then, and
/// every job looks at the state of the day it runs on.
public struct DailyJob: Sendable {
    /// How often the calendar is looked at.
    private static let look: Duration = .seconds(30)

    /// What administrators run it by.
    public let name: String
    /// The setting that would turn it on; nil when it is on.
    public let offUntil: String?
    private let body: @Sendable (DomainPath) async throws(Problem) -> Int
    private let asked: (@Sendable (DomainPath) async throws(Problem) -> Int)?

    /// The job `name`; `run` works in a domain and all below, answers how many records it touched, and may be repeated
    /// without harm: an instance that dies between the work and the note that it is done leaves it to be done again.
    /// `asked` is the work when an administrator asks for it, where that is more than the work of the day.
    public init(
        _ name: String, offUntil setting: String? = nil,
        asked: (@Sendable (DomainPath) async throws(Problem) -> Int)? = nil,
        _ run: @escaping @Sendable (DomainPath) async throws(Problem) -> Int
    ) {
        self.name = name
        offUntil = setting
        self.asked = asked
        body = run
    }

    /// Does the work in `domain` and all below, whatever the day; answers how many records it touched.
    public func run(in domain: DomainPath) async throws(Problem) -> Int { try await body(domain) }

    /// Does what an administrator asks for who runs the job now, in `domain` and all below, and notes that it was done.
    public func runNow(
        in domain: DomainPath, by asker: String = "", _ database: Database
    ) async throws(Problem) -> Int {
        let start = database.clock.now
        let runs = JobRuns(database)
        do throws(Problem) {
            let count = try await (asked ?? body)(domain)
            try await runs.note(name, in: domain, from: start, records: count, by: asker)
            return count
        } catch {
            try? await runs.note(name, in: domain, from: start, records: nil, by: asker)
            throw error
        }
    }

    /// Does the work of each day until the task is cancelled; to be run by the leading instance alone. A run that fails
    /// is retried half a minute later.
    public func keep(_ database: Database) async {
        await keep(database) { try? await Task.sleep(for: Self.look) }
    }

    /// The same, with `pause` between two looks at the calendar.
    func keep(_ database: Database, pause: @Sendable () async -> Void) async {
        var isKnown = false
        var done: CivilDate?
        while !Task.isCancelled {
            // The day the run begins on: when it ends on the next one, that one is still to come.
            let (today, start) = (database.clock.today, database.clock.now)
            do throws(Problem) {
                // Read once: whoever leads is the only one to write it.
                if !isKnown { done = try await lastDay(database) }
                isKnown = true
                if Self.isDue(today, after: done) {
                    let count = try await run(in: .root)
                    try await note(today, database)
                    done = today
                    // What it says of itself is no reason to do it again.
                    try? await JobRuns(database).note(name, in: .root, from: start, records: count)
                    database.log.info("daily job is done", metadata: ["job": "\(name)", "records": "\(count)"])
                }
            } catch {
                database.log.error(
                    "daily job failed and is retried",
                    metadata: ["job": "\(name)", "cause": "\(error.cause ?? error.text.en)"])
                // Where the database is away there is nobody to tell.
                try? await JobRuns(database).note(name, in: .root, from: start, records: nil)
            }
            await pause()
        }
    }

    /// Whether a job that was last done on the day `done` is to run on `today`. A clock that is put back over midnight
    /// brings no second run of the day before; one that was wrong by more than that is believed again.
    static func isDue(_ today: CivilDate, after done: CivilDate?) -> Bool {
        guard let done else { return true }
        return today > done || today < done.adding(days: -1)
    }

    private enum Column: String {
        case day
    }

    /// The day the job was last done on; nil when it never was.
    public func lastDay(_ database: Database) async throws(Problem) -> CivilDate? {
        let (service, name) = (Caller.service(database.service, domain: .root), name)
        let table = Self.table(database)
        return try await database.transaction(as: service, readOnly: true) { tx in
            try tx.query("SELECT day::text FROM \(table) WHERE job = \(name)").first
                .flatMap { CivilDate(try $0.string(Column.day)) }
        }
    }

    private func note(_ day: CivilDate, _ database: Database) async throws(Problem) {
        let (service, name) = (Caller.service(database.service, domain: .root), name)
        let table = Self.table(database)
        try await database.transaction(as: service) { tx in
            tx.send(
                """
                INSERT INTO \(table) (job, domain, day) VALUES (\(name), \(DomainPath.root.path), \(day.description)::date) \
                ON CONFLICT (job) DO UPDATE SET day = excluded.day, done_at = now()
                """)
        }
    }

    private static func table(_ database: Database) -> SQL { "\(identifier: database.schema).daily_run" }
}
