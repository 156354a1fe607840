import Foundation
import TestKit
import Testing

/// Workbooks of a folder that the variable ALE_CORPUS names, compared cell by cell with two other readers.
@Suite struct CorpusTests {
    static let folder = ProcessInfo.processInfo.environment["ALE_CORPUS"] ?? ""

    @Test(
        .enabled(
            if: !CorpusTests.folder.isEmpty,
            "ALE_CORPUS names no folder of workbooks to compare with openpyxl and python-calamine"))
    func everyWorkbookIsReadAsOthersReadIt() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../..")
        let python = root.appendingPathComponent(".local/venv/bin/python3").standardized.path
        let script = root.appendingPathComponent("Tools/corpus/compare.py").standardized.path
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appendingPathComponent("corpus").path
        let comparison = try Command.result([python, script, program, Self.folder])
        // What it says is the result, and goes where the tests' own output goes.
        print(comparison.output, comparison.errors)
        #expect(comparison.status == 0, "a workbook differs, or its reading crashed; see above")
    }
}
