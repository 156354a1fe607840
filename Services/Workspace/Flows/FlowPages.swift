import Korean
import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// Flows: their versions and what differs between them, and writing one, checked where it stands.
enum FlowPages: PageFolder {
    static let root = "/administration/flows"

    static func add(to pages: Pages) {
        pages.get("/administration/flows/new") { visit async throws(Problem) in
            try check(visit, .create)
            return .page(try await FlowEditor.page(visit))
        }
        pages.post("/administration/flows/new") { visit async throws(Problem) in
            try check(visit, .create)
            return try await FlowEditor.post(visit)
        }
        pages.get("/administration/flows/:id") { visit async throws(Problem) in
            try check(visit)
            return .page(try await page(visit))
        }
    }

    /// The address of a version of a flow, and of a new one.
    static func href(_ flow: String) -> String { "\(root)/\(Fields.encoded(flow))" }
    static let newHref = "\(root)/new"

    static func trail(_ visit: Visit) -> [Crumb] { visit.wayOfAdministration(to: FlowDefinition.schema) }

    private static func may(_ visit: Visit, _ operation: Operation) -> Bool {
        visit.may(operation, on: FlowDefinition.schema)
    }

    /// Whose pages they are; of anybody else they are not there.
    private static func check(_ visit: Visit, _ operation: Operation = .read) throws(Problem) {
        guard may(visit, operation) else { throw .noPage }
    }

    static func flow(_ id: String, _ visit: Visit) async throws(Problem) -> FlowDefinition {
        var request = GetRequest()
        request.id = id
        return try await visit.ask(PlayLauncherAPI.getFlowDefinition, request)
    }

    /// The versions of a flow, the newest first.
    private static func versions(of flow: FlowDefinition, _ visit: Visit) async throws(Problem) -> [FlowDefinition] {
        var list = ListRequest()
        list.pageSize = Lookup.limit
        list.filter = FilterText.equal(FlowDefinition.Field.name, flow.name ?? "")
        return try await visit.ask(PlayLauncherAPI.listFlowDefinitions, list).resources.reversed()
    }

    // MARK: One version

    private static func page(_ visit: Visit) async throws(Problem) -> Page {
        let flow = try await flow(visit.part("id"), visit)
        let versions = try await versions(of: flow, visit)
        let others = versions.filter { $0.id != flow.id }
        let from = others.first { $0.id == visit.query[CompareFlowDefinitionsRequest.Field.from] } ?? others.first
        var values: Values = [
            "heading": flow.title ?? flow.name ?? "", "version": flow.version ?? "", "name": flow.name ?? "",
            "action": href(visit.part("id")), "changes": [Values](), "cut": false, "running": "",
            "versions": others.map { version -> Values in
                ["value": version.id, "label": version.version ?? "", "chosen": version.id == from?.id]
            },
            "all": versions.map { version -> Values in
                var values: Values = [
                    "label": version.version ?? "", "href": href(version.id), "current": version.id == flow.id,
                    "off": version.active == false,
                ]
                if let at = version.createdAt { values["createdAt"] = at }
                return values
            },
            "source": flow.definition ?? "",
            "new": may(visit, .create) ? "\(newHref)?of=\(Fields.encoded(flow.id))" : "",
            "example": may(visit, .create) ? "\(newHref)?example=\(Fields.encoded(flow.id))" : "",
        ]
        if let from { values.merge(try await differences(from, flow, visit)) { _, own in own } }
        var page = Page(template: "flow", title: flow.title ?? flow.name ?? "", values: values)
        page.trail = trail(visit)
        return page
    }

    private static func differences(
        _ from: FlowDefinition, _ flow: FlowDefinition, _ visit: Visit
    ) async throws(Problem) -> Values {
        var request = CompareFlowDefinitionsRequest()
        (request.from, request.to) = (from.id, flow.id)
        let answer = try await visit.ask(PlayLauncherAPI.compareFlowDefinitions, request)
        return [
            "changes": answer.differences.map { difference -> Values in
                [
                    "path": difference.path, "what": what(difference.kind, visit), "before": difference.before,
                    "after": difference.after,
                ]
            },
            "cut": answer.cut,
            "running": visit.reader(
                Text(
                    en: "\(grouped: answer.running) runs still go by version \(answer.fromVersion).",
                    ko: "버전 \(answer.fromVersion)의 실행 \(grouped: answer.running)건이 진행 중입니다.")),
        ]
    }

    private static func what(_ kind: String, _ visit: Visit) -> String {
        switch kind {
        case "added": visit.say("Added", "추가됨")
        case "removed": visit.say("Removed", "삭제됨")
        case "moved": visit.say("Moved", "이동됨")
        default: visit.say("Changed", "변경됨")
        }
    }
}
