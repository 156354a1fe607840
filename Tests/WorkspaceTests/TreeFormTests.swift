import Foundation
import OnboardingWire
import RPC
import RecommendedActionsWire
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Decision trees as rows of a form: questions, answers and what they lead to, put in order by buttons that need no script.
@Suite struct TreeFormTests {
    private static let address = "/administration/actions/onboarding"
    private static let steps = "decision_tree-steps"

    private static func text(_ en: String, _ ko: String = "") -> ActionText {
        var text = ActionText()
        (text.en, text.ko) = (en, ko)
        return text
    }

    private static func tree(_ steps: Int = 2) -> ActionDefinition {
        var (part, tree) = (ActionForm.begun("decision_tree"), TreeForm.begun)
        (part.id, part.etag, part.key, part.label) = ("tree", "7", "tree", text("Which way", "방법"))
        (tree.steps[0].text, tree.steps[1].text) = (text("Is it new?", "새 항목입니까?"), text("Register it.", "등록하세요."))
        var (more, link) = (TreeCase(), ActionLink())
        (link.article, link.label) = ("guide", text("Guide", "안내서"))
        (more.step, more.answer, more.text, more.links) = ("first", "yes", text("Ask first.", "먼저 확인하세요."), [link])
        tree.steps[1].cases = [more]
        while tree.steps.count < steps { tree.steps.append(tree.steps[1]) }
        part.decisionTree = tree
        return part
    }

    private static func said(_ tree: DecisionTree?) -> String {
        (tree?.steps ?? []).map { step in
            let answers = step.answers.map { "\($0.key)(\($0.label?.en ?? ""))>\($0.next)" }
            let cases = step.cases.map { "\($0.step).\($0.answer)=\($0.text?.en ?? "") \($0.links.map(\.article))" }
            return "\(step.key)\(step.isEnd ? "!" : "") \(step.text?.en ?? "") \(answers) \(cases)"
        }.joined(separator: "; ")
    }

