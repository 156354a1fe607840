import Filters
import PlaybooksWire
import RPC
import Records
import Wire

/// A version as its runs need it: the activities of all lanes in one row, those that are switched off left out.
struct RunPlan: Sendable {
    /// One activity of the version.
    struct Step: Sendable {
        /// Index of its lane.
        let lane: Int
        let plan: PlannedActivity
        let kind: ActivityKind
        /// What its form asks for: of its kind, then of the playbook.
        let inputs: [ActivityInput]
        /// When it starts, beside its condition.
        let gate: Gate
        /// What has to hold besides; nil when nothing has to.
        let condition: Filter?
        /// What the record it makes is closed and canceled by (G-53).
        let closed: Filter?
        let canceled: Filter?
    }

    /// What an activity waits for.
    enum Gate: Sendable, Equatable {
        /// Its lane.
        case lane
        /// The one before it, and those that one runs with.
        case previous
        /// The start of the one before it.
        case withPrevious
        /// Others, by their places.
        case named([Int])
    }

    let playbook: Playbook
    let steps: [Step]
    /// What conditions may name of what its activities enter.
    let inputs: InputFields

    /// The plan of a version. A playbook that was activated is right; what a later program does not know any more is an
    /// error of the program. `parent` is the dictionary of its table.
    init(_ playbook: Playbook, kinds: [String: ActivityKind], over parent: RecordSchema?) throws {
        self.playbook = playbook
        let planned = playbook.lanes.enumerated().flatMap { lane, content in
            content.activities.filter { !$0.switchedOff }.map { (lane, $0) }
        }
        let places = Dictionary(planned.enumerated().map { ($1.1.key, $0) }, uniquingKeysWith: { first, _ in first })
        steps = try planned.map { lane, activity in
            let name = activity.builtIn.isEmpty ? activity.kind : activity.builtIn
            guard let kind = kinds[name] else {
                throw Problem.internalError(cause: "no kind of activity is called \(name)")
            }
            return Step(
                lane: lane, plan: activity, kind: kind, inputs: Self.merged(kind.inputs, activity.inputs),
                gate: Self.gate(of: activity, places), condition: try Self.filter(activity.start?.condition),
                closed: try Self.filter(activity.creates?.closedCondition),
                canceled: try Self.filter(activity.creates?.canceledCondition))
        }
        inputs = InputFields(
            steps.flatMap { step in step.inputs.map { (step.plan.key, $0) } }, over: parent)
    }

    /// The place of the activity `key`.
    func place(of key: String) -> Int? { steps.firstIndex { $0.plan.key == key } }

    /// Whether the condition of an activity holds, over the record of a run, whose `fields` conditions may name, and what
    /// activities have entered.
    func holds(
        _ place: Int, over record: (any RecordMessage)?, with fields: [FilterField], _ entered: [String: String],
        _ facts: FilterFacts
    ) throws -> Bool {
        guard let condition = steps[place].condition else { return true }
        let checked = try condition.check(against: FilterSchema(fields + inputs.fields), context: facts)
        return checked.matches { inputs.value($0, entered[$0]) ?? record?.filterValue($0) ?? .null }
    }

    private static func gate(of activity: PlannedActivity, _ places: [String: Int]) -> Gate {
        switch activity.start?.moment {
        case .withLane: .lane
        case .withPrevious: .withPrevious
        // One that was switched off holds nothing up.
        case .after: .named((activity.start?.after ?? []).compactMap { places[$0] })
        case .afterPrevious, nil: .previous
        }
    }

    /// The inputs of a kind, each replaced by the one with its key that the playbook says, then the others.
    static func merged(_ standard: [ActivityInput], _ said: [ActivityInput]) -> [ActivityInput] {
        let own = Dictionary(said.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let known = Set(standard.map(\.key))
        return standard.map { own[$0.key] ?? $0 } + said.filter { !known.contains($0.key) }
    }

    private static func filter(_ text: String?) throws -> Filter? {
        guard let text, !text.isEmpty else { return nil }
        return try Filter.parse(text)
    }
}

extension RunPlan.Step {
    /// The texts that its form shows: what was entered, else what the parent record has, else the default.
    func shown(_ entered: [String: String], over parent: (any RecordMessage)?) -> [String: String] {
        var shown = entered
        for input in inputs where entered[input.key] == nil {
            let known = input.field.isEmpty ? "" : parent?.text(named: input.field) ?? ""
            let text = known.isEmpty ? input.default : known
            if !text.isEmpty { shown[input.key] = text }
        }
        return shown
    }
}
