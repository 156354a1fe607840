import Korean
import Platform
import RPC
import Records
import Roles
import Synchronization
import Tenancy
import Wire

/// Work done once for every day, by the leading instance, as soon as the day has begun in UTC.
///
/// Days are counted by the calendar, not by hours: no change of clocks moves them. A day on which the service does not
/// run is not made up for; every job looks at the state of the day it runs on.
struct DailyJob: Sendable {
    /// How often the calendar is looked at.
    private static let look: Duration = .seconds(30)

    /// What administrators run it by.
    let name: String
    /// The setting that would turn it on; nil when it is on.
    let offUntil: String?
    private let run: @Sendable (DomainPath) async throws(Problem) -> Int

    /// The job `name`; `run` works in a domain and all below, answers how many records it touched, and may be repeated
    /// without harm.
    init(
        _ name: String, offUntil setting: String? = nil,
        _ run: @escaping @Sendable (DomainPath) async throws(Problem) -> Int
    ) {
        self.name = name
        offUntil = setting
        self.run = run
    }

    /// Runs the job at the start and then each day. A run that fails is tried again at the next look; `pause` is what
    /// lies between two looks.
    func background(
        _ database: Database, pause: @escaping @Sendable () async -> Void = { try? await Task.sleep(for: look) }
    ) -> Background {
        // Kept beside the loop, which ends with the lead and begins with it: who leads again the same day is done.
        let last = LastDay()
        return Background(name, isSingle: true) {
            while !Task.isCancelled {
                // The day the run begins on: when it ends on the next one, that one is still to come.
                let today = database.clock.today
                if Self.isDue(today, after: last.done), await attempt(database) { last.done = today }
                await pause()
            }
        }
    }

    /// The day on which this instance has last done the job.
    private final class LastDay: Sendable {
        private let day = Mutex<CivilDate?>(nil)

        var done: CivilDate? {
            get { day.withLock { $0 } }
            set { day.withLock { $0 = newValue } }
        }
    }

    /// Whether a job that was last done on the day `done` is to run on `today`. A clock that is put back over midnight
    /// brings no second run of the day before; one that was wrong by more than that is believed again.
    static func isDue(_ today: CivilDate, after done: CivilDate?) -> Bool {
        guard let done else { return true }
        return today > done || today < done.adding(days: -1)
    }

    /// Answers `jobs.run_now`: an administrator runs one of the jobs over the own domain.
    static func endpoint(_ jobs: [DailyJob]) -> Endpoint {
        Endpoint(CustomerSuccessAPI.runJob) { call, request async throws(Problem) in
            guard call.caller.has(RoleCatalog.administrator), call.caller.kind != .customer else {
                throw .permissionDenied()
            }
            guard let job = jobs.first(where: { $0.name == request.job }) else {
                let names = jobs.map(\.name).joined(separator: ", ")
                throw .invalid(
                    field: "job",
                    Text(en: "Job must be one of: \(names).", ko: "일일 작업은 다음 중 하나여야 합니다: \(names)."))
            }
            if let setting = job.offUntil {
                throw .failedPrecondition(
                    rule: "JOB_IS_OFF",
                    Text(
                        en: "The job \(job.name) is turned off. The setting \(setting) turns it on.",
                        ko: "일일 작업 \(job.name, .subject) 꺼져 있습니다. \(setting) 설정으로 켤 수 있습니다."), field: "job")
            }
            var response = RunJobResponse()
            response.job = job.name
            response.records = Int64(try await job.run(call.caller.domain))
            return response
        }
    }

    private func attempt(_ database: Database) async -> Bool {
        do throws(Problem) {
            let count = try await run(.root)
            database.log.info("daily job is done", metadata: ["job": "\(name)", "records": "\(count)"])
            return true
        } catch {
            database.log.error(
                "daily job failed and is tried again",
                metadata: ["job": "\(name)", "cause": "\(error.cause ?? error.text.en)"])
            return false
        }
    }
}
