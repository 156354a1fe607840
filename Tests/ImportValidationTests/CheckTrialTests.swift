import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import ImportValidationService

/// A check is run on one row before it is in force: what it answers, where its script is wrong, and that nothing is kept.
@Suite(.timeLimit(.minutes(15))) struct CheckTrialTests {
    static let writer = Building.caller("sn_acct_lc.data_validation_assist_write", "sn_acct_lc.agent")

    private static func cell(_ field: String, _ value: String) -> StagedCell {
        var cell = StagedCell()
        (cell.field, cell.value) = (field, value)
        return cell
    }

    static func request(
        script: String = "", _ cells: [StagedCell] = [], _ edit: (inout RunCheckRequest) -> Void = { _ in }
    ) -> RunCheckRequest {
        var assist = DataValidationAssist()
        (assist.validationType, assist.script) = ("record", script)
        assist.stagingTable = "sn_acct_lc_account_onb_import_locations"
        var request = RunCheckRequest()
        (request.dataValidationAssist, request.cells) = (assist, cells)
        edit(&request)
        return request
    }

    private static func body(_ statement: String) -> String {
        """
        function executeCondition(stagingTableGr) {
            \(statement)
        }
        """
    }

    @Test func itAnswersForTheRowThatIsTyped() async throws {
        let stage = try await Stage()
        let script = Self.body(
            "return { validationPassed: stagingTableGr.u_name != 'Graz', message: 'Not ' + stagingTableGr.u_name };")
        func run(_ name: String) async throws -> RunCheckResponse {
            try await stage.call(
                ImportValidationAPI.runCheck, Self.request(script: script, [Self.cell("name", name)]), as: Self.writer)
        }
        let passed = try await run("Linz")
        #expect(passed.outcome == "ready" && passed.message.isEmpty && passed.findings.isEmpty)
        #expect(passed.elapsedUs >= 0 && passed.cells.first { $0.field == "name" }?.value == "Linz")
        let refused = try await run("Graz")
        #expect(refused.outcome == "needs_attention" && refused.message == "Not Graz")
    }

    /// What a check says of a row that fails is said in the caller's language; a script that says it itself is heard as it is, and
    /// its author is told so.
    @Test func theMessageOfACheckHasBothLanguages() async throws {
        let stage = try await Stage()
        func run(_ message: String, _ own: (en: String?, ko: String?), _ language: String) async throws
            -> RunCheckResponse
        {
            let script = Self.body("return { validationPassed: false, message: \(message) };")
            let request = Self.request(script: script, [Self.cell("name", "Graz")]) {
                $0.dataValidationAssist?.message = own.en
                $0.dataValidationAssist?.messageKo = own.ko
            }
            var writer = Self.writer
            writer.locale = language
            return try await stage.call(ImportValidationAPI.runCheck, request, as: writer)
        }
        let both: (String?, String?) = ("No such site.", "없는 사업장입니다.")
        for (message, language, said) in [
            ("''", "en", "No such site."), ("''", "ko", "없는 사업장입니다."), ("'No such site.'", "ko", "없는 사업장입니다."),
        ] {
            let answer = try await run(message, both, language)
            #expect(
                answer.message == said && answer.outcome == "needs_attention" && answer.findings.isEmpty, "\(answer)")
        }
        #expect(try await run("''", ("No such site.", nil), "ko").message == "No such site.")
        let other = try await run("'Not ' + stagingTableGr.u_name", both, "ko")
        #expect(other.message == "Not Graz" && other.findings.map(\.severity) == ["warning"])
        let silent = try await run("''", (nil, nil), "en")
        #expect(silent.outcome == "error" && silent.message == "The check failed without giving a reason.")
    }

    /// What a script prints is answered to who tries it.
    @Test func whatIsPrintedIsAnswered() async throws {
        let stage = try await Stage()
        let script = Self.body("print('name', stagingTableGr.u_name); return { validationPassed: true };")
        let answer = try await stage.call(
            ImportValidationAPI.runCheck, Self.request(script: script, [Self.cell("name", "Linz")]), as: Self.writer)
        #expect(answer.printed == ["name Linz"] && !answer.printedMore && answer.outcome == "ready")
    }

    /// The account that a case would have is typed as well, where no row of an import is taken.
    @Test func scriptsReadTheAccountThatIsTyped() async throws {
        let stage = try await Stage()
        for (account, outcome) in [("Ernst Handel", "ready"), ("Another", "needs_attention"), ("", "ready")] {
            let request = Self.request(script: AccountCheck.script, [Self.cell("u_company", "Ernst Handel")]) {
                $0.accountName = account
            }
            let answer = try await stage.call(ImportValidationAPI.runCheck, request, as: Self.writer)
            #expect(answer.outcome == outcome, "\(account)")
        }
    }

    /// What the engine finds is said with its line, and with the column of the word that it names.
    @Test func whatIsWrongIsSaidAtItsPlace() async throws {
        let stage = try await Stage()
        func run(_ script: String) async throws -> RunCheckResponse {
            try await stage.call(ImportValidationAPI.runCheck, Self.request(script: script), as: Self.writer)
        }
        let broken = try await run("function executeCondition(row) {\n  return {;\n}")
        #expect(broken.outcome == "error" && broken.findings.first?.severity == "error")
        #expect((1...3).contains(broken.findings.first?.line ?? 0))
        let thrown = try await run(Self.body("return missing.thing;"))
        let finding = try #require(thrown.findings.first)
        #expect(thrown.outcome == "error" && finding.line == 2 && finding.column == 12, "\(finding)")
        #expect(thrown.message == "The check script failed on this row.")
        let endless = try await run(Self.body("while (true) {}"))
        #expect(endless.outcome == "error" && endless.message.contains("too long"))
    }

    /// A column that is not there reads as nothing in every row, which nobody notices otherwise.
    @Test func aColumnThatIsNotThereIsSaid() async throws {
        let script = """
            // u_nowhere is no mention
            function executeCondition(row) {\r
                /* u_comment */ return { validationPassed: !!row.u_nmae && row.getValue('u_city'), message: "u_text // u_x" };
            }
            """
        let target = try #require(ImportTarget.named("location"))
        let findings = ScriptFindings.unknownColumns(script, target, "en")
        #expect(findings.map(\.line) == [3, 3, 3])
        #expect(findings.map { $0.message.contains("u_nmae") } == [true, false, false])
        #expect(findings.first?.column == 54 && findings.allSatisfy { $0.severity == "warning" }, "\(findings)")
    }

    /// A check of one field says what people would read at the cell, and nothing of other cells.
    @Test func aFieldIsCheckedAlone() async throws {
        let stage = try await Stage()
        let request = Self.request([Self.cell("u_name", "A very long name")]) {
            $0.dataValidationAssist?.validationType = "field"
            $0.dataValidationAssist?.validationSubType = "string_limit"
            $0.dataValidationAssist?.stagingTableField = "u_name"
            $0.dataValidationAssist?.maxLength = 5
        }
        let answer = try await stage.call(ImportValidationAPI.runCheck, request, as: Self.writer)
        #expect(answer.outcome == "needs_attention" && answer.message.contains("5"))
        #expect(!answer.message.contains("\n"))
    }

    /// The row of an import is taken with its task; what is typed takes the place of its cells. A row that one may not read is
    /// none.
    @Test func aStagedRowIsTaken() async throws {
        let stage = try await Stage()
        let task = try await stage.locations()
        _ = try await stage.loaded(Stage.file(["Graz"]), of: task)
        let row = try #require(try await stage.rows(task).stagingRows.first).id
        let script = Self.body(
            """
            return { validationPassed: false, message: stagingTableGr.u_name + ' of ' + stagingTableGr.task.company.name };
            """)
        var request = Self.request(script: script) { $0.stagingRow = row }
        let taken = try await stage.call(ImportValidationAPI.runCheck, request, as: Self.writer)
        #expect(taken.message == "Graz of Ernst Handel", "\(taken)")
        request.cells = [Self.cell("name", "Linz")]
        let typed = try await stage.call(ImportValidationAPI.runCheck, request, as: Self.writer)
        #expect(typed.message == "Linz of Ernst Handel")
        let elsewhere = Building.caller(
            "sn_acct_lc.data_validation_assist_write", "sn_acct_lc.agent", domain: "/elsewhere/")
        let unknown = await problem { () async throws(Problem) in
            try await stage.call(ImportValidationAPI.runCheck, request, as: elsewhere)
        }
        #expect(unknown?.code == .notFound)
    }

    /// What could not be saved is refused with its field, and who may not write checks runs none.
    @Test func whatCannotBeSavedIsRefused() async throws {
        let stage = try await Stage()
        let empty = await problem { () async throws(Problem) in
            try await stage.call(ImportValidationAPI.runCheck, Self.request(), as: Self.writer)
        }
        #expect(empty?.reason == "IMP-02" && empty?.violations.first?.field.hasSuffix("script") == true)
        let foreign = await problem { () async throws(Problem) in
            try await stage.call(
                ImportValidationAPI.runCheck,
                Self.request(script: AccountCheck.script, [Self.cell("colour", "red")]), as: Self.writer)
        }
        #expect(foreign?.code == .invalidArgument && foreign?.violations.first?.field == "cells")
        let reader = Building.caller("sn_acct_lc.data_validation_assist_read")
        let denied = await problem { () async throws(Problem) in
            try await stage.call(
                ImportValidationAPI.runCheck, Self.request(script: AccountCheck.script), as: reader)
        }
        #expect(denied?.code == .permissionDenied)
    }
}
