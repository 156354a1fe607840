import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// Choices that administrators define: categories of plays with their subcategories, by order, in both languages, and those that are not
/// offered any more. All that was changed is saved at once, each by itself.
enum ChoicePages: PageFolder {
    static let href = "\(AdministrationPages.href)/choices"

    static func add(to pages: Pages) {
        pages.get("/administration/choices") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/administration/choices") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in try await save(visit) }
        }
        pages.post("/administration/choices/new") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in try await create(visit) }
        }
        pages.post("/administration/choices/:id/remove") { visit async throws(Problem) in
            try await write(visit) { () async throws(Problem) in
                var request = DeleteRequest()
                request.id = visit.part("id")
                _ = try await visit.ask(PlayLauncherAPI.deleteAleChoice, request)
                return .removed
            }
        }
    }

    private typealias Record = AleChoice

    /// Most that a page shows.
    private static let most: Int32 = 500

    /// Whether the page is offered; play-launcher decides by the same.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer && Access.allows(person.roles, .write, on: Record.schema.table)
    }

    private static func check(_ visit: Visit) throws(Problem) {
        try visit.demand(isFor)
    }

    private static func write(
        _ visit: Visit, _ write: () async throws(Problem) -> Toast
    ) async throws(Problem) -> Answer {
        try check(visit)
        return try await Work.write(href, saved: "edit", write) { (problem) async throws(Problem) in
            try await page(visit, refused: problem)
        }
    }

    private static func all(_ visit: Visit) async throws(Problem) -> [AleChoice] {
        var request = ListRequest()
        (request.pageSize, request.orderBy) = (most, Record.Field.order.rawValue)
        return try await visit.ask(PlayLauncherAPI.listAleChoices, request).aleChoices
    }

    // MARK: What is done

    /// The fields of a row, under names of their own.
    private static let fields: [AleChoice.Field] = [.order, .name, .nameKo, .active]

    private static func name(_ field: AleChoice.Field, _ choice: String) -> String { "\(field.rawValue)-\(choice)" }

    /// Writes each row that was changed, with the etag that the form has seen. The first that is refused ends it: those before it
    /// are saved, and what was typed stays.
    private static func save(_ visit: Visit) async throws(Problem) -> Toast {
        for (id, etag) in visit.form.under("etag-") {
            let changed = fields.filter { field in
                visit.form[name(field, id)] != visit.form["was-\(name(field, id))"]
            }
            guard !changed.isEmpty else { continue }
            var choice = Record()
            (choice.id, choice.etag) = (id, etag)
            try fill(&choice, visit) { name($0, id) }
            var request = UpdateAleChoiceRequest()
            (request.aleChoice, request.updateMask) = (choice, FieldMask(paths: changed.map(\.rawValue)))
            do throws(Problem) {
                _ = try await visit.ask(PlayLauncherAPI.updateAleChoice, request)
            } catch {
                throw error.blaming(id)
            }
        }
        return .saved
    }

    private static func create(_ visit: Visit) async throws(Problem) -> Toast {
        var choice = Record()
        try fill(&choice, visit) { name($0, "new") }
        choice.active = true
        let parent = visit.form[name(.dependentCategory, "new")]
        if !parent.isEmpty { choice.dependentCategory = parent }
        var request = CreateAleChoiceRequest()
        request.aleChoice = choice
        do throws(Problem) {
            _ = try await visit.ask(PlayLauncherAPI.createAleChoice, request)
        } catch {
            throw error.blaming("new")
        }
        return .created
    }

    private static func fill(
        _ choice: inout AleChoice, _ visit: Visit, _ name: (AleChoice.Field) -> String
    ) throws(Problem) {
        let order = visit.form[name(.order)]
        guard order.isEmpty || Int32(order) != nil else {
            throw .invalid(field: name(.order), Text(en: "This is no number.", ko: "숫자를 입력하세요."))
        }
        choice.order = Int32(order)
        choice.name = visit.form[name(.name)]
        choice.nameKo = visit.form[name(.nameKo)]
        choice.active = visit.form[name(.active)] == "true"
    }

    // MARK: The page

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        try check(visit)
        let choices = try await all(visit)
        let below = Dictionary(grouping: choices) { $0.dependentCategory ?? "" }
        let forms = Forms(visit, showsTyped: refused != nil && visit.path == href)
        let rows = (below[""] ?? []).flatMap { category in
            [row(category, forms, visit, refused)]
                + (below[category.id] ?? []).map { row($0, forms, visit, refused) }
        }
        let added = Self.new(below[""] ?? [], visit, refused)
        var values: Values = [
            "action": href, "rows": rows, "newAction": "\(href)/new", "fields": added.map { $0.1 },
            "all": ListPages.href(Record.schema.table), "problem": "",
        ]
        if let refused {
            values["problem"] = forms.problem(refused, choices.flatMap { entered($0, visit) } + added.map { $0.0 })
        }
        var page = Page(template: "choices_edit", title: visit.say("Choices", "선택 항목"), values: values)
        page.trail = visit.wayOfAdministration()
        return page
    }

    /// The fields of a choice as they are entered.
    private static func entered(_ choice: AleChoice, _ visit: Visit) -> [Forms.Field] {
        fields.map { field in
            let label = Record.schema.label(field, visit.reader.language)
            switch field {
            case .order:
                return Forms.Field(
                    name(field, choice.id), label, .text("number"), value: choice.order.map { "\($0)" } ?? "")
            case .active:
                return Forms.Field(
                    name(field, choice.id), label, .boolean, value: choice.active == false ? "" : "true")
            case .nameKo: return Forms.Field(name(field, choice.id), label, .text("text"), value: choice.nameKo ?? "")
            default:
                return Forms.Field(
                    name(field, choice.id), label, .text("text"), value: choice.name ?? "", isRequired: true)
            }
        }
    }

    private static func row(
        _ choice: AleChoice, _ forms: Forms, _ visit: Visit, _ refused: Problem?
    ) -> Values {
        let entered = entered(choice, visit)
        return [
            "id": choice.id, "etag": choice.etag, "label": choice.name ?? "", "below": choice.dependentCategory != nil,
            "off": choice.active == false, "fields": entered.map { forms.values($0, refused: refused) },
            "was": entered.map { ["name": $0.name, "value": $0.value] as Values },
            "remove": "\(href)/\(Fields.encoded(choice.id))/remove",
        ]
    }

    /// The form of one more choice.
    private static func new(
        _ categories: [AleChoice], _ visit: Visit, _ refused: Problem?
    ) -> [(Forms.Field, Values)] {
        let isTyped = visit.path.hasSuffix("/new")
        let forms = Forms(visit, showsTyped: isTyped && refused != nil)
        var choice = Record()
        choice.id = "new"
        let parent = Forms.Field(
            name(.dependentCategory, "new"), Record.schema.label(Record.Field.dependentCategory, visit.reader.language),
            .choice(categories.map { Forms.Option($0.id, $0.name ?? "") }),
            help: visit.say("Empty for a category of its own.", "비워 두면 최상위 범주입니다."))
        return (entered(choice, visit).filter { !$0.name.hasPrefix("\(Record.Field.active.rawValue)-") } + [parent]).map
        {
            ($0, forms.values($0, refused: isTyped ? refused : nil))
        }
    }
}

extension Problem {
    /// The same, with its fields named as those of one row of a form.
    fileprivate func blaming(_ row: String) -> Problem {
        var problem = self
        for place in violations.indices {
            problem.violations[place].field = "\(Problem.name(of: violations[place].field))-\(row)"
        }
        return problem
    }
}
