import Foundation
import JourneyKit
import TestKit
import Wire
import Workbook

/// Workbooks of 100,000 and of 1,000,000 rows: as fast as a program in Python that only does the same checks, and in the
/// same memory.
struct LargeImportBench {
    /// Columns of the workbook, of which seven are fields of a contract; what is checked in them is said in
    /// calamine_polars.py, which does the same.
    private static let columns: [WorkbookColumn] = [
        WorkbookColumn(label: "Number"), WorkbookColumn(label: "Account"),
        WorkbookColumn(label: "Short description"), WorkbookColumn(label: "Start date", kind: .date),
        WorkbookColumn(label: "End date", kind: .date), WorkbookColumn(label: "Contract value", kind: .number),
        WorkbookColumn(label: "Status"), WorkbookColumn(label: "Region"), WorkbookColumn(label: "Seller"),
        WorkbookColumn(label: "Cost centre"), WorkbookColumn(label: "Discount", kind: .number),
        WorkbookColumn(label: "Source"),
    ]
    private static let requirements = ["python-calamine", "polars", "psycopg[binary]"]

    let stack: BenchStack
    let journey: Journey

    /// 100,000 rows, and a script that judges each of them.
    func measure(_ tell: (Figure) -> Void) async throws {
        try await compare(tell)
        tell(
            try await ScriptedImportBench(stack: stack, journey: journey).measure(try workbook(rows: 100_000)))
    }

    /// 100,000 rows, against the program in Python.
    func compare(_ tell: (Figure) -> Void) async throws {
        let small = try workbook(rows: 100_000)
        do {
            try await installPython()
        } catch {
            return print("Not compared with python-calamine and polars, which cannot be installed here: \(error)")
        }
        var comparison = Comparison()
        try await comparison.measure {
            let seconds = try await journey.stageOnly(small)
            try await journey.startOver(small)
            return 100_000 / seconds
        } floor: {
            100_000 / (try await python(small.path))
        }
        tell(
            .rate("stage and check 100000 × 12; floor: calamine, polars", comparison, unit: "rows/s", atLeast: 2))
    }

    /// From the file to the target table and back, stage by stage: 100,000 rows, and then ten times as many.
    func measureMillion(_ tell: (Figure) -> Void) async throws {
        let stages = StagesBench(stack: stack, journey: journey)
        let small = try workbook(rows: 100_000)
        let before = try await stages.measure(small, tell)
        try await journey.startOver(small)
        let after = try await stages.measure(try workbook(rows: 1_000_000), tell)
        for (small, large) in zip(before, after) {
            for process in ["import-validation", "onboarding"] {
                let figures = Figure.memory(
                    "\(large.name), \(process)", large.megabytes(process), under: 128,
                    before: small.megabytes(process))
                for figure in figures { tell(figure) }
            }
        }
        tell(try await BlockBench(stack: stack, journey: journey).measure("contract", rows: 1_000_000))
    }

    /// A workbook in which one row in a hundred does not pass.
    private func workbook(rows: Int) throws -> JourneyWorkbook {
        let path = "\(stack.folder)/contracts-\(rows).xlsx"
        let writer = try WorkbookWriter(path: path, sheet: "Contract", columns: Self.columns)
        for row in 1...rows {
            let status = row.isMultiple(of: 100) ? "Sleeping" : row.isMultiple(of: 3) ? "draft" : "Active"
            try writer.append([
                "C-\(row)", journey.accountName, "Maintenance of plant \(row % 5_000)", "2025-01-\(10 + row % 20)",
                "2027-12-\(10 + row % 20)", "\(row % 90_000).5", status, "Region \(row % 40)", "Seller \(row % 700)",
                "CC\(row % 300)", "\(row % 30)", "ERP",
            ])
        }
        try writer.finish()
        let faulty = Int64(rows / 100)
        return JourneyWorkbook(path: path, target: "contract", ready: Int64(rows) - faulty, attention: faulty)
    }

    private var environment: String { "\(stack.folder)/python" }

    /// The program in Python has an environment of its own.
    private func installPython() async throws {
        try await Command.run("/usr/bin/python3", ["-m", "venv", environment])
        try await Command.run("\(environment)/bin/pip", ["install", "--quiet"] + Self.requirements)
    }

    /// Seconds that the program in Python takes.
    private func python(_ path: String) async throws -> Double {
        let printed = try await Command.run(
            "\(environment)/bin/python3", ["\(BenchStack.root)/Tools/bench/calamine_polars.py", path],
            environment: ["DATABASE": try stack.connectionString("ale_import_validation_owner")])
        guard let seconds = printed.split(separator: "\n").last.flatMap({ Double($0) }) else {
            throw JourneyFailure("calamine_polars.py printed: \(printed)")
        }
        return seconds
    }
}
