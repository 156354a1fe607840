import Sandbox
import Testing

@Suite struct ScriptContractTests {
    @Test(arguments: [
        (Optional("Ernst Handel"), ScriptVerdict.passed),
        ("ernst handel", .rejected(message: "The Account is not matching with the Case Account.")),
        ("Ernst Handel ", .rejected(message: "The Account is not matching with the Case Account.")),
        ("", .passed),
        (nil, .passed),
    ])
    func theSampleComparesExactly(company: String?, expected: ScriptVerdict) async throws {
        let worker = try makeWorker()
        let batch = ScriptBatch(columns: ["u_company"], rows: [[company]], records: ["task": task])
        #expect(try await worker.evaluate(accountMatchesCase, batch) == [expected])
    }

    @Test func theSamplePassesWithoutATask() async throws {
        let worker = try makeWorker()
        for records in [[:], ["task": ScriptValue.null]] {
            let batch = ScriptBatch(columns: ["u_company"], rows: [["Other"]], records: records)
            #expect(try await worker.evaluate(accountMatchesCase, batch) == [.passed])
        }
    }

    @Test func recordsAnswerLikeGlideRecords() async throws {
        let worker = try makeWorker()
        let verdicts = try await judge(
            """
            return { validationPassed: false, message: [
                row.v, row.getValue('v'), row.getDisplayValue('v'), row.getValue('task'), row.getDisplayValue('task'),
                row.task.getDisplayValue(), row.task.company.getValue('name'), row.task.getDisplayValue('company'),
                String(row.task.company), row.getValue('absent'), '<' + row.getDisplayValue('absent') + '>',
                row.isValidField('v'), row.isValidField('absent'), typeof row.absent, row.case.open, row.case.level
            ].join('|') };
            """,
            rows: ["x"], records: ["task": task, "case": .record(["open": .bool(true), "level": .number(2.5)])],
            with: worker)
        let expected =
            "x|x|x|0b8c7b3e-0000-4000-8000-000000000001|IMP0000001|IMP0000001|Ernst Handel|Ernst Handel|c1||<>"
            + "|true|false|undefined|true|2.5"
        #expect(verdicts == [.rejected(message: expected)])
    }

