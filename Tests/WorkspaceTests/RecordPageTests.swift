import CustomerSuccessWire
import OnboardingWire
import RPC
import Synchronization
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// Any record as a page: what may be read and written of it, its moves, its history, what refers to it.
@Suite struct RecordPageTests {
    private static let id = "018f0000-0000-7000-8000-0000000000cc"
    private static let engagement = "018f0000-0000-7000-8000-0000000000ee"
    private static let page = "/records/touchpoint/TCHPT0001001"

    /// A touchpoint that is stored, and what was asked of it.
    private final class Stored: Sendable {
        private let record: Mutex<Touchpoint>
        let said = Said()
        let described: TableDescription

        init(_ described: TableDescription) {
            var touchpoint = Touchpoint()
            (touchpoint.id, touchpoint.etag, touchpoint.number) = (id, "1", "TCHPT0001001")
            (touchpoint.subject, touchpoint.state, touchpoint.active) = ("Review of <Q2>", "new", true)
            (touchpoint.engagement, touchpoint.meetingDate) = (engagement, "2026-06-10")
            touchpoint.watchList = ["018f0000-0000-7000-8000-000000000011"]
            record = Mutex(touchpoint)
            self.described = described
        }

        var value: Touchpoint { record.withLock { $0 } }

        func change(_ edit: (inout Touchpoint) -> Void) {
            record.withLock { record in
                edit(&record)
                record.etag = "\((Int(record.etag) ?? 0) + 1)"
            }
        }

        private func moved(_ request: some Message, to state: String) -> Touchpoint {
            said.add("\(state) \((try? request.jsonText()) ?? "")")
            change { ($0.state, $0.active) = (state, state != "closed") }
            return value
        }

        var endpoints: [Endpoint] {
            [
                Endpoint(CustomerSuccessAPI.getTouchpoint) { _, _ in self.value },
                Endpoint(CustomerSuccessAPI.describeCustomerSuccess) { _, _ in
                    var response = DescribeResponse()
                    response.tables = [self.described]
                    return response
                },
                Endpoint(CustomerSuccessAPI.updateTouchpoint) { _, request async throws(Problem) in
                    let (new, paths) = (request.touchpoint ?? Touchpoint(), request.updateMask?.paths ?? [])
                    guard new.etag.isEmpty || new.etag == self.value.etag else {
                        throw Problem(.aborted, Text(en: "It was changed meanwhile.", ko: "먼저 변경되었습니다."))
                    }
                    guard new.subject != "refused" else {
                        throw .invalid(
                            field: Touchpoint.path(.subject), Text(en: "Say it otherwise.", ko: "다르게 입력하세요."))
                    }
                    self.said.add(paths.joined(separator: " "))
                    self.change { record in
                        if paths.contains("subject") { record.subject = new.subject }
                        if paths.contains("watch_list") { record.watchList = new.watchList }
                        if paths.contains("state") { record.state = new.state }
                    }
                    return self.value
                },
                Endpoint(CustomerSuccessAPI.closeTouchpoint) { _, request in self.moved(request, to: "closed") },
                Endpoint(CustomerSuccessAPI.reopenTouchpoint) { _, request in self.moved(request, to: "in_progress") },
                Endpoint(CustomerSuccessAPI.createTouchpoint) { _, request async throws(Problem) in
                    let new = request.touchpoint ?? Touchpoint()
                    guard new.subject != nil else {
                        throw .invalid(
                            field: Touchpoint.path(.subject), Text(en: "Subject is missing.", ko: "제목이 없습니다."))
                    }
                    self.said.add("new \(new.subject ?? "") \(new.engagement ?? "") \(request.requestID)")
                    return self.value
                },
                Endpoint(CustomerSuccessAPI.deleteTouchpoint) { _, request in
                    self.said.add("gone \(request.id) \(request.etag)")
                    return Empty()
                },
                Endpoint(CustomerSuccessAPI.addTouchpointWorkNote) { _, request in
                    self.said.add("note \(request.text)")
                    return ActivityEntry()
                },
                Endpoint(CustomerSuccessAPI.listTouchpointActivity) { _, _ in
                    var entry = ActivityEntry()
                    (entry.kind, entry.field, entry.oldValue, entry.newValue) = ("field", "state", "new", "in_progress")
                    var list = ListActivityResponse()
                    list.entries = [entry]
                    return list
                },
                Endpoint(CustomerSuccessAPI.listEngagements) { _, _ in
                    var found = Engagement()
                    (found.id, found.number, found.title) = (engagement, "ENGMT0001001", "Rollout")
                    var list = ListEngagementsResponse()
                    list.engagements = [found]
                    return list
                },
            ]
        }
    }

