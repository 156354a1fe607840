import Foundation
import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import Wire

/// What it costs to be told what moving a date would do.
enum DateBench {
    /// What is due of the case, the import tasks among it, beside the tasks without a date that its playbook makes.
    private static let tasks = 200
    private static let imports = 20
    /// Activities that wait one for the other, the first with a task.
    private static let waits = 50
    /// As many as an account may have: all weekdays of four years are looked at for them.
    private static let holidays = 1_000
    /// Requests that are made side by side.
    private static let hands = 8

    /// The slowest of a hundred, one after another.
    static func preview(_ data: PlaybookData) async throws -> Figure {
        let record = try await data.makeCase()
        _ = try await data.startTasks(over: record)
        try await data.activate("bench_waits", [("work", chain)])
        _ = try await data.start("bench_waits", over: record)
        var get = GetRequest()
        get.id = record
        let account = try await data.client.call(OnboardingAPI.getOnboardingCase, get, as: data.agent).account ?? ""
        try await each(holidays) { try await createHoliday($0, of: account, data) }
        try await each(imports) { _ in try await createImport(of: record, account, data) }
        try await each(tasks - imports - 1) { try await createTask($0, of: record, data) }
        _ = try await ask(record, "2027-06-30", data, applying: true)
        try await known(record, data)
        var latencies = Latencies()
        for number in 0..<100 {
            let start = ContinuousClock.now
            let items = try await ask(record, "2027-07-\(10 + number % 20)", data, applying: false)
            latencies.add(start.duration(to: .now))
            guard items == tasks else { throw JourneyFailure("\(items) dates would move instead of \(tasks)") }
        }
        return .bound(
            "what moving go-live of \(tasks) tasks, \(waits) that wait and \(holidays) holidays would do, p99",
            latencies.percentile(99), unit: "ms", under: 100)
    }

    private static var chain: [String] {
        let due = "due: {days: 2, working_days: true}"
        return (1...waits).map { number in
            number == 1
                ? "\(PlaybookData.task(number, start: "{when: with_lane}").dropLast()), \(due)}"
                : "{key: wait_\(number), kind: related_work, label: {en: Ask, ko: 질문}, "
                    + "description: {en: Ask., ko: 질문하세요.}, \(due)}"
        }
    }

    /// Does something so many times, by several hands.
    private static func each(_ count: Int, _ make: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for hand in 0..<hands {
                group.addTask {
                    for number in stride(from: hand, to: count, by: hands) { try await make(number) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Waits until the import tasks are known to the service that is asked.
    private static func known(_ record: String, _ data: PlaybookData) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while try await ask(record, "2027-07-10", data, applying: false) < tasks {
            guard .now < end else { throw JourneyFailure("import tasks are not heard of") }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    private static func createHoliday(_ number: Int, of account: String, _ data: PlaybookData) async throws {
        var day = AccountHoliday()
        // Every second day of the years around the dates.
        (day.account, day.name) = (account, "Holiday")
        day.day = CivilDate(days: 20_000 + 2 * number).description
        var request = CreateAccountHolidayRequest()
        request.accountHoliday = day
        _ = try await data.client.call(OnboardingAPI.createAccountHoliday, request, as: data.agent)
    }

    private static func createImport(of record: String, _ account: String, _ data: PlaybookData) async throws {
        var task = ImportTask()
        (task.parent, task.account, task.shortDescription) = (record, account, "Measured import")
        (task.targetTable, task.dataSource) = ("location", "cmn_location_template.xlsx")
        task.sourceTable = "sn_acct_lc_account_onb_import_locations"
        (task.type, task.dueDate) = (ImportTask.TypeChoice.dataCapture, "2027-03-15")
        var request = CreateImportTaskRequest()
        request.importTask = task
        _ = try await data.client.call(ImportValidationAPI.createImportTask, request, as: data.agent)
    }

    private static func createTask(_ number: Int, of record: String, _ data: PlaybookData) async throws {
        var task = LifecycleTask()
        (task.parent, task.shortDescription, task.dueDate) = (record, "Task", "2027-0\(1 + number % 5)-15")
        var request = CreateLifecycleTaskRequest()
        request.lifecycleTask = task
        _ = try await data.client.call(OnboardingAPI.createLifecycleTask, request, as: data.agent)
    }

    /// How many dates would move with go-live.
    private static func ask(
        _ record: String, _ date: String, _ data: PlaybookData, applying: Bool
    ) async throws -> Int {
        var request = PreviewGoLiveRequest()
        (request.id, request.goLiveDate) = (record, date)
        let move = try await data.client.call(OnboardingAPI.previewGoLive, request, as: data.agent)
        guard applying else { return Int(move.moving) }
        var apply = ActionRequest()
        apply.id = move.id
        return Int(try await data.client.call(OnboardingAPI.applyDateMove, apply, as: data.agent).moving)
    }
}
