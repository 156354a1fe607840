import OnboardingWire
import PlaybooksWire
import Roles
import Wire

/// The outline of a draft, and what can be done with the chosen part beside its form.
struct DesignerOutline: Sendable {
    let world: DraftWorld
    let chosen: DraftPlace
    let faults: [PlaybookFault]
    let href: @Sendable (DraftPlace) -> String

    private var visit: Visit { world.visit }
    private var playbook: Playbook { world.playbook }

    // MARK: The outline

    var values: Values {
        let counts = Dictionary(faults.map { (DraftPlace($0, in: playbook), 1) }, uniquingKeysWith: +)
        func entry(_ place: DraftPlace, _ title: String, isHere: Bool? = nil) -> Values {
            let wrong = counts[place] ?? 0
            return [
                "title": title, "href": href(place), "place": place.text, "current": isHere ?? (place == chosen),
                "wrong": wrong == 0 ? "" : "\(grouped: wrong)",
            ]
        }
        return [
            "whole": entry(.playbook, visit.say("The playbook itself", "플레이북 정보")),
            "lanes": playbook.lanes.map { lane -> Values in
                var values = entry(.lane(lane.key), PlaybookPages.text(lane.label, lane.key, visit))
                values["activities"] = lane.activities.map { activity -> Values in
                    let place = DraftPlace.activity(activity.key)
                    var isHere = place == chosen
                    if case .input(activity.key, _) = chosen { isHere = true }
                    var values = entry(
                        place, PlaybookPages.text(activity.label, activity.key, visit), isHere: isHere)
                    let within = activity.inputs.reduce(counts[place] ?? 0) {
                        $0 + (counts[.input(activity: activity.key, key: $1.key)] ?? 0)
                    }
                    values["wrong"] = within == 0 ? "" : "\(grouped: within)"
                    values["off"] = activity.switchedOff
                    return values
                }
                return values
            },
        ]
    }

    /// What the check has found, each leading to its part.
    var findings: [Values] {
        faults.map { fault in
            let place = DraftPlace(fault, in: playbook)
            let names = Set(world.groups(place, isActivated: false).flatMap(\.fields).map(\.name))
            let field = DraftPlace.field(fault.field, of: names)
            return [
                "title": title(fault), "text": PlaybookPages.text(fault.message, "", visit),
                "href": href(place) + (field.isEmpty ? "#chosen" : "#\(field)"),
            ]
        }
    }

    private func title(_ fault: PlaybookFault) -> String {
        let lane = playbook.lanes.first { $0.key == fault.lane }
        let names = [
            fault.lane.isEmpty ? "" : PlaybookPages.text(lane?.label, fault.lane, visit),
            fault.activity.isEmpty
                ? "" : PlaybookPages.text(playbook.activity(fault.activity)?.label, fault.activity, visit),
        ].filter { !$0.isEmpty }
        return names.isEmpty ? visit.say("The playbook itself", "플레이북 정보") : names.joined(separator: " › ")
    }

    // MARK: The chosen part

    /// What is chosen: its name and key, what can be added to it, and where it can go.
    var part: Values {
        var values: Values = [
            "title": name(chosen), "key": "", "at": chosen.text, "movable": chosen != .playbook, "targets": [Values](),
            "inputs": [Values](), "adds": [Values](), "knowledge": [Values](), "above": "",
        ]
        switch chosen {
        case .playbook: values["adds"] = [adding(.lane, visit.say("Add a stage", "단계 추가"))]
        case .lane(let key):
            values["key"] = key
            values["adds"] = [
                adding(.activity, visit.say("Add an activity to this stage", "이 단계에 활동 추가")),
                adding(.lane, visit.say("Add a stage behind this one", "이 단계 뒤에 단계 추가")),
            ]
            values["targets"] = targets
        case .activity(let key):
            values["key"] = key
            values["inputs"] = inputs(key)
            values["adds"] = [
                adding(.input, visit.say("Add a field to its form", "양식에 필드 추가")),
                adding(.activity, visit.say("Add an activity behind this one", "이 활동 뒤에 활동 추가")),
            ]
            values["targets"] = targets
            values["knowledge"] = knowledge(key)
        case .input(let activity, let key):
            values["key"] = "\(activity).\(key)"
            values["above"] = ["title": name(.activity(activity)), "href": href(.activity(activity))] as Values
        }
        return values
    }

