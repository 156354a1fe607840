import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// Triggers, which launch plays by themselves: made, changed, tried on what has been, turned on and off, and what came of each.
enum TriggerPages: PageFolder {
    static let root = "/administration/triggers"

    static func add(to pages: Pages) {
        pages.get("/administration/triggers/new") { visit async throws(Problem) in
            try check(visit, .create)
            return .page(try await new(visit))
        }
        pages.post("/administration/triggers/new") { visit async throws(Problem) in
            try check(visit, .create)
            return try await create(visit)
        }
        pages.get("/administration/triggers/:id") { visit async throws(Problem) in
            try check(visit)
            return .page(try await page(visit))
        }
        pages.post("/administration/triggers/:id") { visit async throws(Problem) in
            try check(visit, .write)
            return try await save(visit)
        }
        pages.get("/administration/triggers/:id/back-test") { visit async throws(Problem) in
            try check(visit)
            return .page(try await BackTestPage.page(visit))
        }
        post("turn", pages) { visit async throws(Problem) in try await turn(visit) }
        post("undo/:change", pages) { visit async throws(Problem) in
            "\(href(visit.part("id")))?done=\(try await Work.takeBack(visit).rawValue)"
        }
        post("delete", pages) { visit async throws(Problem) in
            try await RecordCalls<PlayTrigger>(visit).delete(visit.part("id"), etag: visit.form["etag"])
            return "\(ListPages.href(PlayTrigger.schema.table))?done=\(Toast.removed.rawValue)"
        }
    }

    private static func post(
        _ path: String, _ pages: Pages, _ act: @escaping @Sendable (Visit) async throws(Problem) -> String
    ) {
        pages.post("/administration/triggers/:id/\(path)") { visit async throws(Problem) in
            try check(visit, .write)
            return try await Work.lead { () async throws(Problem) in
                try await act(visit)
            } refused: { (problem) async throws(Problem) in
                try await page(visit, TriggerShown(refused: problem))
            }
        }
    }

    /// The address of a trigger, of a new one, and of its back-test.
    static func href(_ trigger: String) -> String { "\(root)/\(Fields.encoded(trigger))" }
    static let newHref = "\(root)/new"
    static func backTest(of trigger: String) -> String { "\(href(trigger))/back-test" }

    static func trail(_ visit: Visit) -> [Crumb] { visit.wayOfAdministration(to: PlayTrigger.schema) }

    private static func may(_ visit: Visit, _ operation: Operation) -> Bool {
        visit.may(operation, on: PlayTrigger.schema)
    }

    /// Whose pages they are; of anybody else they are not there.
    private static func check(_ visit: Visit, _ operation: Operation = .read) throws(Problem) {
        guard may(visit, operation) else { throw .noPage }
    }

    static func trigger(_ visit: Visit) async throws(Problem) -> PlayTrigger {
        try await RecordCalls<PlayTrigger>(visit).get(visit.part("id"))
    }

    // MARK: A new one

    private static func begun(_ visit: Visit) -> PlayTrigger {
        var trigger = PlayTrigger()
        (trigger.startsOn, trigger.dailyLimit) = (PlayTrigger.StartsOn.entering, 100)
        trigger.actsAs = visit.person?.user
        let known = [PlayTrigger.Field.sourceTable, .definitionRecord].filter { !visit.query[$0].isEmpty }
        for key in known {
            guard let index = PlayTrigger.schema.index(of: key.rawValue) else { continue }
            try? trigger.setField(at: index, to: .string(visit.query[key]))
        }
        return trigger
    }

    private static func new(_ visit: Visit, _ shown: TriggerShown = TriggerShown()) async throws(Problem) -> Page {
        let form = try await TriggerForm.read(begun(visit), isNew: true, visit)
        var values: Values = [
            "form": try await form.values(
                action: newHref, refused: shown.refused, isTyped: shown.isTyped, shown.visit), "isNew": true,
            "facts": [Values](),
            "turn": "", "firings": [Values](), "entries": [Values](), "active": "", "etag": "", "href": "",
            "backTest": "", "sum": "", "launches": [Values](), "heading": visit.say("New trigger", "새 트리거"),
        ]
        values.merge(shown.more) { _, own in own }
        var page = Page(template: "trigger", title: visit.say("New trigger", "새 트리거"), values: values)
        page.trail = trail(visit)
        return page
    }

    private static func create(_ visit: Visit) async throws(Problem) -> Answer {
        if let page = try await worked(
            begun(visit), isNew: true, visit,
            page: { (shown) async throws(Problem) in
                try await new(visit, shown)
            })
        {
            return .page(page)
        }
        return try await Work.lead { () async throws(Problem) in
            let form = try await TriggerForm.read(begun(visit), isNew: true, visit)
            let (record, _) = try await form.record(try await form.posted(), etag: "")
            let made = try await RecordCalls<PlayTrigger>(visit).create(record, once: visit.form["once"])
            return "\(href(made.id))?done=\(Toast.created.rawValue)"
        } refused: { (problem) async throws(Problem) in
            try await new(visit, TriggerShown(refused: problem))
        }
    }

    // MARK: Changing it

