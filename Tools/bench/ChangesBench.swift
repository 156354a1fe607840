import Foundation
import JourneyKit
import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// What it costs to change what runs: to be told what moving a date would do, and to bring running cases to another version of
/// their playbook.
enum ChangesBench {
    private static let cases = 1_000
    /// Cases that are made side by side.
    private static let hands = 8
    private static let key = "bench_changed"

    static func measure(_ stack: BenchStack) async throws {
        let data = try await PlaybookData(stack)
        try await DateBench.preview(data).printed()
        for figure in try await migration(data, stack) { figure.printed() }
    }

    /// The CPU that service and database spend on each case of a preview, and of its apply.
    private static func migration(_ data: PlaybookData, _ stack: BenchStack) async throws -> [Figure] {
        let definition = try await data.activate(key, lanes(isNew: false))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for hand in 0..<hands {
                group.addTask {
                    for _ in 0..<(cases / hands + (hand < cases % hands ? 1 : 0)) {
                        _ = try await data.start(key, over: try await data.makeCase())
                    }
                }
            }
            try await group.waitForAll()
        }
        _ = try await data.activate(key, lanes(isNew: true))
        try await settled(stack)
        let clock = try StageClock(stack)
        var migration = PlaybookMigration()
        let preview = try await clock.measure("preview") {
            try await timed { migration = try await ask(definition, data) }
        }
        let told = migration
        guard told.previewed == cases else { throw JourneyFailure("\(told.previewed) cases instead of \(cases)") }
        let apply = try await clock.measure("apply") { try await timed { try await self.apply(told, data) } }
        let undo = try await clock.measure("undo") { try await timed { try await self.undo(told, data) } }
        return figures("preview of \(cases) running cases", preview) + figures("apply", apply)
            + figures("undo", undo) + [
                .bound(
                    "preview and apply of \(cases) running cases, CPU of each", cpu(preview) + cpu(apply), unit: "ms",
                    under: 5)
            ]
    }

    /// Waits until the playbooks that follow the cases by themselves have begun as well, which is no part of a migration.
    private static func settled(_ stack: BenchStack) async throws {
        let end = ContinuousClock.now + .seconds(180)
        var (before, now) = ("", try await runs(stack))
        while before != now {
            guard .now < end else { throw JourneyFailure("runs of playbooks still begin") }
            try await Task.sleep(for: .seconds(3))
            (before, now) = (now, try await runs(stack))
        }
    }

    private static func runs(_ stack: BenchStack) async throws -> String {
        try await stack.psql(["-Atc", "SELECT count(*) FROM onboarding.playbook_run"])
    }

    private static func figures(_ name: String, _ stage: Stage) -> [Figure] {
        [.stage(name, seconds: stage.seconds, rows: Int64(cases))]
            + stage.shares.map { process, share in .share(name, process, share) }
    }

    /// Milliseconds of service and database for each case.
    private static func cpu(_ stage: Stage) -> Double {
        let counted = stage.shares.filter { ["onboarding", "postgres"].contains($0.process) }
        return counted.map(\.share.seconds).reduce(0, +) * 1_000 / Double(cases)
    }

    private static func ask(_ definition: String, _ data: PlaybookData) async throws -> PlaybookMigration {
        var request = PreviewPlaybookMigrationRequest()
        request.definition = definition
        return try await data.client.call(OnboardingAPI.previewPlaybookMigration, request, as: data.administrator)
    }

    private static func apply(_ told: PlaybookMigration, _ data: PlaybookData) async throws {
        let now = try await moved(told, OnboardingAPI.applyPlaybookMigration, data)
        guard now.applied == cases else {
            throw JourneyFailure("\(now.applied) cases were migrated instead of \(cases)")
        }
    }

    private static func undo(_ told: PlaybookMigration, _ data: PlaybookData) async throws {
        let now = try await moved(told, OnboardingAPI.undoPlaybookMigration, data)
        guard now.undone == cases else {
            throw JourneyFailure("\(now.undone) cases were taken back instead of \(cases)")
        }
    }

    /// Moves all cases, and waits for that.
    private static func moved(
        _ told: PlaybookMigration, _ method: Method<MovePlaybookMigrationRequest, PlaybookMigration>,
        _ data: PlaybookData
    ) async throws -> PlaybookMigration {
        var (request, asked) = (MovePlaybookMigrationRequest(), GetRequest())
        (request.id, asked.id) = (told.id, told.id)
        var now = try await data.client.call(method, request, as: data.administrator)
        let end = ContinuousClock.now + .seconds(180)
        while now.moving > 0, .now < end {
            try await Task.sleep(for: .milliseconds(200))
            now = try await data.client.call(OnboardingAPI.getPlaybookMigration, asked, as: data.administrator)
        }
        return now
    }

    private static func timed(_ work: () async throws -> Void) async throws -> Double {
        let start = ContinuousClock.now
        try await work()
        return start.duration(to: .now) / .seconds(1)
    }

    /// A playbook as long as the shipped one: five stages, of which the first has begun. The new version adds a task that
    /// starts at once and forms further on, moves some, and has no place for others.
    private static func lanes(isNew: Bool) -> [(key: String, activities: [String])] {
        (1...5).map { lane in
            var activities = (1...6).map { number in
                lane == 1 && number <= 3
                    ? PlaybookData.task(number, start: "{when: with_lane}") : form("form_\(lane)_\(number)")
            }
            if isNew {
                activities.removeLast()
                activities.swapAt(3, 4)
                activities.append(
                    lane == 1 ? PlaybookData.task(4, start: "{when: with_lane}") : form("added_\(lane)"))
            }
            return (key: "lane_\(lane)", activities: activities)
        }
    }

    private static func form(_ key: String) -> String {
        "{key: \(key), kind: related_work, label: {en: Ask, ko: 질문}, description: {en: Ask., ko: 질문하세요.}}"
    }
}
