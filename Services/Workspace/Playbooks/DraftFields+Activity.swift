import OnboardingWire
import PlaybooksWire
import Wire

/// The form of an activity: everything that it can be.
extension DraftWorld {
    func ofActivity(_ key: String) -> [DraftGroup<PlannedActivity>] {
        [
            DraftGroup(title: Text(en: "What it is", ko: "기본 정보"), fields: ofKind, isOpen: true),
            DraftGroup(
                title: Text(en: "When it begins", ko: "시작 시점"), fields: ofStart(key), built: "start_condition",
                isOpen: true),
            DraftGroup(title: Text(en: "Who does it", ko: "담당자"), fields: ofAssignee, isOpen: true),
            DraftGroup(title: Text(en: "By when", ko: "기한"), fields: ofDue, isOpen: true),
            DraftGroup(title: Text(en: "What it makes", ko: "생성할 레코드"), fields: ofCreation(key)),
        ]
    }

    private var ofKind: [DraftField<PlannedActivity>] {
        let offered = kinds.filter(\.active).map { Forms.Option($0.key, kind($0.key)) }
        return DraftTexts.fields("label", DraftTexts.name, \PlannedActivity.label)
            + DraftTexts.fields("description", DraftTexts.description, isLong: true, \PlannedActivity.description)
            + [
                DraftField("kind", Text(en: "Kind", ko: "종류"), DraftKind { options(offered, $0) }) {
                    $0.kind
                } set: {
                    $0.kind = $1
                },
                DraftField("optional", Text(en: "May be skipped", ko: "건너뛰기 가능"), DraftKind { _ in .boolean }) {
                    DraftTexts.flag($0.optional)
                } set: {
                    $0.optional = $1 == "true"
                },
                DraftField("switched_off", Text(en: "Switched off", ko: "사용 안 함"), DraftKind { _ in .boolean }) {
                    DraftTexts.flag($0.switchedOff)
                } set: {
                    $0.switchedOff = $1 == "true"
                },
            ]
    }

    // MARK: When it begins

    private func ofStart(_ key: String) -> [DraftField<PlannedActivity>] {
        let moments: [(String, Text)] = [
            ("after_previous", Text(en: "When the one before it is done", ko: "앞의 활동이 완료되면")),
            ("with_previous", Text(en: "Together with the one before it", ko: "앞의 활동과 함께")),
            ("with_lane", Text(en: "When its stage opens", ko: "단계가 시작되면")),
            ("after", Text(en: "When those below are done", ko: "아래에서 선택한 활동이 완료되면")),
        ]
        @Sendable func change(_ activity: inout PlannedActivity, _ body: (inout ActivityStart) -> Void) {
            var start = activity.start ?? ActivityStart()
            body(&start)
            activity.start = start == ActivityStart() ? nil : start
        }
        let all = others(than: key)
        return [
            DraftField(
                "start_when", Text(en: "It begins", ko: "시작"),
                help: Text(en: "Empty: when the one before it is done.", ko: "비워 두면 앞의 활동이 완료될 때 시작합니다."),
                DraftKind { words(moments, $0) }
            ) {
                $0.start?.when ?? ""
            } set: { activity, text in
                change(&activity) { $0.when = text }
            },
            DraftField(
                "start_after", Text(en: "It waits for", ko: "선행 활동"), isList: true, DraftKind { _ in .several(all) }
            ) {
                JSONTexts.text($0.start?.after ?? [])
            } set: { activity, text in
                change(&activity) { $0.after = Forms.list(text) }
            },
            DraftField(
                "start_condition", Text(en: "Only where this holds", ko: "적용 조건"),
                help: Text(
                    en: "Over the record and, as activity.field, what activities have entered. Empty: always.",
                    ko: "레코드의 필드와 '활동.필드' 형식의 입력값을 사용할 수 있습니다. 비워 두면 항상 적용합니다."), DraftKind { _ in .long }
            ) {
                $0.start?.condition ?? ""
            } set: { activity, text in
                change(&activity) { $0.condition = text }
            },
        ]
    }

    // MARK: Who, and by when

