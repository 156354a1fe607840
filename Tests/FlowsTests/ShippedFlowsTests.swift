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

    @Test func allEighteenAreThere() { #expect(Self.files.count == 18) }

    /// What a flow sends is answered as it must be for the next step; whether the services take it, the scenario of the
    /// shipped plays proves.
    @Test(arguments: files)
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
                    namespace: "ale", name: name, version: file.hasPrefix("ale-attach") ? "1.2.0" : "1.1.0"))
        #expect(flow.title.en != flow.title.ko && flow.summary.en != flow.summary.ko)
        for question in flow.wizard {
            #expect(question.isLabeled && question.label?.en != question.label?.ko)
            // What a person is offered as a text is there in both languages, but for names.
            guard question.choices.isEmpty, let standard = question.defaultValue.string else { continue }
            #expect(question.koreanDefault.string != standard || standard == "Service Bridge", "\(question.name)")
        }
        var runner = Runner(flow)
        var count = 0
        let end = try runner.run(["source": Self.source(table), "answers": Self.answers(flow)]) { action, _ in
            guard case .call(_, let method, let request) = action else { return failure(status: 500) }
            if method.hasSuffix(".list") { return .succeeded(["lifecycleTasks": [["id": "t1"]]]) }
            if method.hasSuffix(".search") { return .succeeded(["articles": [["article": "k1"]]]) }
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
    }

    @Test(arguments: [
        ("advisory-session-optimize-architecture", [1, 3, 1]), ("get-to-green-play", [1, 4, 1]),
        ("internal-partner-implementation-review", [1, 3]), ("decommission-legacy-costs-objective", [1]),
        ("enable-business-velocity", [1, 1, 1, 3, 1, 1, 3]), ("product-proof-of-concept", [1, 4]),
    ])
    func recordsAreMadeInTheirOrder(name: String, runs: [Int]) throws {
        let flow = try Self.flow(name + ".yaml")
        var runner = Runner(flow)
        var answers = Self.answers(flow).object ?? [:]
        if flow.wizard.contains(where: { $0.name == "product" }) { answers["product"] = "p" }
        _ = try runner.run(["source": Self.source, "answers": .object(answers)]) { _, index in
            .succeeded(["id": .string("id-\(index)"), "number": "N"])
        }
        var methods: [(String, Int)] = []
        for case .call(_, let method, _) in runner.actions {
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
            #expect(runner.actions.count == actions, "\(table)")
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
        ]) { _, _ in .succeeded(["id": "55555555-0000-4000-8000-000000000000", "number": "TCHPT0000008"]) }
        #expect(
            runner.actions == [
                .call(
                    step: StepKey(path: "do/createTouchpoint", attempt: 1),
                    method: "customer-success.touchpoints.create",
                    request: [
                        "touchpoint": [
                            "engagement": "22222222-0000-4000-8000-000000000000", "meetingType": "qbr",
                            "category": "value_and_adoption", "priority": 4,
                            "subject": "Setup next Quarterly Business Review",
                            "description":
                                "Prepare, schedule and hold the next quarterly business review with the customer.",
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