    /// What a service tells of touchpoints: everything, or what is left of it.
    private static func described(
        _ operations: [String] = ["read", "create", "write", "delete"], writable: Set<String>? = nil,
        hidden: Set<String> = []
    ) -> TableDescription {
        var table = TableDescription()
        (table.table, table.operations) = ("touchpoint", operations)
        table.fields = Touchpoint.schema.fields.filter { !hidden.contains($0.name) }.map { field in
            var told = FieldDescription()
            (told.name, told.mandatory) = (field.name, field.mandatory)
            told.writable = !field.outputOnly && writable?.contains(field.name) != false && operations.contains("write")
            return told
        }
        table.states = [
            ("new", ["in_progress", "canceled"]), ("in_progress", ["closed"]), ("closed", ["in_progress"]),
        ]
        .map { state, moves in
            var told = StateDescription()
            (told.state, told.moves, told.ended) = (state, operations.contains("write") ? moves : [], state == "closed")
            return told
        }
        table.closingNeeds = ["close_notes"]
        return table
    }

    private func opened(
        _ described: TableDescription = described(), role: String = "admin"
    ) async throws -> (Browser, Stored, Bench.Seen) {
        let bench = try Bench()
        let stored = Stored(described)
        var ann = SignedIn.ann()
        ann.roles = [role]
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer("customer-success", stored.endpoints)
        let browser = Browser(bench, session: "good")
        let seen = try await browser.get(Self.page)
        try #require(seen.status == 200)
        return (browser, stored, seen)
    }