    private var ofAssignee: [DraftField<PlannedActivity>] {
        func field(
            _ name: String, _ label: Text, _ kind: DraftKind,
            _ part: WritableKeyPath<ActivityAssignee, String> & Sendable
        ) -> DraftField<PlannedActivity> {
            DraftField(name, label, kind) {
                $0.assignee?[keyPath: part] ?? ""
            } set: { activity, text in
                var assignee = activity.assignee ?? ActivityAssignee()
                assignee[keyPath: part] = text
                activity.assignee = assignee == ActivityAssignee() ? nil : assignee
            }
        }
        let choose = "/choose/\(User.schema.table)?filter=\(Fields.encoded(Self.provider))"
        return [
            field(
                Self.user, Text(en: "This person", ko: "특정 사용자"),
                DraftKind { .reference(shown: names[$0] ?? $0, choose: choose) }, \.user),
            field(
                "assignee_responsibility", Text(en: "Who has this responsibility", ko: "담당 업무로 지정"),
                DraftKind { responsible($0) }, \.responsibility),
            field(
                "assignee_from_field", Text(en: "Who stands in this field of the record", ko: "레코드 필드로 지정"),
                DraftKind { fields(of: parent, $0) { $0.reference == User.schema.table } }, \.fromField),
        ]
    }

    /// People of the provider.
    static let provider = "NOT \(User.Field.account.rawValue):*"

    private func responsible(_ value: String) -> Forms.Kind {
        responsibilities.isEmpty
            ? .text("text") : options(responsibilities.sorted().map { Forms.Option($0, $0) }, value)
    }

    private var ofDue: [DraftField<PlannedActivity>] {
        @Sendable func change(_ activity: inout PlannedActivity, _ isSaid: Bool, _ body: (inout ActivityDue) -> Void) {
            guard isSaid || activity.due != nil else { return }
            var due = activity.due ?? ActivityDue()
            body(&due)
            activity.due = due
        }
        let bases: [(String, Text)] = [
            ("after_start", Text(en: "after it begins", ko: "시작 후")),
            ("before_field", Text(en: "before the date in a field", ko: "필드의 날짜 전")),
        ]
        let calendars = [Forms.Option("weekdays", visit.say("Monday to Friday", "월요일~금요일"))]
        let all = calendars + playbook.calendars.map { Forms.Option($0.key, $0.key) }
        return [
            DraftField(
                "due_days", Text(en: "Days", ko: "일수"), help: Text(en: "Empty: no due date.", ko: "비워 두면 기한이 없습니다."),
                DraftKind { _ in .text("number") }
            ) {
                $0.due.map { "\($0.days)" } ?? ""
            } set: { activity, text in
                guard !text.isEmpty else {
                    activity.due = nil
                    return
                }
                change(&activity, true) { $0.days = Int32(text) ?? -1 }
            },
            DraftField("due_from", Text(en: "Counted", ko: "계산 기준"), DraftKind { words(bases, $0) }) {
                $0.due?.from ?? ""
            } set: { activity, text in
                change(&activity, !text.isEmpty) { $0.from = text }
            },
            DraftField(
                "due_field", Text(en: "The field with the date", ko: "날짜 필드"),
                DraftKind { fields(of: parent, $0) { $0.type == .date } }
            ) {
                $0.due?.field ?? ""
            } set: { activity, text in
                change(&activity, !text.isEmpty) { $0.field = text }
            },
            DraftField("due_working_days", Text(en: "Working days only", ko: "근무일만 계산"), DraftKind { _ in .boolean }) {
                DraftTexts.flag($0.due?.workingDays == true)
            } set: { activity, text in
                change(&activity, text == "true") { $0.workingDays = text == "true" }
            },
            DraftField("due_calendar", Text(en: "By the calendar", ko: "달력"), DraftKind { options(all, $0) }) {
                $0.due?.calendar ?? ""
            } set: { activity, text in
                change(&activity, !text.isEmpty) { $0.calendar = text }
            },
        ]
    }

    // MARK: What it makes

