import OnboardingWire
import PlaybooksWire
import Wire

/// The forms of a playbook itself and of its lanes.
extension DraftWorld {
    /// The fields of a part of the draft, in groups.
    func groups(_ place: DraftPlace, isActivated: Bool) -> [DraftGroup<Playbook>] {
        switch place {
        case .playbook: return ofPlaybook(isActivated: isActivated)
        case .lane(let key):
            return [ofLane].map { group in
                group.lifted({ $0.lanes.first { $0.key == key } }) { playbook, change in
                    guard let index = playbook.lanes.firstIndex(where: { $0.key == key }) else { return }
                    change(&playbook.lanes[index])
                }
            }
        case .activity(let key):
            return ofActivity(key).map { group in
                group.lifted({ $0.activity(key) }) { playbook, change in
                    guard let (lane, index) = playbook.index(of: key) else { return }
                    change(&playbook.lanes[lane].activities[index])
                }
            }
        case .input(let activity, let key):
            let input = playbook.activity(activity)?.inputs.first { $0.key == key }
            return ofInput(input ?? ActivityInput()).map { group in
                group.lifted({ $0.activity(activity)?.inputs.first { $0.key == key } }) { playbook, change in
                    guard let (lane, index) = playbook.index(of: activity),
                        let place = playbook.lanes[lane].activities[index].inputs.firstIndex(where: { $0.key == key })
                    else { return }
                    change(&playbook.lanes[lane].activities[index].inputs[place])
                }
            }
        }
    }

    // MARK: The playbook

    private func ofPlaybook(isActivated: Bool) -> [DraftGroup<Playbook>] {
        let table = DraftField<Playbook>(
            "table", Text(en: "Over which records", ko: "대상 레코드"), DraftKind { tables(source.tables, $0) }
        ) {
            $0.table
        } set: {
            $0.table = $1
        }
        return [
            DraftGroup(
                title: Text(en: "What it is", ko: "기본 정보"),
                fields: DraftTexts.fields("label", DraftTexts.name, \Playbook.label)
                    + DraftTexts.fields("description", DraftTexts.description, isLong: true, \Playbook.description)
                    + (isActivated ? [] : [table]), isOpen: true),
            DraftGroup(
                title: Text(en: "What starts it", ko: "시작 이벤트"), fields: ofTrigger, built: "trigger_condition",
                isOpen: true),
            DraftGroup(title: Text(en: "Calendars", ko: "달력"), fields: [calendars]),
        ]
    }

    private var ofTrigger: [DraftField<Playbook>] {
        let events: [(String, Text)] = [
            ("created", Text(en: "A record is made", ko: "레코드 생성")),
            ("updated", Text(en: "A record is changed", ko: "레코드 수정")),
            ("reopened", Text(en: "A record is opened again", ko: "레코드 다시 열기")),
        ]
        @Sendable func change(_ playbook: inout Playbook, _ body: (inout PlaybookTrigger) -> Void) {
            var trigger = playbook.trigger ?? PlaybookTrigger()
            body(&trigger)
            playbook.trigger = trigger == PlaybookTrigger() ? nil : trigger
        }
        return [
            DraftField(
                "trigger_event", Text(en: "When", ko: "시점"),
                help: Text(en: "Empty: people start it.", ko: "비워 두면 사람이 직접 시작합니다."),
                DraftKind { words(events, $0) }
            ) {
                $0.trigger?.event ?? ""
            } set: { playbook, text in
                change(&playbook) { $0.event = text }
            },
            DraftField(
                "trigger_condition", Text(en: "Only for records of which this holds", ko: "적용할 레코드의 조건"),
                help: Text(en: "Empty: for each one.", ko: "비워 두면 모든 레코드에 적용합니다."), DraftKind { _ in .long }
            ) {
                $0.trigger?.condition ?? ""
            } set: { playbook, text in
                change(&playbook) { $0.condition = text }
            },
        ]
    }

    private var calendars: DraftField<Playbook> {
        DraftField(
            rows: "calendars", Text(en: "Calendars", ko: "달력"),
            help: Text(
                en:
                    "Due dates can count the working days of a calendar. Working days are numbers from 1, Monday, to 7, Sunday; holidays are days such as 2026-12-25. An empty row is left out.",
                ko: "기한을 계산할 때 달력의 근무일을 사용할 수 있습니다. 근무일은 1(월요일)부터 7(일요일)까지, 휴일은 2026-12-25 형식으로 입력하세요. 빈 행은 저장되지 않습니다."),
            [
                .init(.key, Text(en: "Key", ko: "키")), .init(.days, Text(en: "Working days", ko: "근무일")),
                .init(.holidays, Text(en: "Holidays", ko: "휴일")),
            ]
        ) { playbook in
            playbook.calendars.map { calendar in
                [String: String]([
                    (.key, calendar.key), (.days, calendar.workingDays.map { "\($0)" }.joined(separator: ", ")),
                    (.holidays, calendar.holidays.joined(separator: ", ")),
                ])
            }
        } set: { playbook, rows in
            playbook.calendars = rows.map { row in
                var calendar = PlaybookCalendar()
                calendar.key = row[.key]
                calendar.workingDays = DraftTexts.numbers(row[.days])
                calendar.holidays = DraftTexts.list(row[.holidays])
                return calendar
            }
        }
    }

    // MARK: A lane

    private var ofLane: DraftGroup<PlaybookLane> {
        DraftGroup(
            title: Text(en: "What it is", ko: "기본 정보"),
            fields: DraftTexts.fields("label", DraftTexts.name, \PlaybookLane.label)
                + DraftTexts.fields("description", DraftTexts.description, isLong: true, \PlaybookLane.description),
            isOpen: true)
    }
}
