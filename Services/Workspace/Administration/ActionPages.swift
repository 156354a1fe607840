import CustomerSuccessWire
import Foundation
import ImportValidationWire
import OnboardingWire
import RPC
import RecommendedActionsWire
import Roles
import Wire

/// The parts of recommended actions, of each service that has some: seen, checked before they are saved, and changed by a form, or as
/// the JSON that they are.
enum ActionPages {
    static let href = "\(AdministrationPages.href)/actions"

    static func add(to pages: Pages) {
        pages.get("/administration/actions") { visit async throws(Problem) in .page(try await list(visit)) }
        pages.get("/administration/actions/:service/:id") { visit async throws(Problem) in .page(try await page(visit))
        }
        pages.post("/administration/actions/:service/:id") { visit async throws(Problem) in try await post(visit) }
        pages.post("/administration/actions/:service/:id/delete") { visit async throws(Problem) in
            try await Work.lead { () async throws(Problem) in
                var request = DeleteRequest()
                (request.id, request.etag) = (visit.part("id"), visit.form["etag"])
                let removal: Method<DeleteRequest, Empty> = try method("delete", visit.part("service"))
                _ = try await visit.ask(removal, request)
                return "\(href)?done=\(Toast.removed.rawValue)"
            } refused: { (problem) async throws(Problem) in
                try await page(visit, Typed(refused: problem))
            }
        }
    }

    /// Whether the pages are offered.
    static func isFor(_ person: Person) -> Bool {
        let table = OnboardingAPI.updateActionDefinition.need?.table ?? ""
        return !person.isCustomer && Access.allows(person.roles, .write, on: table)
    }

    /// The services that have recommended actions.
    private static let services: [(name: String, label: Text)] = [
        (OnboardingCase.schema.service, Text(en: "Onboarding", ko: "온보딩")),
        (ImportTask.schema.service, Text(en: "Imports", ko: "가져오기")),
        (Engagement.schema.service, Text(en: "Customer success", ko: "고객 성공")),
    ]

    /// A method of the parts of one service; NOT_FOUND for a service that has none.
    private static func method<Request: Message, Response: Message>(
        _ verb: String, _ service: String
    ) throws(Problem) -> Method<Request, Response> {
        guard services.contains(where: { $0.name == service }) else { throw RecordTypes.nowhere() }
        return Method(
            service: service, subject: "ale.v1.\(service).action_definitions.\(verb)", name: verb, summary: "")
    }

    private static func check(_ visit: Visit) throws(Problem) {
        try visit.demand(isFor)
    }

    // MARK: All

    private static func list(_ visit: Visit) async throws(Problem) -> Page {
        try check(visit)
        let groups = try await Outcome.each(services) { (service) async throws(Problem) -> Values in
            let part = await Part.of { () async throws(Problem) in try await all(service.name, visit) }
            return [
                "title": visit.reader(service.label), "away": part.isAway,
                "new": ActionForm.Kind.allCases.map { kind -> Values in
                    [
                        "label": visit.reader(Self.kind(kind.rawValue)),
                        "href": "\(href)/\(service.name)/new?\(ActionForm.kind)=\(kind.rawValue)",
                    ]
                },
                "items": ordered(part.value ?? []).map { item($0, part.value ?? [], service.name, visit) },
            ]
        }
        var page = Page(
            template: "actions", title: visit.say("Recommended actions", "권장 작업"), values: ["groups": groups])
        page.trail = visit.wayOfAdministration()
        return page
    }

    /// The parts of one service.
    private static func all(_ service: String, _ visit: Visit) async throws(Problem) -> [ActionDefinition] {
        var request = ListRequest()
        request.pageSize = 200
        let list: Method<ListRequest, ListActionDefinitionsResponse> = try method("list", service)
        return try await visit.ask(list, request).actionDefinitions
    }

    /// Rules first, then what they recommend, and at last what that is made of.
    private static func ordered(_ parts: [ActionDefinition]) -> [ActionDefinition] {
        let kinds: [ActionForm.Kind] = [.rule, .recommendation, .guidance, .tree, .field, .context]
        return kinds.flatMap { kind in parts.filter { $0.kind == kind.rawValue } }
    }

