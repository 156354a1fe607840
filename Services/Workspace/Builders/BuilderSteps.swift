import ImportValidationWire
import OnboardingWire
import PlaybooksWire
import RPC
import Roles
import Wire

/// What each step of a builder shows: forms of what can be changed, facts once it is in use.
struct BuilderSteps: Sendable {
    let visit: Visit
    let drawn: BuilderPage.Drawn
    let refused: Problem?

    private var language: Language { visit.reader.language }
    private var state: BuilderState { drawn.state }
    private var forms: Forms { Forms(visit) }
    /// What was refused of the form; a file that was refused leaves the form as it is stored.
    private var said: Problem? { visit.form.contains("etag") ? refused : nil }

    /// The values of a step.
    func values(_ stage: BuilderStage) -> Values {
        switch stage {
        case .template: template()
        case .dataSource: dataSource()
        case .transformMap: transformMap()
        case .checks: checks()
        case .views: views()
        case .finish: finish()
        }
    }

    /// A field to enter; as text where nothing can be changed.
    private func field(_ field: Forms.Field) -> Values {
        guard !drawn.may else { return forms.values(field, refused: said) }
        var fixed = field
        if case .choice(let options) = field.kind {
            fixed.value = options.first { $0.value == field.value }?.label ?? ""
        }
        fixed.kind = .fixed
        return Forms(visit).values(fixed, refused: nil)
    }

    private func label(_ key: ImportBuilder.Field) -> String { ImportBuilder.schema.label(key, language) }

    // MARK: Template and data source

    /// Which columns the template has, and which of them each field is read from (G-57).
    private func template() -> Values {
        let columns = state.columns.map { Forms.Option($0.column, "\($0.column) · \($0.title)") }
        let missing = Set(state.missingFields)
        let fields = drawn.fields.map { field -> Values in
            let column = state.columns.first { $0.fields.contains(field.name) }?.column ?? ""
            let fault = missing.contains(field.name) ? visit.say("No column is for it.", "해당하는 열이 없습니다.") : ""
            var values = self.field(
                Forms.Field(
                    "\(BuilderField.column)\(field.name)", field.label(language), .choice(columns), value: column,
                    isRequired: false))
            if said == nil, !fault.isEmpty { values["wrong"] = fault }
            values["help"] = field.mandatory ? visit.say("Mandatory", "필수") : ""
            return values
        }
        let unread = state.columns.filter(\.fields.isEmpty).map { column -> Values in
            let near = column.nearestLabel
            let hint = near.isEmpty ? "" : visit.reader(Text(en: "perhaps \(near)", ko: "혹시 \(near)"))
            return ["title": "\(column.column) · \(column.title)", "hint": hint]
        }
        let href = BuilderPages.href(drawn.builder.id)
        return [
            "fileName": drawn.builder.template ?? "", "download": "\(href)/template", "upload": "\(href)/template",
            "fields": columns.isEmpty ? [Values]() : fields, "unread": unread,
        ]
    }

    private func dataSource() -> Values {
        let builder = drawn.builder
        let name = builder.importSetTableName ?? state.proposedImportSetTableName
        return [
            "fields": [
                field(
                    Forms.Field(
                        BuilderField.table, label(.importSetTableName), .text("text"), value: name,
                        help: visit.say(
                            "Lower-case letters, digits and underscores.", "소문자, 숫자, 밑줄만 사용할 수 있습니다.")))
            ],
            "facts": facts([.dataSource, .importSetTable]),
        ]
    }

    private func facts(_ keys: [ImportBuilder.Field]) -> [Values] {
        keys.compactMap { key in
            guard let index = ImportBuilder.schema.index(of: key.rawValue) else { return nil }
            let value = RecordForm<ImportBuilder>.text(drawn.builder[fieldAt: index])
            return value.isEmpty ? nil : .fact(label(key), value)
        }
    }

    // MARK: Transform map

    private static let kinds: [(String, Text)] = [
        ("copy", Text(en: "Copy the cell", ko: "셀 복사")), ("constant", Text(en: "Constant", ko: "상수")),
        ("default", Text(en: "Default for an empty cell", ko: "빈 셀의 기본값")),
        ("split", Text(en: "Part of the cell", ko: "셀의 일부")), ("value_map", Text(en: "Value map", ko: "값 매핑")),
        ("lookup", Text(en: "Look up by a field", ko: "필드로 조회")),
    ]

    /// What fills each field; what a kind does not take may stay as it is.
    private func transformMap() -> Values {
        let byField = Dictionary(state.fieldMaps.map { ($0.field, $0) }, uniquingKeysWith: { first, _ in first })
        let name = drawn.builder.transformMapName ?? state.proposedTransformMapName
        return [
            "fields": [
                field(Forms.Field(BuilderField.mapName, label(.transformMapName), .text("text"), value: name))
            ],
            "maps": drawn.fields.map { map($0, byField[$0.name]) },
        ]
    }

