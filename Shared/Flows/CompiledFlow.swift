/// Bounds on a flow definition and its runs.
public enum FlowBounds {
    /// Most bytes of the YAML text.
    public static let bytes = 64 * 1024
    /// Most tasks, at all depths.
    public static let tasks = 200
    /// Deepest nesting of task lists.
    public static let nesting = 8
    /// Most iterations of one `for`.
    public static let iterations = 1_000
    /// Most tasks one run may carry out, loops included.
    public static let steps = 10_000
    /// Most attempts of one `try`, the first included.
    public static let attempts = 20
    /// Most branches of one `fork`.
    public static let branches = 16
    /// Most events that one `listen` collects.
    public static let events = 100
    /// Most bytes of the answer of a step, and of any value an expression makes.
    public static let valueBytes = 256 * 1024
    /// Most bytes of the stored state of a run.
    public static let stateBytes = 2 * 1024 * 1024
}

/// A flow definition that passed every check, ready to run. Immutable; share it freely.
///
/// The language is a part of the CNCF Serverless Workflow DSL 1.0: ``FlowFeature`` lists what it has and what not, and so
/// does the README beside it. What it has not is refused with its place and its name. Expressions are jq in `${ }`; see
/// ``JQ`` for what they may use. A text that is written into a record has its Korean beside it: `x-default-ko` beside
/// `default`, in a template `x-subject-ko` beside `subject`; a run takes that of the person who begins it.
public struct CompiledFlow: Sendable {
    /// Namespace, name and version.
    public let reference: FlowReference
    /// Title in both languages (`document.title`, `document.metadata.titleKo`).
    public let title: FlowText
    /// Summary in both languages (`document.summary`, `document.metadata.summaryKo`).
    public let summary: FlowText
    /// `document.metadata` as written.
    public let metadata: JSONValue
    /// What a run must be given.
    public let input: FlowSchema
    /// Identifies the text: equal texts have equal digests. 32 hexadecimal digits; not a security measure.
    public let digest: String
    /// Every method that a `call` may reach, sorted.
    public let methods: [String]
    /// Every flow that a `run` may start, in the order of appearance.
    public let subflows: [FlowReference]
    /// Every host that a `call: http` asks, sorted.
    public let hosts: [String]
    /// The type of every event that a `listen` waits for, sorted.
    public let eventTypes: [String]
    /// When it says that it begins by itself; nil when it does not say so.
    public let schedule: FlowSchedule?

    let inputFrom: FlowTemplate?
    let outputAs: FlowTemplate?
    let outputSchema: FlowSchema?
    let timeout: FlowDuration?
    /// The definition as `$workflow.definition` shows it.
    let definition: JSONValue
    let blocks: [String: FlowBlock]
    let expressions: JQ

    /// The questions of the wizard, in the order of the definition: the members of `answers` in the input schema.
    public var wizard: [FlowQuestion] { input.members.first { $0.name == "answers" }?.schema.questions ?? [] }
}

/// Saving of flow definitions.
public enum FlowSource {
    /// Checks and compiles a definition. Takes some tens of milliseconds: libjq is started anew.
    ///
    /// - Throws: the first thing that is wrong, with its place.
    public static func compile(yaml: String) throws(FlowProblem) -> CompiledFlow {
        guard yaml.utf8.count <= FlowBounds.bytes else {
            throw FlowProblem(
                line: 1, column: 1, path: "",
                text: FlowText(en: "A flow has at most 64 KB of text.", ko: "플로우는 최대 64KB입니다."))
        }
        let root = try YAMLTree.read(yaml)
        var compiler = FlowCompiler()
        return try compiler.flow(root, digest: StepKey.hash(yaml))
    }
}

/// A value with expressions in it. Expressions are numbers into the flow's ``JQ``.
indirect enum FlowTemplate: Sendable {
    case literal(JSONValue)
    /// A text in both languages, of which a run takes that of the person who began it.
    case text(FlowText)
    case expression(Int)
    case array([FlowTemplate])
    case object([(name: String, value: FlowTemplate)])
}

extension FlowTemplate {
    /// The value, where no expression has a part in it, and no language.
    var constant: JSONValue? {
        switch self {
        case .literal(let value): return value
        case .text, .expression: return nil
        case .array(let elements):
            let values = elements.compactMap(\.constant)
            return values.count == elements.count ? .array(values) : nil
        case .object(let members):
            var values: [String: JSONValue] = [:]
            for member in members {
                guard let value = member.value.constant else { return nil }
                values[member.name] = value
            }
            return .object(values)
        }
    }
}

/// A list of tasks, carried out in order. Its path names it in stored states: `do`, `do/retry/try`, `do/each/do`.
struct FlowBlock: Sendable {
    let path: String
    /// The JSON pointer of the list in the definition: `/do`, `/do/1/retry/try`.
    let pointer: String
    /// The place of its first task in that list; nil where tasks are found by their names alone.
    let first: Int?
    let tasks: [FlowTask]

