import Testing

@testable import Flows

/// What the published scenarios of the Serverless Workflow DSL 1.0 (its conformance tests and its examples) are about, scenario
/// by scenario: what flows do as they say, and what they refuse, by which name.
@Suite struct ConformanceTests {
    /// What a scenario asks for.
    enum Expectation: Sendable {
        /// Completes with this output.
        case output(JSONValue)
        /// Faults with an error that has these members.
        case fault(JSONValue)
        /// The feature is refused when the flow is saved.
        case refused(String)
    }

    struct Scenario: CustomTestStringConvertible, Sendable {
        let name: String
        let flow: String
        let input: JSONValue
        let expectation: Expectation
        var testDescription: String { name }

        init(_ name: String, given input: JSONValue = [:], _ expectation: Expectation, _ flow: String) {
            (self.name, self.flow, self.input, self.expectation) = (name, flow, input, expectation)
        }
    }

    private static let colors = """
          - setRed: {set: {colors: '${ .colors + ["red"] }'}}
          - setGreen: {set: {colors: '${ .colors + ["green"] }'}}
          - setBlue: {set: {colors: '${ .colors + ["blue"] }'}}
        """
    private static let all: JSONValue = ["colors": ["red", "green", "blue"]]

    private static func choice(_ last: String, then: String = "") -> String {
        """
        do:
          - switchColor:
              switch:
                - red: {when: '.color == "red"', then: setRed}
                - green: {when: '.color == "green"', then: setGreen}
        \(last)
        \(then)
          - setRed: {set: {colors: '${ .colors + ["red"] }'}, then: end}
          - setGreen: {set: {colors: '${ .colors + ["green"] }'}, then: end}
          - setCustom: {set: {colors: '${ .colors + [$input.color] }'}}
        """
    }

    private static func get(_ path: String, _ rest: String = "", _ output: String = "") -> String {
        """
              call: http
              with:
                method: get
                endpoint: {uri: 'https://pets.example/\(path)'\(rest)}
        \(output)
        """
    }

    private static func caught(_ status: Int) -> String {
        """
        do:
          - tryGetPet:
              try:
                - getPet:
                    call: http
                    with: {method: get, endpoint: {uri: 'https://pets.example/pet/named/{petName}'}}
              catch:
                errors: {with: {type: '\(FlowError.communication)', status: \(status)}}
                as: err
                do:
                  - tell: {set: {status: '${ $err.status }', instance: '${ $err.instance }'}}
        """
    }

