/// Branches. Each is a run of its own inside the run, with the same context; what they ask for is done one after
/// another, and nobody waits for the wait of another.
extension FlowMove {
    /// How a branch ended.
    enum Ending {
        case finished(JSONValue)
        /// By `then: end`, which ends the run.
        case ended(JSONValue)
        case failed(FlowError)
        /// By a bound that no `try` takes.
        case stopped(FlowError)
    }

    mutating func startFork(_ blocks: [String], competes: Bool, _ input: JSONValue) {
        let key = taskKey + "/fork"
        let variables = top.variables
        top.active?.branches = blocks.map { block in
            FlowState.Branch(frames: [FlowState.Frame(block: block, key: key, data: input, variables: variables)])
        }
        for index in blocks.indices {
            guard goOn(index, { $0.run() }) else { return }
            // Who comes first wins: nobody else begins.
            if competes, top.active?.branches[index].output != nil { break }
        }
        settle()
    }

    /// Lets one branch of the active task go on; false when that has ended the fork.
    @discardableResult
    mutating func goOn(_ index: Int, _ move: (inout FlowMove) -> Void) -> Bool {
        guard let branch = top.active?.branches[index], branch.output == nil else { return true }
        var inner = self
        (inner.state.frames, inner.state.action) = (branch.frames, branch.action)
        (inner.isBranch, inner.isDone, inner.ending, inner.done) = (true, false, nil, [:])
        move(&inner)
        (state.context, state.steps, state.retries) = (inner.state.context, inner.state.steps, inner.state.retries)
        done.merge(inner.done) { $1 }
        switch inner.ending {
        case nil:
            top.active?.branches[index] = FlowState.Branch(frames: inner.state.frames, action: inner.state.action)
        case .finished(let output): top.active?.branches[index] = FlowState.Branch(frames: [], output: output)
        case .ended(let output):
            endRun(output)
            return false
        case .failed(let error):
            // What fails in one branch fails the fork: the others go no further.
            top.active?.branches = []
            fail(error)
            return false
        case .stopped(let error):
            end(.failed(error), stops: true)
            return false
        }
        return true
    }

    /// After branches have gone on: the fork is over, or the run asks for what the branches ask for.
    mutating func settle() {
        guard case .fork(_, let competes) = task.kind, let branches = top.active?.branches else { return }
        let outputs = branches.compactMap(\.output)
        if competes, let first = outputs.first {
            top.active?.branches = []
            return complete(first)
        }
        if outputs.count == branches.count {
            top.active?.branches = []
            return complete(.array(outputs))
        }
        let open = branches.filter { $0.output == nil }.map(\.action)
        // What can be done at once goes first, then what is due first.
        let waits = open.compactMap { action in
            if case .wait(_, let until) = action { (until, action) } else { nil }
        }
        let first = open.first { !$0.isIdle } ?? waits.min { $0.0 < $1.0 }?.1 ?? open.first
        if let first { act(first) }
    }
}
