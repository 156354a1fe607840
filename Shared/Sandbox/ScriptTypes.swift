import Korean

/// How much time, memory and data a script may use. Every bound is checked before or while the script runs.
public struct ScriptLimits: Sendable, Hashable {
    /// Milliseconds a single row may take (G-62: two seconds).
    public var rowMilliseconds: UInt32 = 2_000
    /// Rows sent to the worker at a time.
    public var rowsPerFrame = 1_000
    /// Bytes of one row, all its values together; a larger row fails without being run.
    public var rowBytes = 1 << 20
    /// Bytes of a script's source.
    public var sourceBytes = 256 << 10
    /// Bytes of the records that stand beside the rows.
    public var contextBytes = 1 << 20
    /// Rows of one call that may time out or crash before the remaining ones are left alone.
    public var faultsPerCall = 10
    /// Milliseconds one call may take altogether; rows not reached by then are left alone.
    public var callMilliseconds = 300_000

    /// The limits of the product.
    public init() {}
}

/// A value of a record that a script may look at.
public indirect enum ScriptValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(Double)
    case text(String)
    /// A record held in a field. Its `id` is what it stands for as text; `display_value`, `name` or `number`, in this
    /// order, is what `getDisplayValue` gives.
    case record([String: ScriptValue])
}

/// Rows to be judged, and the records they belong to.
public struct ScriptBatch: Sendable {
    /// Internal names of the staging table's columns, such as `u_company`.
    public var columns: [String]
    /// One value per column; nil where the row has none.
    public var rows: [[String?]]
    /// What the script reads as `stagingTableGr.task`, `.case` and `.account`. A record wins over a column of its name.
    public var records: [String: ScriptValue]

    /// Rows with their columns and the records beside them.
    public init(columns: [String], rows: [[String?]], records: [String: ScriptValue] = [:]) {
        self.columns = columns
        self.rows = rows
        self.records = records
    }
}

/// What a script said about one row.
public enum ScriptVerdict: Sendable, Hashable {
    /// `validationPassed` was true.
    case passed
    /// `validationPassed` was false; the text is the script's own and is shown to people.
    case rejected(message: String)
    /// The same, where the answer names the column that is wrong as `field`; the message may be empty.
    case rejectedAt(field: String, message: String)
    /// The script gave no verdict, so the row is not fit to publish (G-62).
    case failed(ScriptFailure)
}

/// What a script has said to its author while it was tried: at most 100 lines and 16 KiB.
public struct ScriptPrint: Sendable, Hashable {
    /// Line by line; objects as JSON.
    public let lines: [String]
    /// Whether there was more.
    public let isCut: Bool

    /// Nothing was printed.
    static let nothing = ScriptPrint(lines: [], isCut: false)
}

/// Why a script gave no verdict on a row. People see `english` or `korean`; `detail` is for the script's author.
public struct ScriptFailure: Error, Sendable, Hashable {
    /// The kinds of failure.
    public enum Kind: String, Sendable, CaseIterable {
        /// The script threw an exception.
        case threw
        /// The answer is not `{validationPassed: Boolean, message: String}`.
        case wrongAnswer = "wrong_answer"
        /// `validationPassed` was false and the message empty.
        case noMessage = "no_message"
        /// The row took longer than `ScriptLimits.rowMilliseconds`.
        case timedOut = "timed_out"
        /// The script asked for more memory than there is.
        case outOfMemory = "out_of_memory"
        /// The script brought its process to do something forbidden.
        case forbidden
        /// The process ended in the middle of this row.
        case crashed
        /// The row is larger than `ScriptLimits.rowBytes`.
        case rowTooLarge = "row_too_large"
        /// Not run, because too many rows before it failed by time or the whole call took too long.
        case notRun = "not_run"
    }

    /// What happened.
    public let kind: Kind
    /// The exception with its line, or what is wrong with the answer. May quote data of the row: not for the log.
    public let detail: String

    init(_ kind: Kind, detail: String = "") {
        self.kind = kind
        self.detail = detail
    }

    /// A row was rejected, and nobody says why.
    public static let withoutMessage = ScriptFailure(.noMessage)

    /// The fixed text in English.
    public var english: String { texts.english }
    /// The fixed text in Korean.
    public var korean: String { texts.korean }

    private var texts: (english: String, korean: String) {
        switch kind {
        case .threw: ("The check script failed on this row.", "검증 스크립트가 이 행에서 실패했습니다.")
        case .wrongAnswer:
            ("The check script gave no valid answer for this row.", "검증 스크립트가 이 행에 대해 올바른 결과를 반환하지 않았습니다.")
        case .noMessage: ("The check failed without giving a reason.", "검증이 사유 없이 실패했습니다.")
        case .timedOut: ("The check script took too long on this row.", "검증 스크립트가 이 행에서 제한 시간을 초과했습니다.")
        case .outOfMemory: ("The check script ran out of memory on this row.", "검증 스크립트가 이 행에서 메모리를 모두 사용했습니다.")
        case .forbidden: ("The check script did something it may not do.", "검증 스크립트가 허용되지 않은 작업을 시도했습니다.")
        case .crashed: ("The check script stopped unexpectedly on this row.", "검증 스크립트가 이 행에서 예기치 않게 중단되었습니다.")
        case .rowTooLarge: ("The row is too large to be checked by a script.", "행이 너무 커서 스크립트로 검증할 수 없습니다.")
        case .notRun:
            (
                "Not checked: the check script took too long on earlier rows.",
                "검증하지 않음: 검증 스크립트가 앞선 행에서 너무 오래 걸렸습니다."
            )
        }
    }
}

/// Why rows could not be judged at all.
public enum ScriptError: Error, Sendable, Hashable {
    /// The script cannot be used: it does not compile, its top level failed, or it declares no `executeCondition`.
    /// The line is nil when the reason has none. The reason is the engine's, in English.
    case refused(line: Int?, reason: String)
    /// The batch breaks a bound or a row has not one value per column.
    case malformedBatch(String)
    /// The worker process cannot be started, or keeps ending before it takes the script.
    case workerUnavailable(String)
    /// The calling task was cancelled.
    case cancelled

    /// A text in English.
    public var english: String {
        switch self {
        case .refused(let line?, let reason): "The script cannot be used (line \(line)): \(reason)"
        case .refused(nil, let reason): "The script cannot be used: \(reason)"
        case .malformedBatch(let what): "The rows cannot be checked: \(what)"
        case .workerUnavailable: "Scripts cannot be run at the moment."
        case .cancelled: "The check was cancelled."
        }
    }

    /// A text in Korean.
    public var korean: String {
        switch self {
        case .refused(let line?, let reason): "스크립트를 사용할 수 없습니다(\(grouped: line)번째 줄, 원문: \(reason))."
        case .refused(nil, let reason): "스크립트를 사용할 수 없습니다(원문: \(reason))."
        case .malformedBatch: "행을 검증할 수 없습니다. 열이나 참조 레코드가 허용 한도를 넘었거나, 값의 수가 열의 수와 다릅니다."
        case .workerUnavailable: "현재 스크립트를 실행할 수 없습니다."
        case .cancelled: "검증이 취소되었습니다."
        }
    }
}
