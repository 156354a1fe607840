import PlaybooksWire
import Wire

/// The tables of playbooks that access rows name.
enum OwnTable: String {
    case definition = "playbook_definition"
    case activityDefinition = "activity_definition"
    case run = "playbook_run"
    case activity = "playbook_activity"
    case migration = "playbook_migration"
}

/// When an activity starts.
enum StartMoment: String, CaseIterable {
    /// Also where a definition says nothing.
    case afterPrevious = "after_previous"
    case withPrevious = "with_previous"
    case after
    case withLane = "with_lane"
}

extension ActivityStart {
    /// When the activity starts; nil for a word that is none.
    var moment: StartMoment? { when.isEmpty ? .afterPrevious : StartMoment(rawValue: when) }
}

/// What the days of a due date are counted from.
enum DueBase: String, CaseIterable {
    /// Also where a definition says nothing.
    case afterStart = "after_start"
    case beforeField = "before_field"
}

extension ActivityDue {
    /// What the days are counted from; nil for a word that is none.
    var base: DueBase? { from.isEmpty ? .afterStart : DueBase(rawValue: from) }
}

/// The types of inputs and their columns: those of the dictionary, and rows.
enum InputType: Hashable {
    case field(FieldType)
    case rows

    /// The type of a word; nil for one that is none.
    init?(_ word: String) {
        guard word != ActivityInput.rowsType else {
            self = .rows
            return
        }
        guard let type = FieldType(rawValue: word) else { return nil }
        self = .field(type)
    }

    /// Whether values name records.
    var refers: Bool { self == .field(.reference) || self == .field(.listOfReferences) }
}

extension ActivityInput {
    /// The type of an input that takes rows.
    public static let rowsType = "rows"
}

extension ActivityState {
    /// What people call it.
    var label: Text {
        switch self {
        case .pending: Text(en: "Pending", ko: "대기 중")
        case .inProgress: Text(en: "In progress", ko: "진행 중")
        case .done: Text(en: "Done", ko: "완료")
        case .skipped: Text(en: "Skipped", ko: "건너뜀")
        case .canceled: Text(en: "Canceled", ko: "취소됨")
        case .failed: Text(en: "Failed", ko: "실패")
        }
    }
}
