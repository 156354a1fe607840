import Flows
import Korean
import PlayLauncherWire
import Postgres
import RPC
import Records
import Wire
import WireCatalog

extension FlowDefinition: Record {
    public static let storage = Storage<FlowDefinition>(
        visibility: .definition, domain: .caller, requiredRule: "G-76",
        immutable: [.name, .version, .definition],
        constraints: [
            DatabaseRule(
                "G-76", constraint: "flow_definition_unique", field: .version,
                Text(
                    en: "This version of the flow exists already; a changed flow needs a new version.",
                    ko: "이 플로우 버전이 이미 있습니다. 변경된 플로우에는 새 버전이 필요합니다."))
        ], unsearched: [.definition])

    public static let rules: [Rule<FlowDefinition>] = [
        .drafting("G-76") { change, context in try check(&change, context) }
    ]

    /// Compiles the definition. Name, version and title are those the text gives itself.
    private static func check(_ change: inout Change<FlowDefinition>, _ context: RuleContext) throws {
        guard let yaml = change.new.definition, !yaml.isEmpty else { return }
        let flow: CompiledFlow
        do {
            flow = try FlowSource.compile(yaml: yaml)
        } catch {
            let place = error.path.isEmpty ? "" : "(\(error.path))"
            throw broken(
                line: error.line, column: error.column,
                Text(
                    en:
                        "Line \(error.line), column \(error.column)\(place.isEmpty ? "" : " \(place)"): \(error.text.en)",
                    ko: "\(grouped: error.line)번째 줄 \(grouped: error.column)번째 글자\(place): \(error.text.ko)"))
        }
        try agree(&change.new.name, flow.reference.name, field: .name)
        try agree(&change.new.version, flow.reference.version, field: .version)
        change.new.title = flow.title.en
        change.new.schedule = flow.schedule?.text
        // What ships may be ahead of the services it calls: such a flow is not offered until they declare the methods.
        if !context.write.isSystem, let unknown = flow.methods.first(where: { !FlowMethod.exists($0) }) {
            let lines = yaml.split(separator: "\n", omittingEmptySubsequences: false)
            let line = (lines.firstIndex { $0.contains(unknown) } ?? 0) + 1
            throw broken(
                line: line, column: 1,
                Text(
                    en: "Line \(line): there is no method \(unknown).",
                    ko: "\(grouped: line)번째 줄: '\(unknown)' 메서드가 없습니다."))
        }
        if let unknown = Listening.unknownType(of: flow) {
            throw Problem.broken(
                "G-76", FlowDefinition.self, field: .definition,
                Text(
                    en: "There are no events \(unknown): a record's are 'service.record.action'.",
                    ko: "'\(unknown)' 이벤트가 없습니다. 레코드의 이벤트 유형은 'service.record.action' 형식입니다."))
        }
        if let question = flow.wizard.first(where: { !$0.isLabeled }) {
            throw Problem.broken(
                "G-76", FlowDefinition.self, field: .definition,
                Text(
                    en: "The question \(question.name) needs a title in both languages: 'title' and 'x-title-ko'.",
                    ko: "입력 항목 '\(question.name)'에는 두 언어의 제목('title', 'x-title-ko')이 필요합니다."))
        }
        for subflow in flow.subflows {
            let known = try FlowLibrary.find(subflow, context.database, in: context.transaction)
            guard known == nil else { continue }
            throw Problem.broken(
                "G-76", FlowDefinition.self, field: .definition,
                Text(en: "There is no flow \(subflow).", ko: "'\(subflow)' 플로우가 없습니다."))
        }
        Listening.declare(flow, in: context.write.caller.domain, context.transaction)
    }

    /// The refusal of a text, which says to programs as well where in it something is wrong: `line` and `column`, from 1.
    private static func broken(line: Int, column: Int, _ text: Text) -> Problem {
        var problem = Problem.broken("G-76", FlowDefinition.self, field: .definition, text)
        problem.metadata = ["line": "\(line)", "column": "\(column)"]
        return problem
    }

    private static func agree(_ given: inout String?, _ own: String, field: FlowDefinition.Field) throws {
        guard given ?? own == own else {
            throw Problem.broken(
                "G-76", FlowDefinition.self, field: field,
                Text(en: "The definition itself says \(own).", ko: "플로우 정의에 있는 값은 '\(own)'입니다."))
        }
        given = own
    }
}

/// Methods as flows name them: `customer-success.touchpoints.create`.
enum FlowMethod {
    private static let declared = Dictionary(Catalog.methods.map { ($0.subject, $0) }) { first, _ in first }

    /// What is declared of the method; nil when no service has it.
    static func info(_ method: String) -> MethodInfo? { declared[subject(method)] }

    /// The subject to send the request to.
    static func subject(_ method: String) -> String { "ale.v1.\(method)" }

    /// Whether a service declares the method.
    static func exists(_ method: String) -> Bool { info(method) != nil }

    /// The request of a step with its request id in the body, where the method has a place for it.
    static func body(_ request: JSONValue, of method: String, requestID: String) -> JSONValue {
        guard info(method)?.takesRequestID == true, var members = request.object else { return request }
        members["requestId"] = .string(requestID)
        return .object(members)
    }

    /// The dictionary of the records a method is about.
    static func schema(_ method: String) -> RecordSchema? {
        let parts = method.split(separator: ".")
        guard parts.count == 3 else { return nil }
        return Catalog.schemas.first { $0.service == parts[0] && $0.collection == parts[1] }
    }
}
