import Foundation
import ImportValidationWire
import JourneyKit

/// One stage of an import, with what every process concerned has spent in it.
struct Stage {
    /// What a process has spent.
    struct Share {
        /// On the processors, with its children.
        let seconds: Double
        /// The most memory in the stage; nil of Postgres, whose processes share theirs.
        let megabytes: Double?
    }

    let name: String
    let seconds: Double
    let shares: [(process: String, share: Share)]

    /// The most memory of a process in the stage.
    func megabytes(_ process: String) -> Double { shares.first { $0.process == process }?.share.megabytes ?? 0 }
}

/// Takes the time of stages, and looks at the processes meanwhile.
struct StageClock {
    private static let services = ["import-validation", "onboarding"]

    private let pids: [String: pid_t]
    private let times: ProcessTimes

    init(_ stack: BenchStack) throws {
        pids = Dictionary(uniqueKeysWithValues: try Self.services.map { ($0, try stack.pid($0)) })
        times = ProcessTimes(pids.merging(["postgres": try stack.postmaster()]) { first, _ in first })
    }

    /// Carries out a stage, which says how many seconds it took.
    func measure(_ name: String, _ body: () async throws -> Double) async throws -> Stage {
        // Peaks are counted from here on.
        for pid in pids.values { try? "5".write(toFile: "/proc/\(pid)/clear_refs", atomically: false, encoding: .utf8) }
        let before = times.milliseconds()
        let seconds = try await body()
        let after = times.milliseconds()
        let shares = (Self.services + ["postgres"]).map { process in
            let spent = ((after[process] ?? 0) - (before[process] ?? 0)) / 1_000
            return (
                process: process,
                share: Stage.Share(seconds: spent, megabytes: pids[process].map { Self.peak($0) })
            )
        }
        return Stage(name: name, seconds: seconds, shares: shares)
    }

    private static func peak(_ pid: pid_t) -> Double { BenchStack.memory(pid, "VmHWM") / 1_024 }
}

/// An import from the file to the target table and back, stage by stage.
struct StagesBench {
    let stack: BenchStack
    let journey: Journey

    /// The stages in their order. `tell` is told of each when it is over.
    func measure(_ workbook: JourneyWorkbook, _ tell: (Figure) -> Void) async throws -> [Stage] {
        let clock = try StageClock(stack)
        let all = workbook.ready + workbook.attention
        var stages: [Stage] = []
        func stage(_ name: String, _ rows: Int64, _ body: () async throws -> Double) async throws {
            let stage = try await clock.measure(name, body)
            tell(.stage(name, seconds: stage.seconds, rows: rows))
            for (process, share) in stage.shares { tell(.share(name, process, share)) }
            stages.append(stage)
        }
        var upload = Upload()
        try await stage("upload", all) {
            let start = ContinuousClock.now
            upload = try await journey.uploadOnly(workbook)
            return start.duration(to: .now) / .seconds(1)
        }
        try await stage("load", all) { try await journey.loadOnly(upload, of: workbook) }
        let (target, ready) = (workbook.target, workbook.ready)
        try await reopen(workbook)
        try await stage("validate", ready) { try await journey.validateOnly(target, rows: ready) }
        try await stage("plan", ready) { try await journey.planOnly(target, rows: ready) }
        var published = ""
        try await stage("publish", ready) {
            let publication = try await journey.publishOnly(target, rows: ready)
            published = publication.run
            return publication.seconds
        }
        try await stage("undo", ready) { try await journey.undoOnly(published, of: target, rows: ready) }
        return stages
    }

    /// Has the rows that are ready be yet to validate, as after a change of the checks.
    private func reopen(_ workbook: JourneyWorkbook) async throws {
        guard let task = journey.importTasks[workbook.target] else { throw JourneyFailure("no task") }
        try await stack.psql([
            "-c",
            """
            UPDATE import_validation.staging_row SET status = 'yet_to_validate' \
            WHERE import_task = '\(task.id)' AND status = 'ready_to_publish'
            """,
        ])
    }
}
