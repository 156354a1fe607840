/// What the clock and what events do to a run.
extension FlowMove {
    private var branches: [FlowState.Branch] { state.frames.last?.active?.branches ?? [] }

    /// Takes in what became of a step, unless a timeout has ended it before.
    mutating func take(_ step: StepKey, _ result: StepResult) {
        expire()
        guard !state.isOver, state.pending.contains(where: { $0.step == step }) else { return }
        isDone = false
        deliver(step, result)
    }

    /// Ends the tasks whose timeout is over, and the waits that are.
    mutating func wake() {
        expire()
        guard !state.isOver else { return }
        isDone = false
        awaken()
    }

    /// Hands an event to whatever listens.
    mutating func hear(_ event: JSONValue) {
        expire()
        guard !state.isOver else { return }
        isDone = false
        listen(to: event)
    }

    // MARK: Steps

    private mutating func deliver(_ step: StepKey, _ result: StepResult) {
        guard let index = branches.firstIndex(where: { $0.pending.contains { $0.step == step } }) else {
            if branches.isEmpty { resume(with: result) }
            return
        }
        if goOn(index, { $0.deliver(step, result) }) { settle() }
        run()
    }

    // MARK: The clock

    /// Fails the outermost task whose timeout is over, with everything inside it; its own `catch` does not take that.
    private mutating func expire() {
        if !isBranch, let deadline = state.deadline, deadline <= now {
            return end(.failed(Self.late("The run took too long.", state.startedAt, deadline)))
        }
        if let index = state.frames.firstIndex(where: { $0.active?.deadline.map { $0 <= now } ?? false }) {
            state.frames.removeLast(state.frames.count - index - 1)
            let active = top.active
            top.active?.phase = .catching
            isDone = false
            fail(Self.late("A task took too long.", active?.begun ?? now, active?.deadline ?? now))
            return run()
        }
        let late = branches.indices.filter { branches[$0].expires.map { $0 <= now } ?? false }
        guard !late.isEmpty else { return }
        isDone = false
        for index in late { guard goOn(index, { $0.expire() }) else { return run() } }
        settle()
        run()
    }

    private static func late(_ title: String, _ begun: FlowInstant, _ deadline: FlowInstant) -> FlowError {
        let seconds = Double(deadline.milliseconds - begun.milliseconds) / 1000
        return FlowError(
            type: FlowError.timeout, status: 408, title: title, detail: "\(title.dropLast()): more than \(seconds) s.")
    }

