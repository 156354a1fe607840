import CJQ
import Synchronization

/// Why a jq expression was refused or failed.
public enum JQError: Error, Sendable, Equatable {
    /// The expression at this index does not compile, with libjq's reason or that of the scan.
    case refused(index: Int, reason: String)
    /// The expression failed while it ran: `error`, a type mismatch, no value, more than one value.
    case failed(String)
    /// The result is larger or deeper than allowed.
    case unfit(String)
}

/// One jq expression with the names of the variables it may read.
public struct JQExpression: Sendable, Hashable {
    /// The expression, without `${ }`.
    public let source: String
    /// Names of the variables in reach, without `$`.
    public let variables: [String]

    /// An expression that may read `variables`.
    public init(_ source: String, variables: [String] = []) {
        self.source = source
        self.variables = variables
    }
}

/// A set of jq expressions compiled once and run many times.
///
/// libjq spends over ten milliseconds on its own built-ins for each program, so all expressions of a flow are compiled
/// into one program that picks the expression by number. A jq state serves one caller at a time: a lock sees to that,
/// and an evaluation never waits for anything while it holds it, so the value may be shared freely. Results depend on
/// nothing but the expression and its inputs.
///
/// What keeps an evaluation bounded: the scan of ``JQScanner``; the definitions of ``JQPrelude``, by which loops take 100,000
/// rounds at most, `range` ends after 10,000 numbers, no string or array grows longer than a million, and no value holds more
/// than a million others, however often the same one; one value in, one value out; results within ``JSONLimits``; and ``JQWatch``, which ends what computes for longer than two seconds.
public final class JQ: Sendable {
    private let program: Mutex<Program>
    private let expressions: [JQExpression]
    /// The expressions as they are compiled, their loops counted.
    private let counted: [JQExpression]
    private let limits: JSONLimits

    /// Compiles expressions. The first one that cannot be compiled is reported with its index.
    public init(_ expressions: [JQExpression], limits: JSONLimits = JSONLimits()) throws(JQError) {
        var counted: [JQExpression] = []
        for (index, expression) in expressions.enumerated() {
            switch JQScanner.scan(expression.source) {
            case .fine(let source): counted.append(JQExpression(source, variables: expression.variables))
            case .refused(let reason): throw .refused(index: index, reason: reason)
            }
        }
        self.expressions = expressions
        self.counted = counted
        self.limits = limits
        let expressions = counted
        switch Program.compile(Self.source(expressions[...])) {
        case .success(let compiled): program = Mutex(compiled)
        case .failure(let failure): throw Self.locate(failure, in: expressions)
        }
    }

    /// The text of the expression at `index`, without blanks at its ends.
    func source(of index: Int) -> String { expressions[index].source.trimmed }

    /// Runs the expression at `index` on `input`. Variables of the expression that are not given are null.
    public func evaluate(
        _ index: Int, input: JSONValue, variables: [String: JSONValue] = [:]
    ) throws(JQError) -> JSONValue {
        let expression = expressions[index]
        var reachable: [String: JSONValue] = [:]
        for name in expression.variables { reachable[name] = variables[name] ?? .null }
        let whole: JSONValue = .object([
            "n": .number(Double(index)), "i": input, "v": .object(reachable),
        ])
        let result = program.withLock { program in
            let (result, isHalted) = program.run(whole, limits: limits)
            guard isHalted else { return result }
            // The state is of no use any more: in its place comes another.
            if case .success(let fresh) = Program.compile(Self.source(counted[...])) {
                program.abandon(leaks: Self.mayStandInPath(expression.source))
                program = fresh
            }
            return .failure(.failed("the expression takes too long"))
        }
        return try result.get()
    }

    /// Whether an evaluation may have been halted inside a path expression: libjq aborts when it then cleans up, so what it
    /// holds is given up instead.
    private static func mayStandInPath(_ source: String) -> Bool {
        let words = ["path", "=", "del", "map_values", "tostream", "reduce", "foreach", "while", "until", "recurse"]
        return words.contains { source.contains($0) }
    }

    /// One program for a range of expressions. The line break after each keeps a comment from swallowing the bracket.
    /// Each gives the list of its first two values: libjq aborts when a program is left before its last value while it
    /// is inside a path expression, so every program must give exactly one.
    private static func source(_ expressions: ArraySlice<JQExpression>) -> String {
        var text = JQPrelude.text + ". as $__in | "
        for (index, expression) in zip(expressions.indices, expressions) {
            text += "\(index == expressions.startIndex ? "if" : "elif") $__in.n == \(index) then "
            for name in expression.variables { text += "$__in.v.\(name) as $\(name) | " }
            text += "$__in.i | [limit(2; (\n\(expression.source)\n))] "
        }
        return text + (expressions.isEmpty ? "null" : "else null end")
    }

