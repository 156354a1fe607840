import CustomerSuccessWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Synchronization
import Testing
import Wire

@testable import WorkspaceService

/// Triggers as pages: made, changed, tried before they are saved, turned on and off, and what came of each.
@Suite struct TriggerPageTests {
    private static let id = "01990000-0000-7000-8000-0000000000a1"
    private static let play = "01990000-0000-7000-8000-0000000000a2"
    private static let user = "01990000-0000-7000-8000-0000000000a3"
    private static let address = "/administration/triggers/\(id)"

    /// A trigger that is stored, and what was asked.
    private final class Stored: Sendable {
        private let trigger: Mutex<PlayTrigger>
        let said = Said()

        init(isOn: Bool = false) {
            var trigger = PlayTrigger()
            (trigger.id, trigger.etag, trigger.title, trigger.active) = (id, "1", "Red <health>", isOn)
            (trigger.sourceTable, trigger.condition) = ("engagement", "perceived_health = red")
            (trigger.startsOn, trigger.definitionRecord, trigger.actsAs) = ("entering", play, user)
            trigger.answers = "{\"meeting_date\": \"2027-03-15\"}"
            self.trigger = Mutex(trigger)
        }

        var value: PlayTrigger { trigger.withLock { $0 } }

        func change(_ edit: (inout PlayTrigger) -> Void) {
            trigger.withLock { trigger in
                edit(&trigger)
                trigger.etag = "\((Int(trigger.etag) ?? 0) + 1)"
            }
        }

        private func turned(_ request: ActionRequest, _ isOn: Bool) throws(Problem) -> PlayTrigger {
            said.add("\(isOn ? "on" : "off") \(request.etag)")
            guard !isOn || value.title != "Unready" else {
                throw Problem.invalid([
                    .init(
                        field: "play_trigger.answers.meeting_date", text: Text(en: "When is missing.", ko: "회의일이 없습니다.")
                    ),
                    .init(field: "play_trigger.acts_as", text: Text(en: "Nobody acts.", ko: "실행 주체가 없습니다.")),
                ])
            }
            change { $0.active = isOn }
            return value
        }

        private func updated(_ request: UpdatePlayTriggerRequest) throws(Problem) -> PlayTrigger {
            let new = request.playTrigger ?? PlayTrigger()
            guard new.etag == value.etag else {
                throw Problem(.aborted, Text(en: "It was changed meanwhile.", ko: "먼저 변경되었습니다."))
            }
            let paths = request.updateMask?.paths ?? []
            said.add("update \(paths.joined(separator: " ")) \(new.answers ?? "")")
            change { trigger in
                for path in paths {
                    guard let index = PlayTrigger.schema.index(of: path) else { continue }
                    try? trigger.setField(at: index, to: new[fieldAt: index])
                }
            }
            return value
        }

        private static var question: PlayQuestion {
            var question = PlayQuestion()
            (question.name, question.label, question.type) = ("meeting_date", "Meeting date", "date")
            question.mandatory = true
            return question
        }

        private static func firings() -> ListPlayFiringsResponse {
            var (done, refused) = (PlayFiring(), PlayFiring())
            (done.sourceTable, done.sourceRecord, done.edge) = ("engagement", id, "entering")
            (done.state, done.flowRun, done.occurredAt) = ("launched", play, Bench.now)
            (refused.sourceTable, refused.sourceRecord, refused.edge) = ("engagement", id, "entering")
            (refused.state, refused.message, refused.messageKo) = ("refused", "She may <not> do it.", "권한이 없습니다.")
            var list = ListPlayFiringsResponse()
            list.playFirings = [done, refused]
            return list
        }

        var endpoints: [Endpoint] {
            [
                Endpoint(PlayLauncherAPI.getPlayTrigger) { _, request async throws(Problem) in
                    guard request.id == id else { throw .notFound(Text(en: "None.", ko: "없습니다.")) }
                    return self.value
                },
                Endpoint(PlayLauncherAPI.listPlayFirings) { _, request in
                    self.said.add(request.filter)
                    return Self.firings()
                },
                Endpoint(PlayLauncherAPI.listPlayTriggerActivity) { _, _ in ListActivityResponse() },
                Endpoint(PlayLauncherAPI.describePlay) { _, _ in
                    var answer = DescribePlayResponse()
                    answer.questions = [Self.question]
                    return answer
                },
                Endpoint(PlayLauncherAPI.activatePlayTrigger) { _, request async throws(Problem) in
                    try self.turned(request, true)
                },
                Endpoint(PlayLauncherAPI.deactivatePlayTrigger) { _, request async throws(Problem) in
                    try self.turned(request, false)
                },
                Endpoint(PlayLauncherAPI.updatePlayTrigger) { _, request async throws(Problem) in
                    try self.updated(request)
                },
                Endpoint(PlayLauncherAPI.createPlayTrigger) { _, request in
                    let made = request.playTrigger ?? PlayTrigger()
                    self.said.add("create \(made.title ?? "") \(made.sourceTable ?? "") \(made.actsAs ?? "")")
                    return self.value
                },
                Endpoint(PlayLauncherAPI.backTestPlayTrigger) { _, request in
                    self.said.add("test \(request.id) \(request.days) \(request.playTrigger?.condition ?? "")")
                    var launch = BackTestedLaunch()
                    (launch.sourceTable, launch.sourceRecord, launch.edge) = ("engagement", id, "entering")
                    var answer = BackTestPlayTriggerResponse()
                    (answer.launches, answer.count, answer.changes) = ([launch], 12, 8_400)
                    return answer
                },
            ]
        }
    }

