import Filters
import Ground
import PlaybooksWire
import RPC
import Records
import Wire

/// Looks for everything that keeps a playbook from working, so that what was activated never fails for what it says.
struct PlaybookCheck {
    let world: PlaybookWorld
    /// As it is edited.
    let playbook: Playbook
    /// As a version of it would be.
    let resolved: Playbook
    /// The table of the parent records; nil when there is no such table.
    let parent: PlaybookWorld.Table?
    private(set) var faults: [PlaybookFault] = []
    /// What start conditions look at, by the keys of their activities.
    var looked: [String: Set<String>] = [:]
    /// The table of people.
    static let users = "user"

    /// All faults of a playbook, by lanes and activities in their order.
    static func faults(_ playbook: Playbook, in world: PlaybookWorld) throws -> [PlaybookFault] {
        let shape = shapeFaults(playbook)
        // Parts that cannot be told apart cannot be spoken of.
        guard shape.isEmpty else { return shape }
        var check = PlaybookCheck(playbook, world)
        try check.lookAtPlaybook()
        return check.faults
    }

    init(_ playbook: Playbook, _ world: PlaybookWorld) {
        (self.playbook, self.world) = (playbook, world)
        resolved = playbook.resolved(with: world.definitions)
        parent = world.tables[playbook.table]
    }

    mutating func fault(_ place: FaultPlace, _ en: String, _ ko: String) {
        faults.append(PlaybookFault(place, Text(en: en, ko: ko)))
    }

    private mutating func lookAtPlaybook() throws {
        let whole = FaultPlace()
        if parent?.carriesRuns != true {
            fault(whole.at(.table), "Playbooks cannot run over this table.", "이 테이블에는 플레이북을 사용할 수 없습니다.")
        }
        label(playbook.label, whole.at(.label))
        description(playbook.description, whole.at(.description))
        lookAtTrigger()
        lookAtCalendars()
        if playbook.lanes.isEmpty { fault(whole.at(.lanes), "There is no lane.", "레인이 없습니다.") }
        for (lane, plan) in zip(playbook.lanes, resolved.lanes) {
            let place = whole.inside(lane)
            label(lane.label, place.at(.label))
            description(lane.description, place.at(.description))
            if !lane.activities.contains(where: { !$0.switchedOff }) {
                fault(
                    place.at(.activities), "The lane has no activity that is switched on.", "레인에 사용 중인 활동이 없습니다.")
            }
            for (activity, plan) in zip(lane.activities, plan.activities) {
                try look(at: activity, plan, place.inside(activity))
            }
        }
        lookForRings()
        lookForMakers()
        lookForFeeding()
    }

    private mutating func look(at activity: PlannedActivity, _ plan: PlannedActivity, _ place: FaultPlace) throws {
        label(activity.label, place.at(.label))
        description(activity.description, place.at(.description))
        look(at: activity.start, of: activity, place.at(.start))
        guard let kind = kind(of: activity) else {
            return fault(
                place.at(.kind), "There is no such activity definition, or it is not active.",
                "이러한 활동 정의가 없거나 사용 중이 아닙니다.")
        }
        look(at: entries(activity.inputs, plan.inputs, of: kind, place))
        try look(at: plan, kind, place.at(.creates))
        look(at: activity.due, place.at(.due))
        try look(at: activity.assignee, place.at(.assignee))
    }

    /// The kind of an activity; nil when nobody knows it.
    func kind(of activity: PlannedActivity) -> ActivityKind? {
        guard let definition = world.definitions[activity.kind], definition.active else { return nil }
        return world.kinds[definition.builtIn]
    }

    /// The inputs of an activity beside those of its kind, each with its place: in the activity, or in its definition.
    private func entries(
        _ said: [ActivityInput], _ merged: [ActivityInput], of kind: ActivityKind, _ place: FaultPlace
    ) -> [(ActivityInput, FaultPlace)] {
        merged.map { input in
            let index = said.firstIndex { $0.key == input.key }
            return (input, index.map { place.at(.inputs).element($0) } ?? place.at(.kind).at(named: input.key))
        }
    }