    private static func item(
        _ part: ActionDefinition, _ all: [ActionDefinition], _ service: String, _ visit: Visit
    ) -> Values {
        [
            "label": name(part, visit), "key": part.key, "kind": visit.reader(kind(part.kind)),
            "note": note(part, all, visit),
            "href": "\(href)/\(service)/\(Fields.encoded(part.id))", "off": part.active == false,
        ]
    }

    /// What a part is about, by which it is told from others of its name.
    private static func note(_ part: ActionDefinition, _ all: [ActionDefinition], _ visit: Visit) -> String {
        func named(_ key: String) -> String { all.first { $0.key == key }.map { name($0, visit) } ?? key }
        if let rule = part.rule {
            return [named(rule.context), rule.condition].filter { !$0.isEmpty }.joined(separator: " · ")
        }
        if let card = part.recommendation { return named(card.shows) }
        if let field = part.fieldRecommendation { return field.field }
        let table = part.context?.table ?? ""
        return Dictionaries.schema(table)?.label(visit.reader.language) ?? table
    }

    static func name(_ part: ActionDefinition, _ visit: Visit) -> String {
        part.label.map { said($0, visit) } ?? part.key
    }

    private static func kind(_ kind: String) -> Text {
        switch kind {
        case "context": Text(en: "Context", ko: "컨텍스트")
        case "rule": Text(en: "Rule", ko: "규칙")
        case "recommendation": Text(en: "Recommendation", ko: "권장 사항")
        case "guidance": Text(en: "Guidance", ko: "안내")
        case "field_recommendation": Text(en: "Field recommendation", ko: "필드 권장 사항")
        default: Text(en: "Decision tree", ko: "의사 결정 트리")
        }
    }

    // MARK: One

    /// The name of the only field of a part as JSON, and what in the address asks for it.
    private static let definition = "definition"
    private static let asText = "as=json"

    private static func isNew(_ visit: Visit) -> Bool { visit.part("id") == "new" }

    /// A part as it is stored; a new one of the kind that the address says, or the form.
    private static func stored(_ visit: Visit) async throws(Problem) -> ActionDefinition {
        let said = visit.isRead ? visit.query[ActionForm.kind] : visit.form[ActionForm.kind]
        guard !isNew(visit) else { return ActionForm.begun(said) }
        var request = GetRequest()
        request.id = visit.part("id")
        let get: Method<GetRequest, ActionDefinition> = try method("get", visit.part("service"))
        return try await visit.ask(get, request)
    }

    /// Whether the part is shown as JSON: where it was asked for or posted so, and where no form can hold it.
    private static func isText(_ part: ActionDefinition, _ visit: Visit) -> Bool {
        visit.form.contains(definition) || visit.query["as"] == "json" || !ActionForm.holds(part)
    }

    /// What a page shows of a part that was typed, and what is wrong with it.
    private struct Typed {
        var refused: Problem?
        var faults: [ActionFault]?
        var typed: ActionDefinition?
    }