    /// The conformance tests, by feature.
    static let published: [Scenario] = [
        Scenario(
            "branch: competing sub tasks", .output(["colors": ["red"]]),
            "do:\n  - race:\n      fork:\n        compete: true\n        branches:\n"
                + colors.split(separator: "\n").map { "        \($0)\n" }.joined()),
        Scenario(
            "call: HTTP with content output", given: ["status": "available"], .output(["id": 1, "name": "Milou"]),
            "do:\n  - findPet:\n" + get("pets?status={status}", "", "      output: {as: '.[0]'}")),
        Scenario(
            "call: HTTP with response output", given: ["petId": 1], .refused("http.output: response"),
            "do:\n  - getPet:\n" + get("pet/{petId}", "", "        output: response")),
        Scenario(
            "call: HTTP using basic authentication", .refused("endpoint.authentication"),
            "do:\n  - login:\n" + get("login", ", authentication: {basic: {username: a, password: b}}")),
        Scenario(
            "call: OpenAPI with content output", .refused("call: openapi"),
            "do: [find: {call: openapi, with: {operationId: find}, output: {as: '. | length'}}]"),
        Scenario(
            "call: OpenAPI with response output", .refused("call: openapi"),
            "do: [find: {call: openapi, with: {operationId: find, output: response}}]"),
        Scenario(
            "data flow: input filtering", given: ["user": ["claims": ["subject": "6A"]]], .output(["playerId": "6A"]),
            "do: [setPlayerId: {input: {from: .user.claims.subject}, set: {playerId: '${ . }'}}]"),
        Scenario(
            "data flow: output filtering", given: ["petId": 1], .output(1),
            "do:\n  - getPet:\n" + get("pet/{petId}", "", "      output: {as: .id}")),
        Scenario(
            "data flow: output that is no object", given: ["petId": 1], .output(["ids": [1, 2]]),
            "do:\n  - one:\n" + get("pet/{petId}", "", "      output: {as: .id}") + "\n  - two:\n"
                + get("pet/2", "", "      output: {as: '{ ids: [ $input, .id ] }'}")),
        Scenario("do: sequential sub tasks", .output(all), "do:\n  - all:\n      do:\n" + indented(colors)),
        Scenario(
            "emit: the event is the output", given: ["user": ["first": "John", "last": "Doe"]],
            .output([
                "source": "https://fake-source.com", "type": "com.fake-source.user.greeted.v1",
                "data": ["greetings": "Hello John Doe!"],
            ]),
            """
            do:
              - greet:
                  emit:
                    event:
                      with:
                        source: https://fake-source.com
                        type: com.fake-source.user.greeted.v1
                        data: {greetings: '${ "Hello \\(.user.first) \\(.user.last)!" }'}
                  output: {as: '{source, type, data}'}
            """),
        Scenario("flow: implicit sequence", .output(all), "do:\n" + colors),
        Scenario(
            "flow: explicit sequence", .output(all),
            """
            do:
              - setRed: {set: {colors: '${ .colors + ["red"] }'}, then: setGreen}
              - setBlue: {set: {colors: '${ .colors + ["blue"] }'}, then: end}
              - setGreen: {set: {colors: '${ .colors + ["green"] }'}, then: setBlue}
            """),
        Scenario(
            "for: named item and index", given: ["colors": ["red", "green", "blue"]],
            .output(["processed": ["colors": ["red", "green", "blue"], "indexes": [0, 1, 2]]]),
            """
            do:
              - loop:
                  for: {each: color, in: .colors}
                  do:
                    - mark:
                        set:
                          processed: '${ {colors: (.processed.colors + [$color]), indexes: (.processed.indexes + [$index])} }'
            """),
        Scenario(
            "raise: an error in place",
            .fault([
                "status": 400, "type": "https://serverlessworkflow.io/errors/types/compliance",
                "title": "Compliance Error", "instance": "/do/0/raiseError",
            ]),
            """
            do:
              - raiseError:
                  raise:
                    error: {status: 400, type: 'https://serverlessworkflow.io/errors/types/compliance', title: Compliance Error}
            """),
        Scenario(
            "set", given: ["configuration": ["size": ["width": 6], "fill": ["red": 69]]],
            .output(["shape": "circle", "size": ["width": 6], "fill": ["red": 69]]),
            "do: [initialize: {set: {shape: circle, size: '${ .configuration.size }', fill: '${ .configuration.fill }'}}]"
        ),
        Scenario("switch: a matching case", given: ["color": "red"], .output(["colors": ["red"]]), choice("")),
        Scenario(
            "switch: the implicit default", given: ["color": "yellow"], .output(["color": "yellow"]),
            choice("", then: "      then: end")),
        Scenario(
            "switch: an explicit default", given: ["color": "yellow"], .output(["colors": ["yellow"]]),
            choice("        - other: {then: setCustom}")),
        Scenario(
            "try: a caught error", given: ["petName": "Tintin"],
            .output(["status": 404, "instance": "/do/0/tryGetPet/try/0/getPet"]), caught(404)),
        Scenario("try: an uncaught error", given: ["petName": "Tintin"], .fault(["status": 404]), caught(503)),
    ]

    private static func indented(_ tasks: String) -> String {
        tasks.split(separator: "\n").map { "      \($0)\n" }.joined()
    }

    private static let order = "{call: openapi, with: {operationId: order}}"
    private static let reading = "with: {source: 'https://home.example', type: home.sensors.temperature}"