    private mutating func awaken() {
        guard !branches.isEmpty else {
            guard case .wait(let step, let until) = state.action, until <= now else {
                isDone = true
                return
            }
            done[step] = .null
            return resume(with: .succeeded(.null))
        }
        let due = branches.indices.compactMap { index in branches[index].waitsUntil.map { (index, $0) } }
            .filter { $0.1 <= now }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }
        goOnInTurn(due.map(\.0)) { $0.awaken() }
    }

    private mutating func goOnInTurn(_ indexes: [Int], _ move: (inout FlowMove) -> Void) {
        guard case .fork(_, let competes) = task.kind else { return }
        for index in indexes {
            guard goOn(index, move) else { return run() }
            if competes, branches[index].output != nil { break }
        }
        settle()
        run()
    }

    // MARK: Events

    private mutating func listen(to event: JSONValue) {
        guard branches.isEmpty else {
            let listening = branches.indices.filter { index in
                branches[index].pending.contains { if case .listen = $0 { true } else { false } }
            }
            return goOnInTurn(listening) { $0.listen(to: event) }
        }
        guard case .listen(let step, _, _) = state.action, case .listen(let listen) = task.kind, let active = top.active
        else {
            isDone = true
            return
        }
        do throws(FlowError) {
            guard let filter = try filter(of: listen, takes: event, active) else {
                isDone = true
                return
            }
            top.active?.heard.append(FlowState.Heard(filter: filter, event: event))
            guard let output = try heard(listen) else {
                isDone = true
                return
            }
            done[step] = output
            resume(with: .succeeded(output))
        } catch {
            fail(error)
            run()
        }
    }

    /// The place of the first filter that takes the event.
    private func filter(
        of listen: FlowTask.Listen, takes event: JSONValue, _ active: FlowState.Active
    ) throws(FlowError) -> Int? {
        for (index, filter) in listen.filters.enumerated() where filter.type == event["type"]?.string {
            // Of all, each is waited for once.
            if listen.strategy == .all, active.heard.contains(where: { $0.filter == index }) { continue }
            if try takes(filter, event, active.input) { return index }
        }
        return nil
    }

    private func takes(_ filter: FlowTask.Filter, _ event: JSONValue, _ input: JSONValue) throws(FlowError) -> Bool {
        let variables = variables(input: input)
        for (name, template) in filter.with {
            // An expression sees the attribute it stands at; it says whether that will do, or what it has to be.
            let value = try fill(template, on: event[name] ?? .null, with: variables)
            guard value == .bool(true) || value == event[name] ?? .null else { return false }
        }
        for correlation in filter.correlate {
            let found = try evaluate(correlation.from, on: event, with: variables)
            guard let expect = correlation.expect else {
                guard try first(of: correlation.name, with: variables).map({ $0 == found }) ?? true else {
                    return false
                }
                continue
            }
            guard try found == fill(expect, on: input, with: variables) else { return false }
        }
        return true
    }

    /// What the first event that was heard by a filter with this correlation has there; nil before there is one.
    private func first(of name: String, with variables: [String: JSONValue]) throws(FlowError) -> JSONValue? {
        guard case .listen(let listen) = task.kind else { return nil }
        for heard in top.active?.heard ?? [] where heard.filter < listen.filters.count {
            guard
                let known = listen.filters[heard.filter].correlate.first(where: { $0.name == name && $0.expect == nil })
            else { continue }
            return try evaluate(known.from, on: heard.event, with: variables)
        }
        return nil
    }

    // MARK: Schedules

    /// What the event has to have in common with others, by the first filter that takes it; nil when none does.
    func correlation(of event: JSONValue) throws(FlowError) -> JSONValue? {
        guard case .listen(let listen) = task.kind, let active = top.active,
            let place = try filter(of: listen, takes: event, active)
        else { return nil }
        var values: [String: JSONValue] = [:]
        for correlation in listen.filters[place].correlate where correlation.expect == nil {
            values[correlation.name] = try evaluate(
                correlation.from, on: event, with: variables(input: active.input))
        }
        return .object(values)
    }

    /// Hears one more event; answers whether that is enough, and nil when it is not taken.
    mutating func gather(_ event: JSONValue) throws(FlowError) -> Bool? {
        guard case .listen(let listen) = task.kind, let active = top.active,
            let place = try filter(of: listen, takes: event, active)
        else { return nil }
        top.active?.heard.append(FlowState.Heard(filter: place, event: event))
        return try heard(listen) != nil
    }

    /// What the task gives when it has heard enough.
    private func heard(_ listen: FlowTask.Listen) throws(FlowError) -> JSONValue? {
        guard let active = top.active else { return nil }
        let events = active.heard.map { listen.readsEnvelope ? $0.event : $0.event["data"] ?? .null }
        guard events.count <= FlowBounds.events else {
            throw FlowError(
                type: FlowError.runtime, status: 413, title: "Too many events were heard.",
                detail: "More than \(FlowBounds.events) events.")
        }
        let isEnough: Bool
        switch listen.strategy {
        case .one: isEnough = true
        case .all: isEnough = events.count == listen.filters.count
        case .any:
            isEnough =
                try listen.until.map { until throws(FlowError) in
                    try evaluate(until, on: .array(events), with: variables(input: active.input)).isTrue
                } ?? true
        }
        return isEnough ? .array(events) : nil
    }
}