    /// The page again where a button of the form is about the form alone: a condition or a schedule that is put together, or
    /// what the trigger would have launched as it is typed. Nil where it is to be saved.
    private static func worked(
        _ stored: PlayTrigger, isNew: Bool, _ visit: Visit,
        page: (TriggerShown) async throws(Problem) -> Page
    ) async throws(Problem) -> Page? {
        let action = visit.form["do"]
        guard [ConditionBuilder.action, TriggerForm.schedule, "test"].contains(action) else { return nil }
        do throws(Problem) {
            let form = try await TriggerForm.read(stored, isNew: isNew, visit)
            guard action == "test" else {
                return try await page(TriggerShown(isTyped: true, visit: try form.built()))
            }
            var (trigger, mask) = try await form.record(try await form.posted(), etag: "")
            if !isNew { trigger = merged(stored, trigger, mask) }
            let tried = try await BackTestPage.values(trigger, days: 90, visit)
            return try await page(TriggerShown(isTyped: true, more: tried))
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            var refused = try await page(TriggerShown(refused: error, isTyped: true))
            refused.status = error.status
            return refused
        }
    }

    /// A stored trigger with what was changed in the form.
    private static func merged(_ stored: PlayTrigger, _ typed: PlayTrigger, _ mask: FieldMask) -> PlayTrigger {
        var merged = stored
        for name in mask.paths {
            guard let index = PlayTrigger.schema.index(of: name) else { continue }
            try? merged.setField(at: index, to: typed[fieldAt: index])
        }
        return merged
    }

    private static func save(_ visit: Visit) async throws(Problem) -> Answer {
        let stored = try await trigger(visit)
        if let page = try await worked(
            stored, isNew: false, visit,
            page: { (shown) async throws(Problem) in
                try await page(visit, shown)
            })
        {
            return .page(page)
        }
        let href = href(stored.id)
        return try await Work.change(href, saved: "edit") { () async throws(Problem) in
            let form = try await TriggerForm.read(stored, isNew: false, visit)
            let posted = try await form.posted()
            let isApart = visit.form["etag"] != stored.etag && form.isApart(posted)
            let (record, mask) = try await form.record(posted, etag: isApart ? stored.etag : visit.form["etag"])
            guard !mask.paths.isEmpty else { return (.saved, "") }
            let after = try await RecordCalls<PlayTrigger>(visit).update(record, mask)
            let change = Undos.Change(mask.paths, of: stored, etag: after.etag)
            return (.saved, Work.undo(change, href, visit))
        } refused: { (problem) async throws(Problem) in
            try await page(visit, TriggerShown(refused: problem, isSaving: true))
        }
    }

    /// Turns a trigger on or off, which can be taken back as long as nobody has changed it since.
    private static func turn(_ visit: Visit) async throws(Problem) -> String {
        var request = ActionRequest()
        (request.id, request.etag) = (visit.part("id"), Work.etag(visit))
        let isOn = Work.goal(visit) == "on"
        let after = try await visit.ask(
            isOn ? PlayLauncherAPI.activatePlayTrigger : PlayLauncherAPI.deactivatePlayTrigger, request)
        let undo = "\(href(after.id))/turn?to=\(isOn ? "off" : "on")&etag=\(Fields.encoded(after.etag))"
        return "\(href(after.id))?done=\(Toast.changed.rawValue)&undo=\(Fields.encoded(undo))"
    }

    // MARK: The page

    private static func page(_ visit: Visit, _ shown: TriggerShown = TriggerShown()) async throws(Problem) -> Page {
        let trigger = try await trigger(visit)
        async let fired = Part.of { () async throws(Problem) in try await FiringList.values(of: trigger, visit) }
        async let said = Part.of { () async throws(Problem) in
            try await RecordCalls<PlayTrigger>(visit).activity(trigger.id)
        }
        let form = try await TriggerForm.read(trigger, isNew: false, visit)
        let isOn = trigger.active == true
        let mayWrite = may(visit, .write)
        let (firings, entries) = (await fired, await said)
        var named = RecordNames()
        named.add(entries.value ?? [], PlayTrigger.schema)
        let parts = Parts(reader: visit.reader, names: await named.found(visit))
        var values: Values = [
            "heading": trigger.title ?? "", "isNew": false, "href": href(trigger.id), "etag": trigger.etag,
            "active": isOn ? "active" : "paused",
            "activeText": isOn ? visit.say("On", "켜짐") : visit.say("Off", "꺼짐"),
            "turn": mayWrite ? isOn ? "off" : "on" : "", "backTest": backTest(of: trigger.id),
            "delete": mayWrite && !isOn && may(visit, .delete), "firings": firings.value ?? [Values](),
            "facts": facts(trigger, form.names, visit), "form": "", "sum": "", "launches": [Values](),
            "away": visit.missing([
                (firings.isAway, visit.say("firings", "발동")), (entries.isAway, visit.say("activity", "활동")),
            ]),
        ]
        values.merge(parts.stream(entries.value ?? [], of: PlayTrigger.schema)) { own, _ in own }
        if mayWrite, !isOn {
            let isOfForm = shown.isTyped || shown.isSaving
            values["form"] = try await form.values(
                action: href(trigger.id), refused: isOfForm ? shown.refused : nil, isTyped: shown.isTyped, shown.visit)
        }
        if let refused = shown.refused, !shown.isTyped && !shown.isSaving || isOn {
            values["problem"] = refusal(refused, visit)
        }
        values.merge(shown.more) { _, own in own }
        var page = Page(template: "trigger", title: trigger.title ?? "", values: values)
        page.trail = trail(visit)
        return page
    }