    private func name(_ place: DraftPlace) -> String {
        switch place {
        case .playbook: return visit.say("The playbook itself", "플레이북 정보")
        case .lane(let key):
            return PlaybookPages.text(playbook.lanes.first { $0.key == key }?.label, key, visit)
        case .activity(let key): return PlaybookPages.text(playbook.activity(key)?.label, key, visit)
        case .input(let activity, let key):
            guard let input = playbook.activity(activity)?.inputs.first(where: { $0.key == key }) else { return key }
            return PlaybookPages.text(input.label, world.label(of: input), visit)
        }
    }

    private func adding(_ level: DraftEdit.Level, _ label: String) -> Values {
        let kinds = level == .activity ? world.kinds.filter(\.active) : []
        return [
            "level": level.rawValue, "label": label,
            "kinds": kinds.map { ["value": $0.key, "label": world.kind($0.key)] as Values },
        ]
    }

    private func inputs(_ activity: String) -> [Values] {
        (playbook.activity(activity)?.inputs ?? []).map { input in
            let place = DraftPlace.input(activity: activity, key: input.key)
            return [
                "title": name(place), "href": href(place), "mandatory": input.mandatory,
                "type": DraftWorld.types.first { $0.0 == world.type(of: input).rawValue }.map { visit.reader($0.1) }
                    ?? input.type,
            ]
        }
    }

    /// Where the chosen part can go: first, or behind another.
    private var targets: [Values] {
        func target(_ place: DraftPlace, _ label: String) -> Values { ["value": place.text, "label": label] }
        if case .lane(let key) = chosen {
            let first: Values = ["value": "first", "label": visit.say("first of all", "맨 앞")]
            return [first]
                + playbook.lanes.filter { $0.key != key }.map { lane in
                    let name = PlaybookPages.text(lane.label, lane.key, visit)
                    return target(.lane(lane.key), visit.say("behind ‘\(name)’", "‘\(name)’ 다음"))
                }
        }
        return playbook.lanes.flatMap { lane in
            let stage = PlaybookPages.text(lane.label, lane.key, visit)
            let first = target(.lane(lane.key), visit.say("first in ‘\(stage)’", "‘\(stage)’ 맨 앞"))
            return [first]
                + lane.activities.filter { .activity($0.key) != chosen }.map { activity in
                    let name = PlaybookPages.text(activity.label, activity.key, visit)
                    return target(.activity(activity.key), visit.say("behind ‘\(name)’", "‘\(name)’ 다음"))
                }
        }
    }

    /// Articles are shown with records by rules over these: those of the table that the activity makes, else of its case.
    private func knowledge(_ activity: String) -> [Values] {
        let made = playbook.activity(activity)?.creates?.table ?? ""
        let table = made.isEmpty ? playbook.table : made
        let known = KnowledgeRule.schema.field(KnowledgeRule.Field.table.rawValue)?.choices ?? []
        guard known.contains(where: { $0.value.string == table }),
            Access.allows(visit.person?.roles ?? [], .read, on: KnowledgeRule.schema.table)
        else { return [] }
        let filter = Fields.encoded(FilterText.equal(KnowledgeRule.Field.table, table))
        var links: [Values] = [
            [
                "label": visit.say("Articles shown with its record", "레코드에 표시되는 문서"),
                "href": "\(ListPages.href(KnowledgeRule.schema.table))?filter=\(filter)",
            ]
        ]
        if Access.allows(visit.person?.roles ?? [], .create, on: KnowledgeRule.schema.table) {
            let title = playbook.activity(activity)?.label?.en ?? ""
            let condition = made.isEmpty ? "" : "short_description = \(FilterText.quoted(title))"
            links.append([
                "label": visit.say("Show another article with it", "표시할 문서 추가"),
                "href": RecordPages.new(
                    KnowledgeRule.schema.table,
                    [
                        (KnowledgeRule.Field.table.rawValue, table),
                        (KnowledgeRule.Field.condition.rawValue, condition),
                    ].filter { !$0.1.isEmpty }),
            ])
        }
        return links
    }
}
