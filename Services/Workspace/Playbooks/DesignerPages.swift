import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// The designer of a playbook: the outline of its draft with the form of the chosen part beside it.
struct DesignerPages: Sendable {
    let source: PlaybookSource

    func add(to pages: Pages) {
        let place = "\(source.root)/:id/draft"
        pages.get("\(place)") { visit async throws(Problem) in
            try Self.check(visit)
            return .page(try await page(visit, DraftPlace(visit.query[DraftForm.place])))
        }
        pages.post("\(place)") { visit async throws(Problem) in
            try Self.check(visit)
            return try await save(visit)
        }
        pages.post("\(place)/order") { visit async throws(Problem) in
            try Self.check(visit)
            let item = DraftPlace(visit.form["item"])
            return try await Work.lead { () async throws(Problem) in
                try await order(item, visit)
            } refused: { (problem) async throws(Problem) in
                try await page(visit, item, DraftForm.Shown(refused: problem))
            }
        }
        pages.post("\(place)/undo/:change") { visit async throws(Problem) in
            try Self.check(visit)
            return try await Work.lead { () async throws(Problem) in
                try await visit.undos.take(visit.part("change"), of: visit.person) {
                    (change: DraftChange) async throws(Problem) in
                    _ = try await write(change.before, change.id, change.etag, visit)
                }
                return "\(href(visit))?done=\(Toast.restored.rawValue)"
            } refused: { (problem) async throws(Problem) in
                try await page(visit, .playbook, DraftForm.Shown(refused: problem))
            }
        }
    }

    /// Whose pages they are; of anybody else they are not there.
    static func check(_ visit: Visit) throws(Problem) {
        guard visit.person.map(PlaybookPages.isFor) == true else { throw .noPage }
    }

    private func href(_ visit: Visit) -> String { "\(source.href(visit.part("id")))/draft" }

    /// The address of a part of the draft; what was checked stays checked.
    private func href(_ place: DraftPlace, _ visit: Visit, _ more: String = "") -> String {
        let parts = [
            place == .playbook ? "" : "\(DraftForm.place)=\(Fields.encoded(place.text))",
            isChecked(visit) ? "check=true" : "", more,
        ].filter { !$0.isEmpty }
        return href(visit) + (parts.isEmpty ? "" : "?\(parts.joined(separator: "&"))")
    }

    private func isChecked(_ visit: Visit) -> Bool { visit.query["check"] == "true" || visit.form["check"] == "true" }

    // MARK: Writing

    private func write(
        _ playbook: Playbook, _ id: String, _ etag: String, _ visit: Visit
    ) async throws(Problem) -> PlaybookDefinition {
        var definition = PlaybookDefinition()
        (definition.id, definition.etag, definition.playbook) = (id, etag, playbook)
        var request = UpdatePlaybookDefinitionRequest()
        request.playbookDefinition = definition
        request.updateMask = FieldMask(paths: ["playbook"])
        return try await visit.ask(source.methods.update, request)
    }

    /// Changes the draft as it is by now, and leads to the part that it is about. Who has saved something else meanwhile keeps it.
    private func change(
        _ visit: Visit, _ done: Toast, saved form: String = "",
        _ body: (inout Playbook, PlaybookDefinition) async throws(Problem) -> DraftPlace
    ) async throws(Problem) -> String {
        var tries = 0
        while true {
            let definition = try await source.definition(visit)
            let before = definition.playbook ?? Playbook()
            var playbook = before
            let place = try await body(&playbook, definition)
            guard playbook != before else { return href(place, visit) }
            tries += 1
            do throws(Problem) {
                let after = try await write(playbook, definition.id, definition.etag, visit)
                let change = DraftChange(id: after.id, etag: after.etag, before: before)
                let kept = visit.undos.keep(change, of: visit.person).map { "\(href(visit))/undo/\($0)" } ?? ""
                let said = "done=\(done.rawValue)" + (form.isEmpty ? "" : "&saved=\(form)")
                let undo = kept.isEmpty ? "" : "&undo=\(Fields.encoded(kept))"
                return href(place, visit, said + undo) + (form.isEmpty ? "#chosen" : "")
            } catch {
                guard error.isStale, tries < 3 else { throw error }
            }
        }
    }

    private func save(_ visit: Visit) async throws(Problem) -> Answer {
        let place = DraftPlace(visit.form[DraftForm.place])
        let action = visit.form["do"]
        if let table = action.split(separator: ":").last, action.hasPrefix("add:") {
            return .page(try await page(visit, place, DraftForm.Shown(isTyped: true, adding: String(table))))
        }
        if action == ConditionBuilder.action { return .page(try await build(place, visit)) }
        return try await Work.lead { () async throws(Problem) in
            try await change(visit, .saved, saved: place.form) { (playbook, definition) async throws(Problem) in
                guard place.isThere(in: playbook) else { throw DraftEdit.gone }
                let world = DraftWorld(visit: visit, source: source, playbook: playbook)
                var found: [String: String] = [:]
                if case .activity = place {
                    found[DraftWorld.user] = try await Lookup(visit).chosen(
                        DraftWorld.user, in: User.schema.table, filter: DraftWorld.provider, blame: DraftWorld.user)
                }
                let form = DraftForm(place, world, isActivated: definition.version > 0, found: found)
                try form.check(playbook)
                form.apply(to: &playbook)
                return place
            }
        } refused: { (problem) async throws(Problem) in
            try await page(visit, place, DraftForm.Shown(refused: problem, isTyped: true))
        }
    }

