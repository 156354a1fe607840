import Foundation
import Testing

@testable import Sandbox

/// The jail itself, from outside: what the process may still do is read from the kernel.
@Suite struct WorkerProcessTests {
    private func status(_ pid: pid_t) throws -> [String: String] {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        var fields: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            fields[String(parts[0])] = parts.count > 1 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        return fields
    }

    @Test func theProcessIsLockedIn() throws {
        let executable = try #require(ScriptWorker.executableBesideThisOne())
        let leaked = open("/dev/null", O_RDONLY)
        defer { close(leaked) }
        let process = try WorkerProcess(executable: executable)
        #expect(try process.receive(within: 5_000).type == ScriptFrame.hello)
        let status = try status(process.pid)
        #expect(status["Seccomp"] == "2")
        #expect(status["NoNewPrivs"] == "1")
        #expect(status["SigBlk"] == "0000000000000000")
        let limits = try String(contentsOfFile: "/proc/\(process.pid)/limits", encoding: .utf8)
        for line in limits.split(separator: "\n") {
            let fields = line.dropFirst(26).split(separator: " ")
            if line.hasPrefix("Max open files") { #expect(fields.first == "3") }
            if line.hasPrefix("Max processes") { #expect(fields.first == "0") }
            if line.hasPrefix("Max file size") { #expect(fields.first == "0") }
            if line.hasPrefix("Max address space") { #expect(fields.first == "536870912") }
        }
        let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/fd")
        #expect(Set(open) == ["0", "1", "2"])
    }

    @Test func aProcessThatIsDroppedIsGone() throws {
        let executable = try #require(ScriptWorker.executableBesideThisOne())
        var process: WorkerProcess? = try WorkerProcess(executable: executable)
        let pid = try #require(process?.pid)
        process = nil
        #expect(kill(pid, 0) == -1 && errno == ESRCH)
    }

    @Test func malformedFramesEndItOrAreRefused() throws {
        let executable = try #require(ScriptWorker.executableBesideThisOne())
        let process = try WorkerProcess(executable: executable)
        _ = try process.receive(within: 5_000)
        try process.send(ScriptFrame.rows, [9, 0, 0, 0], within: 1_000)
        #expect(try process.receive(within: 5_000).type == ScriptFrame.refused)
        try process.send(ScriptFrame.context, [1], within: 1_000)
        #expect(try process.receive(within: 5_000).type == ScriptFrame.refused)
        let script = "function executeCondition() { return { validationPassed: true } }"
        try process.send(ScriptFrame.script, ScriptFrame.script(script, rowMilliseconds: 500), within: 1_000)
        #expect(try process.receive(within: 5_000).type == ScriptFrame.done)
        for context in [[], [9, 0], [1, 0, 9, 0, 65], [0, 0] + Array("[1".utf8), [0, 0] + Array("3".utf8)] as [[UInt8]]
        {
            try process.send(ScriptFrame.context, context, within: 1_000)
            #expect(try process.receive(within: 5_000).type == ScriptFrame.refused)
        }
        try process.send(ScriptFrame.context, ScriptFrame.context(columns: ["a"], records: [:]), within: 1_000)
        #expect(try process.receive(within: 5_000).type == ScriptFrame.done)
        for rows in [[], [1, 0, 0, 0], [1, 0, 0, 0, 9, 0, 0, 0, 65]] as [[UInt8]] {
            try process.send(ScriptFrame.rows, rows, within: 1_000)
            #expect(try process.receive(within: 5_000).type == ScriptFrame.refused)
        }
        try process.send(UInt8(ascii: "?"), [], within: 1_000)
        #expect(throws: WorkerProcess.Failure.self) { try process.receive(within: 5_000) }
    }

    /// A process that ends without a word is told apart row by row.
    @Test func aKilledWorkerIsReplaced() async throws {
        let worker = try makeWorker()
        let yes = "return { validationPassed: true }"
        #expect(try await judge(yes, with: worker) == [.passed])
        let pid = try #require(await worker.processID)
        kill(pid, SIGKILL)
        #expect(try await judge(yes, rows: ["a", "b", "c"], with: worker) == [.passed, .passed, .passed])
        let again = try #require(await worker.processID)
        #expect(again != pid)
        kill(again, SIGKILL)
        #expect(try await judge("\(yes)\n", rows: ["a"], with: worker) == [.passed], "with another script")
        kill(try #require(await worker.processID), SIGKILL)
        #expect(try await judge("\(yes)\n", rows: ["a"], with: worker) == [.passed], "a single row")
    }
}

extension ScriptWorker {
    /// The id of the running process; nil when none runs.
    fileprivate var processID: pid_t? { process?.pid }
}
