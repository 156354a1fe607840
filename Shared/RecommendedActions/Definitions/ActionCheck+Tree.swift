import RecommendedActionsWire
import Records
import Wire

/// What keeps a decision tree from working: every question has answers, every answer leads on, every step can be reached,
/// and from every one an end can be reached.
extension ActionCheck {
    mutating func look(at tree: DecisionTree) {
        let place = ActionPlace(.decisionTree).at(.steps)
        count(tree.steps, ActionBounds.treeSteps, place)
        guard !tree.steps.isEmpty else {
            return fault(place, "The tree has no question.", "의사 결정 트리에 질문이 없습니다.")
        }
        let keys = Set(tree.steps.map(\.key))
        var seen: Set<String> = []
        for (index, step) in tree.steps.enumerated() {
            let inner = place.element(index)
            key(step.key, &seen, inner)
            text(step.text, inner.at(.text), ActionBounds.textLength)
            links(step.links, inner.at(.links))
            answers(of: step, keys, inner)
            cases(of: step, tree, inner)
        }
        // What leads nowhere is said by the answer; what is reached makes sense only of a tree that holds together.
        guard faults.isEmpty else { return }
        let reached = Self.reached(from: [tree.steps[0].key], by: tree.successors)
        let ends = Self.reached(from: tree.steps.filter(\.isEnd).map(\.key), by: tree.predecessors)
        for (index, step) in tree.steps.enumerated() {
            if !reached.contains(step.key) {
                let (en, ko) =
                    step.isEnd
                    ? ("The end cannot be reached.", "도달할 수 없는 종료 단계입니다.")
                    : ("The question cannot be reached.", "도달할 수 없는 질문입니다.")
                fault(place.element(index), en, ko)
            }
            if !ends.contains(step.key) {
                fault(place.element(index), "No end can be reached from here.", "여기에서는 종료 단계에 도달할 수 없습니다.")
            }
        }
    }

    private mutating func answers(of step: TreeStep, _ keys: Set<String>, _ place: ActionPlace) {
        let inner = place.at(.answers)
        count(step.answers, ActionBounds.answers, inner)
        guard step.answers.isEmpty == step.isEnd else {
            let (en, ko) =
                step.isEnd
                ? ("An end has no answers.", "종료 단계에는 답변을 지정할 수 없습니다.")
                : ("The question has no answers.", "질문에 답변이 없습니다.")
            return fault(inner, en, ko)
        }
        var seen: Set<String> = []
        for (index, answer) in step.answers.enumerated() {
            key(answer.key, &seen, inner.element(index))
            text(answer.label, inner.element(index).at(.label), ActionBounds.labelLength)
            if !keys.contains(answer.next) {
                fault(inner.element(index).at(.next), "There is no such step.", "이러한 단계가 없습니다.")
            }
        }
    }

    private mutating func cases(of step: TreeStep, _ tree: DecisionTree, _ place: ActionPlace) {
        let list = place.at(.cases)
        count(step.cases, ActionBounds.cases, list)
        for (index, item) in step.cases.enumerated() {
            let inner = list.element(index)
            text(item.text, inner.at(.text), ActionBounds.textLength)
            links(item.links, inner.at(.links))
            guard let earlier = tree.steps.first(where: { $0.key == item.step }),
                earlier.answers.contains(where: { $0.key == item.answer })
            else {
                fault(inner, "No step has such an answer.", "이러한 답변이 있는 단계가 없습니다.")
                continue
            }
        }
    }

    private mutating func key(_ key: String, _ seen: inout Set<String>, _ place: ActionPlace) {
        if !DefinitionKey.isKey(key) {
            fault(place.at(.key), DefinitionKey.rule.en, DefinitionKey.rule.ko)
        } else if !seen.insert(key).inserted {
            fault(place.at(.key), "The key stands twice.", "중복된 키입니다.")
        }
    }

    private static func reached(from start: [String], by edges: [String: [String]]) -> Set<String> {
        var (seen, left): (Set<String>, [String]) = ([], start)
        while let next = left.popLast() {
            if seen.insert(next).inserted { left += edges[next] ?? [] }
        }
        return seen
    }
}

extension DecisionTree {
    fileprivate var successors: [String: [String]] {
        Dictionary(steps.map { ($0.key, $0.answers.map(\.next)) }, uniquingKeysWith: +)
    }

    fileprivate var predecessors: [String: [String]] {
        Dictionary(steps.flatMap { step in step.answers.map { ($0.next, [step.key]) } }, uniquingKeysWith: +)
    }
}
