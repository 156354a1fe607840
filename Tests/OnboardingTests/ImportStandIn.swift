import ImportValidationWire
import RPC
import Records
import ServiceTestKit
import Synchronization
import Wire

@testable import OnboardingService

/// Import-validation as far as playbooks ask it: it makes tasks, each request id once, finds and ends them.
final class ImportStandIn: Sendable {
    private struct State {
        var tasks: [String: ImportTask] = [:]
        var lost: Set<String> = []
        var requests: [String: String] = [:]
        var refused: Set<String> = []
        var unanswered: Set<String> = []
        var refusing: Set<String> = []
        var unchanging: Set<String> = []
        var kept: Set<String> = []
        var keptBehind: Set<String> = []
        var failures = 0
        var calls = 0
    }
    private let state = Mutex(State())

    /// The tasks of a case.
    func tasks(of parent: String) -> [ImportTask] {
        state.withLock { $0.tasks.values.filter { $0.parent == parent } }
    }

    func task(_ id: String, _ wanted: String) -> ImportTask? {
        state.withLock { $0.tasks[id].flatMap { $0.state == wanted ? $0 : nil } }
    }

    /// Refuses tasks for this case.
    func refuse(_ parent: String, _ isRefused: Bool) {
        state.withLock { if isRefused { $0.refused.insert(parent) } else { $0.refused.remove(parent) } }
    }

    /// Answers nothing that is asked for this case.
    func keepWaiting(_ parent: String, _ isWaiting: Bool) {
        state.withLock { if isWaiting { $0.unanswered.insert(parent) } else { $0.unanswered.remove(parent) } }
    }

    /// Answers nothing that would change this task.
    func keepWaiting(changing task: String, _ isWaiting: Bool) {
        state.withLock { if isWaiting { $0.unchanging.insert(task) } else { $0.unchanging.remove(task) } }
    }

    /// Refuses to end this task.
    func keep(_ task: String) { state.withLock { _ = $0.kept.insert(task) } }

    /// Makes the next change of this task and refuses all behind it; or, where `refusing`, refuses that one, though it was
    /// made, and takes all behind it.
    func keep(_ task: String, behindChange refusing: Bool) {
        state.withLock { state in
            state.keptBehind.insert(task)
            if refusing { state.refusing.insert(task) }
        }
    }

    /// The next so many creations are done, but nobody learns of it.
    func loseAnswers(_ count: Int) { state.withLock { $0.failures = count } }

    /// A task that was there before.
    func put(_ task: ImportTask) {
        state.withLock { state in
            state.tasks[task.id] = task
            if task.etag.isEmpty { state.tasks[task.id]?.etag = uuid() }
        }
    }

    /// The next change of this task is made, but nobody learns of it.
    func loseAnswer(changing task: String) { state.withLock { _ = $0.lost.insert(task) } }

    /// The task as it is.
    func task(_ id: String) -> ImportTask? { state.withLock { $0.tasks[id] } }

    private func update(_ request: UpdateImportTaskRequest) throws(Problem) -> ImportTask {
        let values = request.importTask ?? ImportTask()
        if state.withLock({ $0.unchanging.contains(values.id) }) { throw .unavailable() }
        let (task, isLost, isKept, isStale) = state.withLock { state -> (ImportTask, Bool, Bool, Bool) in
            let known = state.tasks[values.id] ?? ImportTask()
            // What is asked for again is done already, and what has changed meanwhile stays.
            if !request.requestID.isEmpty, state.requests[request.requestID] == values.id {
                return (known, false, false, false)
            }
            if !values.etag.isEmpty, values.etag != known.etag { return (known, false, false, true) }
            var isKept = state.kept.contains(values.id)
            if !isKept {
                state.tasks[values.id]?.etag = uuid()
                state.requests[request.requestID] = values.id
                if let notes = values.closeNotes { state.tasks[values.id]?.closeNotes = notes }
                if request.updateMask?.paths == [ImportTask.Field.dueDate.rawValue] {
                    state.tasks[values.id]?.dueDate = values.dueDate
                }
            }
            if !isKept, state.keptBehind.remove(values.id) != nil {
                isKept = state.refusing.remove(values.id) != nil
                if !isKept { state.kept.insert(values.id) }
            }
            return (state.tasks[values.id] ?? ImportTask(), state.lost.remove(values.id) != nil, isKept, false)
        }
        if isStale { throw .staleEtag }
        if isKept { throw .failedPrecondition(rule: "KEPT", Text(en: "The task is kept.", ko: "유지되는 작업입니다.")) }
        if isLost { throw .unavailable() }
        return task
    }

