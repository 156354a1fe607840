import CustomerSuccessWire
import OnboardingWire
import PlaybooksWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// The designer of a playbook: its outline, the forms of its parts, two designers at one draft, and everything taken back.
@Suite struct DesignerPageTests {
    private static let id = StoredPlaybook.id
    private static let case1 = StoredPlaybook.case1

    private static let address = "/playbooks/\(id)/draft"

    private func browser(_ stored: StoredPlaybook, roles: [String] = ["admin"], language: String = "en") async throws
        -> Browser
    {
        var ann = SignedIn.ann()
        (ann.roles, ann.language) = (roles, language)
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(ann) + stored.endpoints)
        return Browser(bench, session: "good")
    }

    /// The fields of a form as a browser posts them: what stands in it.
    private func fields(_ page: Bench.Seen, at place: String, _ typed: [String: String]) -> [(String, String)] {
        let was = page.text.matches(of: #/name="(was-[^"]+)" value="([^"]*)"/#).map {
            (String($0.output.1), String($0.output.2).replacing("&quot;", with: "\""))
        }
        let stands = was.map { (String($0.0.dropFirst(4)), typed[String($0.0.dropFirst(4))] ?? $0.1) }
        let more = typed.filter { name, _ in !stands.contains { $0.0 == name } }
        return [("csrf", page.csrf), ("at", place), ("do", "save")] + was + stands + more.map { ($0.key, $0.value) }
    }

    private func offered(_ location: String) -> String {
        Fields(location.drop { $0 != "?" }.dropFirst().prefix { $0 != "#" })["undo"]
    }

    @Test func anActivityIsChangedAndTakenBack() async throws {
        let stored = StoredPlaybook()
        let browser = try await browser(stored)
        let whole = try await browser.get(Self.address)
        for text in ["Process &lt;One&gt;", "data-place=\"activity:train\"", "?at=lane%3Aend", "Add a stage"] {
            #expect(whole.text.contains(text), "\(text)")
        }
        let place = "activity:train"
        let page = try await browser.get("\(Self.address)?at=\(place)")
        for text in [
            "id=\"edit-activity-train\"", "value=\"create_task\"", "Trainer", "id=\"start_after\"", "Setup › Begin",
            "begin.go_live_date", "Articles shown with its record",
        ] { #expect(page.text.contains(text), "\(text)") }
        let before = stored.playbook
        let saved = try await browser.post(
            Self.address,
            fields(
                page, at: place,
                [
                    "label_en": "Train all", "kind": "create_task", "start_when": "after", "start_after": "begin",
                    "due_days": "5", "due_from": "before_field", "due_field": "go_live_date", "optional": "true",
                    "assignee_responsibility": "Trainer", "creates_table": "lifecycle_task",
                    "creates_fields-0-field": "type", "creates_fields-0-value": "training",
                    "creates_fields-1-field": "short_description", "creates_fields-1-source": "localized",
                    "creates_fields-1-value": "Train", "creates_fields-1-ko": "교육",
                ]))
        #expect(saved.status == 303 && saved.location.contains("done=saved&saved=edit-activity-train"))
        let activity = try #require(stored.playbook.activity("train"))
        #expect(activity.label?.en == "Train all" && activity.label?.ko == "가 train" && activity.optional)
        #expect(activity.start?.when == "after" && activity.start?.after == ["begin"])
        #expect(activity.due?.days == 5 && activity.due?.field == "go_live_date")
        #expect(activity.assignee?.responsibility == "Trainer")
        let fields = activity.creates?.fields ?? []
        #expect(fields.map(\.field) == ["type", "short_description"] && fields[0].text == "training")
        #expect(fields[1].localized?.ko == "교육" && fields[1].text.isEmpty)
        #expect(stored.said.texts == ["update playbook"])
        // What is shown is what was stored.
        let again = try await browser.get("\(Self.address)?at=\(place)")
        for text in [
            "name=\"creates_fields-1-ko\" type=\"text\" value=\"교육\"", "name=\"was-due_days\" value=\"5\"",
            "<option value=\"localized\" selected>",
        ] { #expect(again.text.contains(text), "\(text)") }
        let back = try await browser.post(offered(saved.location), [("csrf", page.csrf)])
        #expect(back.status == 303 && stored.playbook == before)
    }

    /// Two designers: what each has changed is kept, and where both have, whoever comes second chooses.
    @Test func twoDesignersAtOneActivity() async throws {
        let stored = StoredPlaybook()
        let browser = try await browser(stored)
        let place = "activity:train"
        let page = try await browser.get("\(Self.address)?at=\(place)")
        stored.change { $0.lanes[0].activities[1].optional = true }
        let apart = try await browser.post(Self.address, fields(page, at: place, ["label_en": "Train all"]))
        #expect(apart.status == 303)
        #expect(stored.playbook.activity("train")?.optional == true)
        #expect(stored.playbook.activity("train")?.label?.en == "Train all")
        let next = try await browser.get("\(Self.address)?at=\(place)")
        stored.change { $0.lanes[0].activities[1].label?.en = "Train some" }
        let typed = fields(next, at: place, ["label_en": "Train none"])
        let contested = try await browser.post(Self.address, typed)
        #expect(
            contested.status == 409 && contested.text.contains("class=\"conflict\"")
                && contested.text.contains("save it again"))
        #expect(contested.text.contains("Train some") && contested.text.contains("value=\"Train none\""))
        let chosen = fields(contested, at: place, ["label_en": "Train none", "keep-label_en": "mine"])
        #expect(try await browser.post(Self.address, chosen).status == 303)
        #expect(stored.playbook.activity("train")?.label?.en == "Train none")
        // What somebody else has removed is said, and nothing is lost.
        let last = try await browser.get("\(Self.address)?at=\(place)")
        stored.change { $0.lanes[0].activities.removeLast() }
        let gone = try await browser.post(Self.address, fields(last, at: place, ["label_en": "Gone"]))
        #expect(gone.status == 409 && gone.text.contains("somebody has removed it"))
    }

    @Test func partsAreAddedMovedCopiedAndRemoved() async throws {
        let stored = StoredPlaybook()
        let browser = try await browser(stored)
        let csrf = try await browser.get(Self.address).csrf
        func order(_ fields: [(String, String)]) async throws -> Bench.Seen {
            try await browser.post("\(Self.address)/order", [("csrf", csrf)] + fields)
        }
        let moved = try await order([("item", "activity:train"), ("do", "up")])
        #expect(moved.location.contains("?at=activity%3Atrain&done=ordered") && moved.location.hasSuffix("#chosen"))
        #expect(DraftEditTests.said(stored.playbook) == "setup: train begin, end: close")
        _ = try await order([("item", "activity:train"), ("do", "move"), ("behind", "activity:close")])
        #expect(DraftEditTests.said(stored.playbook) == "setup: begin, end: close train")
        let copied = try await order([("item", "activity:train"), ("do", "copy"), ("check", "true")])
        #expect(copied.location.contains("activity%3Atrain_2") && copied.location.contains("check=true"))
        _ = try await order([("item", "activity:train"), ("do", "remove")])
        let added = try await order([
            ("item", "lane:end"), ("do", "add"), ("level", "activity"), ("label_en", "Say goodbye"),
            ("kind", "create_task"),
        ])
        #expect(added.location.contains("at=activity%3Asay_goodbye&done=created"))
        #expect(DraftEditTests.said(stored.playbook) == "setup: begin, end: close train_2 say_goodbye")
        #expect(try await order([("item", "lane:end"), ("do", "add"), ("level", "lane")]).status == 422)
        #expect(try await order([("item", "lane:gone"), ("do", "up")]).status == 409)
        let back = try await browser.post(offered(added.location), [("csrf", csrf)])
        #expect(back.status == 303)
        #expect(DraftEditTests.said(stored.playbook) == "setup: begin, end: close train_2")
    }

    @Test func theCheckLeadsToEachFault() async throws {
        let browser = try await browser(StoredPlaybook())
        let page = try await browser.get("\(Self.address)?check=true&at=activity:train")
        #expect(page.text.contains("Setup › Train</a>: No Such Field"))
        #expect(page.text.contains("?at=activity%3Atrain&amp;check=true#start_condition"))
        #expect(page.text.contains("?at=input%3Abegin.go_live_date&amp;check=true#default"))
        #expect(page.text.contains("id=\"start_condition-wrong\">No Such Field"))
        let input = try await browser.get("\(Self.address)?check=true&at=input:begin.go_live_date")
        #expect(input.text.contains("id=\"default-wrong\">No Such Value"))
        #expect(input.text.contains("name=\"columns-0-key\""))
    }

    /// A condition is put together by choosing, and nothing is written before it is saved.
    @Test func aConditionIsBuilt() async throws {
        let stored = StoredPlaybook()
        let browser = try await browser(stored)
        let place = "activity:train"
        let page = try await browser.get("\(Self.address)?at=\(place)")
        func build(_ more: [String: String]) async throws -> Bench.Seen {
            var all = fields(page, at: place, more).filter { $0.0 != "do" }
            all.append(("do", "build"))
            return try await browser.post(Self.address, all)
        }
        let built = try await build([
            "start_condition": "priority > 2", "build_field": "state", "build_is": "=", "build_value": "New",
            "label_en": "Half typed",
        ])
        #expect(built.text.contains("priority &gt; 2 AND state = &quot;new&quot;") && built.text.contains("Half typed"))
        #expect(try await build(["build_field": "state", "build_is": "="]).text.contains("id=\"build_value-wrong\""))
        let more = try await browser.post(
            Self.address,
            fields(page, at: place, ["creates_fields-0-field": "type"]).filter { $0.0 != "do" }
                + [("do", "add:creates_fields")])
        #expect(more.text.contains("creates_fields-1-field"))
        #expect(stored.said.texts == [])
    }

    @Test func aDraftIsTriedActivatedAndBegunAnew() async throws {
        let stored = StoredPlaybook()
        stored.change { $0.lanes[1].activities[0].optional = true }
        let browser = try await browser(stored)
        let root = "/playbooks/\(Self.id)"
        let tried = try await browser.get("\(root)/try?record=\(Self.case1)")
        for text in ["ALEONB0001001", "Begin", "Starts at once", "30 Jun 2027", "Account lifecycle task"] {
            #expect(tried.text.contains(text), "\(text)")
        }
        let chosen = try await browser.post(
            "\(root)/try", [("csrf", tried.csrf), ("record", ""), ("record-text", "ALEONB0001001")])
        #expect(chosen.location == "\(root)/try?record=\(Self.case1)")
        let page = try await browser.get(root)
        for text in ["Activate version 3", "Open records that go by another version: 12.", "Begin anew"] {
            #expect(page.text.contains(text), "\(text)")
        }
        let etag = stored.value.etag
        let active = try await browser.post("\(root)/activate", [("csrf", page.csrf), ("etag", etag)])
        #expect(active.location == "\(root)?done=activated#migrations")
        let stale = try await browser.post("\(root)/retire", [("csrf", page.csrf), ("etag", "0")])
        #expect(stale.status == 409)
        let begun = try await browser.post(
            "\(root)/begin", [("csrf", page.csrf), ("etag", etag), ("version", "1")])
        #expect(begun.status == 303 && DraftEditTests.said(stored.playbook) == "before: old")
        _ = try await browser.post(offered(begun.location), [("csrf", page.csrf)])
        #expect(DraftEditTests.said(stored.playbook) == "setup: begin train, end: close")
        #expect(
            stored.said.texts == [
                "try \(Self.case1)", "activate \(etag)", "version 1 true", "update playbook", "update playbook",
            ])
    }

    @Test func aNewPlaybookHasAKeyOfItsName() async throws {
        let stored = StoredPlaybook()
        let browser = try await browser(stored, language: "ko")
        let page = try await browser.get("/playbooks/new")
        #expect(page.text.contains("새 플레이북") && page.text.contains("가 process &lt;one&gt;"))
        let made = try await browser.post(
            "/playbooks/new",
            [("csrf", page.csrf), ("do", "create"), ("label_en", "Process"), ("label_ko", "과정"), ("copy", Self.id)])
        #expect(made.location == "\(Self.address)?done=created")
        #expect(stored.said.texts == ["version 0 true", "create process_2"])
    }

    /// Whoever may not design finds nothing there, as at an address that leads nowhere.
    @Test func theDesignerIsForDesigners() async throws {
        let stored = StoredPlaybook()
        let agent = try await browser(stored, roles: ["sn_acct_lc.agent"])
        for path in [Self.address, "/playbooks/\(Self.id)/try", "/playbooks/new"] {
            let seen = try await agent.get(path)
            #expect(seen.status == 404, "\(path)")
        }
        let csrf = try await agent.get("/playbooks/\(Self.id)").csrf
        let posted = try await agent.post(
            "\(Self.address)/order", [("csrf", csrf), ("item", "activity:train"), ("do", "up")])
        #expect(posted.status == 404 && stored.said.texts == [])
        let designer = try await browser(stored, roles: ["process_automation_designer"])
        #expect(try await designer.get(Self.address).status == 200)
        #expect(try await designer.get("/playbooks/nowhere/draft").status == 404)
        #expect(try await designer.get("\(Self.address)?at=activity:gone").text.contains("not in the draft any more"))
    }

    /// Customer success answers the same; a playbook comes out of a file as well, and one that was never activated is removed.
    @Test func playbooksOfCustomerSuccessAreDesignedAlike() async throws {
        let said = Said()
        @Sendable func draft() -> PlaybookDefinition {
            var definition = PlaybookDefinition()
            (definition.id, definition.etag, definition.key, definition.state) = (Self.id, "5", "quiet", "draft")
            var playbook = DraftEditTests.playbook([("first", ["call"])])
            playbook.table = Touchpoint.schema.table
            definition.playbook = playbook
            return definition
        }
        let bench = try Bench()
        var ann = SignedIn.ann()
        ann.roles = ["process_automation_designer"]
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.getPlaybookDefinition) { _, _ in draft() },
                Endpoint(CustomerSuccessAPI.listPlaybookDefinitions) { _, _ in ListPlaybookDefinitionsResponse() },
                Endpoint(CustomerSuccessAPI.listPlaybookVersions) { _, _ in ListPlaybookVersionsResponse() },
                Endpoint(CustomerSuccessAPI.listPlaybookMigrations) { _, _ in ListPlaybookMigrationsResponse() },
                Endpoint(CustomerSuccessAPI.listActivityDefinitions) { _, _ in ListActivityDefinitionsResponse() },
                Endpoint(CustomerSuccessAPI.importPlaybookDefinition) { _, request async throws(Problem) in
                    said.add(request.yaml)
                    guard request.yaml.hasPrefix("key:") else {
                        throw .invalid(
                            field: ImportPlaybookRequest.Field.yaml, Text(en: "Line 1: no key.", ko: "1번째 줄: 키가 없습니다."))
                    }
                    return draft()
                },
                Endpoint(CustomerSuccessAPI.deletePlaybookDefinition) { _, request in
                    said.add("delete \(request.id) \(request.etag)")
                    return Empty()
                },
            ])
        let browser = Browser(bench, session: "good")
        let root = "/success-playbooks/\(Self.id)"
        // Who cannot be asked leaves a field to type into.
        let page = try await browser.get("\(root)/draft?at=activity:call")
        for text in [
            "<option value=\"success_task\">",
            "id=\"assignee_responsibility\" name=\"assignee_responsibility\" type=\"text\"",
        ] { #expect(page.text.contains(text), "\(text)") }
        #expect(!page.text.contains("knowledge_rule"))
        func imported(_ yaml: String) async throws -> Bench.Seen {
            try await browser.post(
                "/success-playbooks/new", [("csrf", page.csrf), ("do", "import"), ("yaml", yaml)])
        }
        let wrong = try await imported("nothing")
        #expect(wrong.status == 422 && wrong.text.contains("id=\"yaml-wrong\">Line 1: no key."))
        #expect(try await imported("key: quiet").location == "\(root)/draft?done=created")
        let overview = try await browser.get(root)
        #expect(overview.text.contains("Activate version 1") && overview.text.contains("which was never activated"))
        let removed = try await browser.post("\(root)/delete", [("csrf", page.csrf), ("etag", "5")])
        #expect(removed.location == "/success-playbooks?done=removed")
        #expect(said.texts == ["nothing", "key: quiet", "delete \(Self.id) 5"])
    }
}
