import Korean
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// What a trigger would have launched in the days behind us.
enum BackTestPage {
    /// How far back it can be looked.
    private static let spans = [7, 30, 90, 365]

    static func page(_ visit: Visit) async throws(Problem) -> Page {
        let trigger = try await TriggerPages.trigger(visit)
        let days = Int(visit.query[BackTestPlayTriggerRequest.Field.days]) ?? 30
        var values = try await self.values(trigger, days: days, visit)
        values["spans"] = spans.map { span -> Values in
            [
                "label": visit.reader(Text(en: "\(span) days", ko: "\(span)일")),
                "href": "\(TriggerPages.backTest(of: visit.part("id")))?days=\(span)", "current": span == days,
            ]
        }
        values["heading"] = trigger.title ?? ""
        var page = Page(template: "back_test", title: visit.say("Back-test", "소급 시험"), values: values)
        page.trail =
            TriggerPages.trail(visit) + [
                Crumb(label: trigger.title ?? "", href: TriggerPages.href(trigger.id))
            ]
        return page
    }

    /// What a trigger, saved or not, would have launched, as templates show it.
    static func values(_ trigger: PlayTrigger, days: Int, _ visit: Visit) async throws(Problem) -> Values {
        var request = BackTestPlayTriggerRequest()
        (request.id, request.days) = (trigger.id, Int32(days))
        if visit.isRead { request.playTrigger = nil } else { request.playTrigger = trigger }
        let answer = try await visit.ask(PlayLauncherAPI.backTestPlayTrigger, request)
        let shown = Array(answer.launches.prefix(Int(Lookup.limit)))
        let table = trigger.sourceTable ?? ""
        let names = (try? await Lookup(visit).names(of: shown.map(\.sourceRecord), in: table)) ?? [:]
        let sum = Text(
            en:
                "\(grouped: answer.count) launches in \(grouped: days) days; \(grouped: answer.changes) changes were looked at.",
            ko: "\(grouped: days)일 동안 \(grouped: answer.count)회 시작 (변경 \(grouped: answer.changes)건 확인).")
        return [
            "sum": visit.reader(sum), "cut": answer.cut,
            "launches": shown.map { launch -> Values in
                let edge = PlayFiring.schema.label(PlayFiring.Field.edge, of: launch.edge, visit.reader.language)
                var values: Values = [
                    "edge": edge,
                    "name": names[launch.sourceRecord] ?? Dictionaries.schema(table)?.label(visit.reader.language)
                        ?? "",
                    "href": Address.of(launch.sourceTable, launch.sourceRecord, id: launch.sourceRecord),
                ]
                if let at = launch.at { values["at"] = at }
                return values
            },
        ]
    }
}
