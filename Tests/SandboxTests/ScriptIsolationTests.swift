import Foundation
import Sandbox
import Testing

/// Scripts that try to harm, and what is left of the rows around them.
@Suite struct ScriptIsolationTests {
    /// One row of three does the harm; the others are judged as if nothing had been.
    private func poison(_ harm: String, milliseconds: UInt32 = 200) async throws -> [ScriptVerdict] {
        let worker = try makeWorker { $0.rowMilliseconds = milliseconds }
        let body = "if (row.v == 'bad') { \(harm) }\nreturn { validationPassed: row.v != 'no', message: 'said no' }"
        return try await judge(body, rows: ["yes", "no", "bad", "no", "yes"], with: worker)
    }

    @Test(arguments: [
        ("while (true) {}", ScriptFailure.Kind.timedOut),
        (#"/^(a+)+$/.test(new Array(60).join('a') + '!')"#, .timedOut),
        ("try { while (true) {} } catch (e) {} finally { while (true) {} }", .timedOut),
        ("throw { toString: function () { while (true) {} } }", .timedOut),
        ("return { get validationPassed() { while (true) {} } }", .timedOut),
        ("var s = 'x'; while (true) s += s;", .outOfMemory),
        ("var a = []; while (true) a.push(new Uint8Array(100000));", .outOfMemory),
        ("new Uint8Array(1e9)", .outOfMemory),
    ])
    func oneRowFailsAlone(harm: String, expected: ScriptFailure.Kind) async throws {
        let verdicts = try await poison(harm, milliseconds: expected == .timedOut ? 200 : 2_000)
        let no = ScriptVerdict.rejected(message: "said no")
        #expect(verdicts.enumerated().filter { $0.offset != 2 }.map(\.element) == [.passed, no, no, .passed])
        #expect(kind(verdicts[2]) == expected)
    }

    @Test func aMemoryBombLeavesTheWholeMemoryToTheNextRow() async throws {
        let worker = try makeWorker()
        let body = """
            var s = 'x'; if (row.v == 'bomb') { while (true) s += s; }
            while (s.length < 8000000) s += s;
            return { validationPassed: s.length == 8388608 };
            """
        let verdicts = try await judge(body, rows: ["bomb", "fits", "bomb", "fits"], with: worker)
        #expect(verdicts.map(kind) == [.outOfMemory, nil, .outOfMemory, nil])
        #expect(verdicts[3] == .passed)
    }

    @Test(arguments: [
        "alert('x')", "require('fs')", "process.exit()", "load('/etc/passwd')",
        "readFile('/etc/passwd')", "Duktape.act()", "new XMLHttpRequest()", "uneval(1)",
        "row.getValue.constructor('return Duktape')()", "(0, eval)('this').Duktape.info(1)",
    ])
    func nothingOutsideTheLanguageIsThere(body: String) async throws {
        let worker = try makeWorker()
        let verdicts = try await judge(body, with: worker)
        #expect(kind(verdicts.first) == .threw)
    }

    @Test func nothingIsCarriedFromRowToRow() async throws {
        let worker = try makeWorker()
        let source = """
            var count = 0, closure = (function () { var n = 0; return function () { return ++n; }; })();
            function executeCondition(row) {
                count++;
                Object.prototype.leaked = (Object.prototype.leaked || 0) + 1;
                Array.prototype.join2 = Array.prototype.join2 ? 'again' : 'first';
                String.prototype.trim = (function (old) { return function () { return old.call(this) + '!'; }; })(String.prototype.trim);
                JSON.note = (JSON.note || 0) + 1;
                globalThing = typeof globalThing === 'undefined' ? 1 : 2;
                var answer = [count, closure(), ({}).leaked, Array.prototype.join2, ' x '.trim(), JSON.note, globalThing];
                executeCondition = function () { return { validationPassed: true } };
                row.getValue.constructor.prototype.call = null;
                return { validationPassed: false, message: answer.join(' ') };
            }
            """
        let batch = ScriptBatch(columns: ["v"], rows: Array(repeating: ["a"], count: 2_500))
        let verdicts = try await worker.evaluate(source, batch)
        #expect(Set(verdicts) == [.rejected(message: "1 1 1 first x! 1 1")])
        #expect(verdicts.count == 2_500)
    }

    @Test func theClockWorksInUniversalTime() async throws {
        let worker = try makeWorker()
        let body = """
            return { validationPassed: Math.abs(new Date().getTime() / 1000 - Number(row.v)) < 60,
                     message: String(new Date(0).getTimezoneOffset() + new Date(2026, 6, 1).toLocaleString()) };
            """
        let verdicts = try await judge(body, rows: ["\(Date().timeIntervalSince1970)", "0"], with: worker)
        #expect(verdicts.first == .passed)
        #expect(verdicts.last == .rejected(message: "0Wed Jul  1 00:00:00 2026"))
    }

    @Test func afterTooManyTimeOutsTheRestIsLeftAlone() async throws {
        let worker = try makeWorker {
            $0.rowMilliseconds = 100
            $0.faultsPerCall = 2
        }
        let body = "if (row.v == 'bad') { while (true) {} }\nreturn { validationPassed: true }"
        let verdicts = try await judge(body, rows: ["ok", "bad", "ok", "bad", "ok", "ok"], with: worker)
        #expect(verdicts.map(kind) == [nil, .timedOut, nil, .timedOut, .notRun, .notRun])
    }

    @Test func aCallHasADeadline() async throws {
        let worker = try makeWorker {
            $0.callMilliseconds = 300
            $0.rowsPerFrame = 1
        }
        let body = "var end = Date.now() + 100; while (Date.now() < end) {}\nreturn { validationPassed: true }"
        let verdicts = try await judge(body, rows: Array(repeating: "x", count: 20), with: worker)
        #expect(verdicts.first == .passed)
        #expect(kind(verdicts.last) == .notRun)
        #expect(verdicts.count == 20)
    }

    @Test func slowRowsWithinTheirTimeAreNotTakenForDead() async throws {
        let worker = try makeWorker { $0.rowMilliseconds = 1_000 }
        let body = "var end = Date.now() + 150; while (Date.now() < end) {}\nreturn { validationPassed: true }"
        let verdicts = try await judge(body, rows: Array(repeating: "x", count: 10), with: worker)
        #expect(verdicts.allSatisfy { $0 == .passed })
    }

    @Test func anEndlessTopLevelIsRefused() async throws {
        let worker = try makeWorker { $0.rowMilliseconds = 150 }
        await #expect { try await worker.check("while (true) {}") } throws: { error in
            error as? ScriptError == .refused(line: nil, reason: "the top level of the script was ended: timed_out")
        }
        try await worker.check(accountMatchesCase)
    }