    private func browser(_ said: Said, _ part: ActionDefinition = tree()) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = ["admin"]
        try await bench.answer(
            "onboarding",
            StandIn.sessions(ann) + [
                Endpoint(OnboardingAPI.listActionDefinitions) { _, _ in ListActionDefinitionsResponse() },
                Endpoint(OnboardingAPI.getActionDefinition) { _, _ in part },
                Endpoint(OnboardingAPI.validateActionDefinition) { _, request in
                    var (fault, answer) = (ActionFault(), ValidateActionDefinitionResponse())
                    let last = (request.actionDefinition?.decisionTree?.steps.first?.answers.count ?? 0) - 1
                    fault.field = "decision_tree.steps[0].answers[\(last)].next"
                    fault.message = Self.text("There is no such step.")
                    answer.faults = [fault]
                    return answer
                },
                Endpoint(OnboardingAPI.updateActionDefinition) { _, request async throws(Problem) in
                    said.add(Self.said(request.actionDefinition?.decisionTree))
                    guard request.actionDefinition?.label?.en != "Refused" else {
                        throw .invalid(
                            field: "action_definition.decision_tree.steps[1].text",
                            Text(en: "At most 4,000 characters.", ko: "최대 4,000자입니다."))
                    }
                    return part
                },
                Endpoint(OnboardingAPI.createActionDefinition) { _, request in
                    said.add(Self.said(request.actionDefinition?.decisionTree))
                    return part
                },
            ])
        return Browser(bench, session: "good")
    }

    /// What a browser posts of a page: the fields of its form as they stand there.
    private static func posted(_ page: Bench.Seen, _ more: [(String, String)]) -> [(String, String)] {
        let form = page.text.split(separator: "id=\"edit\"").last ?? ""
        var fields: [(String, String)] = [("csrf", page.csrf)]
        for match in form.matches(of: #/<input [^>]*name="([^"]+)"[^>]* value="([^"]*)"( checked)?/#)
        where !match.output.0.contains("checkbox") || match.output.3 != nil {
            fields.append((String(match.output.1), String(match.output.2)))
        }
        for match in form.matches(of: #/<textarea [^>]*name="([^"]+)"[^>]*>([^<]*)</#) {
            fields.append((String(match.output.1), String(match.output.2)))
        }
        for match in form.matches(of: #/<select [^>]*name="([^"]+)".*?<\/select>/#) {
            let chosen = match.output.0.firstMatch(of: #/value="([^"]*)" selected/#)?.output.1 ?? ""
            fields.append((String(match.output.1), String(chosen)))
        }
        let named = Set(more.map(\.0))
        return fields.filter { !named.contains($0.0) } + more
    }

    private func keys(_ page: Bench.Seen) -> [String] {
        page.text.matches(of: #/name="decision_tree-steps-\d+-key" value="([^"]*)"/#).map { String($0.output.1) }
    }

    @Test func aTreeIsShownAsRows() async throws {
        let page = try await browser(Said()).get("\(Self.address)/tree")
        for text in [
            "<b>Question 1: Is it new?</b>", "<b>End 2: Register it.</b>",
            "name=\"\(Self.steps)-0-answers-0-label-en\"",
            "<option value=\"end\" selected>End 2: Register it.</option>",
            "<option value=\"first yes\" selected>Question 1: Is it new? → Yes</option>",
            "name=\"\(Self.steps)-1-cases-0-links-0-article\"", "href=\"\(Self.address)/tree?as=json\"",
            "value=\"down:\(Self.steps)-0\" formaction=\"\(Self.address)/tree#\(Self.steps)-1\"",
            "value=\"add:\(Self.steps)\" formaction=\"\(Self.address)/tree#\(Self.steps)-2\"",
        ] { #expect(page.text.contains(text), "\(text)") }
        // An end asks for no answers, and the first row goes no higher.
        #expect(!page.text.contains("\(Self.steps)-1-answers") && !page.text.contains("value=\"up:\(Self.steps)-0\""))
        // The first button of the form is what the Enter key presses.
        let form = page.text.split(separator: "id=\"edit\"").last ?? ""
        #expect(form.firstMatch(of: #/name="do" value="([^"]*)"/#)?.output.1 == "save")
        let json = try await browser(Said()).get("\(Self.address)/tree?as=json")
        #expect(json.text.contains("name=\"definition\""))
    }

    @Test func rowsAreMovedAddedAndRemovedWithoutAScript() async throws {
        let said = Said()
        let browser = try await browser(said)
        var page = try await browser.get("\(Self.address)/tree")
        func press(_ button: String, _ more: [(String, String)] = []) async throws {
            page = try await browser.post("\(Self.address)/tree", Self.posted(page, more + [("do", button)]))
            #expect(page.status == 200 && page.text.contains(" data-redrawn"), "\(button)")
        }
        try await press("down:\(Self.steps)-0")
        #expect(keys(page) == ["end", "first"])
        #expect(page.text.contains("<option value=\"end\" selected>End 1: Register it.</option>"))
        try await press("up:\(Self.steps)-1")
        try await press("add:\(Self.steps)")
        #expect(keys(page) == ["first", "end", "step_1"])
        // What leads to the new one is chosen before it says anything.
        try await press("add:\(Self.steps)-0-answers")
        try await press(
            "up:\(Self.steps)-0-answers-1",
            [
                ("\(Self.steps)-0-answers-1-label-en", "No"), ("\(Self.steps)-0-answers-1-label-ko", "아니요"),
                ("\(Self.steps)-0-answers-1-next", "step_1"), ("\(Self.steps)-2-text-en", "Leave it."),
                ("\(Self.steps)-2-is_end", "true"),
            ])
        #expect(said.texts.isEmpty)
        let saved = try await browser.post("\(Self.address)/tree", Self.posted(page, [("do", "save")]))
        #expect(saved.status == 303, "\(saved.text)")
        let expected = """
            first Is it new? ["answer_1(No)>step_1", "yes(Yes)>end"] []; \
            end! Register it. [] ["first.yes=Ask first. [\\"guide\\"]"]; step_1! Leave it. [] []
            """
        #expect(said.texts == [expected], "\(said.texts)")
        // Where an answer led that is gone, nothing is chosen.
        try await press("remove:\(Self.steps)-1")
        #expect(keys(page) == ["first", "step_1"] && !page.text.contains("value=\"end\""))
    }

    /// What is wrong stands at its field, after a check and when it is refused, and rows that stood empty do not move it.
    @Test func whatIsWrongStandsAtItsField() async throws {
        let browser = try await browser(Said())
        let page = try await browser.get("\(Self.address)/tree")
        let empty = "\(Self.steps)-0-answers-1"
        let more = [
            ("\(empty)-key", "answer_1"), ("\(empty)-label-en", ""), ("\(Self.steps)-0-answers-2-label-en", "No"),
            ("\(Self.steps)-0-answers-2-next", "nowhere"),
        ]
        let checked = try await browser.post("\(Self.address)/tree", Self.posted(page, more + [("do", "check")]))
        #expect(checked.text.contains("<a href=\"#\(empty)-next\">Question 1 › Answer 2 › Leads to</a>"))
        #expect(checked.text.contains("id=\"\(empty)-next-wrong\">There is no such step."))
        #expect(checked.text.contains("name=\"\(empty)-label-en\" type=\"text\" value=\"No\""))
        let refused = try await browser.post(
            "\(Self.address)/tree", Self.posted(page, [("label-en", "Refused"), ("do", "save")]))
        #expect(refused.status == 422 && refused.text.contains("href=\"#\(Self.steps)-1-text-en\""))
        #expect(refused.text.contains("id=\"\(Self.steps)-1-text-en-wrong\">At most 4,000 characters."))
    }

    @Test func aNewTreeBeginsWithAQuestionAndAnEnd() async throws {
        let said = Said()
        let browser = try await browser(said)
        let page = try await browser.get("\(Self.address)/new?kind=decision_tree")
        #expect(keys(page) == ["first", "end"] && page.text.contains("new?kind=decision_tree&amp;as=json"))
        let made = try await browser.post("\(Self.address)/new", Self.posted(page, [("key", "way"), ("do", "save")]))
        #expect(made.status == 303 && said.texts == [#"first  ["yes(Yes)>end"] []; end!  [] []"#], "\(said.texts)")
    }

    /// One with more than a browser posts at once is changed as JSON.
    @Test func aTreeThatIsTooLongIsText() async throws {
        let page = try await browser(Said(), Self.tree(150)).get("\(Self.address)/tree")
        #expect(page.text.contains("name=\"definition\"") && !page.text.contains("as=json"))
    }

    /// Other fields and other lists stay as they are, whatever a button names.
    @Test(arguments: [
        ("up:rows-1", "a=1&rows-0-x=2&rows-0-in-0=3&rows-1-x=1&rowsother-1=4"), ("down:rows-1", start),
        ("up:rows-9", start),
        ("remove:rows-0", "a=1&rows-0-x=2&rows-0-in-0=3&rowsother-1=4"), ("add:rows", start + "&rows-2="),
        ("remove:rows-1-in-0", "a=1&rows-0-x=1&rows-1-x=2&rowsother-1=4"),
    ])
    func rowsOfAFormAreEdited(button: String, expected: String) {
        let edited = Fields(Self.start).edited(by: button)
        let pairs = (edited?.pairs ?? []).map { "\($0.name)=\($0.value)" }.sorted()
        #expect(pairs == Fields(expected).pairs.map { "\($0.name)=\($0.value)" }.sorted())
    }

    private static let start = "a=1&rows-0-x=1&rows-1-x=2&rows-1-in-0=3&rowsother-1=4"

    @Test(arguments: ["save", "up", "sideways:rows-1", "up:rows", "up:rows-x"]) func otherButtonsEditNothing(
        button: String
    ) {
        #expect(Fields(Self.start).edited(by: button) == nil)
    }
}