    var endpoints: [Endpoint] {
        [
            Endpoint(ImportValidationAPI.createImportTask) { [self] _, request async throws(Problem) in
                try create(request)
            },
            Endpoint(ImportValidationAPI.getImportTask) { [self] _, request async throws(Problem) in
                guard let task = state.withLock({ $0.tasks[request.id] }) else {
                    throw .notFound(ImportTask.schema.label, id: request.id)
                }
                return task
            },
            Endpoint(ImportValidationAPI.listImportTasks) { [self] _, request async throws(Problem) in
                var answer = ListImportTasksResponse()
                answer.importTasks = state.withLock { state in
                    state.tasks.values.filter {
                        request.filter
                            == "parent = \"\($0.parent ?? "")\" AND target_table = \"\($0.targetTable ?? "")\""
                    }
                }
                return answer
            },
            Endpoint(ImportValidationAPI.updateImportTask) { [self] _, request async throws(Problem) in
                try update(request)
            },
            Endpoint(ImportValidationAPI.closeImportTask) { [self] _, request async throws(Problem) in
                try end(request, "closed")
            },
            Endpoint(ImportValidationAPI.cancelImportTask) { [self] _, request async throws(Problem) in
                try end(request, "canceled")
            },
        ]
    }

    private func create(_ request: CreateImportTaskRequest) throws(Problem) -> ImportTask {
        let (answer, problem): (ImportTask?, Problem?) = state.withLock { state in
            var task = request.importTask ?? ImportTask()
            if state.refused.contains(task.parent ?? "") {
                return (nil, .failedPrecondition(rule: "G-128", Text(en: "The case is closed.", ko: "케이스가 종결되었습니다.")))
            }
            if state.unanswered.contains(task.parent ?? "") { return (nil, .unavailable()) }
            if let known = state.requests[request.requestID] { return (state.tasks[known], nil) }
            task.id = uuid()
            // All of one width: none is the beginning of another.
            task.number = "IMPTSK\(1_000_000 + state.tasks.count)"
            task.state = "open"
            task.domain = "/provider/"
            task.etag = uuid()
            state.tasks[task.id] = task
            state.requests[request.requestID] = task.id
            if state.failures > 0 {
                state.failures -= 1
                return (nil, .unavailable())
            }
            return (task, nil)
        }
        if let problem { throw problem }
        return answer ?? ImportTask()
    }

    private func end(_ request: CloseRequest, _ name: String) throws(Problem) -> ImportTask {
        let (ended, isKept, isAgain) = state.withLock { state -> (ImportTask?, Bool, Bool) in
            guard !state.kept.contains(request.id) else { return (nil, true, false) }
            // What is asked for again is done already.
            guard state.requests.updateValue(request.id, forKey: request.requestID) == nil else {
                return (state.tasks[request.id], false, false)
            }
            guard state.tasks[request.id]?.state == "open" else { return (state.tasks[request.id], false, true) }
            state.tasks[request.id]?.state = name
            state.tasks[request.id]?.closeNotes = request.closeNotes
            return (state.tasks[request.id], false, false)
        }
        if isKept { throw .failedPrecondition(rule: "G-66", Text(en: "It stays.", ko: "유지됩니다.")) }
        guard let ended else { throw .notFound(ImportTask.schema.label, id: request.id) }
        guard !isAgain else {
            throw Problem(
                .failedPrecondition, Text(en: "It has ended.", ko: "이미 종결되었습니다."), reason: "STATE_MOVE")
        }
        return ended
    }
}