    @Test func aRowThatIsTooLargeFailsAlone() async throws {
        let worker = try makeWorker()
        let large = String(repeating: "x", count: 2 << 20)
        let verdicts = try await judge("return { validationPassed: true }", rows: ["a", large, "b"], with: worker)
        #expect(verdicts.map(kind) == [nil, .rowTooLarge, nil])
    }

    @Test func manyLargeRowsGoInSeveralFrames() async throws {
        let worker = try makeWorker()
        let large = String(repeating: "x", count: 900_000)
        let body = "return { validationPassed: row.v.length == 900000 }"
        let verdicts = try await judge(body, rows: Array(repeating: large, count: 40), with: worker)
        #expect(verdicts == Array(repeating: .passed, count: 40))
    }

    @Test func callersTakeTurnsWithTheirOwnScripts() async throws {
        let worker = try makeWorker()
        let answers = try await withThrowingTaskGroup(of: (Int, [ScriptVerdict]).self) { group in
            for number in 0..<20 {
                group.addTask {
                    let body = "return { validationPassed: false, message: row.v + ' \(number)' }"
                    return (number, try await judge(body, rows: ["a", "b"], with: worker))
                }
            }
            var all: [Int: [ScriptVerdict]] = [:]
            for try await (number, verdicts) in group { all[number] = verdicts }
            return all
        }
        for number in 0..<20 {
            #expect(answers[number] == [.rejected(message: "a \(number)"), .rejected(message: "b \(number)")])
        }
    }

    @Test func stoppingIsNotTheEnd() async throws {
        let worker = try makeWorker()
        #expect(try await judge("return { validationPassed: true }", with: worker) == [.passed])
        await worker.stop()
        #expect(try await judge("return { validationPassed: true }", with: worker) == [.passed])
    }

    @Test func aMissingOrWrongExecutableIsReported() async throws {
        for path in ["/nonexistent/script-worker", "/bin/true"] {
            let worker = ScriptWorker(executable: path)
            await #expect { try await worker.check(accountMatchesCase) } throws: { error in
                guard case ScriptError.workerUnavailable = error else { return false }
                return true
            }
        }
    }
}