    private static func page(_ visit: Visit, _ shown: Typed = Typed()) async throws(Problem) -> Page {
        try check(visit)
        let (stored, service) = (try await stored(visit), visit.part("service"))
        let isText = isText(stored, visit)
        let action = visit.path.replacing(#/\/delete$/#, with: "")
        var values: Values = [
            "heading": isNew(visit) ? visit.say("New part", "새 항목") : name(stored, visit),
            "kind": stored.kind.isEmpty ? "" : visit.reader(kind(stored.kind)),
            "newKind": isNew(visit) ? stored.kind : "",
            "action": action, "asText": "", "build": [Values](),
            "etag": shown.refused?.isStale == true || visit.form["etag"].isEmpty ? stored.etag : visit.form["etag"],
            "checked": shown.faults != nil,
            "delete": isNew(visit) ? "" : "\(href)/\(service)/\(Fields.encoded(stored.id))/delete",
        ]
        if isText {
            values.merge(text(stored, shown, visit)) { _, own in own }
        } else {
            let form = ActionForm(
                visit: visit, service: service, parts: try await all(service, visit), action: action)
            // What was refused or pressed is drawn as it was typed.
            let entered = visit.form.contains("label-en") ? (try? form.typed(stored, isNew: isNew(visit))) : nil
            let typed = shown.typed ?? entered?.filledIn()
            values.merge(drawn(form, typed ?? stored, isTyped: typed != nil, shown, visit)) { _, own in own }
            let begun = isNew(visit) && visit.isRead ? "\(ActionForm.kind)=\(stored.kind)&" : ""
            values["asText"] = "\(action)?\(begun)\(asText)"
        }
        var page = Page(template: "action", title: visit.say("Recommended action", "권장 작업"), values: values)
        page.trail = visit.wayOfAdministration() + [Crumb(label: visit.say("Recommended actions", "권장 작업"), href: href)]
        return page
    }

    /// A part as JSON, in one field.
    private static func text(_ stored: ActionDefinition, _ shown: Typed, _ visit: Visit) -> Values {
        let isBegun = isNew(visit) && stored.kind != ActionForm.Kind.tree.rawValue
        let field = Forms.Field(
            definition, visit.say("Definition (JSON)", "정의(JSON)"), .code, value: isBegun ? beginning : text(stored),
            isRequired: true)
        let forms = Forms(visit, showsTyped: shown.faults != nil)
        var values: Values = [
            "fields": [forms.values(field, refused: shown.refused)],
            "faults": (shown.faults ?? []).map { fault -> Values in
                ["label": "", "field": fault.field, "href": "#\(definition)", "text": said(fault.message, visit)]
            },
        ]
        if let refused = shown.refused { values["problem"] = forms.problem(refused, [field]) }
        return values
    }

    /// A part as a form, with what is wrong at its fields.
    private static func drawn(
        _ form: ActionForm, _ part: ActionDefinition, isTyped: Bool, _ shown: Typed, _ visit: Visit
    ) -> Values {
        let fields = form.fields(part, isNew: isNew(visit))
        let whole = Forms.whole(fields)
        var visit = visit
        if isTyped {
            // What nobody has filled in is gone: the fields have moved since they were posted.
            for field in whole where field.kind.isSingle { visit.form = visit.form.with(field.name, field.value) }
        }
        let forms = Forms(visit)
        let found = shown.faults.map { faults in
            Problem(
                .invalidArgument, Text(en: "", ko: ""),
                violations: faults.map { fault in
                    let text = fault.message ?? ActionText()
                    return Problem.Violation(
                        field: fault.field, text: Text(en: text.en, ko: text.ko.isEmpty ? text.en : text.ko))
                })
        }
        let wrong = (shown.refused ?? found).map { ActionForm.placed($0, at: whole) }
        let labels = Dictionary(whole.map { ($0.name, $0.label) }, uniquingKeysWith: { first, _ in first })
        var values: Values = [
            "redrawn": isTyped, "fields": fields.map { forms.values($0, refused: wrong) },
            "faults": shown.faults == nil
                ? [Values]()
                : (wrong?.violations ?? []).map { violation -> Values in
                    [
                        "label": labels[violation.field] ?? "", "field": violation.field,
                        "href": "#\(violation.field)", "text": violation.text(visit.reader.language),
                    ]
                },
        ]
        if part.kind == ActionForm.Kind.rule.rawValue {
            let table = form.parts.first { $0.key == part.rule?.context }?.context?.table
            values["build"] = ConditionBuilder(over: Dictionaries.schema(table ?? ""), visit).fields(refused: wrong)
        }
        if shown.refused != nil, let wrong { values["problem"] = forms.problem(wrong, whole) }
        return values
    }

    private static func said(_ text: ActionText?, _ visit: Visit) -> String {
        let (en, ko) = (text?.en ?? "", text?.ko ?? "")
        return visit.reader.language == .ko && !ko.isEmpty ? ko : en
    }

    /// What a new part begins with as JSON.
    private static let beginning = """
        {
          "key": "",
          "label": { "en": "", "ko": "" },
          "rule": { "context": "", "condition": "", "recommendations": [] }
        }
        """

    /// A part as people change it: without what the system sets.
    private static func text(_ part: ActionDefinition) -> String {
        guard let json = try? part.encodeJSON(),
            var object = try? JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
        else { return "" }
        for name in ["id", "etag", "createdAt", "createdBy", "updatedAt", "updatedBy", "domain", "kind"] {
            object[name] = nil
        }
        let data = try? JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return data.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    /// What was typed, as JSON or in the form; a text that is none is said at the field.
    private static func typed(_ visit: Visit) async throws(Problem) -> ActionDefinition {
        var part: ActionDefinition
        if visit.form.contains(definition) {
            do throws(WireError) {
                part = try ActionDefinition.decode(json: visit.form[definition])
            } catch {
                throw .invalid(
                    field: definition,
                    Text(en: "This is no JSON of a part: \(error).", ko: "올바른 JSON이 아닙니다: \(error)"))
            }
        } else {
            let form = ActionForm(visit: visit, service: visit.part("service"), parts: [])
            part = try form.typed(try await stored(visit), isNew: isNew(visit)).filledIn()
        }
        (part.id, part.etag) = isNew(visit) ? ("", "") : (visit.part("id"), visit.form["etag"])
        return part
    }

    private static func post(_ visit: Visit) async throws(Problem) -> Answer {
        try check(visit)
        let choice = visit.form["do"]
        return try await Work.answer { () async throws(Problem) in
            if let edited = visit.form.edited(by: choice) { return .page(try await edit(edited, visit)) }
            if choice == ConditionBuilder.action { return .page(try await built(visit)) }
            let part = try await typed(visit)
            guard choice != "check" else {
                var request = ValidateActionDefinitionRequest()
                request.actionDefinition = part
                let validate: Method<ValidateActionDefinitionRequest, ValidateActionDefinitionResponse> = try method(
                    "validate", visit.part("service"))
                let faults = try await visit.ask(validate, request).faults
                return .page(try await page(visit, Typed(faults: faults, typed: part)))
            }
            return .moved(to: try await saved(part, visit))
        } refused: { (problem) async throws(Problem) in
            try await page(visit, Typed(refused: problem))
        }
    }

    /// The page with a row that was moved, removed or added.
    private static func edit(_ edited: Fields, _ visit: Visit) async throws(Problem) -> Page {
        var visit = visit
        visit.form = edited
        let form = ActionForm(visit: visit, service: visit.part("service"), parts: [])
        let typed = try form.typed(try await stored(visit), isNew: isNew(visit))
        return try await page(visit, Typed(typed: typed))
    }

    private static func saved(_ part: ActionDefinition, _ visit: Visit) async throws(Problem) -> String {
        let service = visit.part("service")
        let saved: ActionDefinition
        if isNew(visit) {
            var request = CreateActionDefinitionRequest()
            request.actionDefinition = part
            let create: Method<CreateActionDefinitionRequest, ActionDefinition> = try method("create", service)
            saved = try await visit.ask(create, request)
        } else {
            var request = UpdateActionDefinitionRequest()
            request.actionDefinition = part
            let update: Method<UpdateActionDefinitionRequest, ActionDefinition> = try method("update", service)
            saved = try await visit.ask(update, request)
        }
        return "\(href)/\(service)/\(Fields.encoded(saved.id))?done=\(Toast.saved.rawValue)&saved=edit"
    }

    /// The page with one more comparison in the condition of a rule.
    private static func built(_ visit: Visit) async throws(Problem) -> Page {
        let parts = try await all(visit.part("service"), visit)
        let table = parts.first { $0.key == visit.form["rule-context"] }?.context?.table
        let builder = ConditionBuilder(over: Dictionaries.schema(table ?? ""), visit)
        var taken = visit
        taken.form = visit.form.with("rule-condition", try builder.added(to: visit.form["rule-condition"]))
        return try await page(taken)
    }
}