    private func ofCreation(_ key: String) -> [DraftField<PlannedActivity>] {
        func field(
            _ name: String, _ label: Text, help: Text = Text(en: "", ko: ""),
            _ kind: DraftKind,
            _ part: WritableKeyPath<ActivityCreation, String> & Sendable
        ) -> DraftField<PlannedActivity> {
            DraftField(name, label, help: help, kind) {
                $0.creates?[keyPath: part] ?? ""
            } set: { activity, text in
                Self.change(&activity) { $0[keyPath: part] = text }
            }
        }
        let over = Text(
            en: "Over the record made and, as parent.field, its case.",
            ko: "생성된 레코드의 필드와 'parent.필드' 형식의 상위 레코드 필드를 사용할 수 있습니다.")
        return [
            field(
                "creates_table", Text(en: "A record of", ko: "레코드 종류"),
                help: Text(en: "Of activities that make one.", ko: "레코드를 생성하는 활동에만 지정합니다."),
                DraftKind { tables(source.made, $0) }, \.table),
            field(
                "creates_responsibility", Text(en: "For who has this responsibility", ko: "담당 업무"),
                DraftKind { responsible($0) }, \.responsibility),
            settings(playbook.activity(key)?.creates?.table ?? ""),
            field(
                "creates_closed_condition", Text(en: "It is closed when", ko: "종결 조건"), help: over,
                DraftKind { _ in .long },
                \.closedCondition),
            field(
                "creates_canceled_condition", Text(en: "It is canceled when", ko: "취소 조건"), help: over,
                DraftKind { _ in .long }, \.canceledCondition),
        ]
    }

    private static func change(_ activity: inout PlannedActivity, _ body: (inout ActivityCreation) -> Void) {
        var creation = activity.creates ?? ActivityCreation()
        body(&creation)
        activity.creates = creation == ActivityCreation() ? nil : creation
    }

    /// The fields of the record that is made, each with where its value comes from.
    private func settings(_ table: String) -> DraftField<PlannedActivity> {
        let schema = source.made.first { $0.table == table }
        let sources: [(String, Text)] = [
            ("text", Text(en: "This value", ko: "고정 값")),
            ("localized", Text(en: "This text, in both languages", ko: "두 언어의 텍스트")),
            ("from_field", Text(en: "This field of the record", ko: "레코드 필드 값")),
            ("expression", Text(en: "Text with {{placeholders}}", ko: "{{자리 표시자}}가 있는 텍스트")),
        ]
        return DraftField(
            rows: "creates_fields", Text(en: "Its fields", ko: "필드 값"),
            help: Text(
                en: "What is left empty the system fills in where it can. An empty row is left out.",
                ko: "비워 두면 시스템이 채울 수 있는 값을 채웁니다. 빈 행은 저장되지 않습니다."),
            [
                .init(.field, Text(en: "Field", ko: "필드")) { value in
                    fields(of: schema, value) { !$0.outputOnly && $0.type != .journal }
                },
                .init(.source, Text(en: "Gets", ko: "값 출처")) { words(sources, $0) },
                .init(.value, Text(en: "Value", ko: "값")),
                .init(.ko, Text(en: "In Korean", ko: "한국어 텍스트")),
            ]
        ) { activity in
            (activity.creates?.fields ?? []).map(Self.row)
        } set: { activity, rows in
            Self.change(&activity) { $0.fields = rows.map(Self.setting) }
        }
    }

    private static func row(_ setting: FieldSetting) -> [String: String] {
        let said: [(DraftColumn, String)] =
            if let text = setting.localized {
                [(.source, "localized"), (.value, text.en), (.ko, text.ko)]
            } else if !setting.fromField.isEmpty {
                [(.source, "from_field"), (.value, setting.fromField)]
            } else if !setting.expression.isEmpty {
                [(.source, "expression"), (.value, setting.expression)]
            } else {
                [(.source, "text"), (.value, setting.text)]
            }
        return [String: String]([(.field, setting.field)] + said)
    }

    private static func setting(_ row: [String: String]) -> FieldSetting {
        var setting = FieldSetting()
        setting.field = row[.field]
        let value = row[.value]
        switch row[.source] {
        case "localized":
            var text = LocalText()
            (text.en, text.ko) = (value, row[.ko])
            setting.localized = text
        case "from_field": setting.fromField = value
        case "expression": setting.expression = value
        default: setting.text = value
        }
        return setting
    }
}