    // MARK: Texts

    /// A text that people must be able to read, in both languages.
    mutating func label(_ text: LocalText?, _ place: FaultPlace) {
        if text?.en.isBlank ?? true { fault(place.at(.en), "The English text is missing.", "영어 텍스트가 없습니다.") }
        if text?.ko.isBlank ?? true { fault(place.at(.ko), "The Korean text is missing.", "한국어 텍스트가 없습니다.") }
    }

    /// A text that may be left out, but not in one language alone.
    mutating func description(_ text: LocalText?, _ place: FaultPlace) {
        guard let text, !text.en.isEmpty || !text.ko.isEmpty else { return }
        label(text, place)
    }

    // MARK: Due dates, calendars and people

    private mutating func lookAtCalendars() {
        for (index, calendar) in playbook.calendars.enumerated() {
            let place = FaultPlace().at(.calendars).element(index)
            if calendar.workingDays.isEmpty || !calendar.workingDays.allSatisfy({ (1...7).contains($0) }) {
                fault(
                    place.at(.workingDays), "Working days are numbers from 1, Monday, to 7, Sunday.",
                    "근무일은 1(월요일)부터 7(일요일)까지의 숫자여야 합니다.")
            }
            for (index, day) in calendar.holidays.enumerated() where CivilDate(day) == nil {
                fault(
                    place.at(.holidays).element(index), "A day is written YYYY-MM-DD.", "날짜는 YYYY-MM-DD 형식이어야 합니다.")
            }
        }
    }

    private mutating func look(at due: ActivityDue?, _ place: FaultPlace) {
        guard let due else { return }
        if !(0...PlaybookBounds.days).contains(due.days) {
            fault(
                place.at(.days), "The days are a number from 0 to \(PlaybookBounds.days).",
                "일수는 0부터 \(grouped: PlaybookBounds.days)까지여야 합니다.")
        }
        switch due.base {
        case .afterStart:
            if !due.field.isEmpty {
                fault(
                    place.at(.field), "Only before_field counts from a field.",
                    "필드는 '\(DueBase.beforeField.rawValue)' 값과 함께만 사용할 수 있습니다."
                )
            }
        case .beforeField:
            let type = parent?.schema.field(due.field)?.type
            if parent != nil, type != .date {
                fault(
                    place.at(.field), "A due date is counted from a field that is a date.", "기한은 날짜 필드를 기준으로 계산해야 합니다."
                )
            }
        case nil:
            let known = DueBase.allCases.map(\.rawValue).joined(separator: ", ")
            fault(place.at(.from), "Possible are \(known).", "이러한 기준이 없습니다. 가능한 값: \(known)")
        }
        if !due.calendar.isEmpty, due.calendar != WorkCalendar.weekdaysKey,
            !playbook.calendars.contains(where: { $0.key == due.calendar })
        {
            fault(place.at(.calendar), "The playbook has no such calendar.", "플레이북에 이러한 달력이 없습니다.")
        }
    }

    private mutating func look(at assignee: ActivityAssignee?, _ place: FaultPlace) throws {
        guard let assignee else { return }
        if !assignee.user.isEmpty, try !world.hasUser(assignee.user) {
            fault(place.at(.user), "There is no such user.", "이러한 사용자가 없습니다.")
        }
        try responsibility(assignee.responsibility, place.at(.responsibility))
        if !assignee.fromField.isEmpty, let parent, parent.schema.field(assignee.fromField)?.reference != Self.users {
            fault(place.at(.fromField), "The field does not hold a user.", "사용자를 지정하는 필드가 아닙니다.")
        }
    }

    mutating func responsibility(_ name: String, _ place: FaultPlace) throws {
        guard !name.isEmpty, try !world.hasResponsibility(name) else { return }
        fault(place, "There is no such responsibility.", "이러한 담당 업무가 없습니다.")
    }
}
