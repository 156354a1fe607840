import OnboardingWire
import PlaybooksWire
import RPC
import Wire

/// What the form of a part of a draft offers: kinds of activities, who can do the work, fields of the records.
struct DraftWorld: Sendable {
    let visit: Visit
    let source: PlaybookSource
    let playbook: Playbook
    /// What activities can be, by their order.
    var kinds: [ActivityDefinition] = []
    /// The names of responsibilities.
    var responsibilities: [String] = []
    /// Names of people by their ids.
    var names: [String: String] = [:]

    /// Everything that is offered, asked for at once. What the designer may not read is typed instead.
    static func read(
        _ playbook: Playbook, _ source: PlaybookSource, _ visit: Visit
    ) async throws(Problem) -> DraftWorld {
        var world = DraftWorld(visit: visit, source: source, playbook: playbook)
        let people = playbook.lanes.flatMap(\.activities).compactMap { $0.assignee?.user } + [visit.form[Self.user]]
        async let named = Part.of { () async throws(Problem) in
            try await Lookup(visit).names(of: people, in: User.schema.table)
        }
        async let responsible = Part.of { () async throws(Problem) -> [String] in
            var request = ListRequest()
            request.pageSize = 200
            return try await visit.ask(OnboardingAPI.listResponsibilityDefinitions, request).resources.compactMap(
                \.name)
        }
        var request = ListRequest()
        request.pageSize = 200
        world.kinds = try await visit.ask(source.methods.activities, request).activityDefinitions
        world.responsibilities = await responsible.value ?? []
        world.names = await named.value ?? [:]
        return world
    }

    /// The name under which the form has the user who does the work.
    static let user = "assignee_user"

    var language: Language { visit.reader.language }

    /// The dictionary of the records that runs are about.
    var parent: RecordSchema? { source.tables.first { $0.table == playbook.table } }

    /// What people call a kind of activity.
    func kind(_ key: String) -> String {
        guard let definition = kinds.first(where: { $0.key == key }) else { return key }
        return PlaybookPages.text(definition.label, key, visit)
    }

    // MARK: Choices

    /// Choices, with the one that stands there where it is none of them.
    func options(_ options: [Forms.Option], _ value: String) -> Forms.Kind {
        let isKnown = value.isEmpty || options.contains { $0.value == value }
        return .choice(isKnown ? options : options + [Forms.Option(value, value)])
    }

    /// Words and what people call them.
    func words(_ words: [(String, Text)], _ value: String) -> Forms.Kind {
        options(words.map { Forms.Option($0.0, visit.reader($0.1)) }, value)
    }

    func tables(_ tables: [RecordSchema], _ value: String) -> Forms.Kind {
        options(tables.map { Forms.Option($0.table, $0.label(language)) }, value)
    }

    /// Fields of a table that are such.
    func fields(
        of schema: RecordSchema?, _ value: String, _ isSuch: (FieldSchema) -> Bool
    ) -> Forms.Kind {
        let fields = (schema?.fields ?? []).filter(isSuch)
        return options(fields.map { Forms.Option($0.name, $0.label(language)) }, value)
    }

    /// Activities that another one can wait for, each with its lane.
    func others(than key: String) -> [Forms.Option] {
        playbook.lanes.flatMap { lane in
            lane.activities.filter { $0.key != key }.map { activity in
                let names = [
                    PlaybookPages.text(lane.label, lane.key, visit),
                    PlaybookPages.text(activity.label, activity.key, visit),
                ]
                return Forms.Option(activity.key, names.joined(separator: " › "))
            }
        }
    }

    /// Fields that people fill in, of the record that runs are about.
    func isEntered(_ field: FieldSchema) -> Bool {
        !field.outputOnly && field.type != .attachment && field.type != .journal
    }

    /// The types of inputs, in words.
    static let types: [(String, Text)] = [
        (FieldType.string.rawValue, Text(en: "One line of text", ko: "한 줄 텍스트")),
        (FieldType.text.rawValue, Text(en: "Text of many lines", ko: "여러 줄 텍스트")),
        (FieldType.date.rawValue, Text(en: "Date", ko: "날짜")),
        (FieldType.boolean.rawValue, Text(en: "Yes or no", ko: "예/아니요")),
        (FieldType.choice.rawValue, Text(en: "One of several choices", ko: "선택 항목 중 하나")),
        (FieldType.integer.rawValue, Text(en: "Whole number", ko: "정수")),
        (FieldType.decimal.rawValue, Text(en: "Decimal number", ko: "소수, 숫자")),
        (FieldType.reference.rawValue, Text(en: "One record", ko: "레코드 하나")),
        (FieldType.listOfReferences.rawValue, Text(en: "Several records", ko: "레코드 여러 개")),
        (FieldType.listOfUsers.rawValue, Text(en: "Several people", ko: "사용자 여러 명")),
        (FieldType.email.rawValue, Text(en: "E-mail address", ko: "이메일 주소")),
        (FieldType.url.rawValue, Text(en: "Web address", ko: "웹 주소")),
        ("rows", Text(en: "Rows of a table", ko: "테이블 행")),
    ]
}
