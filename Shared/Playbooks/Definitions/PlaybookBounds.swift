import PlaybooksWire
import RPC
import Records
import Wire

/// The bounds of a definition, which drafts keep as well.
enum PlaybookBounds {
    static let lanes = 50
    static let activities = 300
    static let inputs = 50
    static let columns = 20
    static let choices = 200
    static let fields = 100
    static let after = 50
    static let calendars = 20
    static let holidays = 1_000
    static let labelLength = 200
    static let textLength = 4_000
    /// Most days of a due date: ten years.
    static let days: Int32 = 3_650
    /// Most bytes of a whole playbook as it is stored: an answer with it stays below what NATS carries.
    static let bytes = 512 << 10
}

extension PlaybookCheck {
    /// What even a draft must keep: sizes, and keys by which its parts can be found.
    static func shapeFaults(_ playbook: Playbook) -> [PlaybookFault] {
        var check = Shape()
        check.look(at: playbook)
        return check.faults
    }

    private struct Shape {
        var faults: [PlaybookFault] = []

        mutating func look(at playbook: Playbook) {
            let whole = FaultPlace()
            if ((try? playbook.encodeProtobuf())?.count ?? .max) > PlaybookBounds.bytes {
                faults.append(
                    PlaybookFault(
                        whole,
                        Text(
                            en: "A playbook has at most \(PlaybookBounds.bytes) bytes.",
                            ko: "플레이북의 크기는 \(bytes: PlaybookBounds.bytes) 이하여야 합니다.")))
            }
            count(playbook.lanes, PlaybookBounds.lanes, whole.at(.lanes), Text(en: "lanes", ko: "레인"))
            count(playbook.activities, PlaybookBounds.activities, whole.at(.lanes), Text(en: "activities", ko: "활동"))
            count(playbook.calendars, PlaybookBounds.calendars, whole.at(.calendars), Text(en: "calendars", ko: "달력"))
            texts([(.label, playbook.label), (.description, playbook.description)], whole)
            var lanes: Set<String> = []
            var activities: Set<String> = []
            for (index, lane) in playbook.lanes.enumerated() {
                let place = whole.inside(lane)
                key(lane.key, &lanes, lane.key.isEmpty ? whole.at(.lanes).element(index).at(.key) : place.at(.key))
                texts([(.label, lane.label), (.description, lane.description)], place)
                for (index, activity) in lane.activities.enumerated() {
                    let inner = place.inside(activity)
                    key(
                        activity.key, &activities,
                        activity.key.isEmpty ? place.at(.activities).element(index).at(.key) : inner.at(.key))
                    look(at: activity, inner)
                }
            }
            var calendars: Set<String> = [WorkCalendar.weekdaysKey]
            for (index, calendar) in playbook.calendars.enumerated() {
                let place = whole.at(.calendars).element(index)
                key(calendar.key, &calendars, place.at(.key))
                count(calendar.holidays, PlaybookBounds.holidays, place.at(.holidays), Text(en: "holidays", ko: "공휴일"))
            }
        }

        private mutating func look(at activity: PlannedActivity, _ place: FaultPlace) {
            texts([(.label, activity.label), (.description, activity.description)], place)
            count(
                activity.start?.after ?? [], PlaybookBounds.after, place.at(.start).at(.after),
                Text(en: "activities", ko: "활동"))
            look(at: activity.inputs, place.at(.inputs))
            count(
                activity.creates?.fields ?? [], PlaybookBounds.fields, place.at(.creates).at(.fields),
                Text(en: "fields", ko: "필드"))
        }

        mutating func look(at inputs: [ActivityInput], _ place: FaultPlace) {
            count(inputs, PlaybookBounds.inputs, place, Text(en: "inputs", ko: "입력 항목"))
            var keys: Set<String> = []
            for (index, input) in inputs.enumerated() {
                let inner = place.element(index)
                key(input.key, &keys, inner.at(.key))
                texts([(.label, input.label)], inner)
                count(input.choices, PlaybookBounds.choices, inner.at(.choices), Text(en: "choices", ko: "선택 항목"))
                count(input.columns, PlaybookBounds.columns, inner.at(.columns), Text(en: "columns", ko: "열"))
                var columns: Set<String> = []
                for (index, column) in input.columns.enumerated() {
                    key(column.key, &columns, inner.at(.columns).element(index).at(.key))
                }
            }
        }

        private mutating func count<Element>(_ list: [Element], _ most: Int, _ place: FaultPlace, _ what: Text) {
            guard list.count > most else { return }
            faults.append(
                PlaybookFault(
                    place,
                    Text(
                        en: "There are more than \(most) \(what.en).",
                        ko: "\(what.ko, .topic) \(grouped: most)개를 초과할 수 없습니다.")))
        }

        private mutating func key(_ key: String, _ known: inout Set<String>, _ place: FaultPlace) {
            if !DefinitionKey.isKey(key) {
                faults.append(
                    PlaybookFault(place, DefinitionKey.rule))
            } else if !known.insert(key).inserted {
                faults.append(PlaybookFault(place, Text(en: "The key stands twice.", ko: "중복된 키입니다.")))
            }
        }

        private mutating func texts(_ texts: [(DefinitionField, LocalText?)], _ place: FaultPlace) {
            for (name, text) in texts {
                let most = name == .label ? PlaybookBounds.labelLength : PlaybookBounds.textLength
                guard max(text?.en.count ?? 0, text?.ko.count ?? 0) > most else { continue }
                faults.append(
                    PlaybookFault(
                        place.at(name), Text(en: "At most \(most) characters.", ko: "최대 \(grouped: most)자입니다.")))
            }
        }
    }

    /// As ``shapeFaults(_:)`` for the inputs of an activity definition.
    static func shapeFaults(_ inputs: [ActivityInput]) -> [PlaybookFault] {
        var check = Shape()
        check.look(at: inputs, FaultPlace().at(.inputs))
        return check.faults
    }
}