    /// The form with one more comparison in its condition.
    private func build(_ place: DraftPlace, _ visit: Visit) async throws(Problem) -> Page {
        let definition = try await source.definition(visit)
        let world = DraftWorld(visit: visit, source: source, playbook: definition.playbook ?? Playbook())
        do throws(Problem) {
            let built = try DraftForm(place, world, isActivated: definition.version > 0).built()
            return try await page(visit, place, DraftForm.Shown(isTyped: true, built: built))
        } catch {
            guard error.isRefusal else { throw error }
            var page = try await page(visit, place, DraftForm.Shown(refused: error, isTyped: true))
            page.status = error.status
            return page
        }
    }

    /// One thing added, copied, moved or removed.
    private func order(_ item: DraftPlace, _ visit: Visit) async throws(Problem) -> String {
        let form = visit.form
        switch form["do"] {
        case "copy":
            return try await change(visit, .copied) { (playbook, _) async throws(Problem) in
                try DraftEdit.copy(item, in: &playbook)
            }
        case "remove":
            return try await change(visit, .removed) { (playbook, _) async throws(Problem) in
                try DraftEdit.remove(item, from: &playbook)
                return item.above
            }
        case "move":
            return try await change(visit, .ordered) { (playbook, _) async throws(Problem) in
                try DraftEdit.move(item, behind: DraftPlace(form["behind"]), in: &playbook)
                return item
            }
        case "add":
            return try await change(visit, .created) { (playbook, _) async throws(Problem) in
                var label = LocalText()
                (label.en, label.ko) = (form["label_en"], form["label_ko"])
                guard !label.en.isEmpty || !label.ko.isEmpty else { throw Self.nameless }
                return try DraftEdit.add(
                    label, kind: form["kind"], behind: item, as: DraftEdit.Level(rawValue: form["level"]) ?? .lane,
                    to: &playbook)
            }
        default:
            return try await change(visit, .ordered) { (playbook, _) async throws(Problem) in
                guard let way = DraftEdit.Way(rawValue: form["do"]) else { throw DraftEdit.gone }
                try DraftEdit.move(item, way, in: &playbook)
                return item
            }
        }
    }

    private static let nameless = Problem(
        .invalidArgument, Text(en: "Say what it is called.", ko: "이름을 입력하세요."), reason: "NAMELESS")

    // MARK: The page

    private func page(
        _ visit: Visit, _ asked: DraftPlace, _ asShown: DraftForm.Shown = DraftForm.Shown()
    ) async throws(Problem) -> Page {
        let definition = try await source.definition(visit)
        let playbook = definition.playbook ?? Playbook()
        async let offered = Outcome.of { () async throws(Problem) in
            try await DraftWorld.read(playbook, source, visit)
        }
        let faults = isChecked(visit) ? try await validate(definition.id, visit) : []
        let world = try await offered.get()
        let place = asked.isThere(in: playbook) ? asked : asked.above.isThere(in: playbook) ? asked.above : .playbook
        var shown = asShown
        shown.faults = faults.filter { DraftPlace($0, in: playbook) == place }
        let form = DraftForm(place, world, isActivated: definition.version > 0)
        let outline = DesignerOutline(world: world, chosen: place, faults: faults) { href($0, visit) }
        let root = source.href(definition.id)
        var values: Values = [
            "state": visit.reader(PlaybookPages.state(definition)), "href": root,
            "check": href(visit) + "?check=true"
                + (place == .playbook ? "" : "&\(DraftForm.place)=\(Fields.encoded(place.text))"),
            "checked": isChecked(visit), "findings": outline.findings, "outline": outline.values,
            "order": "\(href(visit))/order", "chosen": outline.part, "try": "\(root)/try",
            "form": form.values(playbook, action: href(visit), shown),
        ]
        if asked != place { values["gone"] = true }
        var page = Page(
            template: "designer", title: PlaybookPages.text(playbook.label, definition.key, visit), values: values)
        page.trail = [
            Crumb(label: visit.reader(source.title), href: source.root), Crumb(label: page.title, href: root),
        ]
        return page
    }

    private func validate(_ id: String, _ visit: Visit) async throws(Problem) -> [PlaybookFault] {
        var request = ValidatePlaybookRequest()
        request.id = id
        return try await visit.ask(source.methods.validate, request).faults
    }
}

/// A draft as it was before a change of it.
struct DraftChange: Undoable {
    let id: String
    /// Of the definition since the change.
    let etag: String
    let before: Playbook

    var count: Int { 1 }
    var isEmpty: Bool { false }
    var size: Int { (try? before.encodeProtobuf().count) ?? .max }
}
