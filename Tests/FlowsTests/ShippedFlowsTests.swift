import Foundation
import Testing

@testable import Flows

/// The flows that come with the play launcher.
@Suite struct ShippedFlowsTests {
    static let files: [String] =
        (try? FileManager.default.contentsOfDirectory(atPath: flowsFolder.path))?
        .filter { $0.hasSuffix(".yaml") }.sorted() ?? []

    static func flow(_ file: String) throws -> CompiledFlow {
        try FlowSource.compile(
            yaml: String(contentsOf: flowsFolder.appendingPathComponent(file), encoding: .utf8))
    }

    /// The tables plays are launched from that belong to an engagement (G-75).
    static let tables = [
        "engagement", "success_initiative", "success_objective", "touchpoint", "success_case", "internal_play",
        "risk_signal",
    ]

    static func source(_ table: String) -> JSONValue {
        var source: [String: JSONValue] = [
            "table": .string(table), "id": "11111111-0000-4000-8000-000000000000",
            "account": "33333333-0000-4000-8000-000000000000",
        ]
        if tables.contains(table) { source["engagement"] = "22222222-0000-4000-8000-000000000000" }
        return .object(source)
    }

    static let source = source("risk_signal")

    /// Where a flow is offered: where it says, else on every record that belongs to an engagement.
    static func sources(_ flow: CompiledFlow) -> [String] {
        flow.metadata["sources"]?.array?.compactMap(\.string) ?? tables
    }

    /// An answer for every mandatory question.
    static func answers(_ flow: CompiledFlow) -> JSONValue {
        var answers: [String: JSONValue] = [:]
        for question in flow.wizard where question.isMandatory {
            answers[question.name] =
                question.choices.first?.value ?? (question.kind == .date ? "2027-03-31" : "some text")
        }
        return .object(answers)
    }

    /// Those that are launched: one more is run inside them.
    static let launched = files.filter { $0 != "lay-out-success-blueprint.yaml" }

    @Test func allEighteenAreThere() { #expect(Self.launched.count == 18 && Self.files.count == 19) }

    /// Runs a flow with those inside it. What each call asks is answered by `answer`, which is given their number.
    static func run(
        _ flow: CompiledFlow, _ input: JSONValue, _ calls: inout [FlowAction],
        answer: (FlowAction, Int) -> StepResult
    ) throws -> FlowAction {
        var runner = Runner(flow)
        var made = calls
        var failed: (any Error)?
        let end = try runner.run(input) { action, _ in
            if case .runSubflow(_, let reference, let given) = action {
                do {
                    switch try run(Self.flow("\(reference.name).yaml"), given, &made, answer: answer) {
                    case .completed(let output): return .succeeded(output)
                    case .failed(let error): return .failed(error)
                    default: return failure(status: 500)
                    }
                } catch {
                    failed = error
                    return failure(status: 500)
                }
            }
            made.append(action)
            return answer(action, made.count - 1)
        }
        calls = made
        if let failed { throw failed }
        return end
    }

    /// The step that attaches a playbook to what was made.
    static let attaching = "customer-success.playbook_runs.start"

    /// The methods that were called, but for those that attach playbooks.
    static func methods(_ calls: [FlowAction]) -> [String] {
        calls.compactMap { action in
            guard case .call(_, let method, _) = action, method != attaching else { return nil }
            return method
        }
    }

    /// What a flow sends is answered as it must be for the next step; whether the services take it, the scenario of the
    /// shipped plays proves.
    @Test(arguments: launched)
    func eachCompilesAndRunsToItsEnd(file: String) throws {
        let flow = try Self.flow(file)
        #expect(!Self.sources(flow).isEmpty)
        for table in Self.sources(flow) { try run(flow, file, from: table) }
    }

    private func run(_ flow: CompiledFlow, _ file: String, from table: String) throws {
        let name = String(file.dropLast(5))
        #expect(
            flow.reference
                == FlowReference(
                    namespace: "ale", name: name, version: "1.3.0"))
        #expect(flow.title.en != flow.title.ko && flow.summary.en != flow.summary.ko)
        for question in flow.wizard {
            #expect(question.isLabeled && question.label?.en != question.label?.ko)
            // What a person is offered as a text is there in both languages, but for names.
            #expect(question.choices.allSatisfy { $0.label.en != $0.label.ko }, "\(question.name)")
            guard question.choices.isEmpty, let standard = question.defaultValue.string else { continue }
            #expect(question.koreanDefault.string != standard || standard == "Service Bridge", "\(question.name)")
        }
        var count = 0
        var attached = 0
        var calls: [FlowAction] = []
        let end = try Self.run(
            flow, ["source": Self.source(table), "answers": Self.answers(flow)], &calls
        ) { action, _ in
            guard case .call(_, let method, let request) = action else { return failure(status: 500) }
            if method == Self.attaching {
                attached += 1
                // To something that this play has made.
                #expect(request["record"]?.string?.hasPrefix("id-") == true && request["definition"] != nil)
                return .succeeded(["id": "run"])
            }
            if method.hasSuffix(".list") { return .succeeded(["lifecycleTasks": [["id": "t1"]]]) }
            if method.hasSuffix(".search") {
                // The articles of Service Bridge, and no others that speak of it (F-05).
                #expect(
                    request["keys"]
                        == ["consumer_guide", "remote_choice", "remote_record_producer", "remote_task_sync"])
                return .succeeded(["articles": [["article": "k1"]]])
            }
            count += 1
            let isCreate =
                method == "onboarding.onboarding_cases.create"
                || method.hasPrefix("customer-success.") && method.hasSuffix(".create")
            guard isCreate else {
                #expect(method == "onboarding.knowledge_links.relate")
                #expect(request == ["article": "k1", "lifecycleTasks": ["t1"]])
                return .succeeded(["lifecycleTasks": ["t1"]])
            }
            // The record itself, beside an update mask at most.
            #expect(request.object?.values.contains { $0.object != nil } == true)
            return .succeeded(["id": .string("id-\(count)"), "number": .string("N\(count)")])
        }
        guard case .completed(let output) = end else { return #expect(Bool(false), "\(end)") }
        let records = try #require(output["records"]?.array)
        #expect(records.count == (file.hasPrefix("ale-attach") ? 0 : count))
        #expect(records.allSatisfy { $0["id"]?.string != nil && $0["table"]?.string != nil })
        // Each play attaches a playbook to what it makes: blueprints one to the objective and to each initiative. A case has
        // its own, and articles are no work.
        let initiatives = records.filter { $0["table"] == "success_initiative" }.count
        #expect(attached == (file.hasPrefix("ale-attach") || file.hasPrefix("initiate") ? 0 : 1 + initiatives))
    }

