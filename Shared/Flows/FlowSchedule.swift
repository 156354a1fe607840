import Korean

/// When a flow says that it begins by itself (`schedule`). It begins nothing alone: for whom, over which records and with
/// which answers, says what has it begin.
public struct FlowSchedule: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        /// At these times, in UTC.
        case cron(CronFields)
        /// Each time that so many milliseconds have passed.
        case every(Int64)
        /// So many milliseconds after the run before has ended.
        case after(Int64)
        /// When events of these types were heard, as a `listen` takes them.
        case events([String])
    }

    public let kind: Kind
    /// As it was written: `cron: 0 6 * * 1`.
    public let text: String

    /// The least that runs are apart, in milliseconds: a minute.
    static let least: Int64 = 60_000
    /// The list of the one task that stands for a schedule of events.
    static let block = "schedule"
}

extension FlowCompiler {
    mutating func schedule(_ node: YAMLTree) throws(FlowProblem) -> FlowSchedule {
        let parts = try node.members(["every", "cron", "after", "on"])
        guard parts.count == 1, let (key, value) = parts.first else {
            throw node.problem(
                "'schedule' is one of every, cron, after, on.",
                "'schedule'에는 'every', 'cron', 'after', 'on' 중 하나만 지정합니다.")
        }
        let said = value.json
        switch key {
        case "cron":
            let text = try value.text(maximum: 200)
            guard let fields = CronFields(text) else {
                throw value.problem(
                    "Minute, hour, day, month and day of the week are expected, such as '0 6 * * 1' for Mondays at six.",
                    "분, 시, 일, 월, 요일을 입력하세요. 예: '0 6 * * 1'(매주 월요일 6시)")
            }
            return FlowSchedule(kind: .cron(fields), text: "cron: \(text)")
        case "on":
            let listen = try consumption(value, ["workflow", "runtime"], readsEnvelope: true)
            let task = FlowTask(
                name: key, condition: nil, inputFrom: nil, outputAs: nil, exportAs: nil, schemas: FlowTask.Schemas(),
                timeout: nil, then: .next, definition: node.json, kind: .listen(listen))
            blocks[FlowSchedule.block] = FlowBlock(
                path: FlowSchedule.block, pointer: "/schedule", first: nil, tasks: [task])
            let types = Set(listen.types).sorted()
            return FlowSchedule(kind: .events(types), text: "on: \(types.joined(separator: ", "))")
        default:
            let span = try written(value)
            guard span >= FlowSchedule.least else {
                throw value.problem("At least a minute is expected.", "1분 이상이어야 합니다.")
            }
            return FlowSchedule(
                kind: key == "every" ? .every(span) : .after(span), text: "\(key): \(said.string ?? said.text)")
        }
    }
}

extension CompiledFlow {
    /// Whether its schedule takes more than one event, as it may be.
    public var gathers: Bool {
        guard case .listen(let listen)? = blocks[FlowSchedule.block]?.tasks.first?.kind else { return false }
        return listen.until != nil || listen.strategy == .all && listen.filters.count > 1
    }
}

/// The events that the schedule of a flow has heard and that belong together, until they are enough for a run.
public struct FlowGathering: Sendable, Hashable {
    fileprivate var heard: [FlowState.Heard] = []

    /// None yet.
    public init() {}

    /// Those that were stored as ``json``; nil for what is none.
    public init?(json: JSONValue) {
        guard let stored = json.array else { return nil }
        for one in stored {
            guard let filter = one["filter"]?.int, let event = one["event"] else { return nil }
            heard.append(FlowState.Heard(filter: filter, event: event))
        }
    }

    /// To be stored.
    public var json: JSONValue {
        .array(heard.map { ["filter": .number(Double($0.filter)), "event": $0.event] })
    }

    /// The events, in the order in which they were heard.
    public var events: [JSONValue] { heard.map(\.event) }
}

extension FlowMachine {
    /// What an event has to have in common with others to be heard by the schedule together with them, by the names of
    /// `correlate`; nil when the schedule does not take it, or cannot say so.
    public func correlation(of event: JSONValue, now: FlowInstant) -> JSONValue? {
        try? listening([], now)?.correlation(of: event)
    }

    /// The events of a schedule together with one more, and whether they are enough for a run; nil when it does not take this
    /// one, or cannot say so.
    public func gather(
        _ event: JSONValue, behind gathering: FlowGathering, now: FlowInstant
    ) -> (gathering: FlowGathering, isEnough: Bool)? {
        guard var move = listening(gathering.heard, now), let isEnough = try? move.gather(event) else { return nil }
        var next = FlowGathering()
        next.heard = move.top.active?.heard ?? []
        return (next, isEnough)
    }

    /// A move that stands at the schedule of the flow; nil for one without events.
    private func listening(_ heard: [FlowState.Heard], _ now: FlowInstant) -> FlowMove? {
        guard flow.blocks[FlowSchedule.block] != nil else { return nil }
        var active = FlowState.Active(input: .object([:]), begun: now)
        active.heard = heard
        var state = FlowState(
            run: FlowSchedule.block, flow: flow.reference, digest: flow.digest, startedAt: now,
            action: .completed(.null), input: .object([:]), language: "en")
        var frame = FlowState.Frame(
            block: FlowSchedule.block, key: FlowSchedule.block, data: .object([:]), variables: [:])
        frame.active = active
        state.frames = [frame]
        return FlowMove(flow: flow, state: state, now: now)
    }
}
