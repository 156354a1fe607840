/// What a run waits for, over all the branches that are under way.
extension FlowState {
    /// Every step that was begun and is not over, in the order of the branches. ``action`` is one of them: what is to be
    /// done first.
    public var pending: [FlowAction] { isOver ? [] : Self.pending(frames, action) }

    /// When something of the run is due by the clock, a wait or the end of a timeout; nil when nothing is.
    public var wakes: FlowInstant? { isOver ? nil : ([deadline] + Self.times(frames, action)).compactMap(\.self).min() }

    /// When the first timeout of the run ends; nil without one.
    public var expires: FlowInstant? {
        isOver ? nil : ([deadline] + Self.deadlines(frames)).compactMap(\.self).min()
    }

    /// The types of the events that the run listens to.
    public var listens: [String] {
        let types = pending.flatMap { action in
            if case .listen(_, let types, _) = action { types } else { [String]() }
        }
        return Set(types).sorted()
    }

    /// What the run wants of the events of a type that it listens to: one that has all the attributes of one of these.
    public func wants(of type: String) -> [JSONValue] {
        pending.flatMap { action in
            if case .listen(_, _, let wants) = action { wants.filter { $0.eventType == type } } else { [JSONValue]() }
        }
    }

    fileprivate static func pending(_ frames: [Frame], _ action: FlowAction) -> [FlowAction] {
        let branches = frames.last?.active?.branches ?? []
        return branches.isEmpty ? [action] : branches.flatMap(\.pending)
    }

    fileprivate static func deadlines(_ frames: [Frame]) -> [FlowInstant?] {
        frames.flatMap { frame in
            [frame.active?.deadline] + (frame.active?.branches ?? []).flatMap { deadlines($0.frames) }
        }
    }

    fileprivate static func times(_ frames: [Frame], _ action: FlowAction) -> [FlowInstant?] {
        deadlines(frames)
            + pending(frames, action).map { pending in
                if case .wait(_, let until) = pending { until } else { nil }
            }
    }
}

extension JSONValue {
    /// The type of an event in the shape of CloudEvents.
    public var eventType: String? { self["type"]?.string }
}

extension FlowState.Branch {
    var pending: [FlowAction] { output == nil ? FlowState.pending(frames, action) : [] }

    /// When the first of its timeouts ends.
    var expires: FlowInstant? { FlowState.deadlines(frames).compactMap(\.self).min() }

    /// When the first of its waits ends.
    var waitsUntil: FlowInstant? {
        pending.compactMap { action in
            if case .wait(_, let until) = action { until } else { nil }
        }.min()
    }
}
