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

    /// A script may say which cell is wrong; what is no name of a column is left out.
    @Test func aRejectionNamesItsColumn() async throws {
        let worker = try makeWorker()
        func judged(_ answer: String) async throws -> ScriptVerdict? {
            try await judge("return { validationPassed: false, \(answer) };", with: worker).first
        }
        #expect(try await judged("message: 'Why\\nso', field: 'u_v'") == .rejectedAt(field: "u_v", message: "Why\nso"))
        #expect(try await judged("message: '', field: 'u_v'") == .rejectedAt(field: "u_v", message: ""))
        for field in ["''", "7", "null", "'a\\nb'", "new Array(1000).join('x')", "Symbol.iterator"] {
            #expect(try await judged("message: 'Why', field: \(field)") == .rejected(message: "Why"), "\(field)")
        }
        let long = "message: new Array(100000).join('가'), field: 'u_v'"
        guard case .rejectedAt("u_v", let message)? = try await judged(long) else { throw ScriptError.cancelled }
        #expect(message.utf8.count <= 8_192 - 4 && message.allSatisfy { $0 == "가" })
    }

    /// Who tries a script hears what it prints, also where it comes to no verdict; nobody else does.
    @Test func whatIsPrintedIsHeardWhereAScriptIsTried() async throws {
        let worker = try makeWorker { $0.rowMilliseconds = 300 }
        func tried(_ body: String, top: String = "") async throws -> (verdict: ScriptVerdict, printed: ScriptPrint) {
            let source = "\(top)function executeCondition(row) {\n\(body)\n}"
            return try await worker.rehearse(
                source, ScriptBatch(columns: ["v"], rows: [["x"]], records: ["task": task]))
        }
        let passed = "return { validationPassed: true };"
        let said = try await tried(
            "print('한국어', 1, row.v, null); console.log(row.task.company);\(passed)", top: "print('top');")
        #expect(said.verdict == .passed && !said.printed.isCut)
        #expect(said.printed.lines == ["top", "한국어 1 x null", #"{"id":"c1","name":"Ernst Handel"}"#])
        // The next trial begins anew, with what the top level has printed alone.
        #expect(try await tried(passed, top: "print('top');").printed.lines == ["top"])
        #expect(try await tried(passed).printed.lines.isEmpty)
        let thrown = try await tried("print('before'); throw 1;")
        #expect(kind(thrown.verdict) == .threw && thrown.printed.lines == ["before"])
        let endless = try await tried("print('last words'); while (true) {}")
        #expect(kind(endless.verdict) == .timedOut && endless.printed.lines == ["last words"])
        let run = try await judge("print('x'); console.error(row.v); \(passed)", rows: ["1", "2"], with: worker)
        #expect(run == [.passed, .passed])
    }

    @Test(
        arguments: [
            ("for (var i = 0; i < 500; i++) print(i);", 100, "99"),
            ("print(new Array(20000).join('가')); print('after');", 1, nil),
            ("print(new Array(500).join('a\\n'));", 100, "a"),
        ] as [(String, Int, String?)])
    func whatIsPrintedHasABound(body: String, lines: Int, last: String?) async throws {
        let worker = try makeWorker()
        let source = "function executeCondition(row) { \(body) return { validationPassed: true } }"
        let (verdict, printed) = try await worker.rehearse(source, ScriptBatch(columns: ["v"], rows: [["1"]]))
        #expect(verdict == .passed && printed.isCut && printed.lines.count == lines)
        #expect(printed.lines.reduce(0) { $0 + $1.utf8.count } <= 16 << 10)
        if let last { #expect(printed.lines.last == last) }
    }

    /// What cannot be said as text does no harm.
    @Test func whatCannotBePrintedDoesNoHarm() async throws {
        let worker = try makeWorker()
        let body = """
            var round = {}; round.self = round;
            print(round); print(undefined); print(function () {}); print(); print(row);
            print = 3; console.log = null;
            return { validationPassed: true };
            """
        #expect(try await judge(body, rows: ["1", "2"], with: worker) == [.passed, .passed])
    }
}