    /// The examples that are about something which the conformance tests leave out. What one has several of stands once.
    static let examples: [Scenario] = [
        Scenario(
            "accumulate-room-readings", .refused("call: openapi"),
            "do: [log: {for: {each: r, in: .}, do: [a: \(order)]}]"),
        Scenario(
            "authentication-bearer", .refused("endpoint.authentication"),
            "do:\n  - a:\n" + get("x", ", authentication: {bearer: {token: t}}")),
        Scenario("authentication-oauth2-secret", .refused("use.secrets"), "use: {secrets: [mine]}\ndo: [a: {set: {}}]"),
        Scenario(
            "authentication-reusable", .refused("use.authentications"),
            "use: {authentications: {a: {}}}\ndo: [a: {set: {}}]"),
        Scenario("call-asyncapi-publish", .refused("call: asyncapi"), "do: [a: {call: asyncapi, with: {}}]"),
        Scenario(
            "call-custom-function-inline", given: ["petId": 1], .output(["id": 1, "name": "Milou"]),
            "use:\n  functions:\n    getPetById:\n" + get("pet/{petId}")
                + "\ndo: [get: {call: getPetById, with: {petId: '${ .petId }'}}]"),
        Scenario(
            "call-custom-function-cataloged", .refused("use.catalogs"),
            "use: {catalogs: {global: {}}}\ndo: [a: {set: {}}]"),
        Scenario("call-grpc", .refused("call: grpc"), "do: [greet: {call: grpc, with: {}}]"),
        Scenario(
            "call-http-query-headers-expressions", given: ["q": "milou"], .output([["id": 1, "name": "Milou"]]),
            "do: [a: {call: http, with: {method: get, endpoint: 'https://pets.example/pets', query: {search: '${ .q }'}, headers: {X-Of: '${ .q }'}}}]"
        ),
        Scenario(
            "call-http-redirect", .refused("http.redirect"),
            "do: [a: {call: http, with: {method: get, redirect: true, endpoint: 'https://pets.example/x'}}]"),
        Scenario("call-mcp", .refused("call: mcp"), "do: [a: {call: mcp, with: {}}]"),
        Scenario(
            "conditional-task", given: ["customer": ["vip": false]], .output(["customer": ["vip": false]]),
            "do: [a: {if: .customer.vip, raise: {error: {type: urn:x, status: 400, title: X}}}]"),
        Scenario("fork", .output([1, 2]), "do: [a: {fork: {branches: [nurse: {set: '1'}, doctor: {set: '2'}]}}]"),
        Scenario(
            "listen-to-any-forever-foreach", .refused("listen.foreach"),
            "do: [a: {foreach: {item: e}, listen: {to: {any: [\(reading)]}}}]"),
        Scenario(
            "listen-to-any-until-consumed", .refused("until an event"),
            "do: [a: {listen: {to: {any: [\(reading)], until: {one: {\(reading)}}}}}]"),
        Scenario(
            "mock-service-extension", .refused("use.extensions"), "use: {extensions: [mock: {}]}\ndo: [a: {set: {}}]"),
        Scenario(
            "raise-reusable", .fault(["status": 400, "title": "Not implemented"]),
            "use: {errors: {none: {type: urn:none, status: 400, title: Not implemented}}}\ndo: [a: {raise: {error: none}}]"
        ),
        Scenario("run-container", .refused("run: container"), "do: [a: {run: {container: {image: x}}}]"),
        Scenario("run-return-code", .refused("run.return"), "do: [a: {run: {return: code, workflow: {}}}]"),
        Scenario("run-script-with-arguments", .refused("run: script"), "do: [a: {run: {script: {language: js}}}]"),
        Scenario("run-shell-stdin-and-arguments", .refused("run: shell"), "do: [a: {run: {shell: {command: ls}}}]"),
        // Who a play that starts itself acts for, on which record and with which answers is said by a trigger.
        Scenario(
            "schedule-cron", .output([:]),
            "schedule:\n  cron: 0 0 * * *\ndo: [backup: {call: http, with: {method: post, endpoint: 'https://pets.example/backup/start'}}]"
        ),
        Scenario(
            "schedule-event-driven", given: [["type": "home.sensors.temperature", "data": ["pet": ["id": 1]]]],
            .output(["id": 1, "name": "Milou"]),
            "schedule: {on: {one: {\(reading)}}}\ndo:\n  - call:\n"
                + get("pet/{id}", "", "      input: {from: '{id: $workflow.input[0].data.pet.id}'}")),
        Scenario("set-expression", given: ["a": 1], .output(["a": 1]), "do: [a: {set: '${ $input }'}]"),
        Scenario(
            "star-wars-homeworld", given: ["petId": 1], .output(["id": 2]),
            "do:\n  - one:\n" + get("pet/{petId}", "", "      export: {as: '{next: (.id + 1)}'}") + "\n  - two:\n"
                + get("pet/{next}", "", "      input: {from: $context}\n      output: {as: '{id}'}")),
        Scenario(
            "try-catch-retry-reusable", given: ["petName": "later"], .output(["id": 1, "name": "Milou"]),
            "use: {retries: {often: {delay: PT1S, backoff: {exponential: {}}, limit: {attempt: {count: 5}}}}}\n"
                + caught(503).replacing("        as: err\n", with: "        as: err\n        retry: often\n")),
        Scenario("wait-duration-iso8601", .output([:]), "do: [a: {wait: PT1M30S}]"),
        Scenario(
            "while", .output(["n": 1]),
            "do: [a: {for: {each: x, in: '[range(5)]'}, while: '(.n // 0) < 1', do: [b: {set: {n: '${ (.n // 0) + 1 }'}}]}]"
        ),
    ]