    private func map(_ field: FieldSchema, _ map: FieldMap?) -> Values {
        let columns = state.columns.map { Forms.Option($0.title, "\($0.column) · \($0.title)") }
        let read = state.columns.first { $0.fields.contains(field.name) }
        let kind = map?.kind ?? (read == nil ? "" : "copy")
        let title = map?.title ?? read?.title ?? ""
        let name = Self.kinds.first { $0.0 == kind }.map { visit.reader($0.1) } ?? visit.say("Empty", "비어 있음")
        let detail = kind == "constant" ? map?.text ?? "" : title
        let part = map.map { $0.part == 0 ? "" : "\($0.part)" } ?? ""
        return [
            "label": field.label(language), "must": field.mandatory,
            "summary": detail.isEmpty ? name : "\(name): \(detail)",
            "open": refused != nil && refused?.text(language).contains(field.label(language)) == true,
            "fields": [
                Forms.Field(
                    "\(BuilderField.kind)\(field.name)", visit.say("Filled by", "채우는 방식"),
                    .choice(Self.kinds.map { Forms.Option($0.0, visit.reader($0.1)) }), value: kind),
                Forms.Field(
                    "\(BuilderField.title)\(field.name)", visit.say("Column", "열"), .choice(columns), value: title),
                Forms.Field(
                    "\(BuilderField.text)\(field.name)", visit.say("Constant or default", "상수 또는 기본값"),
                    .text("text"), value: map?.text ?? ""),
                Forms.Field(
                    "\(BuilderField.separator)\(field.name)", visit.say("Separator of the parts", "구분 기호"),
                    .text("text"), value: map?.separator ?? ""),
                Forms.Field(
                    "\(BuilderField.part)\(field.name)", visit.say("Which part", "순번"), .text("number"),
                    value: part, help: visit.say("From 1; −1 is the last.", "1부터 셉니다. −1은 마지막입니다.")),
                Forms.Field(
                    "\(BuilderField.lookup)\(field.name)", visit.say("Looked up by", "조회 필드"),
                    .choice(lookups(field)), value: map?.lookupField ?? ""),
                Forms.Field(
                    "\(BuilderField.values)\(field.name)", visit.say("Value map", "값 매핑"), .long,
                    value: (map?.values ?? []).map { "\($0.value) = \($0.mapped)" }.joined(separator: "\n"),
                    help: visit.say("One a line: Norwey = Norway", "한 줄에 하나씩 입력하세요. 예: 'Norwey = Norway'")),
            ].map(self.field),
        ]
    }

    /// The fields by which texts name records of the table that a field refers to.
    private func lookups(_ field: FieldSchema) -> [Forms.Option] {
        guard let table = field.referencedTable, let schema = Dictionaries.schema(table) else { return [] }
        return schema.fields.filter { $0.storage == .string && $0.type == .string && !$0.outputOnly }.map {
            Forms.Option($0.name, $0.label(language))
        }
    }

    // MARK: Checks, views, activity

    private func checks() -> Values {
        let table = drawn.builder.importSetTable ?? ""
        let mayWrite = CheckPages.mayWrite(visit)
        return [
            "items": state.checks.map { CheckPages.item($0, visit) },
            "newField": mayWrite ? CheckPages.new(table, level: DataValidationAssist.ValidationType.field) : "",
            "newScript": mayWrite ? CheckPages.new(table, level: DataValidationAssist.ValidationType.record) : "",
        ]
    }

    private func views() -> Values {
        let filled = state.fieldMaps.map(\.field)
        let all = drawn.fields.filter { filled.contains($0.name) }
        return [
            "views": BuilderPage.views.map { name -> Values in
                let stored = state.views.first { $0.name == name }?.columns ?? filled
                let title =
                    name == "needs_attention"
                    ? Text(en: "Needs attention", ko: "확인 필요") : Text(en: "Ready to publish", ko: "게시 준비 완료")
                return [
                    "title": visit.reader(title),
                    "fields": all.map { field -> Values in
                        let place = stored.firstIndex(of: field.name).map { "\($0 + 1)" } ?? ""
                        return self.field(
                            Forms.Field(
                                BuilderField.place(name, field.name), field.label(language), .text("number"),
                                value: place))
                    },
                ]
            }
        ]
    }

    private func finish() -> Values {
        let href = BuilderPages.href(drawn.builder.id)
        let isDesigner = visit.person.map(PlaybookPages.isFor) == true
        let table = FilterText.equal(ImportTask.Field.sourceTable, drawn.builder.importSetTable ?? "")
        return [
            "facts": facts([
                .template, .dataSource, .importSetTable, .transformMapName, .uiViews, .activityDefinition,
            ]),
            "fields": drawn.may
                ? [
                    field(
                        Forms.Field(
                            BuilderField.responsibility, visit.say("Who does the import", "가져오기 담당 업무"),
                            .text("text"),
                            help: visit.say(
                                "A responsibility in the team of the case; empty for ServiceNow developer/admin.",
                                "케이스 팀의 담당 업무입니다. 비워 두면 'ServiceNow developer/admin' 값을 사용합니다.")))
                ] : [Values](),
            "download": "\(href)/template", "playbooks": isDesigner ? "/playbooks" : "",
            "tasks": "\(ListPages.href(ImportTask.schema.table))?filter=\(Fields.encoded(table))",
        ]
    }
}
