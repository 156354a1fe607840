import Foundation
import OnboardingWire
import RPC
import RecommendedActionsWire
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Parts of recommended actions as forms: what each kind has, rows that are added, conditions that are built, and the way to what no
/// form can hold.
@Suite struct ActionFormTests {
    private static let address = "/administration/actions/onboarding"

    private static func text(_ en: String, _ ko: String = "") -> ActionText {
        var text = ActionText()
        (text.en, text.ko) = (en, ko)
        return text
    }

    private static func part(_ key: String, _ kind: ActionForm.Kind, _ edit: (inout ActionDefinition) -> Void)
        -> ActionDefinition
    {
        var part = ActionDefinition()
        (part.id, part.etag, part.key, part.kind, part.label) = (
            key, "7", key, kind.rawValue, text("The \(key)", "\(key) 항목")
        )
        edit(&part)
        return part
    }

    private static let parts = [
        part("tasks", .context) {
            $0.context = ActionContext()
            $0.context?.table = "lifecycle_task"
        },
        part("first", .recommendation) { $0.recommendation = Recommendation() },
        part("second", .recommendation) { $0.recommendation = Recommendation() },
        part("rule", .rule) {
            var rule = ActionRule()
            (rule.context, rule.condition, rule.recommendations) = ("tasks", "state = \"open\"", ["second", "first"])
            rule.position = 20
            $0.rule = rule
        },
        part("tree", .tree) { $0.decisionTree = DecisionTree() },
    ]

