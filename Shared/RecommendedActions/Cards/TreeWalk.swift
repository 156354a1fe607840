import RPC
import RecommendedActionsWire
import Records
import Wire

/// The way of somebody through a decision tree.
struct TreeWalk {
    let tree: DecisionTree

    init(_ tree: DecisionTree) { self.tree = tree }

    /// The step to which answers lead, from the first question on. INVALID_ARGUMENT for an answer that its question does not
    /// have, naming it.
    func place(_ answers: [String]) throws(Problem) -> TreePlace {
        guard answers.count <= ActionBounds.treeSteps, var step = tree.steps.first else {
            throw Self.refused(answers.count, Text(en: "There are too many answers.", ko: "답변이 너무 많습니다."))
        }
        var given: [String: String] = [:]
        for (index, key) in answers.enumerated() {
            guard let answer = step.answers.first(where: { $0.key == key }),
                let next = tree.steps.first(where: { $0.key == answer.next })
            else {
                let text =
                    step.isEnd
                    ? Text(en: "The tree has ended before this answer.", ko: "이 답변 전에 의사 결정 트리가 종료되었습니다.")
                    : Text(en: "The question has no such answer.", ko: "질문에 이러한 답변이 없습니다.")
                throw Self.refused(index, text)
            }
            given[step.key] = key
            step = next
        }
        return Self.place(step, given)
    }

    private static func place(_ step: TreeStep, _ given: [String: String]) -> TreePlace {
        var place = TreePlace()
        (place.step, place.text, place.links, place.isEnd) = (step.key, step.text, step.links, step.isEnd)
        place.choices = step.answers.map { answer in
            var choice = TreeChoice()
            (choice.key, choice.label) = (answer.key, answer.label)
            return choice
        }
        place.instructions = step.cases.filter { given[$0.step] == $0.answer }.map { item in
            var instruction = GuidanceStep()
            (instruction.text, instruction.links) = (item.text, item.links)
            return instruction
        }
        return place
    }

    private static func refused(_ index: Int, _ text: Text) -> Problem {
        .invalid(
            field: "\(AnswerDecisionTreeRequest.Field.answers.rawValue)[\(index)]", text, rule: ActionWords.rule)
    }
}
