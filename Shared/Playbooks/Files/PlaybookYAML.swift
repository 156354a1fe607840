import Flows
import PlaybooksWire
import RPC
import Wire

/// A definition as YAML: `key` beside the fields of the playbook, with the names of the proto's fields. Reading what was
/// written gives the same playbook.
enum PlaybookYAML {
    /// The largest text that is read, in bytes.
    static let maximumBytes = 1 << 20

    /// Key and playbook of a file.
    struct File: Sendable, Equatable {
        var key: String
        var playbook: Playbook
    }

    /// Reads a file. INVALID_ARGUMENT names every field that is not one, with lane, activity and line; anchors, tags and keys
    /// that stand twice are refused with their line.
    static func read(_ text: String) throws(Problem) -> File {
        guard text.utf8.count <= maximumBytes else {
            throw .invalid(
                field: ImportPlaybookRequest.Field.yaml,
                Text(
                    en: "A playbook has at most \(maximumBytes) bytes.",
                    ko: "플레이북의 크기는 \(bytes: maximumBytes) 이하여야 합니다."))
        }
        let tree: YAMLTree
        do {
            tree = try YAMLTree.read(text)
        } catch {
            throw .invalid(
                field: ImportPlaybookRequest.Field.yaml, line(error.line, Text(en: error.text.en, ko: error.text.ko)))
        }
        var faults: [FormFault] = []
        // The key stands beside the playbook, which has none.
        var key: String?
        if case .mapping(let members) = tree.value,
            case .scalar(.string(let text))? = members.first(where: { $0.key == DefinitionField.key.rawValue })?.value
                .value
        {
            key = text
        }
        let playbook = forms.playbook.read(tree, FaultPlace(), &faults, besides: [DefinitionField.key.rawValue])
        if key == nil {
            faults.insert(
                FormFault(FaultPlace().at(.key), tree.line, Text(en: "The key is missing.", ko: "키가 없습니다.")), at: 0)
        }
        guard let key, faults.isEmpty else {
            throw .faulty(faults.map { PlaybookFault($0.place, line($0.line, $0.text)) }, playbook)
        }
        return File(key: key, playbook: playbook)
    }

    /// Writes a file.
    static func write(_ file: File) -> String {
        guard case .mapping(let members) = forms.playbook.write(file.playbook) else { return "" }
        return YAMLText.mapping([(DefinitionField.key.rawValue, .text(file.key))] + members).document
    }

    private static func line(_ number: Int, _ text: Text) -> Text {
        Text(en: "Line \(number): \(text.en)", ko: "\(grouped: number)행: \(text.ko)")
    }

    private static let forms = PlaybookForms()
}

/// The forms of the messages of a playbook.
private struct PlaybookForms: Sendable {
    let playbook: YAMLForm<Playbook>

    init() {
        let text = YAMLForm<LocalText>([.text(.en, \.en), .text(.ko, \.ko)])
        let activities = Self.activity(text)
        let lane = YAMLForm<PlaybookLane>([
            .text(.key, \.key), .one(.label, \.label, text), .one(.description, \.description, text),
            .many(.activities, \.activities, activities, .activity),
        ])
        playbook = YAMLForm([
            .text(.table, \.table), .one(.label, \.label, text), .one(.description, \.description, text),
            .one(
                .trigger, \.trigger,
                YAMLForm([.text(.event, \.event), .text(.condition, \.condition)])),
            .many(
                .calendars, \.calendars,
                YAMLForm([
                    .text(.key, \.key), .numbers(.workingDays, \.workingDays), .texts(.holidays, \.holidays),
                ])),
            .many(.lanes, \.lanes, lane, .lane),
        ])
    }

    private static func activity(_ text: YAMLForm<LocalText>) -> YAMLForm<PlannedActivity> {
        let start = YAMLForm<ActivityStart>([
            .text(.when, \.when), .texts(.after, \.after), .text(.condition, \.condition),
        ])
        let creates = YAMLForm<ActivityCreation>([
            .text(.table, \.table),
            .many(
                .fields, \.fields,
                YAMLForm([
                    .text(.field, \.field), .text(.text, \.text), .one(.localized, \.localized, text),
                    .text(.fromField, \.fromField), .text(.expression, \.expression),
                ])),
            .text(.closedCondition, \.closedCondition), .text(.canceledCondition, \.canceledCondition),
            .text(.responsibility, \.responsibility),
        ])
        let due = YAMLForm<ActivityDue>([
            .number(.days, \.days), .text(.from, \.from), .text(.field, \.field),
            .flag(.workingDays, \.workingDays), .text(.calendar, \.calendar),
        ])
        let assignee = YAMLForm<ActivityAssignee>([
            .text(.user, \.user), .text(.responsibility, \.responsibility), .text(.fromField, \.fromField),
        ])
        return YAMLForm([
            .text(.key, \.key), .text(.kind, \.kind), .one(.label, \.label, text),
            .one(.description, \.description, text), .one(.start, \.start, start), .flag(.optional, \.optional),
            .flag(.switchedOff, \.switchedOff), .many(.inputs, \.inputs, input(text)),
            .one(.creates, \.creates, creates), .one(.due, \.due, due), .one(.assignee, \.assignee, assignee),
        ])
    }

    private static func input(_ text: YAMLForm<LocalText>) -> YAMLForm<ActivityInput> {
        let column = YAMLForm<InputColumn>([
            .text(.key, \.key), .one(.label, \.label, text), .text(.type, \.type), .flag(.mandatory, \.mandatory),
            .text(.reference, \.reference), .text(.referenceFilter, \.referenceFilter),
        ])
        return YAMLForm([
            .text(.key, \.key), .one(.label, \.label, text), .text(.field, \.field), .text(.type, \.type),
            .flag(.mandatory, \.mandatory),
            .many(
                .choices, \.choices, YAMLForm([.text(.value, \.value), .one(.label, \.label, text)])),
            .text(.reference, \.reference), .text(.referenceFilter, \.referenceFilter), .text(.default, \.default),
            .many(.columns, \.columns, column),
        ])
    }
}
