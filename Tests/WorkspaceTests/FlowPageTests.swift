import OnboardingWire
import PlayLauncherWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// Flows as pages: versions and what differs between them, and a text that is checked before it is published.
@Suite struct FlowPageTests {
    private static let source = """
        document:
          dsl: '1.0.0'
          namespace: ale
          name: review
          version: '2.0.9'
        do: []
        """

    private static func version(_ id: String, _ number: String) -> FlowDefinition {
        var flow = FlowDefinition()
        (flow.id, flow.name, flow.title, flow.version) = (id, "review", "Review", number)
        (flow.definition, flow.active) = (source, true)
        return flow
    }

    private static func endpoints(_ said: Said) -> [Endpoint] {
        [
            Endpoint(PlayLauncherAPI.getFlowDefinition) { _, request async throws(Problem) in
                guard ["1", "2"].contains(request.id) else { throw .notFound(Text(en: "None.", ko: "없습니다.")) }
                return version(request.id, "\(request.id).0.0")
            },
            Endpoint(PlayLauncherAPI.listFlowDefinitions) { _, _ in
                var list = ListFlowDefinitionsResponse()
                list.flowDefinitions = [version("1", "1.0.0"), version("2", "2.0.0")]
                return list
            },
            Endpoint(PlayLauncherAPI.compareFlowDefinitions) { _, request in
                said.add("\(request.from) \(request.to)")
                var difference = FlowDifference()
                (difference.path, difference.kind, difference.after) = ("do/mail", "added", "<call>")
                var answer = CompareFlowDefinitionsResponse()
                (answer.differences, answer.running, answer.fromVersion) = ([difference], 2, "1.0.0")
                return answer
            },
            Endpoint(PlayLauncherAPI.createFlowDefinition) { _, request async throws(Problem) in
                said.add("\(request.validateOnly ? "check" : "publish")")
                guard request.flowDefinition?.definition?.contains("wrong") != true else {
                    var problem = Problem.invalid(
                        field: FlowDefinition.path(.definition),
                        Text(en: "Line 3, column 2: this is <wrong>.", ko: "3번째 줄 2번째 글자: 잘못되었습니다."))
                    problem.metadata = ["line": "3", "column": "2"]
                    throw problem
                }
                return version("3", "2.0.10")
            },
        ]
    }

    private func browser(_ said: Said = Said(), _ roles: [String] = ["admin"]) async throws -> Browser {
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer("play-launcher", Self.endpoints(said))
        return Browser(bench, session: "good")
    }

    @Test func versionsOfAFlowAreCompared() async throws {
        let said = Said()
        let seen = try await browser(said).get("/administration/flows/2")
        for text in [
            "do/mail", "Added", "&lt;call&gt;", "2 runs still go by version 1.0.0.",
            "href=\"/administration/flows/new?of=2\"", "href=\"/administration/flows/1\"", "name: review",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(said.texts == ["1 2"])
        #expect(try await browser().get("/records/flow_definition/2").location == "/administration/flows/2")
    }

    @Test func aTextIsCheckedAndPublished() async throws {
        let said = Said()
        let browser = try await browser(said)
        let begun = try await browser.get("/administration/flows/new")
        #expect(begun.text.contains("name: my-flow") && begun.text.contains("?example=2"))
        let raised = try await browser.get("/administration/flows/new?of=2")
        #expect(raised.text.contains("version: &#39;2.0.10&#39;") && raised.text.contains("name: review"))
        let copied = try await browser.get("/administration/flows/new?example=1")
        #expect(copied.text.contains("name: review-copy") && copied.text.contains("version: &#39;1.0.0&#39;"))
        #expect(copied.text.contains("dsl: &#39;1.0.0&#39;"))
        func post(_ action: String, _ text: String) async throws -> Bench.Seen {
            try await browser.post(
                "/administration/flows/new", [("csrf", begun.csrf), ("do", action), ("definition", text)])
        }
        let wrong = try await post("check", "document:\r\n  dsl: x\r\n  wrong: <y>\r\nlast: 1")
        #expect(wrong.status == 422)
        for text in [
            "Line 3, column 2: this is &lt;wrong&gt;.", "data-line=\"3\" data-column=\"2\"",
            "<mark>3    wrong: &lt;y&gt;</mark>",
            "4  last: 1",
        ] { #expect(wrong.text.contains(text), "\(text)") }
        let fine = try await post("check", Self.source)
        #expect(fine.status == 200 && fine.text.contains("Nothing is wrong: ‘Review’, version 2.0.10."))
        let published = try await post("publish", Self.source)
        #expect(published.location == "/administration/flows/3?done=created&saved=flow")
        #expect(said.texts == ["check", "check", "publish"])
    }

    /// Who may read flows reads them; of whoever may write none the editor is not there.
    @Test func theEditorIsForWhoAdministersPlays() async throws {
        let agent = try await browser(Said(), ["sn_acct_lc.agent"])
        let seen = try await agent.get("/administration/flows/2")
        #expect(seen.status == 200 && !seen.text.contains("flows/new"))
        #expect(try await agent.get("/administration/flows/new").status == 404)
        let nobody = try await browser(Said(), ["sn_acct_lc.touchpoint_read"])
        #expect(try await nobody.get("/administration/flows/2").status == 404)
        #expect(try await agent.get("/administration/flows/9").status == 404)
    }
}