    /// What customers read of the work made for them is said to them: it does not speak of them as others do.
    @Test(
        arguments: launched.filter { !$0.hasPrefix("get-to") && !$0.hasPrefix("internal") && !$0.hasPrefix("create-r") }
    )
    func customersReadNothingInternal(file: String) throws {
        let visible = [
            "successCase", "successTask", "touchpoint", "successObjective", "successOutcome", "successInitiative",
        ]
        let flow = try Self.flow(file)
        for language in ["en", "ko"] {
            var answers = Self.answers(flow)
            answers = flow.validate(answers: answers, language: language).answers
            var calls: [FlowAction] = []
            _ = try Self.run(
                flow, ["source": Self.source(Self.sources(flow)[0]), "answers": answers], &calls
            ) { _, index in .succeeded(["id": .string("id-\(index)"), "number": "n"]) }
            for case .call(_, _, let request) in calls {
                for record in visible.compactMap({ request[$0]?.object }) {
                    for (name, value) in record
                    where ["subject", "title", "description", "shortDescription"].contains(name) {
                        let text = value.string ?? ""
                        let internalWords = [
                            "with the customer", "to the customer", "ask the customer", "the account", "engagement",
                            "key customer", "internal",
                            "고객과", "고객에게", "고객 측", "계정의", "참여의", "내부",
                        ]
                        #expect(
                            !internalWords.contains { text.localizedCaseInsensitiveContains($0) }, "\(file): \(text)")
                    }
                }
            }
        }
    }

    @Test(arguments: [
        ("advisory-session-optimize-architecture", [1, 3, 1]), ("get-to-green-play", [1, 4, 1]),
        ("internal-partner-implementation-review", [1, 3]), ("decommission-legacy-costs-objective", [1]),
        ("enable-business-velocity", [1, 1, 1, 3, 1, 1, 3]), ("product-proof-of-concept", [1, 4]),
    ])
    func recordsAreMadeInTheirOrder(name: String, runs: [Int]) throws {
        let flow = try Self.flow(name + ".yaml")
        var answers = Self.answers(flow).object ?? [:]
        if flow.wizard.contains(where: { $0.name == "product" }) { answers["product"] = "p" }
        var calls: [FlowAction] = []
        _ = try Self.run(flow, ["source": Self.source, "answers": .object(answers)], &calls) { _, index in
            .succeeded(["id": .string("id-\(index)"), "number": "N"])
        }
        var methods: [(String, Int)] = []
        for method in Self.methods(calls) {
            if methods.last?.0 == method { methods[methods.count - 1].1 += 1 } else { methods.append((method, 1)) }
        }
        #expect(methods.map(\.1) == runs)
    }

    @Test func solutionsAreLinkedOnlyWhenLaunchedFromARiskSignal() throws {
        let flow = try Self.flow("get-to-green-play.yaml")
        for (table, actions) in Self.tables.map({ ($0, $0 == "risk_signal" ? 6 : 5) }) {
            var runner = Runner(flow)
            _ = try runner.run(["source": Self.source(table), "answers": [:]]) { _, _ in
                .succeeded(["id": "i", "number": "n"])
            }
            #expect(Self.methods(runner.actions).count == actions, "\(table)")
        }
    }

    /// A further onboarding is one of the same account, of type Phased, with the products that are chosen (G-80); where
    /// another account is chosen it is generated from no case.
    @Test func theOnboardingJourneyMakesOneCase() throws {
        let flow = try Self.flow("initiate-a-new-onboarding-journey.yaml")
        #expect(flow.wizard.map(\.name) == ["account", "short_description", "description", "products", "assigned_to"])
        let products = try #require(flow.wizard.first { $0.name == "products" })
        #expect(products.kind == .array && products.reference == "sold_product")
        let account = "33333333-0000-4000-8000-000000000000"
        let other = "44444444-0000-4000-8000-000000000000"
        for (chosen, parent) in [
            (nil, "11111111-0000-4000-8000-000000000000"), (account, "11111111-0000-4000-8000-000000000000"),
            (other, nil),
        ] as [(String?, String?)] {
            var runner = Runner(flow)
            var answers: [String: JSONValue] = ["products": ["p-1", "p-2"], "short_description": "The second site"]
            if let chosen { answers["account"] = .string(chosen) }
            _ = try runner.run(["source": Self.source("onboarding_case"), "answers": .object(answers)]) { _, _ in
                .succeeded(["id": "i", "number": "n"])
            }
            guard case .call(_, let method, let request) = runner.actions.first else {
                return #expect(Bool(false), "nothing was called")
            }
            let made = try #require(request["onboardingCase"])
            #expect(method == "onboarding.onboarding_cases.create" && runner.actions.count == 1)
            #expect(made["account"]?.string == chosen ?? account && made["parent"]?.string == parent)
            #expect(made["products"] == ["p-1", "p-2"] && made["type"] == "phased")
            #expect(made["shortDescription"] == "The second site")
        }
    }

    @Test func theQuarterlyReviewMakesOneTouchpoint() throws {
        let flow = try Self.flow("setup-next-quarterly-business-review.yaml")
        #expect(flow.wizard.filter(\.isMandatory).map(\.name) == ["meeting_date"])
        var runner = Runner(flow)
        let end = try runner.run([
            "source": Self.source,
            "answers": [
                "meeting_date": "2027-03-31", "contact": "44444444-0000-4000-8000-000000000000", "due_date": "",
            ],
        ]) { action, _ in
            if case .call(_, Self.attaching, _) = action { return .succeeded(["id": "run"]) }
            return .succeeded(["id": "55555555-0000-4000-8000-000000000000", "number": "TCHPT0000008"])
        }
        #expect(
            runner.actions.dropLast() == [
                .call(
                    step: StepKey(path: "do/createTouchpoint", attempt: 1),
                    method: "customer-success.touchpoints.create",
                    request: [
                        "touchpoint": [
                            "engagement": "22222222-0000-4000-8000-000000000000", "meetingType": "qbr",
                            "category": "value_and_adoption", "priority": 4,
                            "subject": "Setup next Quarterly Business Review",
                            "description":
                                "Prepare, schedule and hold the next quarterly business review together.",
                            "meetingDate": "2027-03-31", "contact": "44444444-0000-4000-8000-000000000000",
                        ]
                    ])
            ])
        #expect(
            end
                == .completed([
                    "records": [
                        [
                            "table": "touchpoint", "id": "55555555-0000-4000-8000-000000000000",
                            "number": "TCHPT0000008",
                        ]
                    ]
                ]))
    }
}