    /// Finds the expression that does not compile, by halves, because each attempt costs milliseconds.
    private static func locate(_ failure: Program.Failure, in expressions: [JQExpression]) -> JQError {
        var slice = expressions[...]
        var reason = failure.reason
        while slice.count > 1 {
            let half = slice[slice.startIndex..<slice.startIndex + slice.count / 2]
            if case .failure(let found) = Program.compile(source(half)) {
                reason = found.reason
                slice = half
            } else {
                slice = slice[half.endIndex...]
            }
        }
        if case .failure(let found) = Program.compile(source(slice)) { reason = found.reason }
        return .refused(index: slice.startIndex, reason: reason)
    }
}

/// The owner of one jq state, freed when it goes.
///
/// `@unchecked Sendable`: libjq 1.6 keeps nothing per thread that outlives a call, so a state may be used from
/// different threads one after the other; the lock around the program sees to "one after the other".
private struct Program: ~Copyable, @unchecked Sendable {
    struct Failure: Error { let reason: String }

    private let state: OpaquePointer
    private let count = JQCount()
    private var isLeaked = false

    private init(state: OpaquePointer) {
        self.state = state
        count.serve(state)
    }

    deinit {
        guard !isLeaked else { return }
        var pointer: OpaquePointer? = state
        jq_teardown(&pointer)
    }

    /// Is not used any more after it was halted.
    mutating func abandon(leaks: Bool) { isLeaked = leaks }

    /// Collects libjq's messages while a program is compiled.
    private final class Messages { var texts: [String] = [] }

    static func compile(_ source: String) -> Compiled {
        guard let state = jq_init() else { return .failure(Failure(reason: "jq could not be started")) }
        let messages = Messages()
        jq_set_error_cb(
            state,
            { data, message in
                guard let data else { return jv_free(message) }
                let text = jq_format_error(message)
                Unmanaged<Messages>.fromOpaque(data).takeUnretainedValue().texts.append(
                    String(cString: jv_string_value(text)))
                jv_free(text)
            }, Unmanaged.passUnretained(messages).toOpaque())
        let compiled = withExtendedLifetime(messages) { jq_compile(state, source) }
        guard compiled != 0 else {
            var pointer: OpaquePointer? = state
            jq_teardown(&pointer)
            return .failure(Failure(reason: clean(messages.texts.first ?? "it does not compile")))
        }
        // Whatever libjq would report while a program runs comes back as the result of that run.
        jq_set_error_cb(state, { _, message in jv_free(message) }, nil)
        return .success(Program(state: state))
    }

    /// Like `Result`, for a program that cannot be copied.
    enum Compiled: ~Copyable {
        case success(Program)
        case failure(Failure)
    }

    /// libjq's message without the parts about a shell and about the program around the expression.
    private static func clean(_ message: String) -> String {
        var line = String(message.split(separator: "\n", omittingEmptySubsequences: true).first ?? "")
        for noise in ["jq: error: ", " (Unix shell quoting issues?)"] { line = line.replacing(noise, with: "") }
        if let place = line.firstRange(of: " at <top-level>") { line = String(line[..<place.lowerBound]) }
        return line.trimmingTrailingSpace
    }

    /// Runs the program; second, whether it was halted.
    func run(_ input: JSONValue, limits: JSONLimits) -> (Result<JSONValue, JQError>, Bool) {
        count.reset()
        jq_start(state, input.jv, 0)
        let (result, isHalted) = JQWatch.shared.watch(state) { jq_next(state) }
        guard !isHalted else {
            jv_free(result)
            return (.failure(.failed("halted")), true)
        }
        return (value(of: result, limits), false)
    }

    private func value(of result: jv, _ limits: JSONLimits) -> Result<JSONValue, JQError> {
        guard jv_is_valid(result) != 0 else {
            let isError = ale_jv_is_error(jv_copy(result)) != 0
            guard isError else {
                jv_free(result)
                return .failure(.failed("the expression gives no value"))
            }
            return .failure(.failed(Self.message(of: result)))
        }
        // Ends the program; there is nothing more to come.
        jv_free(jq_next(state))
        defer { jv_free(result) }
        switch jv_array_length(jv_copy(result)) {
        case 0: return .failure(.failed("the expression gives no value"))
        case 1: break
        default: return .failure(.failed("the expression gives more than one value"))
        }
        do throws(JQError) {
            return .success(try JSONValue(consuming: jv_array_get(jv_copy(result), 0), limits: limits))
        } catch {
            return .failure(error)
        }
    }

    /// Text of an error value, which is consumed; at most 500 characters, since it may quote data.
    private static func message(of value: jv) -> String {
        let message = jv_invalid_get_msg(value)
        let text: jv
        if jv_get_kind(message) == JV_KIND_STRING { text = message } else { text = jv_dump_string(message, 0) }
        defer { jv_free(text) }
        return String(String(cString: jv_string_value(text)).prefix(500))
    }
}

extension String {
    /// Without spaces and line breaks at the end.
    fileprivate var trimmingTrailingSpace: String {
        var text = self[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
