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
