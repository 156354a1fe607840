import Sandbox
import Testing

/// `account-matches-case.js`: the account named in the row must be the account of the onboarding case.
let accountMatchesCase = """
    function executeCondition(stagingTableGr) {
        var result = { validationPassed: true, message: '' };
        if (stagingTableGr.task && stagingTableGr.u_company) {
            if (stagingTableGr.task.company.name != stagingTableGr.u_company) {
                result.validationPassed = false;
                result.message = 'The Account is not matching with the Case Account.';
            }
        }
        return result;
    }
    """

/// A task of the case of "Ernst Handel".
let task: ScriptValue = .record([
    "id": .text("0b8c7b3e-0000-4000-8000-000000000001"),
    "number": .text("IMP0000001"),
    "company": .record(["id": .text("c1"), "name": .text("Ernst Handel")]),
])

/// A worker over the executable that was built with these tests.
func makeWorker(_ change: (inout ScriptLimits) -> Void = { _ in }) throws -> ScriptWorker {
    var limits = ScriptLimits()
    change(&limits)
    let executable = try #require(
        ScriptWorker.executableBesideThisOne(), "build the product script-worker beside these tests")
    return ScriptWorker(executable: executable, limits: limits)
}

/// The verdicts of a function body over rows of one column `v`.
func judge(
    _ body: String, rows: [String?] = ["1"], records: [String: ScriptValue] = [:], with worker: ScriptWorker
) async throws -> [ScriptVerdict] {
    let source = "function executeCondition(stagingTableGr) { var row = stagingTableGr;\n\(body)\n}"
    let batch = ScriptBatch(columns: ["v"], rows: rows.map { [$0] }, records: records)
    return try await worker.evaluate(source, batch)
}

/// The kind of failure, or nil.
func kind(_ verdict: ScriptVerdict?) -> ScriptFailure.Kind? {
    guard case .failed(let failure)? = verdict else { return nil }
    return failure.kind
}
