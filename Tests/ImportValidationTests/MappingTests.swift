import ImportValidationWire
import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// Columns that a person maps by hand, and keeps for the next file of the same task (G-57).
@Suite(.timeLimit(.minutes(15))) struct MappingTests {
    private static func column(_ title: String, _ field: String, at letters: String = "") -> ColumnMapping {
        var column = ColumnMapping()
        column.column = letters
        column.title = title
        column.field = field
        return column
    }

    private static func csv(_ lines: String...) -> [UInt8] { Array((lines.joined(separator: "\n") + "\n").utf8) }

    private static func mapping(
        _ stage: Stage, _ task: ImportTask, as caller: Caller? = nil
    ) async throws(Problem) -> ImportMapping {
        var request = GetRequest()
        request.id = task.id
        return try await stage.call(ImportValidationAPI.getMapping, request, as: caller)
    }

    private static func save(
        _ columns: [ColumnMapping], _ stage: Stage, _ task: ImportTask, as caller: Caller? = nil
    ) async throws(Problem) -> ImportMapping {
        var request = SaveMappingRequest()
        request.id = task.id
        request.columns = columns
        return try await stage.call(ImportValidationAPI.saveMapping, request, as: caller)
    }

    private static func load(
        _ bytes: [UInt8], _ stage: Stage, _ task: ImportTask, _ edit: (inout ImportUploadsRequest) -> Void = { _ in }
    ) async throws -> ImportRun {
        let upload = try await stage.upload(bytes, to: task)
        return try await stage.end(of: try #require(try await stage.load([upload], of: task, edit).first))
    }

    @Test func aColumnIsMappedByHandAndKept() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let first = Self.csv("Standort,Account,Wo", "Linz,Ernst Handel,Austria")
        #expect(try await Self.load(first, stage, task).state == "failed", "Name is mandatory")
        let run = try await Self.load(first, stage, task) {
            $0.columns = [Self.column(" STANDORT", "name"), Self.column("", "city", at: "c")]
            $0.saveMapping = true
        }
        #expect(run.state == "completed", "\(run.message ?? "")")
        #expect(try await stage.rows(task).stagingRows.map { [$0["name"], $0["city"]] } == [["Linz", "Austria"]])
        let saved = try await Self.mapping(stage, task)
        #expect(saved.columns.map(\.title) == ["Standort", "Wo"] && saved.columns.map(\.column) == ["A", "C"])
        #expect(saved.savedBy == stage.agent.subject && saved.savedAt != nil)

        // The next file has its columns in another order; it is told that the mapping was used.
        let next = try await Self.load(Self.csv("Wo,Account,Stand\u{200B}ort", "Tirol,Ernst Handel,Graz"), stage, task)
        #expect(next.state == "completed" && next.message?.contains("The saved mapping was used.") == true)
        let rows = try await stage.rows(task).stagingRows
        #expect(rows.contains { $0["name"] == "Graz" && $0["city"] == "Tirol" })
    }

    /// What was saved is not applied to a file that has something else in its columns.
    @Test func aMappingThatDoesNotFitIsSaid() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await Self.save([Self.column("Standort", "name", at: "A")], stage, task)
        let other = try await Self.load(Self.csv("City,Account,Name", "Steyr,Ernst Handel,Werk 1"), stage, task)
        #expect(other.state == "completed")
        #expect(
            other.message?.contains("does not fit this file") == true && other.message?.contains("\"Standort\"") == true
        )
        #expect(try await stage.rows(task).stagingRows.map { [$0["name"], $0["city"]] } == [["Werk 1", "Steyr"]])
        let bad = try await Self.load(Self.csv("City,Account", "Steyr,Ernst Handel"), stage, task)
        #expect(bad.state == "failed" && bad.message?.contains("does not fit this file") == true)
        #expect(bad.message?.contains("Mandatory columns are missing") == true)
        // Left out on demand, and forgotten when nothing is said any more.
        let plain = try await Self.load(Self.csv("Name,Account", "Wels,Ernst Handel"), stage, task) {
            $0.ignoreSavedMapping = true
        }
        #expect(plain.state == "completed" && plain.message?.contains("mapping") == false)
        #expect(try await Self.save([], stage, task).savedAt == nil)
        let free = try await Self.load(Self.csv("Name,Account", "Enns,Ernst Handel"), stage, task)
        #expect(free.message?.contains("mapping") == false)
    }

    @Test func aColumnIsLeftOutAndAnAbsentTitleIsTold() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let file = Self.csv("Name,Name,Account,Notes", "old,new,Ernst Handel,x")
        #expect(try await Self.load(file, stage, task).message?.contains("Several columns") == true)
        let run = try await Self.load(file, stage, task) {
            $0.columns = [Self.column("", "name", at: "B"), Self.column("", "", at: "A"), Self.column("Notes", "")]
        }
        #expect(run.state == "completed" && run.message?.contains("\"Notes\"") == false)
        #expect(try await stage.rows(task).stagingRows.map { $0["name"] } == ["new"])
        let absent = try await Self.load(file, stage, task) { $0.columns = [Self.column("Ort", "name")] }
        #expect(absent.state == "failed" && absent.message?.contains("\"Ort\"") == true)
    }

    @Test func whatCannotBeIsRefusedAtOnce() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        let upload = try await stage.upload(Stage.file(["Linz"]), to: task)
        let wrong: [[ColumnMapping]] = [
            [Self.column("Ort", "colour")], [Self.column("", "name")], [Self.column("", "name", at: "A1")],
            [Self.column("a", "name"), Self.column("b", "name")],
        ]
        for columns in wrong {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await stage.load([upload], of: task) { $0.columns = columns }
            }
            #expect(problem.code == .invalidArgument && problem.violations.map(\.field) == ["columns"])
        }
        let nothing = try await stage.refusal { () async throws(Problem) in
            try await stage.load([upload], of: task) { $0.saveMapping = true }
        }
        #expect(nothing.violations.map(\.field) == ["save_mapping"])
        // A column of a file to come is known by its title alone.
        let untitled = try await stage.refusal { () async throws(Problem) in
            try await Self.save([Self.column("", "name", at: "A")], stage, task)
        }
        #expect(untitled.violations.map(\.field) == ["columns"])
    }

    /// Who may import may say how; who may not know the task does not.
    @Test func onlyWhoMayImportMaySay() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        for caller in [stage.customer, Caller.holding("sn_acct_lc.agent", domain: "/provider/elsewhere/")] {
            let problem = try await stage.refusal { () async throws(Problem) in
                try await Self.save([Self.column("Ort", "name")], stage, task, as: caller)
            }
            #expect([.notFound, .permissionDenied].contains(problem.code))
            let hidden = try await stage.refusal { () async throws(Problem) in
                try await Self.mapping(stage, task, as: caller)
            }
            #expect([.notFound, .permissionDenied].contains(hidden.code))
        }
    }
}
