import Flows
import PlayLauncherWire
import RPC
import Records
import Tenancy
import Wire

/// A flow carried out without anything being made: steps that create are noted and answered with an id of their own, steps
/// that read are asked as the person who launches, and all others are taken for done. What is noted is what a launch with
/// the same answers creates.
struct PlayRehearsal: Sendable {
    let database: Database
    let library: FlowLibrary
    let client: Client

    /// Most steps of a rehearsal, as many as a run of one record after another could show anybody.
    private static let limit = 500
    /// Most flows inside each other, as in runs.
    private static let depth = 4
    /// The verb of steps that make a record.
    private static let creating = ".create"
    /// The members of a record that name it for people, the first of which it has.
    private static let titles = ["title", "subject", "shortDescription", "name"]
    private static let id = "id"
    private static let description = "description"

    private struct Machine {
        let flow: CompiledFlow
        var state: FlowState
    }

    /// What was noted so far.
    private struct Notes {
        var records: [PlannedRecord] = []
        /// The ids that were given, in the order of the records.
        var ids: [String] = []
    }

    /// The records that the flow would create, in their order.
    func records(of flow: CompiledFlow, _ input: JSONValue, _ call: Call) async throws(Problem) -> [PlannedRecord] {
        var machines = [Machine(flow: flow, state: try begin(flow, input, call))]
        var notes = Notes()
        for _ in 0..<Self.limit {
            let top = machines[machines.count - 1]
            let result: StepResult
            switch top.state.action {
            case .call(_, let method, let request):
                result = try await answer(method, request, &notes, call)
            case .wait, .emit, .http: result = .succeeded(.null)
            case .listen: result = .succeeded(.array([]))
            case .runSubflow(_, let reference, let given):
                guard let inner = try await find(reference, call), machines.count < Self.depth else {
                    throw Self.refused("The flow \(reference) cannot be run.")
                }
                machines.append(Machine(flow: inner, state: try begin(inner, given, call)))
                continue
            case .completed(let output):
                guard machines.count > 1 else { return notes.records }
                machines.removeLast()
                result = .succeeded(output)
            case .failed(let error):
                guard machines.count > 1 else { throw Self.refused(error.message(call.language)) }
                machines.removeLast()
                result = .failed(error)
            }
            try advance(&machines[machines.count - 1], with: result)
        }
        throw .resourceExhausted(
            Text(en: "The play has too many steps to be previewed.", ko: "단계가 너무 많아 미리 볼 수 없는 플레이입니다."))
    }

    private func begin(_ flow: CompiledFlow, _ input: JSONValue, _ call: Call) throws(Problem) -> FlowState {
        do throws(FlowMachineError) {
            return try FlowMachine(flow).start(
                run: "preview", input: input, language: call.caller.locale, now: FlowInstant(database.clock.now))
        } catch {
            throw Self.refused("\(error)")
        }
    }

    private func advance(_ machine: inout Machine, with result: StepResult) throws(Problem) {
        guard let step = machine.state.action.step else { return }
        do throws(FlowMachineError) {
            machine.state = try FlowMachine(machine.flow).advance(
                machine.state, step: step, with: result, now: FlowInstant(database.clock.now))
        } catch {
            throw Self.refused("\(error)")
        }
    }

    private func find(_ reference: FlowReference, _ call: Call) async throws(Problem) -> CompiledFlow? {
        let database = database
        let found = try await database.transaction(as: call.caller, deadline: call.deadline, readOnly: true) { tx in
            try FlowLibrary.find(reference, database, in: tx)
        }
        return try found.map { definition throws(Problem) in try library.compiled(definition) }
    }

    /// What becomes of a step.
    private func answer(
        _ method: String, _ request: JSONValue, _ notes: inout Notes, _ call: Call
    ) async throws(Problem) -> StepResult {
        if method.hasSuffix(Self.creating), let schema = FlowMethod.schema(method) {
            let body = request.object?.values.first { $0.object != nil } ?? .null
            var record = PlannedRecord()
            record.table = schema.table
            record.label = schema.label(call.language)
            record.title = Self.titles.lazy.compactMap { body[$0]?.string }.first ?? ""
            record.description = body[Self.description]?.string ?? ""
            let named = Set(body.object?.values.compactMap(\.string) ?? [])
            record.parent = Int32(clamping: (notes.ids.lastIndex(where: named.contains) ?? -1) + 1)
            notes.records.append(record)
            let id = RecordID.derived(from: "preview\n\(notes.ids.count)")
            notes.ids.append(id)
            return .succeeded([Self.id: .string(id)])
        }
        guard FlowMethod.info(method)?.need?.operation == .read else { return .succeeded([:]) }
        let answer = try await client.call(json: Array(request.text.utf8), to: FlowMethod.subject(method))
        return .succeeded((try? JSONValue(parsing: answer, limits: JSONLimits(bytes: FlowBounds.valueBytes))) ?? .null)
    }

    private static func refused(_ why: String) -> Problem {
        .failedPrecondition(
            rule: "G-76",
            Text(en: "The play cannot be previewed: \(why)", ko: "플레이를 미리 볼 수 없습니다: \(why)"),
            field: PreviewPlayRequest.Field.answers)
    }
}
