import Platform
import RPC
import Records

/// Work done once for every day, by the leading instance, as soon as the day has begun in UTC.
///
/// Days are counted by the calendar, not by hours: no change of clocks moves them. A day on which the service does not
/// run is not made up for; every job looks at the state of the day it runs on.
struct DailyJob: Sendable {
    /// How often the calendar is looked at.
    private static let look: Duration = .seconds(30)

    private let name: String
    private let run: @Sendable () async throws(Problem) -> Int

    /// The job `name`; `run` answers how many records it touched, and may be repeated without harm.
    init(_ name: String, _ run: @escaping @Sendable () async throws(Problem) -> Int) {
        self.name = name
        self.run = run
    }

    /// Runs the job at the start and then each day. A run that fails is tried again at the next look.
    func background(_ database: Database) -> Background {
        Background(name, isSingle: true) {
            var done: CivilDate?
            while !Task.isCancelled {
                let today = database.clock.today
                if today != done, await attempt(database) { done = today }
                try? await Task.sleep(for: Self.look)
            }
        }
    }

    private func attempt(_ database: Database) async -> Bool {
        do throws(Problem) {
            let count = try await run()
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