    @Test func aRecordIsItsFormItsMovesAndItsHistory() async throws {
        let (browser, _, seen) = try await opened()
        for text in [
            "Review of &lt;Q2&gt;", "name=\"was-meeting_date\" value=\"2026-06-10\"", "Set to In progress",
            "name=\"engagement-text\" type=\"text\" value=\"Rollout\"",
            "href=\"/engagements/\(Self.engagement)\"",
            "data-live=\"/live?topic=touchpoint.\(Self.id)\"", "action=\"\(Self.page)/delete\"",
            "<ins>In progress</ins>",
            "action=\"\(Self.page)/say\"", "name=\"watch_list\" value=\"018f0000-0000-7000-8000-000000000011\"",
        ] { #expect(seen.text.contains(text), "\(text)") }
        // States are buttons, and what closing stamps is none of the form.
        for text in ["name=\"state\"", "name=\"active\"", "name=\"close_notes\""] {
            #expect(!seen.text.contains(text), "\(text)")
        }
        #expect(try await browser.get("\(Self.page)?language=ko").text.contains("‘진행 중’ 상태로 변경"))
    }

    /// G-24: what somebody may not read is not there, and what may not be written is text.
    @Test func whatIsNotAllowedIsNotOffered() async throws {
        let (browser, _, seen) = try await opened(
            Self.described(["read"], hidden: ["meeting_date", "watch_list", "state"]),
            role: "sn_acct_lc.ale_success_viewer")
        for text in ["2026-06-10", "watch_list", "id=\"edit\"", "/delete\"", "Set to", "data-value=\"new\"", "/say\""] {
            #expect(!seen.text.contains(text), "\(text)")
        }
        #expect(try await browser.get("/records/touchpoint/new").status == 404)
        let (_, _, some) = try await opened(Self.described(writable: ["subject"]))
        #expect(some.text.contains("name=\"subject\"") && !some.text.contains("name=\"meeting_date\""))
        #expect(some.text.contains("<time datetime=\"2026-06-10\">"))
    }

    @Test func whatIsSavedIsWrittenAloneAndTakenBack() async throws {
        let (browser, stored, seen) = try await opened()
        let form = Self.fields(seen.text)
        let watch = "018f0000-0000-7000-8000-000000000011"
        let done = try await browser.post(
            Self.page,
            form + [
                ("subject", "Review of Q3"), ("watch_list", watch), ("watch_list-add", Self.id),
                ("watch_list-add-text", "Ann"),
            ])
        #expect(done.location.hasPrefix("\(Self.page)?done=saved&saved=edit&undo="))
        #expect(Set(stored.said.texts[0].split(separator: " ")) == ["subject", "watch_list"])
        #expect(stored.value.subject == "Review of Q3" && stored.value.watchList == [watch, Self.id])
        #expect(stored.value.meetingDate == "2026-06-10")
        #expect(try await browser.get(done.location).text.contains("action=\"\(Self.page)/undo/"))
    }

    @Test func whatIsRefusedStandsAtItsFieldWithWhatWasTyped() async throws {
        let (browser, stored, seen) = try await opened()
        let refused = try await browser.post(Self.page, Self.fields(seen.text) + [("subject", "refused")])
        #expect(refused.status == 422 && stored.said.texts.isEmpty)
        #expect(refused.text.contains("id=\"subject-wrong\">Say it otherwise."))
        #expect(refused.text.contains("name=\"subject\" type=\"text\" value=\"refused\""))
    }

    @Test func twoPeopleAtOneFieldChoose() async throws {
        let (browser, stored, seen) = try await opened()
        let form = Self.fields(seen.text)
        stored.change { ($0.subject, $0.watchList) = ("Review of Q4", []) }
        let asked = try await browser.post(Self.page, form + [("subject", "Review of Q3"), ("watch_list", Self.id)])
        #expect(asked.status == 409)
        for text in ["name=\"keep-subject\" value=\"theirs\"", "Review of Q4", "name=\"keep-watch_list\"", "(empty)"] {
            #expect(asked.text.contains(text), "\(text)")
        }
        // What was typed stands there, also when the record has ended meanwhile.
        stored.change { ($0.state, $0.active) = ("closed", false) }
        let ended = try await browser.post(Self.page, form + [("subject", "Review of Q3"), ("watch_list", Self.id)])
        #expect(ended.status == 409 && ended.text.contains("value=\"Review of Q3\""))
        stored.change { ($0.state, $0.active) = ("new", true) }
        // Of other fields nothing is asked, and both are kept.
        let apart = try await browser.post(
            Self.page,
            form.filter { $0.0 != "was-subject" } + [
                ("was-subject", "Review of Q4"), ("subject", "Review of Q4"),
                ("watch_list", "018f0000-0000-7000-8000-000000000011"),
            ])
        #expect(apart.status == 303 && stored.said.texts.isEmpty)
    }

    @Test func movesAreMadeAndTakenBack() async throws {
        let (browser, stored, seen) = try await opened()
        let csrf = seen.csrf
        let moved = try await browser.post("\(Self.page)/move", [("csrf", csrf), ("etag", "1"), ("to", "in_progress")])
        #expect(moved.location.hasPrefix("\(Self.page)?done=moved") && stored.value.state == "in_progress")
        // Nothing leads back from there to new.
        #expect(!moved.location.contains("undo"))
        let page = try await browser.get(Self.page)
        #expect(page.text.contains("name=\"closed-notes\" required"))
        let closed = try await browser.post(
            "\(Self.page)/move", [("csrf", csrf), ("etag", "2"), ("to", "closed"), ("closed-notes", "All said.")])
        #expect(stored.said.texts.last?.contains("All said.") == true && stored.value.state == "closed")
        let over = try await browser.get(closed.location)
        #expect(over.text.contains("Open again") && !over.text.contains("id=\"edit\""))
        #expect(over.text.contains("move?to=reopen&amp;etag=3"))
        _ = try await browser.post("\(Self.page)/move?to=reopen&etag=3", [("csrf", csrf)])
        #expect(stored.value.state == "in_progress")
        let stale = try await browser.post("\(Self.page)/move", [("csrf", csrf), ("etag", "1"), ("to", "canceled")])
        #expect(stale.status != 303)
    }

    @Test func aRecordIsMadeOnceAndRemoved() async throws {
        let (browser, stored, seen) = try await opened()
        let address = "/records/touchpoint/new?engagement=\(Self.engagement)&meeting_date=2026-07-01&id=x"
        let form = try await browser.get(address)
        #expect(form.text.contains("value=\"Rollout\"") && form.text.contains("value=\"2026-07-01\""))
        let once = try #require(form.text.firstMatch(of: #/name="once" value="([^"]+)"/#)).output.1
        let fields = [
            ("csrf", seen.csrf), ("once", String(once)), ("engagement", Self.engagement),
            ("engagement-text", "Rollout"),
        ]
        let refused = try await browser.post("/records/touchpoint/new", fields)
        #expect(refused.status == 422 && refused.text.contains("Subject is missing."))
        #expect(refused.text.contains("value=\"Rollout\"") && refused.text.contains("value=\"\(once)\""))
        let made = try await browser.post("/records/touchpoint/new", fields + [("subject", "Kick-off")])
        #expect(made.location == "\(Self.page)?done=created&saved=edit")
        #expect(stored.said.texts.contains("new Kick-off \(Self.engagement) \(once)"))
        let gone = try await browser.post("\(Self.page)/delete", [("csrf", seen.csrf), ("etag", "1")])
        #expect(gone.location == "/lists/touchpoint?done=removed")
        #expect(stored.said.texts.contains("gone \(Self.id) 1"))
        let noted = try await browser.post(
            "\(Self.page)/say", [("csrf", seen.csrf), ("text", "Hm."), ("kind", "note")])
        #expect(noted.location == "\(Self.page)?done=noted&saved=say" && stored.said.texts.contains("note Hm."))
    }

    @Test func recordsLeadToTheirPages() async throws {
        #expect(Address.of("engagement", "ENGMT0001001", id: "") == "/engagements/ENGMT0001001")
        #expect(Address.of("playbook_run", "1", id: "1") == "" && Address.of("nothing", "1", id: "1") == "")
        let (browser, _, _) = try await opened()
        #expect(try await browser.get("/records/onboarding_case/ALEONB0001001").location == "/cases/ALEONB0001001")
        // Nor does a new one begin with the usual form where it has its own; what is known of it goes along.
        let begun = try await browser.get("/records/onboarding_case/new?account=\(Self.engagement)&type=phased")
        #expect(begun.location == "/cases/new?account=\(Self.engagement)&type=phased")
        for path in ["/records/nothing/1", "/records/nothing/new", "/lists/nothing"] {
            #expect(try await browser.get(path).status == 404, "\(path)")
        }
        let list = try await browser.get("/lists/engagement")
        #expect(
            list.text.contains("href=\"/engagements/ENGMT0001001\"") && list.text.contains("<h1>Engagements"))
        #expect(list.text.contains("href=\"/records/engagement/new\""))
    }

