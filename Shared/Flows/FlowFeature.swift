/// What flows have of the CNCF Serverless Workflow DSL 1.0, and what they have not: the table of the README is this one.
public struct FlowFeature: Sendable, Hashable {
    /// Its name, as refusals say it.
    public let name: String
    /// Whether flows have it.
    public let isSupported: Bool
    /// What is particular, or what stands in its place.
    public let note: String

    private init(_ name: String, _ isSupported: Bool, _ note: String = "") {
        (self.name, self.isSupported, self.note) = (name, isSupported, note)
    }

    /// Every feature, those of flows first.
    public static let all: [FlowFeature] = has + hasNot

    private static let has: [FlowFeature] = [
        .init("document", true, "`dsl` from 1.0.0 to 1.0.3; `title`, `summary`, `tags`, `metadata`"),
        .init("input", true, "`schema` in place, `from`"),
        .init("output", true, "`schema` in place, `as`"),
        .init("export", true, "`schema` in place, `as`"),
        .init("schedule", true, "`cron`, `every`, `after` or `on`; carried out by a trigger that goes by it"),
        .init("timeout", true, "of the run and of every task; a call under way is waited for"),
        .init("if", true),
        .init("then", true, "`continue`, `exit`, `end`, a task of the same list"),
        .init("set", true),
        .init("do", true),
        .init("for", true, "`each`, `in`, `at`, `while`; at most 1,000 elements"),
        .init("switch", true),
        .init("fork", true, "`compete`; calls are made one after another; not around `run`"),
        .init("try", true, "`catch.errors`, `as`, `when`, `exceptWhen`, `do`, `retry`"),
        .init("retry", true, "`when`, `exceptWhen`, `delay`, `backoff`, `jitter`, `limit`; at most 20 attempts"),
        .init("raise", true, "in place or of `use.errors`"),
        .init("wait", true, "in place, ISO 8601 or an expression; at most 366 days"),
        .init("emit", true, "its output is the event"),
        .init(
            "listen", true,
            "`one`, `any`, `all`; `until` an expression; `correlate`; `data` or `envelope`"),
        .init("call: rpc", true, "a method of the services: `method` and `request`; not of the DSL"),
        .init("call: http", true, "`get` and `post` to hosts that the operator lists (`ALE_FLOW_HOSTS`)"),
        .init("call: function", true, "of `use.functions`, each of which may call those above it"),
        .init("run: workflow", true, "`namespace`, `name`, `version`, `input`; its end is waited for"),
        .init("use.errors", true), .init("use.functions", true), .init("use.retries", true),
        .init("use.timeouts", true),
        .init("runtime arguments", true, "`$context`, `$input`, `$output`, `$task`, `$workflow`, `$runtime`"),
    ]

    private static let hasNot: [FlowFeature] = refusals.reduce(into: []) { features, refusal in
        let feature = FlowFeature(refusal.feature, false, refusal.instead)
        if !features.contains(feature) { features.append(feature) }
    }

    private struct Refusal {
        /// Where the key stands.
        let place: Place
        let key: String
        let feature: String
        let instead: String

        init(_ place: Place, _ key: String, _ feature: String, _ instead: String = "") {
            (self.place, self.key, self.feature, self.instead) = (place, key, feature, instead)
        }
    }

    /// Where a key or a value stands that flows have not.
    enum Place {
        case flow, use, run, listen, until, attempt, call, http, endpoint, output, schema, variable
    }

    private static let refusals: [Refusal] = [
        Refusal(.flow, "evaluate", "evaluate", "expressions are jq"),
        Refusal(.use, "authentications", "use.authentications"),
        Refusal(.use, "catalogs", "use.catalogs"),
        Refusal(.use, "extensions", "use.extensions"),
        Refusal(.use, "secrets", "use.secrets"),
        Refusal(.variable, "secrets", "$secrets"),
        Refusal(.variable, "authorization", "$authorization"),
        Refusal(.http, "redirect", "http.redirect", "redirects are not followed"),
        Refusal(.output, "response", "http.output: response", "`content`, `raw`"),
        Refusal(.endpoint, "authentication", "endpoint.authentication"),
        Refusal(.call, "grpc", "call: grpc", "`call: rpc`"),
        Refusal(.call, "openapi", "call: openapi", "`call: rpc`"),
        Refusal(.call, "asyncapi", "call: asyncapi", "`emit`, `listen`"),
        Refusal(.call, "mcp", "call: mcp"),
        Refusal(.call, "a2a", "call: a2a"),
        Refusal(.run, "container", "run: container"),
        Refusal(.run, "script", "run: script"),
        Refusal(.run, "shell", "run: shell"),
        Refusal(.run, "await", "run.await"),
        Refusal(.run, "return", "run.return"),
        Refusal(.listen, "foreach", "listen.foreach", "`for` over what was heard"),
        Refusal(.until, "one", "until an event", "`until` an expression"),
        Refusal(.until, "any", "until an event", "`until` an expression"),
        Refusal(.until, "all", "until an event", "`until` an expression"),
        Refusal(.attempt, "duration", "retry.limit.attempt.duration", "`timeout` of a task inside"),
        Refusal(.schema, "resource", "schema.resource", "`schema.document`"),
    ]

    /// The feature that a key or value at a place stands for, when flows have not got it.
    static func missing(_ key: String, at place: Place) -> FlowText? {
        guard let refusal = refusals.first(where: { $0.place == place && $0.key == key }) else { return nil }
        return FlowText(
            en: "'\(refusal.feature)' is not available in flows.", ko: "플로우에서는 '\(refusal.feature)' 기능을 사용할 수 없습니다.")
    }
}

extension YAMLTree {
    /// The members of a mapping, refusing by their names what the DSL has there and flows have not.
    func members(_ known: [String], at place: FlowFeature.Place) throws(FlowProblem) -> [String: YAMLTree] {
        if case .mapping(let members) = value {
            for member in members {
                guard let text = FlowFeature.missing(member.key, at: place) else { continue }
                throw FlowProblem(
                    line: member.line, column: member.column, path: Self.join(path, member.key), text: text)
            }
        }
        return try members(known)
    }

    /// Refuses a value that the DSL has there and flows have not.
    func refuse(_ text: String, at place: FlowFeature.Place) throws(FlowProblem) {
        guard let missing = FlowFeature.missing(text, at: place) else { return }
        throw problem(missing.en, missing.ko)
    }
}