    /// What keeps a trigger from being turned on, all of it.
    private static func refusal(_ problem: Problem, _ visit: Visit) -> Values {
        let language = visit.reader.language
        let wrong = problem.violations.map { $0.text(language) }.filter { $0 != problem.text(language) }
        return [
            "text": problem.text(language), "fields": wrong.map { ["field": "content", "text": $0] as Values },
        ]
    }

    /// What it says, for who may not change it, or while it is on.
    private static func facts(_ trigger: PlayTrigger, _ names: [String: String], _ visit: Visit) -> [Values] {
        let (schema, language) = (PlayTrigger.schema, visit.reader.language)
        let table = Dictionaries.schema(trigger.sourceTable ?? "")?.label(language) ?? trigger.sourceTable ?? ""
        let starts = schema.label(PlayTrigger.Field.startsOn, of: trigger.startsOn ?? "", language)
        let play = trigger.definitionRecord ?? ""
        var facts: [Values] = [
            .fact(schema.label(PlayTrigger.Field.sourceTable, language), table),
            .fact(schema.label(PlayTrigger.Field.startsOn, language), starts),
            .fact(schema.label(PlayTrigger.Field.condition, language), trigger.condition ?? ""),
            .fact(schema.label(PlayTrigger.Field.schedule, language), trigger.schedule ?? ""),
            .fact(
                schema.label(PlayTrigger.Field.definitionRecord, language), names[play] ?? play,
                href: Address.of(DefinitionRecord.schema.table, play, id: play)),
            .fact(
                schema.label(PlayTrigger.Field.actsAs, language),
                names[trigger.actsAs ?? ""] ?? visit.say("Somebody", "다른 사람")),
            .fact(schema.label(PlayTrigger.Field.dailyLimit, language), "\(grouped: Int(trigger.dailyLimit ?? 0))"),
        ]
        if let at = trigger.activatedAt, trigger.active == true {
            facts.append(.fact(schema.label(PlayTrigger.Field.activatedAt, language), visit.reader.text(at)))
        }
        return facts.filter { fact in (fact["value"] as? String)?.isEmpty == false }
    }
}

/// What a page of a trigger shows beside what is stored.
struct TriggerShown: Sendable {
    var refused: Problem?
    /// What was typed stands in the form.
    var isTyped = false
    /// What was refused was to be saved.
    var isSaving = false
    /// The visit with what was put together.
    var visit: Visit?
    /// What it would have launched.
    var more: Values = [:]
}

/// What a trigger has done: each time that a record met it, what came of that, and why nothing did.
enum FiringList {
    static func values(of trigger: PlayTrigger, _ visit: Visit) async throws(Problem) -> [Values] {
        var request = ListRequest()
        request.pageSize = Lookup.limit
        request.filter = FilterText.equal(PlayFiring.Field.playTrigger, trigger.id)
        let firings = try await visit.ask(PlayLauncherAPI.listPlayFirings, request).resources
        let records = Dictionary(grouping: firings, by: { $0.sourceTable ?? "" })
        let asked = records.map { (table: $0.key, ids: $0.value.compactMap(\.sourceRecord)) }
        let found = try await Outcome.each(asked) { (asked) async throws(Problem) -> [String: String] in
            (try? await Lookup(visit).names(of: asked.ids, in: asked.table)) ?? [:]
        }
        let names = found.reduce(into: [String: String]()) { $0.merge($1) { first, _ in first } }
        return firings.map { value($0, names, visit) }
    }

    private static func value(_ firing: PlayFiring, _ names: [String: String], _ visit: Visit) -> Values {
        let (language, schema) = (visit.reader.language, PlayFiring.schema)
        let (table, record, run) = (firing.sourceTable ?? "", firing.sourceRecord ?? "", firing.flowRun ?? "")
        let korean = firing.messageKo ?? ""
        var values: Values = [
            "name": names[record] ?? Dictionaries.schema(table)?.label(language) ?? table,
            "href": record.isEmpty ? "" : Address.of(table, record, id: record),
            "edge": schema.label(PlayFiring.Field.edge, of: firing.edge ?? "", language),
            "state": firing.state == PlayFiring.State.launched
                ? "done" : firing.state == PlayFiring.State.refused ? "failed" : "queued",
            "stateText": schema.label(PlayFiring.Field.state, of: firing.state ?? "", language),
            "run": run.isEmpty ? "" : Address.of(FlowRun.schema.table, run, id: run),
            "why": language == .ko && !korean.isEmpty ? korean : firing.message ?? "",
        ]
        if let at = firing.occurredAt { values["at"] = at }
        return values
    }
}
