import Foundation
import Korean
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// A flow as text: begun with nothing, with a version that is there or with an example, checked as often as one likes, and
/// published, which makes a version that never changes again.
enum FlowEditor {
    /// The name of the only field of the form.
    private static let source = FlowDefinition.Field.definition.rawValue
    /// How many lines stand around the one in which something is wrong.
    private static let around = 2

    static func page(_ visit: Visit) async throws(Problem) -> Page {
        let (of, example) = (visit.query["of"], visit.query["example"])
        let text: String
        if of.isEmpty, example.isEmpty {
            text = beginning
        } else {
            let known = try await FlowPages.flow(of.isEmpty ? example : of, visit).definition ?? ""
            text = of.isEmpty ? copied(known) : raised(known)
        }
        return try await page(visit, text)
    }

    /// Checks what was typed, or publishes it.
    static func post(_ visit: Visit) async throws(Problem) -> Answer {
        let text = visit.form[whole: source].replacing("\r\n", with: "\n")
        let isCheck = visit.form["do"] == "check"
        do throws(Problem) {
            var flow = FlowDefinition()
            flow.definition = text
            var request = CreateFlowDefinitionRequest()
            (request.flowDefinition, request.validateOnly) = (flow, isCheck)
            let made = try await visit.ask(PlayLauncherAPI.createFlowDefinition, request)
            guard isCheck else {
                return .moved(to: "\(FlowPages.href(made.id))?done=\(Toast.created.rawValue)&saved=flow")
            }
            return .page(try await page(visit, text, checked: made))
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            var page = try await page(visit, text, refused: error)
            page.status = error.status
            return .page(page)
        }
    }

    private static func page(
        _ visit: Visit, _ text: String, refused: Problem? = nil, checked: FlowDefinition? = nil
    ) async throws(Problem) -> Page {
        var values: Values = [
            "action": FlowPages.newHref, "source": text, "name": source, "redrawn": !visit.isRead,
            "examples": visit.isRead ? try await examples(visit) : [Values](), "fine": "", "wrong": "", "line": "",
            "column": "", "lines": [Values](),
        ]
        if let checked {
            values["fine"] = visit.reader(
                Text(
                    en: "Nothing is wrong: ‘\(checked.title ?? "")’, version \(checked.version ?? "").",
                    ko: "문제가 없습니다: ‘\(checked.title ?? "")’, 버전 \(checked.version ?? "")"))
        }
        if let refused {
            let fault = refused.fault(source, visit.reader.language)
            values["wrong"] = fault.isEmpty ? refused.text(visit.reader.language) : fault
            if let line = refused.metadata["line"].flatMap({ Int($0) }), line > 0 {
                values["line"] = "\(line)"
                values["column"] = refused.metadata["column"] ?? "1"
                values["lines"] = excerpt(text, line)
            }
        }
        var page = Page(template: "flow_new", title: visit.say("New version of a flow", "새 플로우 버전"), values: values)
        page.trail = FlowPages.trail(visit)
        return page
    }

    /// The lines around the one in which something is wrong.
    private static func excerpt(_ text: String, _ line: Int) -> [Values] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = max(1, line - around)
        return lines.indices.filter { (first...line + around).contains($0 + 1) }.map { place in
            ["number": "\(place + 1)", "text": String(lines[place]), "wrong": place + 1 == line]
        }
    }

    /// Flows that one can be begun with.
    private static func examples(_ visit: Visit) async throws(Problem) -> [Values] {
        var request = ListRequest()
        request.pageSize = 100
        request.filter = "\(FlowDefinition.Field.active.rawValue) = true"
        let flows = try await visit.ask(PlayLauncherAPI.listFlowDefinitions, request).resources
        let newest = Dictionary(flows.map { ($0.name ?? "", $0) }, uniquingKeysWith: { _, last in last })
        return newest.values.sorted { ($0.title ?? "") < ($1.title ?? "") }.map { flow in
            ["label": flow.title ?? flow.name ?? "", "href": "\(FlowPages.newHref)?example=\(Fields.encoded(flow.id))"]
        }
    }

    // MARK: Texts

    /// A text whose version is the next one: a changed flow needs one.
    static func raised(_ text: String) -> String {
        changed(text, version) { match in
            let last = match.split(separator: ".").last.flatMap { Int($0) } ?? 0
            return match.split(separator: ".").dropLast().map { "\($0)." }.joined() + "\(last + 1)"
        }
    }

    /// A text of another flow, under a name of its own and with its first version.
    static func copied(_ text: String) -> String {
        changed(changed(text, name) { "\($0)-copy" }, version) { _ in "1.0.0" }
    }

    private static var version: Regex<(Substring, Substring, Substring)> { #/(?m)^(  version: *['"]?)([0-9.]+)/# }
    private static var name: Regex<(Substring, Substring, Substring)> { #/(?m)^(  name: *['"]?)([a-z0-9-]+)/# }

    /// Changes the first place that a pattern finds, behind what leads there.
    private static func changed(
        _ text: String, _ pattern: Regex<(Substring, Substring, Substring)>, _ change: (String) -> String
    ) -> String {
        guard let match = text.firstMatch(of: pattern) else { return text }
        return text.replacingCharacters(
            in: match.range, with: "\(match.output.1)\(change(String(match.output.2)))")
    }

    private static let korean = (title: "내 플로우", summary: "용도를 설명합니다.", subject: "제목")

    /// What a flow begins with.
    private static let beginning = """
        document:
          dsl: '1.0.0'
          namespace: ale
          name: my-flow
          version: '1.0.0'
          title: My flow
          summary: Says what it is for.
          metadata:
            titleKo: \(korean.title)
            summaryKo: \(korean.summary)
        input:
          schema:
            format: json
            document:
              type: object
              required: [source, answers]
              properties:
                source:
                  type: object
                  properties:
                    table: {type: string}
                    id: {type: string}
                answers:
                  type: object
                  properties:
                    subject:
                      type: string
                      title: Subject
                      x-title-ko: \(korean.subject)
        do:
          - note:
              set:
                subject: ${ $input.answers.subject }
        """
}