    private func browser(_ said: Said) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = ["admin"]
        @Sendable func note(_ verb: String, _ part: ActionDefinition?) -> ActionDefinition {
            let part = part ?? ActionDefinition()
            let steps = part.guidance?.steps.map { "\($0.text?.en ?? "") \($0.links.map(\.article))" } ?? []
            said.add(
                "\(verb) \(part.id) \(part.etag) \(part.key) \(part.label?.ko ?? "") \(part.active ?? true) "
                    + "\(part.rule?.recommendations ?? []) \(part.rule?.position ?? 0) \(steps)")
            return Self.parts[3]
        }
        try await bench.answer(
            "onboarding",
            StandIn.sessions(ann) + [
                Endpoint(OnboardingAPI.listActionDefinitions) { _, _ in
                    var list = ListActionDefinitionsResponse()
                    list.actionDefinitions = Self.parts
                    return list
                },
                Endpoint(OnboardingAPI.getActionDefinition) { _, request async throws(Problem) in
                    guard let part = Self.parts.first(where: { $0.id == request.id }) else {
                        throw .notFound(Text(en: "Not there.", ko: "없습니다."))
                    }
                    return part
                },
                Endpoint(OnboardingAPI.validateActionDefinition) { _, request in
                    var (fault, answer) = (ActionFault(), ValidateActionDefinitionResponse())
                    (fault.field, fault.message) = ("rule.recommendations[1]", Self.text("Not there."))
                    answer.faults = [fault]
                    return answer
                },
                Endpoint(OnboardingAPI.updateActionDefinition) { _, request async throws(Problem) in
                    guard request.actionDefinition?.rule?.condition != "nonsense" else {
                        throw .invalid(
                            field: "action_definition.rule.condition",
                            Text(en: "There is no such field.", ko: "없는 필드입니다."))
                    }
                    return note("update", request.actionDefinition)
                },
                Endpoint(OnboardingAPI.createActionDefinition) { _, request in note("create", request.actionDefinition)
                },
            ])
        return Browser(bench, session: "good")
    }

    private static func rule(_ csrf: String, _ more: [(String, String)]) -> [(String, String)] {
        [
            ("csrf", csrf), ("etag", "7"), ("label-en", "The rule"), ("label-ko", "규칙"), ("rule-context", "tasks"),
            ("rule-recommendations-0", "first"), ("rule-recommendations-1", "second"), ("rule-position", "30"),
            ("active", "true"),
        ] + more
    }

    @Test func aRuleIsAForm() async throws {
        let said = Said()
        let browser = try await browser(said)
        let page = try await browser.get("\(Self.address)/rule")
        for text in [
            "<option value=\"tasks\" selected>The tasks (tasks)", "value=\"state = &quot;open&quot;\"",
            "id=\"rule-recommendations-0\"", "<option value=\"second\" selected>The second (second)",
            "href=\"\(Self.address)/rule?as=json\"", "<option value=\"progress\">",
        ] { #expect(page.text.contains(text), "\(text)") }
        let saved = try await browser.post(
            "\(Self.address)/rule", Self.rule(page.csrf, [("rule-condition", ""), ("do", "save")]))
        #expect(saved.location == "\(Self.address)/rule?done=saved&saved=edit", "\(saved.text)")
        #expect(said.texts == [#"update rule 7 rule 규칙 true ["first", "second"] 30 []"#])
        // What is wrong leads to its field, and what was typed stays.
        let checked = try await browser.post(
            "\(Self.address)/rule", Self.rule(page.csrf, [("rule-condition", "x = 1"), ("do", "check")]))
        #expect(checked.text.contains("href=\"#rule-recommendations-1\"") && checked.text.contains("value=\"x = 1\""))
        let refused = try await browser.post(
            "\(Self.address)/rule", Self.rule(page.csrf, [("rule-condition", "nonsense"), ("do", "save")]))
        #expect(refused.status == 422 && refused.text.contains("id=\"rule-condition-wrong\">There is no such field."))
        #expect(refused.text.contains("value=\"30\"") && said.texts.count == 1)
    }

    @Test func aConditionIsBuiltAndARowIsAdded() async throws {
        let said = Said()
        let browser = try await browser(said)
        let csrf = try await browser.get("\(Self.address)/rule").csrf
        let built = try await browser.post(
            "\(Self.address)/rule",
            Self.rule(
                csrf,
                [
                    ("rule-condition", "a = 1"), ("build_field", "progress"), ("build_is", "="),
                    ("build_value", "on_track"), ("do", "build"),
                ]))
        #expect(built.text.contains("value=\"a = 1 AND progress = &quot;on_track&quot;\""), "\(built.status)")
        let added = try await browser.post(
            "\(Self.address)/rule", Self.rule(csrf, [("rule-condition", ""), ("do", "add:rule-recommendations")]))
        #expect(added.text.contains("id=\"rule-recommendations-2\"") && said.texts.isEmpty)
        #expect(added.text.contains("<option value=\"first\" selected>"))
        // Cards are put in order by buttons; what stood empty between them is gone when it is saved.
        let moved = try await browser.post(
            "\(Self.address)/rule", Self.rule(csrf, [("rule-condition", ""), ("do", "up:rule-recommendations-1")]))
        let cards = moved.text.matches(of: #/<option value="(first|second)" selected>/#).map { String($0.output.1) }
        #expect(cards == ["second", "first"] && said.texts.isEmpty)
        _ = try await browser.post(
            "\(Self.address)/rule",
            Self.rule(csrf, [("rule-recommendations-2", ""), ("rule-recommendations-3", "second"), ("do", "save")]))
        #expect(said.texts.first?.contains(#"["first", "second", "second"]"#) == true, "\(said.texts)")
    }

    /// One that is not there yet begins with the fields of its kind.
    @Test func aNewPartIsOfAKind() async throws {
        let said = Said()
        let browser = try await browser(said)
        let list = try await browser.get("/administration/actions")
        #expect(list.text.contains("href=\"\(Self.address)/new?kind=guidance\">Guidance"))
        // A rule is told from others by its context and condition, and stands before what it recommends.
        #expect(list.text.contains("The tasks · state = &quot;open&quot;"))
        let places = ["rule", "second", "tree", "tasks"].map {
            list.text.range(of: "<code class=\"small quiet\">\($0)</code>")
        }
        #expect(places.allSatisfy { $0 != nil })
        #expect(
            zip(places, places.dropFirst()).allSatisfy {
                ($0?.lowerBound ?? list.text.endIndex) < ($1?.lowerBound ?? list.text.startIndex)
            })
        let page = try await browser.get("\(Self.address)/new?kind=guidance")
        #expect(
            page.text.contains("id=\"guidance-steps-0-text-en\"")
                && page.text.contains("name=\"kind\" value=\"guidance\""))
        let made = try await browser.post(
            "\(Self.address)/new",
            [
                ("csrf", page.csrf), ("kind", "guidance"), ("key", "guide"), ("label-en", "Guide"), ("label-ko", "안내"),
                ("guidance-steps-0-text-en", "Read this"), ("guidance-steps-0-links-0-article", "consumer_guide"),
                ("guidance-steps-1-text-en", ""), ("guidance-steps-2-text-en", "Then that"), ("active", "true"),
                ("do", "save"),
            ])
        #expect(made.status == 303, "\(made.text)")
        #expect(
            said.texts == [
                #"create   guide 안내 true [] 0 ["Read this [\"consumer_guide\"]", "Then that []"]"#
            ], "\(said.texts)")
    }
}
