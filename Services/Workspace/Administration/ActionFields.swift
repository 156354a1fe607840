import Korean
import RecommendedActionsWire
import Wire

/// What the forms of parts of recommended actions are made of: texts in both languages, links, and rows in their order.
struct ActionFields: Sendable {
    let visit: Visit
    /// Where the form is posted to.
    let action: String

    // MARK: What is shown

    func texts(_ name: String, _ label: String, _ text: ActionText?, isLong: Bool = false) -> [Forms.Field] {
        [("en", "English", text?.en), ("ko", "한국어", text?.ko)].map { code, language, value in
            Forms.Field("\(name)-\(code)", "\(label) · \(language)", isLong ? .long : .text("text"), value: value ?? "")
        }
    }

    /// A list whose rows are moved, removed and added by buttons.
    func ordered<Element>(
        _ name: String, _ label: String, add: String, _ all: [Element],
        _ row: (_ name: String, _ number: Int, Element) -> OrderedRows.Row
    ) -> Forms.Field {
        let rows = all.enumerated().map { place, element in row("\(name)-\(place)", place + 1, element) }
        return Forms.Field(name, label, .ordered(OrderedRows(rows: rows, add: add, action: action)))
    }

    /// Articles to read, each with what its link says.
    func links(_ name: String, _ links: [ActionLink]) -> Forms.Field {
        ordered("\(name)-links", visit.say("Links", "링크"), add: visit.say("Add a link", "링크 추가"), links) {
            name, number, link in
            let article = Forms.Field(
                "\(name)-article", visit.say("Key of an article", "문서의 키"), .text("text"), value: link.article)
            return OrderedRows.Row(
                title: visit.say("Link \(number)", "링크 \(grouped: number)"),
                cells: [article] + texts("\(name)-label", visit.say("What the link says", "링크 문구"), link.label))
        }
    }

    // MARK: What was posted

    func entered(_ name: String) -> ActionText {
        var text = ActionText()
        (text.en, text.ko) = (visit.form["\(name)-en"], visit.form["\(name)-ko"])
        return text
    }

    /// What was typed into each row of a list, in their order.
    func rows<Element>(_ list: String, _ row: (_ name: String) -> Element) -> [Element] {
        visit.form.rows(list).map { row("\(list)-\($0)") }
    }

    func links(_ name: String) -> [ActionLink] {
        rows("\(name)-links") { name in
            var link = ActionLink()
            (link.article, link.label) = (visit.form["\(name)-article"], entered("\(name)-label"))
            return link
        }
    }
}

extension ActionDefinition {
    /// The part without the rows that nobody has filled in.
    func filledIn() -> ActionDefinition {
        var part = self
        part.rule?.recommendations.removeAll(where: \.isEmpty)
        if var steps = part.guidance?.steps {
            for place in steps.indices { steps[place].links = Self.filled(steps[place].links) }
            part.guidance?.steps = steps.filter { !Self.isEmpty($0.text) || !$0.links.isEmpty }
        }
        if let steps = part.decisionTree?.steps { part.decisionTree?.steps = steps.map(Self.filled) }
        return part
    }

    /// Questions stay as they are, since answers lead to them.
    private static func filled(_ step: TreeStep) -> TreeStep {
        var step = step
        step.links = filled(step.links)
        step.answers.removeAll { isEmpty($0.label) && $0.next.isEmpty }
        for place in step.cases.indices { step.cases[place].links = filled(step.cases[place].links) }
        step.cases.removeAll { $0.step.isEmpty && isEmpty($0.text) && $0.links.isEmpty }
        return step
    }

    private static func filled(_ links: [ActionLink]) -> [ActionLink] {
        links.filter { !$0.article.isEmpty || !isEmpty($0.label) }
    }

    private static func isEmpty(_ text: ActionText?) -> Bool { text?.en.isEmpty != false && text?.ko.isEmpty != false }
}