    @Test func theViewIsReadOnly() async throws {
        let worker = try makeWorker()
        let body = """
            row.v = 'changed'; row.extra = 1; delete row.v; row.task.company.name = 'changed';
            row.getValue = function () { return 'changed'; };
            return { validationPassed: false,
                     message: row.v + row.extra + row.task.company.name + row.getValue('v') };
            """
        let verdicts = try await judge(body, rows: ["a", "b"], records: ["task": task], with: worker)
        #expect(
            verdicts == [
                .rejected(message: "aundefinedErnst Handela"), .rejected(message: "bundefinedErnst Handelb"),
            ])
        let strict = try await judge("(function () { 'use strict'; row.v = 1; })()", with: worker)
        #expect(kind(strict.first) == .threw)
    }

    @Test func textOfEveryKindPassesUnchanged() async throws {
        let worker = try makeWorker()
        let texts = ["한국어", "Ünïcödé", "😀👩‍👩‍👧", "a\u{0}b", "\u{FFFD}", "\"\\\n", String(repeating: "가", count: 2_000)]
        let verdicts = try await judge(
            "return { validationPassed: row.v == row.task.name, message: row.v }", rows: texts,
            records: ["task": .record(["name": .text("😀👩‍👩‍👧")])], with: worker)
        #expect(verdicts[2] == .passed, "a character outside the basic plane is the same in a row and in a record")
        for index in [0, 1, 4, 5, 6] { #expect(verdicts[index] == .rejected(message: texts[index])) }
        #expect(verdicts[3] == .rejected(message: "ab"), "no NUL reaches the database")
        let literal = try await judge(
            "return { validationPassed: row.v === '😀' && row.v.length === 2 }", rows: ["😀"], with: worker)
        #expect(literal == [.passed])
        let lone = try await judge("return { validationPassed: false, message: '\\ud83d!' }", with: worker)
        #expect(lone == [.rejected(message: "\u{FFFD}!")])
    }

    @Test func longMessagesAreCutAtACharacter() async throws {
        let worker = try makeWorker()
        let body = "return { validationPassed: false, message: new Array(100000).join('가') }"
        let verdicts = try await judge(body, with: worker)
        #expect(verdicts == [.rejected(message: String(repeating: "가", count: 8_192 / 3))])
    }

    @Test(arguments: [
        ("", ScriptFailure.Kind.wrongAnswer), ("return 1", .wrongAnswer), ("return null", .wrongAnswer),
        ("return {}", .wrongAnswer), ("return { validationPassed: 'true', message: '' }", .wrongAnswer),
        ("return { validationPassed: false }", .wrongAnswer),
        ("return { validationPassed: false, message: 7 }", .wrongAnswer),
        ("return { validationPassed: false, message: ' ' }", .noMessage),
        ("throw new Error('boom')", .threw), ("throw null", .threw), ("absent()", .threw),
        ("return row.task.company.name", .threw),
        ("return { get validationPassed() { throw 1; } }", .threw),
        ("throw { toString: function () { throw 2; } }", .threw),
        ("(function f() { f(); })()", .threw),
    ])
    func whatIsNoVerdictFailsTheRow(body: String, expected: ScriptFailure.Kind) async throws {
        let worker = try makeWorker()
        let verdicts = try await judge(body, rows: ["1", "2"], with: worker)
        #expect(verdicts.map(kind) == [expected, expected])
    }

    @Test func aFailureNamesTheLineForTheAuthorAndHasAFixedTextForOthers() async throws {
        let worker = try makeWorker()
        let verdicts = try await judge("\nthrow new Error('boom')", with: worker)
        guard case .failed(let failure)? = verdicts.first else { throw ScriptError.cancelled }
        #expect(failure.detail == "Error: boom (line 3)")
        #expect(failure.english == "The check script failed on this row.")
        #expect(failure.korean == "검증 스크립트가 이 행에서 실패했습니다.")
    }

    @Test func aPassedRowNeedsNoMessage() async throws {
        let worker = try makeWorker()
        #expect(try await judge("return { validationPassed: true }", with: worker) == [.passed])
    }

    @Test func badScriptsAreRefusedWithTheirLine() async throws {
        let worker = try makeWorker()
        await #expect { try await worker.check("function executeCondition(r) {\n\n  var = 3;\n}") } throws: { error in
            guard case ScriptError.refused(line: 3, let reason) = error else { return false }
            return reason.hasPrefix("SyntaxError")
        }
        await #expect { try await worker.check("var x = 1") } throws: { error in
            guard case ScriptError.refused(line: nil, let reason) = error else { return false }
            return reason.contains("executeCondition")
        }
        await #expect { try await worker.check("\nthrow new Error('top')") } throws: { error in
            error as? ScriptError == .refused(line: 2, reason: "Error: top")
        }
        await #expect(throws: ScriptError.self) { try await worker.check(String(repeating: " ", count: 300_000)) }
        try await worker.check(accountMatchesCase)
    }

    @Test func malformedBatchesAreRefused() async throws {
        let worker = try makeWorker()
        let uneven = ScriptBatch(columns: ["a", "b"], rows: [["1"]])
        await #expect(throws: ScriptError.self) { try await worker.evaluate(accountMatchesCase, uneven) }
        let deep = (0..<20).reduce(ScriptValue.null) { value, _ in .record(["in": value]) }
        let nested = ScriptBatch(columns: [], rows: [[]], records: ["task": deep])
        await #expect(throws: ScriptError.self) { try await worker.evaluate(accountMatchesCase, nested) }
        let large = ScriptBatch(columns: [], rows: [[]], records: ["a": .text(String(repeating: "x", count: 2 << 20))])
        await #expect(throws: ScriptError.self) { try await worker.evaluate(accountMatchesCase, large) }
    }
}