    private func browser(_ stored: Stored, _ roles: [String] = ["admin"], language: String = "en") async throws
        -> Browser
    {
        let bench = try Bench()
        var ann = SignedIn.ann()
        (ann.roles, ann.language) = (roles, language)
        let users = Endpoint(OnboardingAPI.listUsers) { _, _ in
            var one = User()
            (one.id, one.name) = (Self.user, "Sam Success")
            var list = ListUsersResponse()
            list.users = [one]
            return list
        }
        try await bench.answer("onboarding", StandIn.sessions(ann) + [users])
        try await bench.answer("play-launcher", stored.endpoints)
        return Browser(bench, session: "good")
    }

    /// What stands in the form of a page, as a browser posts it.
    private func fields(_ page: Bench.Seen, _ action: String, _ typed: [String: String]) -> [(String, String)] {
        let was = page.text.matches(of: #/name="was-([^"]+)" value="([^"]*)"/#).map {
            let text = [("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">")].reduce(String($0.output.2)) {
                $0.replacing($1.0, with: $1.1)
            }
            return (String($0.output.1), text)
        }
        let etag = page.text.firstMatch(of: #/name="etag" value="([^"]*)"/#).map { String($0.output.1) } ?? ""
        var all = [("csrf", page.csrf), ("etag", etag), ("play", Self.play), ("do", action)]
        all += was.map { ("was-\($0.0)", $0.1) }
        all += was.filter { typed[$0.0] == nil && $0.0 != "answers" }
        all += was.contains { $0.0 == "acts_as" } ? [("acts_as-text", "Sam Success")] : []
        return all + typed.map { ($0.key, $0.value) }
    }

    private func offered(_ location: String) -> String {
        Fields(location.drop { $0 != "?" }.dropFirst().prefix { $0 != "#" })["undo"]
    }

    @Test func aTriggerIsChangedTriedAndTurnedOn() async throws {
        let stored = Stored()
        let browser = try await browser(stored)
        let page = try await browser.get(Self.address)
        for text in [
            "Red &lt;health&gt;", "value=\"Sam Success\"",
            "name=\"answer-meeting_date\" type=\"date\" value=\"2027-03-15\"",
            "She may &lt;not&gt; do it.", "href=\"/plays/runs/\(Self.play)\"", "name=\"to\" value=\"on\"",
            "<option value=\"touchpoint\">",
        ] { #expect(page.text.contains(text), "\(text)") }
        #expect(!page.text.contains("<option value=\"user\">"))
        #expect(stored.said.texts == ["play_trigger = \"\(Self.id)\""])
        let same = fields(page, "save", ["answer-meeting_date": "2027-03-15"])
        _ = try await browser.post(Self.address, same)
        #expect(stored.said.texts.count == 1)
        let saved = try await browser.post(
            Self.address, fields(page, "save", ["answer-meeting_date": "2027-04-01", "daily_limit": "5"]))
        #expect(saved.location.hasPrefix("\(Self.address)?done=saved&saved=edit"))
        #expect(stored.said.texts.last == "update daily_limit answers {\"meeting_date\":\"2027-04-01\"}")
        let changed = try await browser.get(Self.address)
        let tried = try await browser.post(
            Self.address,
            fields(changed, "test", ["condition": "perceived_health = yellow", "answer-meeting_date": "2027-04-01"]))
        #expect(tried.text.contains("12 launches in 90 days") && tried.text.contains("perceived_health = yellow"))
        #expect(stored.said.texts.contains("test \(Self.id) 90 perceived_health = yellow"))
        #expect(stored.value.condition == "perceived_health = red")
        let on = try await browser.post(
            "\(Self.address)/turn", [("csrf", page.csrf), ("etag", stored.value.etag), ("to", "on")])
        #expect(on.location.hasPrefix("\(Self.address)?done=changed&undo="))
        let seen = try await browser.get(Self.address)
        #expect(seen.text.contains("Turn it off to change it.") && !seen.text.contains("id=\"edit\""))
        let back = try await browser.post(offered(on.location), [("csrf", page.csrf)])
        #expect(back.status == 303 && stored.value.active == false)
    }

    /// A condition and a schedule are put together by choosing; nothing is written before it is saved.
    @Test func conditionsAndSchedulesAreBuilt() async throws {
        let stored = Stored()
        let browser = try await browser(stored)
        let page = try await browser.get(Self.address)
        let built = try await browser.post(
            Self.address,
            fields(
                page, "build",
                ["build_field": "stage", "build_is": "!=", "build_value": "x \"y\"", "title": "Half typed"]))
        #expect(built.text.contains("perceived_health = red AND stage != &quot;x \\&quot;y\\&quot;&quot;"))
        #expect(built.text.contains("value=\"Half typed\""))
        let when = try await browser.post(
            Self.address, fields(page, "schedule", ["every": "monday", "hour": "7"]))
        #expect(when.text.contains("value=\"0 7 * * 1\"") && when.text.contains("value=\"schedule\" selected"))
        let refused = try await browser.post(
            Self.address, fields(page, "build", ["build_field": "stage", "build_is": "="]))
        #expect(refused.status == 422 && refused.text.contains("id=\"build_value-wrong\""))
        #expect(stored.value.etag == "1")
    }

    @Test func aNewTriggerIsMadeAndWhatKeepsItOffIsSaid() async throws {
        let stored = Stored()
        let browser = try await browser(stored)
        let page = try await browser.get("/records/play_trigger/new")
        #expect(page.location == "/administration/triggers/new")
        let begun = try await browser.get(page.location)
        #expect(begun.text.contains("its fields are here then."))
        let form = try await browser.get("\(page.location)?source_table=engagement")
        #expect(!form.text.contains("its fields are here then."))
        #expect(form.text.contains("<option value=\"engagement\" selected>"))
        let made = try await browser.post(
            page.location,
            [
                ("csrf", form.csrf), ("do", "save"), ("title", "New one"), ("source_table", "engagement"),
                ("starts_on", "entering"), ("condition", "state = active"), ("definition_record", Self.play),
                ("definition_record-text", "A play"), ("acts_as", Self.user), ("acts_as-text", "Sam Success"),
                ("daily_limit", "100"), ("once", "o1"),
            ])
        #expect(made.location == "\(Self.address)?done=created")
        #expect(stored.said.texts == ["create New one engagement \(Self.user)"])
        stored.change { $0.title = "Unready" }
        let off = try await browser.post("\(Self.address)/turn", [("csrf", form.csrf), ("etag", "2"), ("to", "on")])
        #expect(off.status == 422 && off.text.contains("When is missing.") && off.text.contains("Nobody acts."))
    }

    @Test func whatAnotherHasSavedIsKept() async throws {
        let stored = Stored()
        let browser = try await browser(stored)
        let page = try await browser.get(Self.address)
        stored.change { $0.dailyLimit = 7 }
        let apart = try await browser.post(
            Self.address, fields(page, "save", ["title": "Mine", "answer-meeting_date": "2027-03-15"]))
        #expect(apart.status == 303, "\(stored.said.texts)")
        #expect(stored.value.dailyLimit == 7 && stored.value.title == "Mine", "\(stored.said.texts)")
        let next = try await browser.get(Self.address)
        stored.change { $0.title = "Theirs" }
        let contested = try await browser.post(
            Self.address, fields(next, "save", ["title": "Mine again", "answer-meeting_date": "2027-03-15"]))
        #expect(contested.status == 409 && contested.text.contains("class=\"conflict\""))
        #expect(contested.text.contains("Theirs") && contested.text.contains("Mine again"))
    }

    @Test func aTriggerIsBackTested() async throws {
        let stored = Stored()
        let seen = try await browser(stored).get("\(Self.address)/back-test?days=90")
        for text in [
            "Red &lt;health&gt;", "12 launches in 90 days; 8,400 changes were looked at.", "Entering the condition",
            "href=\"/engagements/\(Self.id)\"", "href=\"\(Self.address)\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        #expect(stored.said.texts == ["test \(Self.id) 90 "])
    }

    /// Of whoever may not see triggers the pages are not there; who may only read finds no form.
    @Test func pagesAreForWhoAdministersPlays() async throws {
        let stored = Stored(isOn: true)
        let agent = try await browser(stored, ["sn_acct_lc.agent"])
        for path in [Self.address, "\(Self.address)/back-test", "/administration/triggers/new"] {
            #expect(try await agent.get(path).status == 404, "\(path)")
        }
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let turned = try await agent.post("\(Self.address)/turn", [("csrf", csrf), ("etag", "1"), ("to", "off")])
        #expect(turned.status == 404 && stored.value.active == true)
        let korean = try await browser(stored, ["sn_acct_lc.success_play_admin"], language: "ko").get(Self.address)
        #expect(korean.text.contains("권한이 없습니다.") && korean.text.contains("변경하려면 먼저 끄세요."))
        #expect(try await browser(stored).get("/records/play_trigger/\(Self.id)").location == Self.address)
        #expect(try await browser(stored).get("/administration/triggers/nowhere").status == 404)
    }
}
