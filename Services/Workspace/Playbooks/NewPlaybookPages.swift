import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// A new playbook: by its name, as a copy of another, or out of a file.
struct NewPlaybookPages: Sendable {
    let source: PlaybookSource

    /// The names of the fields of its forms.
    private enum Field: String {
        case english = "label_en"
        case korean = "label_ko"
        case table, copy, yaml
    }

    func add(to pages: Pages) {
        pages.get("\(source.root)/new") { visit async throws(Problem) in
            try DesignerPages.check(visit)
            return .page(try await page(visit))
        }
        pages.post("\(source.root)/new") { visit async throws(Problem) in
            try DesignerPages.check(visit)
            return try await Work.lead { () async throws(Problem) in
                let made = try await visit.form["do"] == "import" ? imported(visit) : created(visit)
                return "\(source.href(made.id))/draft?done=\(Toast.created.rawValue)"
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
    }

    private func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        let forms = Forms(visit)
        let fields = try await fields(visit)
        let file = Forms.Field(Field.yaml.rawValue, visit.say("Playbook as YAML", "플레이북(YAML)"), .code)
        let isFile = visit.form["do"] == "import"
        var values: Values = [
            "action": "\(source.root)/new", "fields": fields.map { forms.values($0, refused: refused) },
            "file": [forms.values(file, refused: refused)], "isFile": isFile,
        ]
        if let refused { values["problem"] = forms.problem(refused, isFile ? [file] : fields) }
        var page = Page(template: "playbook_new", title: visit.say("New playbook", "새 플레이북"), values: values)
        page.trail = [Crumb(label: visit.reader(source.title), href: source.root)]
        return page
    }

    private func fields(_ visit: Visit) async throws(Problem) -> [Forms.Field] {
        var request = ListRequest()
        request.pageSize = 200
        let known = try await visit.ask(source.methods.definitions, request).playbookDefinitions
        let language = visit.reader.language
        return [
            Forms.Field(Field.english.rawValue, visit.say("Name (English)", "이름(영어)"), .text("text"), isRequired: true),
            Forms.Field(Field.korean.rawValue, visit.say("Name (Korean)", "이름(한국어)"), .text("text"), isRequired: true),
            Forms.Field(
                Field.copy.rawValue, visit.say("A copy of", "복사할 플레이북"),
                .choice(
                    known.map { Forms.Option($0.id, PlaybookPages.text($0.playbook?.label, $0.key, visit)) }),
                help: visit.say("Empty: it begins with nothing in it.", "비워 두면 빈 플레이북으로 시작합니다.")),
            Forms.Field(
                Field.table.rawValue, visit.say("Over which records", "대상 레코드"),
                .choice(source.tables.map { Forms.Option($0.table, $0.label(language)) }),
                value: source.tables.first?.table ?? "",
                help: visit.say("A copy keeps that of the other.", "복사하면 원본의 대상 레코드를 유지합니다.")),
        ]
    }

    /// A draft by its name. Its key follows from the name, beside those that there are.
    private func created(_ visit: Visit) async throws(Problem) -> PlaybookDefinition {
        var playbook = Playbook()
        let copied = visit.form[Field.copy]
        if !copied.isEmpty {
            var request = ExportPlaybookRequest()
            (request.id, request.editable) = (copied, true)
            playbook = try await visit.ask(source.methods.export, request).playbook ?? Playbook()
        } else {
            playbook.table = visit.form[Field.table]
        }
        var label = LocalText()
        (label.en, label.ko) = (visit.form[Field.english], visit.form[Field.korean])
        playbook.label = label
        var list = ListRequest()
        list.pageSize = 1_000
        let known = try await visit.ask(source.methods.definitions, list).playbookDefinitions
        var definition = PlaybookDefinition()
        definition.key = DraftKey.of(label.en, "playbook", among: Set(known.map(\.key)))
        definition.playbook = playbook
        var request = CreatePlaybookDefinitionRequest()
        request.playbookDefinition = definition
        return try await visit.ask(source.methods.create, request)
    }

    private func imported(_ visit: Visit) async throws(Problem) -> PlaybookDefinition {
        var request = ImportPlaybookRequest()
        request.yaml = visit.form[whole: Field.yaml.rawValue]
        return try await visit.ask(source.methods.importing, request)
    }
}
