import Foundation
import ImportValidationWire
import JourneyKit
import Wire

/// Rows of which a record-level check judges each by itself.
struct ScriptedImportBench {
    private static let script = """
        function executeCondition(row) {
            var passed = !row.u_number || row.u_number.charAt(0) === 'C';
            return { validationPassed: passed, message: passed ? '' : 'A number begins with C.' };
        }
        """

    let stack: BenchStack
    let journey: Journey

    /// Loads a workbook whose rows all have another number, which is what the script reads.
    func measure(_ workbook: JourneyWorkbook) async throws -> Figure {
        let (world, administrator) = (stack.world(), try journey.credential(.administrator))
        var creation = CreateDataValidationAssistRequest()
        var check = DataValidationAssist()
        check.name = "Numbers begin with C"
        check.validationType = DataValidationAssist.ValidationType.record
        check.stagingTable = journey.importTasks[workbook.target]?.sourceTable
        check.script = Self.script
        creation.dataValidationAssist = check
        let made = try await world.call(
            ImportValidationAPI.createDataValidationAssist, creation, as: administrator)
        let rows = Double(workbook.ready + workbook.attention)
        var series = Series()
        for _ in 1...Comparison.rounds {
            series.add(rows / (try await journey.stageOnly(workbook)))
            try await journey.startOver(workbook)
        }
        var removal = DeleteRequest()
        removal.id = made.id
        _ = try await world.call(ImportValidationAPI.deleteDataValidationAssist, removal, as: administrator)
        return .rate(
            "stage and check \(Int(rows)) × 12, a script judges every row", series, unit: "rows/s", atLeast: 60_000)
    }
}

/// A large import from the file to the target table.
struct MillionRowsBench {
    let stack: BenchStack
    let journey: Journey

    /// The steps of the import, each with its time and the most memory that who did it has had in it; and that of
    /// import-validation over uploading and loading.
    func measure(_ workbook: JourneyWorkbook) async throws -> (steps: [Figure], peak: Double) {
        let rows = Int(workbook.ready + workbook.attention)
        var figures: [Figure] = []
        func step(_ name: String, _ service: String, _ rows: Int, _ body: () async throws -> Double) async throws
            -> Double
        {
            let pid = try stack.pid(service)
            // The peak is counted from here on.
            try? "5".write(toFile: "/proc/\(pid)/clear_refs", atomically: false, encoding: .utf8)
            let seconds = try await body()
            let peak = BenchStack.memory(pid, "VmHWM") / 1_024
            figures.append(.step("\(rows) rows: \(name)", seconds: seconds, rows: rows, megabytes: peak))
            return peak
        }
        var loading = 0.0
        let uploading = try await step("upload", "import-validation", rows) {
            let start = ContinuousClock.now
            loading = try await journey.stageOnly(workbook)
            return start.duration(to: .now) / .seconds(1) - loading
        }
        figures.append(
            .step("\(rows) rows: load and check", seconds: loading, rows: rows, megabytes: uploading))
        _ = try await step("publish", "onboarding", Int(workbook.ready)) { try await journey.publishOnly(workbook) }
        return (figures, uploading)
    }
}