    /// The server that is asked: it knows two pets, and one that is away at first.
    private static func answer(_ action: FlowAction, _ turn: Int) -> StepResult {
        guard case .http(_, let request) = action else { return .succeeded(.null) }
        let path = request.url.dropFirst("https://pets.example/".count)
        switch path.prefix(while: { $0 != "?" }) {
        case "backup/start": return .succeeded([:])
        case "pet/1": return .succeeded(["id": 1, "name": "Milou"])
        case "pet/2": return .succeeded(["id": 2, "name": "Snowy"])
        case "pets":
            let isAsked = path.hasSuffix("=available") || path.hasSuffix("=milou") && request.headers["X-Of"] == "milou"
            return .succeeded(isAsked ? [["id": 1, "name": "Milou"]] : [])
        case "pet/named/later" where turn > 1: return .succeeded(["id": 1, "name": "Milou"])
        case "pet/named/later": return failure(type: FlowError.communication, status: 503)
        default: return failure(type: FlowError.communication, status: 404)
        }
    }

    @Test(arguments: published + examples)
    func flowsDoAsPublished(_ scenario: Scenario) throws {
        let yaml = FeatureTests.head + scenario.flow
        if case .refused(let feature) = scenario.expectation {
            let refused = try problem(yaml)
            #expect(refused.text.en == "'\(feature)' is not available in flows.")
            #expect(FlowFeature.all.contains { $0.name == feature && !$0.isSupported })
            return
        }
        var runner = TimedRunner(try FlowSource.compile(yaml: yaml))
        switch (try runner.run(scenario.input, answer: Self.answer), scenario.expectation) {
        case (.completed(let output), .output(let expected)): #expect(output == expected)
        case (.failed(let error), .fault(let expected)):
            for (name, value) in expected.object ?? [:] { #expect(error.json[name] == value, "\(name)") }
        case (let end, _): Issue.record("\(end)")
        }
    }

    /// How much of what is published flows refuse; each refusal is named above.
    @Test func mostOfThePublishedIsThere() {
        func refused(_ scenarios: [Scenario]) -> Int {
            scenarios.count { if case .refused = $0.expectation { true } else { false } }
        }
        #expect(Self.published.count == 21 && refused(Self.published) == 4)
    }
}
