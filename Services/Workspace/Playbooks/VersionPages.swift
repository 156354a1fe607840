import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// What becomes of a draft as a whole: it is activated, begun anew, and its playbook retired or removed.
struct VersionPages: Sendable {
    let source: PlaybookSource

    func add(to pages: Pages) {
        let place = "\(source.root)/:id"
        post("\(place)/activate", to: pages) { visit async throws(Problem) in
            var request = ActionRequest()
            (request.id, request.etag) = (visit.part("id"), visit.form["etag"])
            let active = try await visit.ask(source.methods.activate, request)
            return "\(source.href(active.id))?done=\(Toast.activated.rawValue)#migrations"
        }
        post("\(place)/retire", to: pages) { visit async throws(Problem) in
            var request = ActionRequest()
            (request.id, request.etag) = (visit.part("id"), visit.form["etag"])
            let retired = try await visit.ask(source.methods.retire, request)
            return "\(source.href(retired.id))?done=\(Toast.retired.rawValue)"
        }
        post("\(place)/delete", to: pages) { visit async throws(Problem) in
            var request = DeleteRequest()
            (request.id, request.etag) = (visit.part("id"), visit.form["etag"])
            _ = try await visit.ask(source.methods.delete, request)
            return "\(source.root)?done=\(Toast.removed.rawValue)"
        }
        post("\(place)/begin", to: pages) { visit async throws(Problem) in try await begin(visit) }
    }

    private func post(
        _ path: String, to pages: Pages, _ act: @escaping @Sendable (Visit) async throws(Problem) -> String
    ) {
        pages.post("\(path)") { visit async throws(Problem) in
            try DesignerPages.check(visit)
            return try await Work.lead { () async throws(Problem) in
                try await act(visit)
            } refused: { (problem) async throws(Problem) in
                try await PlaybookPages(source: source).page(visit, refused: problem)
            }
        }
    }

    /// Begins the draft anew with a version, and leads to it.
    private func begin(_ visit: Visit) async throws(Problem) -> String {
        let definition = try await source.definition(visit)
        var request = ExportPlaybookRequest()
        (request.id, request.editable) = (definition.id, true)
        request.version = Int32(visit.form["version"]) ?? definition.version
        let version = try await visit.ask(source.methods.export, request).playbook ?? Playbook()
        var draft = PlaybookDefinition()
        (draft.id, draft.etag, draft.playbook) = (definition.id, visit.form["etag"], version)
        var update = UpdatePlaybookDefinitionRequest()
        update.playbookDefinition = draft
        update.updateMask = FieldMask(paths: ["playbook"])
        let after = try await visit.ask(source.methods.update, update)
        let change = DraftChange(id: after.id, etag: after.etag, before: definition.playbook ?? Playbook())
        let address = "\(source.href(after.id))/draft"
        let undo = visit.undos.keep(change, of: visit.person).map { "&undo=\(Fields.encoded("\(address)/undo/\($0)"))" }
        return "\(address)?done=\(Toast.restored.rawValue)" + (undo ?? "")
    }

    /// What designers can do with a playbook, each button with what it does.
    func values(_ definition: PlaybookDefinition, _ versions: [Int32], _ visit: Visit) -> Values {
        let root = source.href(definition.id)
        let isChanged = definition.hasChanges || definition.version == 0 || definition.state == "retired"
        let next = (versions.first ?? 0) + (definition.hasChanges || definition.version == 0 ? 1 : 0)
        return [
            "href": "\(root)/draft", "try": "\(root)/try", "root": root, "etag": definition.etag,
            "activate": isChanged
                ? visit.say(
                    "Activate version \(next): what begins from now on goes by it",
                    "버전 \(next) 적용 시작(이후 시작하는 실행부터)") : "",
            "retire": definition.state == "active",
            "delete": definition.version == 0,
            "versions": versions.map { number -> Values in
                ["value": "\(number)", "label": PlaybookPages.version(number, visit)]
            },
        ]
    }
}