    func pointer(of index: Int) -> String {
        pointer + (first.map { "/\($0 + index)" } ?? "") + "/\(tasks[index].name)"
    }
}

/// A span of time: written out, or made by expressions when it begins.
enum FlowDuration: Sendable {
    case fixed(Int64)
    case computed(FlowTemplate)
}

/// Where a run goes after a task.
enum FlowDirective: Sendable, Equatable {
    case next
    case exit
    case end
    case task(Int)
}

struct FlowTask: Sendable {
    let name: String
    let condition: Int?
    let inputFrom: FlowTemplate?
    let outputAs: FlowTemplate?
    let exportAs: FlowTemplate?
    let schemas: Schemas
    let timeout: FlowDuration?
    let then: FlowDirective
    /// The task as `$task.definition` shows it.
    let definition: JSONValue
    let kind: Kind

    /// What the input of a task must be, its output, and what it exports.
    struct Schemas: Sendable {
        var input: FlowSchema?
        var output: FlowSchema?
        var export: FlowSchema?
    }

    enum Kind: Sendable {
        case call(method: String, request: FlowTemplate)
        case http(HTTP)
        case set(FlowTemplate)
        case choose([Case])
        case loop(Loop)
        case raise(type: FlowTemplate, status: Int, title: FlowTemplate, detail: FlowTemplate)
        case attempt(body: String, handler: Handler)
        case wait(FlowDuration)
        case run(FlowReference, input: FlowTemplate?)
        case emit(type: String, event: FlowTemplate)
        case list(block: String)
        /// A list that every branch of has one task of.
        case fork([String], competes: Bool)
        case listen(Listen)
        /// A task of `use.functions`, with what it is given.
        case function(block: String, arguments: FlowTemplate)
    }

    /// What a `listen` waits for.
    struct Listen: Sendable {
        enum Strategy: Sendable { case one, any, all }
        let strategy: Strategy
        let filters: [Filter]
        /// Of `any`: true of the events taken so far when they are enough. Without it the first is enough.
        let until: Int?
        /// Whether the whole event is handed on, and not its data alone.
        let readsEnvelope: Bool

        var types: [String] { filters.map(\.type) }
    }

    /// Which events are taken: those of a type whose other attributes are as said, and that belong together.
    struct Filter: Sendable {
        let type: String
        let with: [(name: String, value: FlowTemplate)]
        let correlate: [Correlation]

        /// The attributes that an event must have, as far as they are written out: `true` is no value, but takes any.
        var wanted: JSONValue {
            var wanted: [String: JSONValue] = ["type": .string(type)]
            for (name, template) in with {
                if let constant = template.constant, constant != .bool(true) { wanted[name] = constant }
            }
            return .object(wanted)
        }
    }

    /// What an event is told to belong by: that `from` makes of it what is expected; where nothing is, what it makes of the
    /// first event that was heard, by a filter with this name.
    struct Correlation: Sendable {
        let name: String
        let from: Int
        let expect: FlowTemplate?
    }

    /// One case of a `switch`; without a condition it is the default.
    struct Case: Sendable {
        let condition: Int?
        let then: FlowDirective
    }

    struct Loop: Sendable {
        let each: String
        let at: String
        let items: Int
        let condition: Int?
        let body: String
    }

    /// The `catch` of a `try`.
    struct Handler: Sendable {
        /// Members that the error must have.
        let with: [String: JSONValue]
        let variable: String
        let when: Int?
        let exceptWhen: Int?
        let retry: Retry?
        let body: String?
    }

    struct Retry: Sendable {
        enum Backoff: Sendable { case constant, linear, exponential }
        let when: Int?
        let exceptWhen: Int?
        /// Attempts in all, the first included.
        let attempts: Int
        /// No attempt begins later than so many milliseconds after the first.
        let within: Int64?
        let delay: Int64
        let backoff: Backoff
        /// What is added to each pause, between these milliseconds.
        let jitter: ClosedRange<Int64>

        /// Longest pause between two attempts: one day.
        static let longestDelay: Int64 = 86_400_000

        /// Milliseconds to wait after the attempt with this number (from 1) has failed. The jitter follows from `key`, so
        /// that a run taken up again pauses as long.
        func pause(after attempt: Int, key: String) -> Int64 {
            let factor: Double
            switch backoff {
            case .constant: factor = 1
            case .linear: factor = Double(attempt)
            case .exponential: factor = Double(UInt64(1) << UInt64(min(max(attempt - 1, 0), 40)))
            }
            let span = UInt64(jitter.upperBound - jitter.lowerBound) + 1
            let chance = (UInt64(StepKey.hash(key).prefix(15), radix: 16) ?? 0) % span
            let added = jitter.lowerBound + Int64(chance)
            return Int64(min(Double(delay) * factor, Double(Self.longestDelay))) + added
        }
    }
}
