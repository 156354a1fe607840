import Foundation

/// Runs record-level checks in a `script-worker` process, which has no files, no network, 64 MB of memory and
/// a watchdog. The process is started at the first use, kept, and replaced when a script brings it down.
///
/// The contract of a script: it declares `executeCondition(stagingTableGr)`, which returns
/// `{validationPassed: Boolean, message: String}`, and of a row that fails `field: String` where it knows the column. The argument is a read-only view of the row: its fields, and the
/// batch's records, are properties; `getValue(name)`, `getDisplayValue(name)` and `isValidField(name)` work on the row
/// and on every record in it; `print(…)` and `console.log(…)` are heard by ``rehearse(_:_:)`` alone. The language is ECMAScript 5.1 with a few later additions; times are in UTC. Every row
/// meets the script as it was right after loading: nothing a row does is seen by another.
///
/// The actor has a thread of its own, on which it waits for the process. Calls are carried out one after another.
public actor ScriptWorker {
    private nonisolated let executor = ThreadExecutor(name: "script-worker")
    private let executable: String
    private let limits: ScriptLimits
    private(set) var process: WorkerProcess?
    private var loadedSource: String?
    private var loadedContext: [UInt8]?

    /// Milliseconds a fresh process has to close its jail.
    private static let startMilliseconds = 5_000
    /// Milliseconds the process may be silent beyond what its own watchdog allows a row.
    private static let slackMilliseconds = 3_000
    private static let recordDepth = 16

    /// Runs on the actor's own thread.
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// A worker whose process is the executable at this path. Nothing is started yet.
    public init(executable: String, limits: ScriptLimits = ScriptLimits()) {
        self.executable = executable
        self.limits = limits
    }

    /// The `script-worker` beside the running executable; nil when there is none.
    public static func executableBesideThisOne() -> String? {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        let path = own.deletingLastPathComponent().appendingPathComponent("script-worker").path
        return FileManager.default.isExecutableFile(atPath: path) ? path : nil
    }

    /// Ends the process. The next call starts another.
    public func stop() {
        forget()
    }

    /// Compiles the script and runs its top level, as is to be done before it is saved.
    /// Throws `ScriptError.refused` with the line of the error.
    public func check(_ source: String) throws(ScriptError) {
        try load(source)
    }

    /// One verdict per row, in the order of the rows. A row that brings the process down fails alone: the process is
    /// replaced and the rows after it are run, until `ScriptLimits.faultsPerCall` is used up.
    public func evaluate(_ source: String, _ batch: ScriptBatch) throws(ScriptError) -> [ScriptVerdict] {
        let context = try encode(batch)
        let deadline = WorkerDeadline(milliseconds: limits.callMilliseconds)
        var verdicts: [ScriptVerdict] = []
        verdicts.reserveCapacity(batch.rows.count)
        var faults = 0
        var oneByOneUntil = 0
        while verdicts.count < batch.rows.count {
            if Task.isCancelled { throw .cancelled }
            guard faults < limits.faultsPerCall, deadline.millisecondsLeft > 0 else {
                let left = batch.rows.count - verdicts.count
                verdicts.append(contentsOf: repeatElement(.failed(ScriptFailure(.notRun)), count: left))
                break
            }
            let start = verdicts.count
            let frame = pack(batch.rows[start...], atMost: start < oneByOneUntil ? 1 : limits.rowsPerFrame)
            guard frame.rows > 0 else {
                verdicts.append(.failed(ScriptFailure(.rowTooLarge)))
                continue
            }
            try load(source)
            try setContext(context)
            let outcome = run(frame.payload, rows: frame.rows)
            verdicts.append(contentsOf: outcome.verdicts)
            switch outcome.end {
            case .finished: break
            case .fault(let kind):
                verdicts.append(.failed(ScriptFailure(kind)))
                faults += 1
            case .gone where start < oneByOneUntil:
                verdicts.append(.failed(ScriptFailure(.crashed)))
                faults += 1
            case .gone:
                // The process did not say which row ended it: the rest of the frame is run row by row.
                oneByOneUntil = start + frame.rows
            }
        }
        return verdicts
    }

    /// The verdict on the only row of a batch, and what the script has printed on the way to it, also where it came to none.
    public func rehearse(
        _ source: String, _ batch: ScriptBatch
    ) throws(ScriptError) -> (verdict: ScriptVerdict, printed: ScriptPrint) {
        let context = try encode(batch)
        let frame = pack(batch.rows[...], atMost: 1)
        guard frame.rows == 1 else { return (.failed(ScriptFailure(.rowTooLarge)), .nothing) }
        try load(source)
        try setContext(context)
        let outcome = run(frame.payload, rows: 1, as: ScriptFrame.trial)
        if let verdict = outcome.verdicts.first { return (verdict, outcome.printed) }
        if case .fault(let kind) = outcome.end { return (.failed(ScriptFailure(kind)), outcome.printed) }
        return (.failed(ScriptFailure(.crashed)), outcome.printed)
    }

    // MARK: - The process

    private func forget() {
        process = nil
        loadedSource = nil
        loadedContext = nil
    }

    private func started() throws(ScriptError) -> WorkerProcess {
        if let process { return process }
        do throws(WorkerProcess.Failure) {
            let fresh = try WorkerProcess(executable: executable)
            do throws(WorkerProcess.Failure) {
                let hello = try fresh.receive(within: Self.startMilliseconds)
                guard hello.type == ScriptFrame.hello else { throw .gone }
            } catch {
                throw .cannotStart("\(executable) did not get ready: \(fresh.complaint)")
            }
            process = fresh
            return fresh
        } catch {
            guard case .cannotStart(let reason) = error else {
                throw ScriptError.workerUnavailable("\(executable) ended at once")
            }
            throw ScriptError.workerUnavailable(reason)
        }
    }

    private func load(_ source: String) throws(ScriptError) {
        guard source.utf8.count <= limits.sourceBytes else {
            throw .refused(line: nil, reason: "the script is longer than \(limits.sourceBytes) bytes")
        }
        if process != nil && loadedSource == source { return }
        loadedSource = nil
        loadedContext = nil
        let payload = ScriptFrame.script(source, rowMilliseconds: limits.rowMilliseconds)
        try exchange(ScriptFrame.script, payload, what: "the top level of the script")
        loadedSource = source
    }

    private func setContext(_ context: [UInt8]) throws(ScriptError) {
        if loadedContext == context { return }
        loadedContext = nil
        do {
            try exchange(ScriptFrame.context, context, what: "reading the records")
        } catch .workerUnavailable {
            // The process ended since the script was loaded, which is no fault of this batch.
            guard let source = loadedSource else { throw .workerUnavailable("the process ended") }
            forget()
            try load(source)
            try exchange(ScriptFrame.context, context, what: "reading the records")
        }
        loadedContext = context
    }

    /// Sends a frame that is answered by done or refused. A process that died while idle is replaced once; only
    /// a script frame may go to a fresh process.
    private func exchange(_ type: UInt8, _ payload: [UInt8], what: String) throws(ScriptError) {
        var mayReplace = process != nil && type == ScriptFrame.script
        while true {
            let process = try started()
            guard let answer = ask(process, type, payload) else {
                let complaint = process.complaint
                forget()
                guard mayReplace else { throw .workerUnavailable("the process ended. \(complaint)") }
                mayReplace = false
                continue
            }
            switch answer.type {
            case ScriptFrame.done: return
            case ScriptFrame.refused where answer.payload.count >= 4:
                let line = Int(answer.payload.littleEndian(at: 0))
                let reason = String(utf16Text: answer.payload[4...], cut: false)
                throw .refused(line: line == 0 ? nil : line, reason: reason)
            case ScriptFrame.fault:
                forget()
                let kind = Self.kind(ofFault: answer.payload.first)
                throw .refused(line: nil, reason: "\(what) was ended: \(kind.rawValue)")
            default:
                forget()
                throw .workerUnavailable("the process answered out of turn")
            }
        }
    }

    /// The frame that answers this one; nil when the process is gone or silent.
    private func ask(_ process: WorkerProcess, _ type: UInt8, _ payload: [UInt8]) -> WorkerProcess.Frame? {
        let patience = Int(limits.rowMilliseconds) + Self.slackMilliseconds
        do throws(WorkerProcess.Failure) {
            try process.send(type, payload, within: patience)
            return try process.receive(within: patience)
        } catch {
            return nil
        }
    }

    private static func kind(ofFault code: UInt8?) -> ScriptFailure.Kind {
        switch code {
        case 1: .timedOut
        case 2: .forbidden
        default: .crashed
        }
    }

    // MARK: - Rows

    private enum End {
        case finished
        case fault(ScriptFailure.Kind)
        case gone
    }

    /// Runs one frame of rows. Never more verdicts than rows; exactly as many when it finished.
    private func run(
        _ payload: [UInt8], rows: Int, as type: UInt8 = ScriptFrame.rows
    ) -> (verdicts: [ScriptVerdict], printed: ScriptPrint, end: End) {
        var (verdicts, printed): ([ScriptVerdict], ScriptPrint) = ([], .nothing)
        guard let process else { return (verdicts, printed, .gone) }
        let patience = Int(limits.rowMilliseconds) + Self.slackMilliseconds
        do throws(WorkerProcess.Failure) {
            try process.send(type, payload, within: patience)
            while true {
                let frame = try process.receive(within: patience)
                switch frame.type {
                case ScriptFrame.answers:
                    guard let more = ScriptFrame.verdicts(frame.payload), more.count <= rows - verdicts.count else {
                        throw .gone
                    }
                    verdicts.append(contentsOf: more)
                case ScriptFrame.printed where type == ScriptFrame.trial: printed = ScriptFrame.print(frame.payload)
                case ScriptFrame.done where verdicts.count == rows: return (verdicts, printed, .finished)
                case ScriptFrame.fault where verdicts.count < rows:
                    forget()
                    return (verdicts, printed, .fault(Self.kind(ofFault: frame.payload.first)))
                default: throw .gone
                }
            }
        } catch {
            forget()
            // All rows answered but the process is gone: nothing is missing.
            return (verdicts, printed, verdicts.count == rows ? .finished : .gone)
        }
    }

    /// As many rows as a frame takes; none when the first is too large.
    private func pack(_ rows: ArraySlice<[String?]>, atMost count: Int) -> (payload: [UInt8], rows: Int) {
        var payload: [UInt8] = [0, 0, 0, 0]
        var packed = 0
        for row in rows.prefix(count) {
            let before = payload.count
            ScriptFrame.append(row, to: &payload)
            if payload.count - before > limits.rowBytes || payload.count > ScriptFrame.payloadLimit {
                payload.removeSubrange(before...)
                break
            }
            packed += 1
        }
        payload.replaceLittleEndian(UInt32(packed), at: 0)
        return (payload, packed)
    }

    private func encode(_ batch: ScriptBatch) throws(ScriptError) -> [UInt8] {
        guard batch.columns.count <= 16_384, batch.columns.allSatisfy({ $0.utf8.count <= 1_024 }) else {
            throw .malformedBatch("more than 16384 columns, or a column name of more than 1024 bytes")
        }
        guard batch.rows.allSatisfy({ $0.count == batch.columns.count }) else {
            throw .malformedBatch("a row has not one value per column")
        }
        guard ScriptValue.record(batch.records).depth <= Self.recordDepth else {
            throw .malformedBatch("records lie more than \(Self.recordDepth) deep in one another")
        }
        let context = ScriptFrame.context(columns: batch.columns, records: batch.records)
        guard context.count <= limits.contextBytes + batch.columns.count * 1_024 else {
            throw .malformedBatch("the records hold more than \(limits.contextBytes) bytes")
        }
        return context
    }
}
