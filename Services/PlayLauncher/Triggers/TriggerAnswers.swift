import Flows
import PlayLauncherWire
import RPC
import Records
import Wire

/// The answers that a trigger gives to the questions of its play.
enum TriggerAnswers {
    /// Stands for what the record fills in when the play is launched.
    private static let filledIn = JSONValue.string("00000000-0000-8000-8000-000000000000")

    /// Refuses answers that do not fit the questions, and those that leave one open which nobody will be there to answer; what
    /// the record fills in may be left out.
    static func check(_ text: String, _ flow: CompiledFlow, _ language: String) throws(Problem) {
        let limits = JSONLimits(bytes: 65_536, depth: 8)
        guard let given = try? JSONValue(parsing: text.isEmpty ? "{}" : text, limits: limits),
            var members = given.object
        else {
            throw .invalid(
                field: PlayTrigger.path(.answers),
                Text(en: "The answers must be a JSON object of at most 64 KB.", ko: "입력값은 64KB 이하의 JSON 객체여야 합니다."),
                rule: TriggerRule.answers)
        }
        for question in flow.wizard where question.prefill != nil && members[question.name] == nil {
            members[question.name] = filledIn
        }
        let (_, wrong) = flow.validate(answers: .object(members), language: language)
        let prefilled = Set(flow.wizard.filter { $0.prefill != nil && given[$0.name] == nil }.map(\.name))
        let violations = wrong.filter { !prefilled.contains($0.field) }.map { violation in
            Problem.Violation(
                field: "\(PlayTrigger.path(.answers)).\(violation.field)", text: Text(violation.text),
                rule: TriggerRule.answers)
        }
        guard violations.isEmpty else { throw .invalid(violations) }
    }
}
