import Korean
import RecommendedActionsWire
import Wire

/// A decision tree as rows of a form, in their order: each a question with its answers and where they lead, or an end. Steps and
/// answers bear keys that nobody sees: they are made once, so that what leads to a step still does when it is moved.
struct TreeForm: Sendable {
    static let steps = "decision_tree-steps"

    /// The fields of a row, named as its part of the tree names them.
    private enum Cell: String {
        case key, text, answers, label, next, cases
        case isEnd = "is_end"
        /// The question and the answer, on which more is said.
        case after
    }

    let fields: ActionFields
    private var visit: Visit { fields.visit }

    /// What a new tree begins with: a question with an answer that ends it.
    static var begun: DecisionTree {
        var (tree, first, end) = (DecisionTree(), TreeStep(), TreeStep())
        var (answer, yes) = (TreeAnswer(), ActionText())
        (first.key, end.key, end.isEnd) = ("first", "end", true)
        (yes.en, yes.ko) = ("Yes", "예")
        (answer.key, answer.label, answer.next) = ("yes", yes, end.key)
        first.answers = [answer]
        tree.steps = [first, end]
        return tree
    }

    private func name(_ row: String, _ cell: Cell) -> String { "\(row)-\(cell.rawValue)" }

    private func key(_ row: String, _ value: String) -> Forms.Field {
        Forms.Field(name(row, .key), "", .hidden, value: value)
    }

    // MARK: What is shown

    func field(_ tree: DecisionTree) -> Forms.Field {
        let options = tree.steps.enumerated().map { place, step in
            Forms.Option(step.key, title(step, place + 1, within: 80))
        }
        return fields.ordered(
            Self.steps, visit.say("Questions, from the first one to the ends", "질문(첫 번째 질문부터 종료 단계까지)"),
            add: visit.say("Add a question or an end", "질문 또는 종료 단계 추가"), tree.steps
        ) { row, number, step in
            OrderedRows.Row(
                title: kind(step, number), heading: title(step, number, within: 200),
                cells: cells(step, row, tree, options))
        }
    }

    private func kind(_ step: TreeStep, _ number: Int) -> String {
        step.isEnd
            ? visit.say("End \(number)", "종료 단계 \(grouped: number)")
            : visit.say("Question \(number)", "질문 \(grouped: number)")
    }

    private func title(_ step: TreeStep, _ number: Int, within limit: Int) -> String {
        let said = said(step.text)
        guard !said.isEmpty else { return kind(step, number) }
        return "\(kind(step, number)): \(said.count > limit ? "\(said.prefix(limit))…" : said)"
    }

    private func said(_ text: ActionText?) -> String {
        let (en, ko) = (text?.en ?? "", text?.ko ?? "")
        return visit.reader.language == .ko && !ko.isEmpty ? ko : en
    }

    private func cells(
        _ step: TreeStep, _ row: String, _ tree: DecisionTree, _ options: [Forms.Option]
    ) -> [Forms.Field] {
        let text = step.isEnd ? visit.say("What to do", "할 일") : visit.say("The question", "질문")
        let end = Forms.Field(
            name(row, .isEnd), visit.say("Here the tree ends", "여기에서 종료"), .boolean,
            value: step.isEnd ? "true" : "")
        var cells = [key(row, step.key)] + fields.texts(name(row, .text), text, step.text, isLong: true) + [end]
        // An end has no answers; what is there all the same can be removed.
        if !step.isEnd || !step.answers.isEmpty { cells.append(answers(step, row, options)) }
        return cells + [fields.links(row, step.links), cases(step, row, tree)]
    }

    private func answers(_ step: TreeStep, _ row: String, _ options: [Forms.Option]) -> Forms.Field {
        fields.ordered(
            name(row, .answers), visit.say("Answers", "답변"), add: visit.say("Add an answer", "답변 추가"), step.answers
        ) { row, number, answer in
            let next = Forms.Field(
                name(row, .next), visit.say("Leads to", "다음 단계"), .choice(options), value: answer.next)
            let texts = fields.texts(name(row, .label), visit.say("The answer", "답변"), answer.label)
            return OrderedRows.Row(
                title: visit.say("Answer \(number)", "답변 \(grouped: number)"),
                cells: [key(row, answer.key)] + texts + [next])
        }
    }

    private func cases(_ step: TreeStep, _ row: String, _ tree: DecisionTree) -> Forms.Field {
        let options = tree.steps.enumerated().flatMap { place, step in
            step.answers.map { answer in
                Forms.Option(
                    Self.pair(step.key, answer.key), "\(title(step, place + 1, within: 80)) → \(said(answer.label))")
            }
        }
        return fields.ordered(
            name(row, .cases), visit.say("More that is said after some answers", "이전 답변에 따라 추가로 표시할 내용"),
            add: visit.say("Add what is said after an answer", "답변에 따른 내용 추가"), step.cases
        ) { row, number, item in
            let after = Forms.Field(
                name(row, .after), visit.say("After this answer", "이 답변을 선택한 경우"), .choice(options),
                value: Self.pair(item.step, item.answer))
            let texts = fields.texts(
                name(row, .text), visit.say("What is said", "표시할 내용"), item.text, isLong: true)
            return OrderedRows.Row(
                title: visit.say("After an answer \(number)", "추가 내용 \(grouped: number)"),
                cells: [after] + texts + [fields.links(row, item.links)])
        }
    }

    private static func pair(_ step: String, _ answer: String) -> String { step.isEmpty ? "" : "\(step) \(answer)" }

    // MARK: What was posted

    /// The tree as it was typed; what is new in it gets its key.
    func typed() -> DecisionTree {
        var tree = DecisionTree()
        tree.steps = fields.rows(Self.steps, step)
        let keys = Self.keyed(tree.steps.map(\.key), "step_1")
        for place in tree.steps.indices { tree.steps[place].key = keys[place] }
        return tree
    }

    private func step(_ row: String) -> TreeStep {
        var step = TreeStep()
        (step.key, step.text) = (visit.form[name(row, .key)], fields.entered(name(row, .text)))
        (step.isEnd, step.links) = (visit.form[name(row, .isEnd)] == "true", fields.links(row))
        step.answers = fields.rows(name(row, .answers)) { row in
            var answer = TreeAnswer()
            (answer.key, answer.next) = (visit.form[name(row, .key)], visit.form[name(row, .next)])
            answer.label = fields.entered(name(row, .label))
            return answer
        }
        let keys = Self.keyed(step.answers.map(\.key), "answer_1")
        for place in step.answers.indices { step.answers[place].key = keys[place] }
        step.cases = fields.rows(name(row, .cases)) { row in
            var item = TreeCase()
            let after = visit.form[name(row, .after)].split(separator: " ").map { String($0) }
            (item.step, item.answer) = (after.first ?? "", after.count > 1 ? after[1] : "")
            (item.text, item.links) = (fields.entered(name(row, .text)), fields.links(row))
            return item
        }
        return step
    }

    /// The keys, with free ones in the place of those that are missing.
    private static func keyed(_ keys: [String], _ first: String) -> [String] {
        var taken = Set(keys)
        return keys.map { key in
            guard key.isEmpty else { return key }
            let free = DraftKey.free(first, among: taken)
            taken.insert(free)
            return free
        }
    }
}
