import Testing

@testable import Flows

@Suite struct InputTests {
    static let input = """
        input:
          schema:
            document:
              type: object
              required: [source]
              properties:
                source: {type: object}
                answers:
                  type: object
                  additionalProperties: false
                  required: [title, due]
                  properties:
                    title: {type: string, title: Title, x-title-ko: 제목, minLength: 3, maxLength: 10}
                    due: {type: string, format: date, title: Due, x-title-ko: 기한}
                    priority: {type: integer, minimum: 1, maximum: 5, default: 3}
                    share: {type: number}
                    visible: {type: boolean, default: false}
                    category:
                      type: string
                      oneOf: [{const: a, title: First, x-title-ko: 첫째}, {const: b}]
                    tags: {type: array, items: {type: string, maxLength: 2}}
                    contact: {type: string, x-reference: customer_contact, x-prefill: contact}
                    note: {type: string, default: Hello, x-default-ko: 안녕하세요}

        """

    static func flow() throws -> CompiledFlow { try compiled("  - a: {set: '${ . }'}", input: input) }

    @Test func theWizardAsksWhatTheSchemaDeclares() throws {
        let questions = try Self.flow().wizard
        #expect(
            questions.map(\.name) == [
                "title", "due", "priority", "share", "visible", "category", "tags", "contact", "note",
            ])
        #expect(questions[0].label == FlowText(en: "Title", ko: "제목") && questions[0].isMandatory)
        // Whoever shows it says what a question without a title is about.
        #expect(questions[0].isLabeled && questions[2].label == nil && !questions[2].isLabeled)
        #expect(questions[1].kind == .date && questions[2].defaultValue == 3 && !questions[2].isMandatory)
        #expect(questions[5].choices.map(\.label) == [FlowText(en: "First", ko: "첫째"), FlowText(en: "b", ko: "b")])
        #expect(questions[7].reference == "customer_contact" && questions[7].prefill == "contact")
    }

    @Test func defaultsAreFilledInAndBlanksLeftOut() throws {
        let (filled, violations) = try Self.flow().validate(
            answers: ["title": "Review", "due": "2027-02-28", "category": "", "contact": nil])
        #expect(violations.isEmpty)
        #expect(filled == ["title": "Review", "due": "2027-02-28", "priority": 3, "visible": false, "note": "Hello"])
    }

    @Test func defaultsAreTextsInTheLanguageOfTheRun() throws {
        let flow = try Self.flow()
        let question = try #require(flow.wizard.last)
        #expect(question.defaultValue == "Hello" && question.koreanDefault == "안녕하세요")
        #expect(flow.wizard[2].koreanDefault == 3)
        let answers: JSONValue = ["title": "Review", "due": "2027-02-28"]
        #expect(flow.validate(answers: answers, language: "ko").answers["note"] == "안녕하세요")
        #expect(flow.validate(answers: answers, language: "fr").answers["note"] == "Hello")
        let whole = flow.validate(input: ["source": [:], "answers": answers], language: "ko")
        #expect(whole.violations.isEmpty && whole.input["answers"]?["note"] == "안녕하세요")
    }

    @Test(arguments: [
        (#"{"title":"Review"}"#, "due", "Due is required."), (#"{"title":"","due":"2027-01-01"}"#, "title", "required"),
        (#"{"title":"ab","due":"2027-01-01"}"#, "title", "at least 3"),
        (#"{"title":"한글한글한글한글한글한","due":"2027-01-01"}"#, "title", "at most 10"),
        (#"{"title":"abc","due":"2027-02-30"}"#, "due", "YYYY-MM-DD"),
        (#"{"title":"abc","due":"2.1.27"}"#, "due", "date"),
        (#"{"title":5,"due":"2027-01-01"}"#, "title", "kind 'string'"),
        (#"{"title":"abc","due":"2027-01-01","priority":9}"#, "priority", "At most 5"),
        (#"{"title":"abc","due":"2027-01-01","priority":1.5}"#, "priority", "whole number"),
        (#"{"title":"abc","due":"2027-01-01","visible":"yes"}"#, "visible", "boolean"),
        (#"{"title":"abc","due":"2027-01-01","category":"c"}"#, "category", "offered"),
        (#"{"title":"abc","due":"2027-01-01","tags":["ab","abc"]}"#, "tags[1]", "at most 2"),
        (#"{"title":"abc","due":"2027-01-01","other":1}"#, "other", "no such question"),
        ("[]", "", "kind 'object'"),
    ])
    func wrongAnswersAreNamed(text: String, field: String, says: String) throws {
        let (_, violations) = try Self.flow().validate(answers: try JSONValue(parsing: text))
        #expect(violations.map(\.field) == [field])
        #expect(violations.first?.text.en.contains(says) == true)
        #expect(violations.first?.text.ko.isEmpty == false)
    }

    @Test func aRunIsNotBegunWithAWrongInput() throws {
        let machine = FlowMachine(try Self.flow())
        #expect {
            try machine.start(run: "r", input: ["source": [:]], now: FlowInstant(milliseconds: 0))
        } throws: { error in
            guard case .invalidInput(let violations) = error as? FlowMachineError else { return false }
            return violations.map(\.field) == ["answers.title", "answers.due"]
        }
    }

    @Test(arguments: [
        ("{type: text}", "document/type"), ("{type: object, required: [a]}", "document/required/0"),
        ("{type: object, properties: {a: {type: integer, default: x}}}", "document/properties/a/default"),
        ("{type: object, properties: {a: {type: integer, format: date}}}", "document/properties/a/format"),
        ("{type: object, properties: {'a b': {}}}", "document/properties/a b"),
        ("{type: string}", "document"), ("{type: object, pattern: x}", "document/pattern"),
        ("{type: object, properties: {a: {x-title-ko: 제목}}}", "document/properties/a/x-title-ko"),
        ("{type: object, properties: {a: {x-default-ko: 값}}}", "document/properties/a/x-default-ko"),
        (
            "{type: object, properties: {a: {type: string, maxLength: 2, default: ab, x-default-ko: 가나다}}}",
            "document/properties/a/x-default-ko"
        ),
        ("{type: object, properties: {a: {enum: []}}}", "document/properties/a/enum"),
    ])
    func aWrongSchemaIsRefused(schema: String, path: String) throws {
        let found = try problem(definition("  - a: {set: {}}", input: "input: {schema: {document: \(schema)}}\n"))
        #expect(found.path == "input/schema/" + path, "\(found)")
        #expect(found.line == 6)
    }
}
