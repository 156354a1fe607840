import Foundation
import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire
import Workbook

@testable import ImportValidationService

/// Whatever the service can say of a file, a row, a cell or a field of a request is said here by a service that runs. What
/// there is to say is taken from the types, and from the sources.
@Suite(.timeLimit(.minutes(15))) struct AnswerTests {
    private typealias Answer = @Sendable (Stage) async throws -> [String]

    // MARK: Checks

    /// The names of the checks that a row of a file is told of.
    private static func checks(
        _ file: String, of table: String = "location", _ assist: (@Sendable (inout DataValidationAssist) -> Void)? = nil
    ) -> Answer {
        { stage in
            let task = try await stage.locations { $0.targetTable = table }
            if let assist { try await save(stage, table, assist) }
            _ = try await stage.loaded(Array(file.utf8), "rows.csv", of: task)
            return try await stage.rows(task, in: "ko").flatMap(\.errors).map(\.check)
        }
    }

    private static let checks: [RowError.Check: Answer] = [
        .mandatory: checks("Name,Account\n,Ernst Handel\n"),
        .reference: checks(
            "Name,Account,Contract\nHours,Ernst Handel,\(OnboardingStandIn.nobody)\n", of: "service_entitlement"),
        .choice: checks("Number,Account,End date,Status\nC1,Ernst Handel,2026-12-31,Sleeping\n", of: "contract"),
        .date: checks("Number,Account,End date\nC1,Ernst Handel,soon\n", of: "contract"),
        .decimal: checks("Number,Account,End date,Contract value\nC1,Ernst Handel,2026-12-31,much\n", of: "contract"),
        .integer: checks("Name,Account,Total units\nHours,Ernst Handel,some\n", of: "service_entitlement"),
        .boolean: checks(
            "First name,Last name,Email address,Account,Active\nA,B,a@b.example,Ernst Handel,maybe\n",
            of: "customer_contact"),
        .datetime: checks("Name,Account,Street\nLinz,Ernst Handel,noon\n") {
            ($0.validationSubType, $0.stagingTableField, $0.datetimeFormat) = (
                "datetime", "u_street", "yyyy-MM-dd HH:mm"
            )
        },
        .limit: checks("Name,Account,Street\nLinz,Ernst Handel,Landstrasse\n") {
            ($0.validationSubType, $0.stagingTableField, $0.maxLength) = ("string_limit", "u_street", 3)
        },
        .field: checks("Name,Account\n\(String(repeating: "x", count: 1_001)),Ernst Handel\n"),
        .order: checks(
            "Number,Account,Start date,End date\nC1,Ernst Handel,2027-01-01,2026-12-31\n", of: "contract"),
        .record: checks("Name,Account\nLinz,Somebody else\n") { assist in
            (assist.validationType, assist.validationSubType) = ("record", nil)
            assist.script = "function executeCondition(r) { return { validationPassed: false, message: 'No.' }; }"
        },
        .file: checks("Name,Account\nLinz,Ernst Handel,surplus\n"),
        .double: checks("Name,Account\nLinz,Ernst Handel\nLINZ,Ernst Handel\n"),
        .publication: { stage in
            let task = try await stage.locations()
            _ = try await stage.loaded(Stage.file([OnboardingStandIn.refused]), of: task)
            _ = try await stage.end(of: try await stage.publish(of: task))
            return try await stage.rows(task, in: "en").flatMap(\.errors).map(\.check)
        },
        .comment: { stage in
            let task = try await stage.locations()
            _ = try await stage.loaded(Stage.file([""]), of: task)
            // An instance of the version before has checked it again.
            _ = try await stage.bench.admin.run(
                "UPDATE import_validation.staging_row SET comment = 'Too short.' WHERE import_task = \(task.id)::uuid")
            return try await stage.rows(task, in: "en").flatMap(\.errors).map(\.check)
        },
    ]

    @Test(arguments: RowError.Check.allCases) func everyCheckIsTold(_ check: RowError.Check) async throws {
        let answer = try #require(Self.checks[check], "no row is told of \(check)")
        let stage = try await Stage()
        let told = try await answer(stage)
        #expect(told.contains(check.rawValue), "\(told)")
    }

    /// A check of an administrator, in the domain of the account.
    private static func save(
        _ stage: Stage, _ table: String, _ edit: (inout DataValidationAssist) -> Void
    ) async throws {
        var assist = DataValidationAssist()
        assist.name = "Check"
        assist.validationType = "field"
        assist.stagingTable = ImportTarget.named(table)?.stagingTable
        edit(&assist)
        var request = CreateDataValidationAssistRequest()
        request.dataValidationAssist = assist
        _ = try await stage.call(
            ImportValidationAPI.createDataValidationAssist, request, as: .holding("admin", domain: stage.domain))
    }

    // MARK: Faults of cells

    /// What the rows of a file of the collection of cases are told.
    private static func messages(_ path: String, of table: String = "location") -> Answer {
        { stage in
            let task = try await stage.locations { $0.targetTable = table }
            let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appending(path: "../ScenarioTests/Cases/\(path)")
            _ = try await stage.loaded([UInt8](try Data(contentsOf: file)), file.lastPathComponent, of: task)
            return try await stage.rows(task, in: "en").flatMap(\.errors).filter { $0.check == "file" }.map(\.message)
        }
    }

    private static let faults: [CellFault.Kind: (says: String, answer: Answer)] = [
        .error: ("holds the error #N/A", messages("error-cells/street-na/locations.xlsx")),
        .missing: ("result is not in the file", messages("missing-results/amount/contracts.xlsx", of: "contract")),
        .unreadable: (
            "is not what its cell says",
            messages("third-party-cells/absent-styles-and-odd-values/contracts.xlsx", of: "contract")
        ),
        .format: ("not followed here", messages("shown-text/hidden-by-format/locations.xlsx")),
        .surplus: ("more fields than", messages("rows-out-of-step/comma-not-quoted/locations.csv")),
        .place: ("which cannot be", messages("third-party-cells/no-such-place/locations.xlsx")),
        .quotation: ("quotation mark", messages("rows-out-of-step/rows-swallowed/locations.csv")),
        .merged: ("part of the merged cells C2:C4", messages("merged-cells/down-the-rows/locations.xlsx")),
        .unmapped: (
            "no place in the value map",
            { _ in
                let building = try await Building()
                let builder = try await building.finished([
                    Building.map("country", "value_map") { $0.values = [Building.value("Austria", "AT")] }
                ])
                let task = try await building.task(builder)
                _ = try await building.stage.loaded(Array("Site,Customer,Nation\nLinz,A,Narnia\n".utf8), of: task)
                return try await building.stage.rows(task, in: "en").flatMap(\.errors).map(\.message)
            }
        ),
    ]

    @Test(arguments: CellFault.Kind.allCases) func everyFaultIsTold(_ kind: CellFault.Kind) async throws {
        let expected = try #require(Self.faults[kind], "no cell is told of \(kind)")
        let stage = try await Stage()
        let told = try await expected.answer(stage)
        #expect(told.contains { $0.contains(expected.says) }, "\(told)")
    }

    // MARK: Files

    /// What is said of a file when it has arrived, or by the run that loads it.
    private static func refusal(
        _ bytes: [UInt8], _ name: String, _ edit: @escaping @Sendable (inout ImportUploadsRequest) -> Void = { _ in }
    ) -> Answer {
        { stage in
            let task = try await stage.locations()
            do {
                let upload = try await stage.upload(bytes, name, to: task)
                let run = try #require(try await stage.load([upload], of: task, edit).first)
                return [try await stage.end(of: run).message ?? ""]
            } catch let problem as Problem {
                return [problem.text.en]
            }
        }
    }

    private static let compound: [UInt8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]
    private static let workbook: [UInt8] = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../ScenarioTests/Cases/shown-text/hidden-by-format/locations.xlsx")
        return (try? Data(contentsOf: file)).map { [UInt8]($0) } ?? []
    }()

    private static let files: [WorkbookError.Kind: (says: String, answer: Answer)] = [
        .notAWorkbook: ("not an Excel workbook", refusal(Array("Name,Account\n".utf8), "a.xlsx")),
        .legacy: ("old Excel format", refusal(compound + [UInt8](repeating: 0, count: 600), "a.xlsx")),
        .encrypted: (
            "protected by a password",
            refusal(compound + "EncryptedPackage".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }, "a.xlsx")
        ),
        .damaged: ("cut off or damaged", refusal(Array(workbook.prefix(workbook.count / 2)), "a.xlsx")),
        .malformed: ("without its partner", refusal(Array("Name,Account\n\"Linz,x\n".utf8), "a.csv")),
        .tooLarge: (
            "more than 32767 characters", refusal(Stage.file([String(repeating: "x", count: 40_000)]), "a.csv")
        ),
        .noSheet: ("there is no sheet named", refusal(workbook, "a.xlsx") { $0.sheet = "Elsewhere" }),
        .encoding: (
            "encoding", refusal(Array("Name,Account\n".utf8) + [0xB9, 0xCE, 0xC1, 0xD8] + Array(",x\n".utf8), "a.csv")
        ),
        .unreadable: (
            "cannot be read",
            { _ in
                // No person can bring this about: the disk of the service is gone.
                do throws(WorkbookError) {
                    _ = try UploadFiles(directory: "/nonexistent").open(uuid(), name: "a.xlsx")
                    return []
                } catch {
                    return [error.english]
                }
            }
        ),
    ]

    /// Files are read here, and none but templates are written.
    @Test(arguments: WorkbookError.Kind.allCases.filter { $0 != .unwritable })
    func everyFaultOfAFileIsTold(_ kind: WorkbookError.Kind) async throws {
        let expected = try #require(Self.files[kind], "no file is told of \(kind)")
        let stage = try await Stage()
        let told = try await expected.answer(stage)
        #expect(told.contains { $0.contains(expected.says) }, "\(told)")
    }
}
