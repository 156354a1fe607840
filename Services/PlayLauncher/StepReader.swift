import PlayLauncherWire
import Postgres
import Records
import Roles
import Tenancy
import Wire

/// Somebody who looks at the steps of a run: what these asked for and were answered is shown as far as the reader might read
/// it oneself. The answer of a step goes on into the steps behind it and comes out of the flows around it, so behind
/// the first one that is kept from the reader all of them are.
struct StepReader: Sendable {
    let caller: Caller
    /// Whether the reader sees answers at all.
    private let seesValues: Bool

    /// A reader of `run`: whom it acts for, and who administers runs, as far as his domain goes.
    init(_ caller: Caller, of run: FlowRun, in tx: Transaction) throws {
        self.caller = caller
        guard run.requestedBy != caller.subject else {
            seesValues = true
            return
        }
        // Lists were answered as far as the domain of the person goes that the run acts for.
        let requester = try Execution.requester(of: run.id, in: tx)
        seesValues =
            Access.allows(caller.roles, .write, on: FlowRun.schema.table)
            && requester.map { caller.domain.contains($0.domain) } ?? true
    }

    /// The steps without the values that are kept from the reader.
    func shown(_ steps: [FlowStep]) -> [FlowStep] {
        let first = seesValues ? steps.firstIndex { !reads($0) } ?? steps.endIndex : steps.startIndex
        guard first < steps.endIndex else { return steps }
        return steps.enumerated().map { place, step in
            guard place >= first || step.kind == "run" else { return step }
            var step = step
            (step.input, step.result) = ("", "")
            return step
        }
    }

    private func reads(_ step: FlowStep) -> Bool {
        // Without a method it is the note at the end, or nothing that anybody was asked.
        if step.kind == "listen" {
            // What was heard of records says which there are; what flows emit is said to all flows of the domain.
            return step.method.split(separator: ", ").allSatisfy { type in
                Listening.record(ofType: String(type)).map { Access.allows(caller.roles, .read, on: $0.table) } ?? true
            }
        }
        guard step.kind == "call", !step.method.isEmpty else { return true }
        guard FlowMethod.answersByRolesAlone(step.method), let table = FlowMethod.info(step.method)?.need?.table
        else { return false }
        return Access.allows(caller.roles, .read, on: table)
    }
}

extension FlowMethod {
    /// What is answered from many tables, or from articles besides.
    private static let mixed: Set = ["pages", "records", "recommended_actions"]

    /// Whether the access rows of its table decide who may read what a method answers: from whom an article is kept says the
    /// article (G-100), and may say so tomorrow of whoever has found it today.
    static func answersByRolesAlone(_ method: String) -> Bool {
        let parts = method.split(separator: ".")
        guard parts.count == 3 else { return false }
        return !parts[1].hasPrefix("knowledge_") && !mixed.contains(String(parts[1]))
    }
}
