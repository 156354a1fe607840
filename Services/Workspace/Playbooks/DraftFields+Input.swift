import OnboardingWire
import PlaybooksWire
import Wire

/// The form of a field that an activity asks for.
extension DraftWorld {
    func ofInput(_ input: ActivityInput) -> [DraftGroup<ActivityInput>] {
        [
            DraftGroup(title: Text(en: "What it is", ko: "기본 정보"), fields: ofQuestion, isOpen: true),
            DraftGroup(
                title: Text(en: "What may be chosen", ko: "선택할 수 있는 값"), fields: ofChoice,
                isOpen: [FieldType.choice, .reference, .listOfReferences].map(\.rawValue).contains(input.type)),
            DraftGroup(
                title: Text(en: "Columns of its rows", ko: "행의 열"), fields: [columns], isOpen: input.type == "rows"),
        ]
    }

    private var ofQuestion: [DraftField<ActivityInput>] {
        DraftTexts.fields("label", DraftTexts.name, \ActivityInput.label) + [
            DraftField(
                "field", Text(en: "Sets this field of the record", ko: "입력값을 저장할 레코드 필드"),
                help: Text(
                    en: "Name, type and choices follow from it. Empty: the activity keeps the value itself.",
                    ko: "이름, 유형, 선택 항목은 필드를 따릅니다. 비워 두면 활동에만 저장합니다."),
                DraftKind { fields(of: parent, $0, isEntered) }
            ) {
                $0.field
            } set: {
                $0.field = $1
            },
            DraftField("type", Text(en: "Type", ko: "유형"), DraftKind { words(Self.types, $0) }) {
                $0.type
            } set: {
                $0.type = $1
            },
            DraftField("mandatory", Text(en: "Mandatory", ko: "필수"), DraftKind { _ in .boolean }) {
                DraftTexts.flag($0.mandatory)
            } set: {
                $0.mandatory = $1 == "true"
            },
            DraftField("default", Text(en: "Default", ko: "기본값")) {
                $0.default
            } set: {
                $0.default = $1
            },
        ]
    }

    private var ofChoice: [DraftField<ActivityInput>] {
        [
            DraftField(
                rows: "choices", Text(en: "Choices", ko: "선택 항목"),
                help: Text(en: "Of a choice. An empty row is left out.", ko: "선택 유형에 사용합니다. 빈 행은 저장되지 않습니다."),
                [
                    .init(.value, Text(en: "Value", ko: "값")),
                    .init(.en, Text(en: "Name (English)", ko: "이름(영어)")),
                    .init(.ko, Text(en: "Name (Korean)", ko: "이름(한국어)")),
                ]
            ) { input in
                input.choices.map { Self.row($0.label, [(.value, $0.value)]) }
            } set: { input, rows in
                input.choices = rows.map { row in
                    var choice = InputChoice()
                    (choice.value, choice.label) = (row[.value], Self.label(row))
                    return choice
                }
            },
            DraftField("reference", Text(en: "Records of", ko: "참조할 레코드"), DraftKind { tables(Self.referenced, $0) }) {
                $0.reference
            } set: {
                $0.reference = $1
            },
            DraftField(
                "reference_filter", Text(en: "Only those of which this holds", ko: "선택 조건"), DraftKind { _ in .long }
            ) {
                $0.referenceFilter
            } set: {
                $0.referenceFilter = $1
            },
        ]
    }

    /// Tables whose records can be looked up by what people call them.
    private static var referenced: [RecordSchema] {
        Dictionaries.all.filter { $0.verbs.contains("list") && $0.verbs.contains("get") }.sorted {
            $0.table < $1.table
        }
    }

    private static func row(_ label: LocalText?, _ more: [(DraftColumn, String)]) -> [String: String] {
        [String: String](more + [(.en, label?.en ?? ""), (.ko, label?.ko ?? "")])
    }

    private static func label(_ row: [String: String]) -> LocalText {
        var label = LocalText()
        (label.en, label.ko) = (row[.en], row[.ko])
        return label
    }

    private var columns: DraftField<ActivityInput> {
        let types = Self.types.filter { $0.0 != "rows" }
        return DraftField(
            rows: "columns", Text(en: "Columns", ko: "열"),
            help: Text(en: "Of rows. An empty row is left out.", ko: "행 유형에 사용합니다. 빈 행은 저장되지 않습니다."),
            [
                .init(.key, Text(en: "Key", ko: "키")),
                .init(.en, Text(en: "Name (English)", ko: "이름(영어)")),
                .init(.ko, Text(en: "Name (Korean)", ko: "이름(한국어)")),
                .init(.type, Text(en: "Type", ko: "유형")) { words(types, $0) },
                .init(.reference, Text(en: "Records of", ko: "참조할 레코드")) {
                    tables(Self.referenced, $0)
                },
                .init(.filter, Text(en: "Only those of which this holds", ko: "선택 조건")),
                .init(.mandatory, Text(en: "Mandatory", ko: "필수")) { _ in .boolean },
            ]
        ) { input in
            input.columns.map { column in
                Self.row(
                    column.label,
                    [
                        (.key, column.key), (.type, column.type), (.reference, column.reference),
                        (.filter, column.referenceFilter), (.mandatory, DraftTexts.flag(column.mandatory)),
                    ])
            }
        } set: { input, rows in
            input.columns = rows.map { row in
                var column = InputColumn()
                (column.label, column.type) = (
                    Self.label(row), row[.type].isEmpty ? FieldType.string.rawValue : row[.type]
                )
                column.key = row[.key].isEmpty ? DraftKey.of(row[.en], "column", among: []) : row[.key]
                (column.reference, column.referenceFilter) = (row[.reference], row[.filter])
                column.mandatory = row[.mandatory] == "true"
                return column
            }
        }
    }
}
