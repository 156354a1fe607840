import Foundation
import Testing

@testable import Flows

/// One flow for each feature of the DSL that flows have, in the manner of its conformance tests: what a run is given, and
/// what becomes of it.
@Suite struct FeatureTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let feature: String
        let flow: String
        let input: JSONValue
        let output: String
        var testDescription: String { "\(feature): \(output.prefix(40))" }

        init(_ feature: String, _ input: JSONValue = [:], _ output: String, _ flow: String) {
            (self.feature, self.flow, self.input, self.output) = (feature, flow, input, output)
        }
    }

    static let head = "document: {dsl: '1.0.3', namespace: test, name: sample, version: '1.0.0', tags: {of: tests}}\n"

    static let cases: [Case] = [
        Case("document", ["a": 1], #"{"a":1}"#, "do: [keep: {set: $input}]"),
        Case(
            "input", ["user": ["claims": ["subject": "7"]]], #"{"id":"7"}"#,
            "do: [one: {input: {from: .user.claims.subject}, set: {id: '${ . }'}}]"),
        Case("input", ["n": 2], #"{"n":3}"#, "input: {from: '{n: (.n + 1)}'}\ndo: [keep: {set: '.'}]"),
        Case("output", ["n": 2], "2", "do: [one: {set: {id: '${ .n }'}, output: {as: .id}}]"),
        Case("output", ["n": 2], #"{"all":{"n":2}}"#, "do: [one: {set: '.'}]\noutput: {as: '{all: .}'}"),
        Case(
            "output", [:], "failed /do/0/one 400 \(FlowError.validation)",
            "do: [one: {set: {id: x}, output: {schema: {document: {type: object, required: [n], properties: {n: {}}}}}}]"
        ),
        Case(
            "export", [:], #"{"seen":["a","b"]}"#,
            """
            do:
              - one: {set: {at: a}, export: {as: '{seen: [.at]}'}}
              - two: {set: {at: b}, export: {as: '{seen: ($context.seen + [.at])}'}}
              - all: {set: $context}
            """),
        Case(
            "export", [:], "failed /do/0/one 400 \(FlowError.validation)",
            "do: [one: {set: {at: a}, export: {as: '{at: .at}', schema: {document: {type: object, properties: {at: {type: integer}}}}}}]"
        ),
        Case("schedule", ["a": 1], #"{"a":1}"#, "schedule: {every: PT1H}\ndo: [keep: {set: $input}]"),
        Case("if", ["on": false], #"{"on":false}"#, "do: [skipped: {if: .on, set: {x: 1}}]"),
        Case(
            "then", [:], #"{"colors":["red","green","blue"]}"#,
            """
            do:
              - setRed: {set: {colors: '${ .colors + [ "red" ] }'}, then: setGreen}
              - setBlue: {set: {colors: '${ .colors + [ "blue" ] }'}, then: end}
              - setGreen: {set: {colors: '${ .colors + [ "green" ] }'}, then: setBlue}
            """),
        Case("then", [:], "[1]", "do: [group: {do: [a: {set: '1', then: exit}, b: {set: '2'}]}, c: {set: '[.]'}]"),
        Case("then", [:], "1", "do: [group: {do: [a: {set: '1', then: end}, b: {set: '2'}]}, c: {set: '[.]'}]"),
        Case(
            "then", [:], "failed /do/0/a 508 \(FlowError.runtime)", "do: [a: {set: {x: 1}, then: a}]"),
        Case(
            "set", ["size": ["width": 6]], #"{"shape":"circle","size":{"width":6}}"#,
            "do: [one: {set: {shape: circle, size: '${ .size }'}}]"),
        Case(
            "do", [:], #"{"colors":["red","green"]}"#,
            "do: [all: {do: [a: {set: {colors: '${ .colors + [\"red\"] }'}}, b: {set: {colors: '${ .colors + [\"green\"] }'}}]}]"
        ),
        Case(
            "for", ["colors": ["red", "green"]], #"{"processed":{"colors":["red","green"],"indexes":[0,1]}}"#,
            """
            do:
              - loop:
                  for: {each: color, in: .colors}
                  do:
                    - mark:
                        set:
                          processed: '${ {colors: (.processed.colors + [$color]), indexes: (.processed.indexes + [$index])} }'
            """),
        Case(
            "switch", ["color": "yellow"], #"{"color":"yellow"}"#,
            """
            do:
              - choose: {switch: [red: {when: '.color == "red"', then: setRed}], then: end}
              - setRed: {set: {colors: [red]}}
            """),
        Case(
            "switch", ["color": "yellow"], #"{"colors":["yellow"]}"#,
            """
            do:
              - choose: {switch: [red: {when: '.color == "red"', then: setRed}, other: {then: setCustom}]}
              - setRed: {set: {colors: [red]}, then: end}
              - setCustom: {set: {colors: '${ .colors + [ $input.color ] }'}}
            """),
        Case(
            "fork", ["n": 1], "[2,3,1]",
            "do: [all: {fork: {branches: [a: {set: '.n + 1'}, b: {do: [c: {set: '.n + 2'}]}, d: {set: .n}]}}]"),
        Case(
            "fork", [:], #"{"colors":["red"]}"#,
            "do: [race: {fork: {compete: true, branches: [r: {set: {colors: [red]}}, g: {set: {colors: [green]}}]}}]"),
        Case(
            "fork", [:], "failed /do/0/all/fork/branches/1/b 409 urn:x",
            "do: [all: {fork: {branches: [a: {wait: PT1H}, b: {raise: {error: {type: urn:x, status: 409, title: X}}}]}}]"
        ),
        Case(
            "fork", [:], #""urn:x""#,
            """
            do:
              - safe:
                  try: [all: {fork: {branches: [a: {raise: {error: {type: urn:x, status: 409, title: X}}}]}}]
                  catch: {do: [say: {set: $error.type}]}
            """),
        Case(
            "fork", [:], "5",
            "do: [all: {fork: {branches: [a: {wait: PT1H}, b: {set: '5', then: end}]}}, c: {set: '6'}]"),
        Case(
            "fork", [:], "[[1,2],3]",
            "do: [all: {fork: {branches: [a: {fork: {branches: [x: {set: '1'}, y: {set: '2'}]}}, b: {set: '3'}]}}]"),
        Case(
            "try", [:], #"{"at":"/do/0/safe/try/0/one","status":404}"#,
            """
            do:
              - safe:
                  try: [one: {raise: {error: {type: urn:x, status: 404, title: X}}}]
                  catch:
                    errors: {with: {type: urn:x, status: 404, title: X, instance: /do/0/safe/try/0/one}}
                    as: err
                    do: [note: {set: {status: '${ $err.status }', at: '${ $err.instance }'}}]
            """),
        Case(
            "try", [:], "failed /do/0/safe/try/0/one 404 urn:x",
            """
            do:
              - safe:
                  try: [one: {raise: {error: {type: urn:x, status: 404, title: X}}}]
                  catch: {errors: {with: {status: 503}}, do: [note: {set: {}}]}
            """),
        Case(
            "retry", [:], #"{"tries":3}"#,
            """
            use: {retries: {often: {delay: PT1S, jitter: {from: PT0S, to: PT1S}, limit: {attempt: {count: 3}}}}}
            do:
              - safe:
                  try:
                    - count: {set: {tries: '${ ($context.tries // 0) + 1 }'}, export: {as: .}}
                    - one: {raise: {error: {type: urn:x, status: 503, title: X}}}
                  catch: {retry: often, do: [note: {set: $context}]}
            """),
        Case(
            "retry", [:], #"{"tries":1}"#,
            """
            do:
              - safe:
                  try:
                    - count: {set: {tries: '${ ($context.tries // 0) + 1 }'}, export: {as: .}}
                    - one: {raise: {error: {type: urn:x, status: 400, title: X}}}
                  catch:
                    retry: {when: '$error.status == 503', limit: {attempt: {count: 3}}}
                    do: [note: {set: $context}]
            """),
        Case(
            "retry", [:], #"{"tries":4}"#,
            """
            do:
              - safe:
                  try:
                    - count: {set: {tries: '${ ($context.tries // 0) + 1 }'}, export: {as: .}}
                    - one: {raise: {error: {type: urn:x, status: 503, title: X}}}
                  catch: {retry: {delay: PT1S, limit: {duration: PT3S}}, do: [note: {set: $context}]}
            """),
        Case(
            "raise", [:], "failed /do/0/one 400 https://a.example/compliance",
            "do: [one: {raise: {error: {status: 400, type: https://a.example/compliance, title: Compliance}}}]"),
        Case(
            "use.errors", [:], "failed /do/0/one 400 urn:c",
            "use: {errors: {bad: {status: 400, type: urn:c}}}\ndo: [one: {raise: {error: bad}}]"),
        Case(
            "use.retries", [:], #"{"x":1}"#,
            "use: {retries: {r: {limit: {attempt: {count: 2}}}}}\ndo: [one: {try: [a: {set: {x: 1}}], catch: {retry: r}}]"
        ),
        Case(
            "use.timeouts", [:], "failed /do/0/one 408 \(FlowError.timeout)",
            "use: {timeouts: {short: {after: PT1S}}}\ndo: [one: {wait: PT2S, timeout: short}]"),
        Case(
            "timeout", [:], "failed  408 \(FlowError.timeout)",
            "timeout: {after: {seconds: 1}}\ndo: [one: {wait: PT2S}]"),
        Case(
            "timeout", ["s": 3], #"{"late":408}"#,
            """
            do:
              - safe:
                  try: [slow: {timeout: {after: {seconds: '${ .s }'}}, do: [a: {wait: PT2S}, b: {wait: PT2S}]}]
                  catch: {errors: {with: {status: 408}}, do: [say: {set: {late: '${ $error.status }'}}]}
            """),
        Case(
            "timeout", [:], "failed /do/0/own 408 \(FlowError.timeout)",
            "do: [own: {timeout: {after: PT1S}, try: [a: {wait: PT2S}], catch: {do: [b: {set: {}}]}}]"),
        Case(
            "timeout", [:], #"[1,{"late":true}]"#,
            """
            do:
              - both:
                  fork:
                    branches:
                      - a: {do: [w: {wait: PT5S}, x: {set: '1'}]}
                      - b: {try: [w: {wait: PT9S, timeout: {after: PT3S}}], catch: {do: [l: {set: {late: true}}]}}
            """),
        Case("wait", ["s": 1], #"{"s":1}"#, "do: [a: {wait: {seconds: '${ .s }'}}, b: {wait: '${ \"PT1M\" }'}]"),
        Case("wait", [:], "failed /do/0/a 400 \(FlowError.validation)", "do: [a: {wait: '${ 5 }'}]"),
        Case(
            "emit", ["name": "Ann"], #"["Hello Ann!","urn:me","com.me.greeted.v1"]"#,
            """
            do:
              - tell:
                  emit: {event: {with: {source: 'urn:me', type: com.me.greeted.v1, data: {text: '${ "Hello \\(.name)!" }'}}}}
                  output: {as: '[.data.text, .source, .type]'}
            """),
        Case(
            "call: rpc", [:], #"{"id":"made"}"#, "do: [make: {call: rpc, with: {method: a.b.create, request: {x: 1}}}]"),
        Case(
            "call: http", ["pet": "a/b", "n": 3],
            #"["got","https://pets.example:8443/v2/a%2Fb?full=true&n=3","get",null]"#,
            """
            do:
              - find:
                  call: http
                  with:
                    method: GET
                    endpoint: {uri: 'https://Pets.example:8443/v2/{pet}'}
                    query: {full: true, n: '${ .n }', none: '${ .none }'}
            """),
        Case(
            "call: http", ["pet": ["a"]], "failed /do/0/find 400 \(FlowError.validation)",
            "do: [find: {call: http, with: {method: get, endpoint: 'https://pets.example/{pet}'}}]"),
        Case(
            "call: http", ["pet": ".."], "failed /do/0/find 400 \(FlowError.validation)",
            "do: [find: {call: http, with: {method: get, endpoint: 'https://pets.example/own/{pet}'}}]"),
        Case(
            "call: http", [:], "failed /do/0/find 400 \(FlowError.validation)",
            "do: [find: {call: http, with: {method: get, endpoint: 'https://pets.example/', headers: {Host: x}}}]"),
        Case(
            "call: http", ["n": 1], #"["got","https://pets.example","post",{"n":1}]"#,
            "do: [find: {call: http, with: {method: post, endpoint: 'https://pets.example', body: '${ . }'}}]"),
        Case(
            "call: function", ["n": 2], #"{"n":"6!"}"#,
            """
            use:
              functions:
                triple: {set: '.n * 3'}
                shout: {do: [a: {call: triple, with: '{n: .n}'}, b: {set: {n: '${ "\\(.)!" }'}}]}
            do: [one: {call: shout, with: {n: '${ .n }'}}]
            """),
        Case(
            "use.functions", [:], "failed /use/functions/f/do/0/bad 400 urn:x",
            "use: {functions: {f: {do: [bad: {raise: {error: {type: urn:x, status: 400}}}]}}}\ndo: [one: {call: f}]"),
        Case("use.functions", [:], "1", "use: {functions: {f: {set: '1'}}}\ndo: [one: {call: f}]"),
        Case(
            "run: workflow", [:], #"{"sub":true}"#,
            "do: [one: {run: {workflow: {namespace: ale, name: x, version: '1.0.0'}}}]"),
        Case(
            "runtime arguments", ["a": 1], #"["two","/do/1/two",{"b":2},"run-1","sample",1,"account-lifecycle",true]"#,
            """
            do:
              - one: {set: {b: 2}}
              - two:
                  set:
                    '${ [$task.name, $task.reference, $task.input, $workflow.id, $workflow.definition.document.name,
                    $workflow.input.a, $runtime.name, ($task.definition.set | length > 10)] }'
            """),
        Case("runtime arguments", [:], "[[1],1]", "do: [one: {set: '1', output: {as: '[[.], $output]'}}]"),
    ]

    static func answer(_ action: FlowAction, _: Int) -> StepResult {
        switch action {
        case .call: .succeeded(["id": "made"])
        case .http(_, let request):
            .succeeded(["got", .string(request.url), .string(request.method), request.body ?? .null])
        case .runSubflow: .succeeded(["sub": true])
        default: .succeeded(.null)
        }
    }

    /// What becomes of a run whose waits end when they are due.
    static func outcome(_ yaml: String, _ input: JSONValue) throws -> (end: String, actions: [FlowAction]) {
        let flow = try FlowSource.compile(yaml: Self.head + yaml)
        var runner = TimedRunner(flow)
        switch try runner.run(input, answer: answer) {
        case .completed(let output): return (output.text, runner.actions)
        case .failed(let error): return ("failed \(error.instance) \(error.status) \(error.type)", runner.actions)
        default: return ("not over", runner.actions)
        }
    }

    @Test(arguments: cases)
    func aFeatureDoesWhatTheDSLSays(one: Case) throws {
        #expect(try Self.outcome(one.flow, one.input).end == one.output)
    }

    @Test func everyFeatureHasACase() {
        let shown = Set(Self.cases.map(\.feature) + ListenTests.features)
        for feature in FlowFeature.all where feature.isSupported {
            #expect(shown.contains(feature.name), "\(feature.name)")
        }
    }

    /// What the DSL has and flows have not: refused when it is saved, by its name and where it stands.
    static let missing: [(feature: String, line: Int, column: Int, flow: String)] = [
        ("evaluate", 2, 1, "evaluate: {language: js}\ndo: [a: {set: {}}]"),
        ("use.authentications", 2, 7, "use: {authentications: {}}\ndo: [a: {set: {}}]"),
        ("use.catalogs", 2, 7, "use: {catalogs: {}}\ndo: [a: {set: {}}]"),
        ("use.extensions", 2, 7, "use: {extensions: []}\ndo: [a: {set: {}}]"),
        ("use.secrets", 2, 7, "use: {secrets: [s]}\ndo: [a: {set: {}}]"),
        ("$secrets", 3, 14, "do:\n  - a: {set: '$secrets.s'}"),
        ("$authorization", 3, 14, "do:\n  - a: {set: '$authorization'}"),
        (
            "http.redirect", 3, 28,
            "do:\n  - a: {call: http, with: {redirect: true, method: get, endpoint: 'https://a.example'}}"
        ),
        (
            "http.output: response", 3, 36,
            "do:\n  - a: {call: http, with: {output: response, method: get, endpoint: 'https://a.example'}}"
        ),
        (
            "endpoint.authentication", 3, 52,
            "do:\n  - a: {call: http, with: {method: get, endpoint: {authentication: {}, uri: 'https://a.example'}}}"
        ),
        ("call: grpc", 3, 15, "do:\n  - a: {call: grpc, with: {}}"),
        ("call: openapi", 3, 15, "do:\n  - a: {call: openapi, with: {}}"),
        ("call: asyncapi", 3, 15, "do:\n  - a: {call: asyncapi, with: {}}"),
        ("call: mcp", 3, 15, "do:\n  - a: {call: mcp, with: {}}"),
        ("call: a2a", 3, 15, "do:\n  - a: {call: a2a, with: {}}"),
        ("run: container", 3, 15, "do:\n  - a: {run: {container: {image: x}}}"),
        ("run: script", 3, 15, "do:\n  - a: {run: {script: {language: js}}}"),
        ("run: shell", 3, 15, "do:\n  - a: {run: {shell: {command: ls}}}"),
        ("run.await", 3, 15, "do:\n  - a: {run: {await: false, workflow: {}}}"),
        ("run.return", 3, 15, "do:\n  - a: {run: {return: all, workflow: {}}}"),
        ("listen.foreach", 3, 9, "do:\n  - a: {foreach: {}, listen: {to: {one: {with: {type: a}}}}}"),
        (
            "until an event", 3, 55,
            "do:\n  - a: {listen: {to: {any: [with: {type: a}], until: {one: {with: {type: b}}}}}}"
        ),
        (
            "retry.limit.attempt.duration", 3, 64,
            "do:\n  - a: {try: [b: {set: {}}], catch: {retry: {limit: {attempt: {duration: PT1S}}}}}"
        ),
        ("schema.resource", 3, 36, "do:\n  - a: {set: {}, output: {schema: {resource: {endpoint: x}}}}"),
    ]

    @Test(arguments: missing)
    func whatFlowsHaveNotIsRefusedByName(feature: String, line: Int, column: Int, flow: String) throws {
        let problem = try problem(Self.head + flow)
        #expect(problem.text.en == "'\(feature)' is not available in flows.")
        #expect(problem.text.ko.contains("'\(feature)'"))
        #expect(problem.line == line && problem.column == column, "\(problem)")
    }

    @Test func everyMissingFeatureHasARefusal() {
        let missing = FlowFeature.all.filter { !$0.isSupported }.map(\.name)
        #expect(Set(Self.missing.map(\.feature)) == Set(missing))
    }

    @Test(arguments: [
        ("do: [all: {fork: {branches: [a: {run: {workflow: {}}}]}}]", "'run' is not available"),
        ("use: {functions: {f: {run: {workflow: {}}}}}\ndo: [a: {set: {}}]", "'run' is not available"),
        ("use: {functions: {f: {call: f}}}\ndo: [a: {set: {}}]", "There is no function 'f'"),
        ("use: {functions: {http: {set: {}}}}\ndo: [a: {set: {}}]", "no kind of call"),
        ("do: [a: {call: http, with: {method: put, endpoint: 'https://a.example'}}]", "one of get, post"),
        ("do: [a: {call: http, with: {method: get, endpoint: 'http://a.example'}}]", "'https://host/path'"),
        ("do: [a: {call: http, with: {method: get, endpoint: '${ .url }'}}]", "'https://host/path'"),
        ("do: [a: {call: http, with: {method: get, endpoint: 'https://{host}/x'}}]", "'https://host/path'"),
        ("do: [a: {call: http, with: {method: get, endpoint: 'https://u:p@a.example/x'}}]", "'https://host/path'"),
        ("do: [a: {raise: {error: none}}]", "There is no 'none' in use.errors"),
        ("do: [a: {wait: PT1S, timeout: none}]", "There is no 'none' in use.timeouts"),
        ("do: [a: {try: [b: {set: {}}], catch: {retry: none}}]", "There is no 'none' in use.retries"),
        ("do: [a: {fork: {branches: [b: {set: {}}, b: {set: {}}]}}]", "twice"),
        ("do: [a: {fork: {branches: [b: {set: {}, then: c}, c: {set: {}}]}}]", "no task 'c'"),
        ("do: [a: {listen: {to: {}}}]", "one of one, any, all"),
        ("do: [a: {listen: {to: {one: {with: {source: x}}}}}]", "'type' is missing"),
        ("do: [a: {listen: {to: {one: {with: {type: '${ .t }'}}}}}]", "lower-case words"),
        ("do: [a: {listen: {to: {one: {with: {type: a}}, until: '.'}}}]", "Only 'any'"),
    ])
    func whatDoesNotFitIsRefused(flow: String, says: String) throws {
        #expect(try problem(Self.head + flow).text.en.contains(says))
    }

    /// The table of the README is that of the program.
    @Test func theReadmeHasEveryFeature() throws {
        let readme = try String(
            contentsOf: flowsFolder.deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appendingPathComponent("Shared/Flows/README.md"), encoding: .utf8)
        let rows = FlowFeature.all.map { feature in
            "| \(feature.name.replacing("|", with: "\\|")) | \(feature.isSupported ? "yes" : "no") | \(feature.note) |"
        }
        #expect(readme.contains(rows.joined(separator: "\n")))
    }
}