    /// What the table does not declare cannot be done at an address either.
    @Test func whatIsNotDeclaredIsNowhere() async throws {
        let bench = try Bench(agreeing: Said())
        var ann = SignedIn.ann()
        ann.roles = ["admin"]
        try await bench.answer("onboarding", StandIn.sessions(ann))
        let browser = Browser(bench, session: "good")
        let csrf = Secrets.proof(of: StandIn.token("good"))
        let page = "/records/play_firing/\(Self.id)"
        for (path, fields) in [
            ("\(page)/delete", []), ("\(page)/say", [("text", "Hm."), ("kind", "note")]),
            ("\(page)/move", [("to", "launched")]), ("/records/engagement/\(Self.id)/say", [("text", "Hm.")]),
        ] {
            #expect(try await browser.post(path, [("csrf", csrf)] + fields).status == 404, "\(path)")
        }
    }

    /// Every table whose records can be read has a list that follows from the dictionary, and columns for it.
    @Test func everyTableHasAList() {
        for schema in Dictionaries.all where schema.verbs.isSuperset(of: ["list", "get"]) {
            let table = ListedTable.named(schema.table)
            #expect(table?.columns.isEmpty == false, "\(schema.table)")
            for name in (table?.columns ?? []) + (table?.filters ?? []) + (table?.settable ?? []) {
                #expect(schema.field(name) != nil, "\(schema.table).\(name)")
            }
        }
    }

    @Test func customersHaveTheirPagesInThePortal() async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions(.ann(accounts: ["a"])))
        let browser = Browser(bench, session: "good")
        for path in [Self.page, "/records/touchpoint/new", "/lists/engagement"] {
            #expect(try await browser.get(path).status == 404, "\(path)")
        }
    }

    /// What a form posts that nobody has touched: hidden fields, and every field with its value.
    private static func fields(_ page: String) -> [(String, String)] {
        page.matches(of: #/<input type="hidden" name="(csrf|etag|was-[a-z_]+)" value="([^"]*)"/#).map {
            (String($0.output.1), String($0.output.2))
        }.reduce(into: [(String, String)]()) { all, pair in
            if pair.0.hasPrefix("was-") || !all.contains(where: { $0.0 == pair.0 }) {
                all.append((pair.0, unescaped(pair.1)))
            }
        }.flatMap { pair -> [(String, String)] in
            let name = pair.0.dropFirst(4)
            let typed = ["subject", "watch_list"]
            return pair.0.hasPrefix("was-") && !typed.contains(String(name)) ? [pair, (String(name), pair.1)] : [pair]
        }
    }

    private static func unescaped(_ text: String) -> String {
        text.replacing("&quot;", with: "\"").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
            .replacing("&#34;", with: "\"").replacing("&amp;", with: "&")
    }
}
