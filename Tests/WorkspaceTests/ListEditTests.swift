import CustomerSuccessWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// Any field of many records is set at once, also where their service writes them one by one: each has its result.
@Suite struct ListEditTests {
    private static let ids = (0..<3).map { "018f0000-0000-7000-8000-0000000000a\($0)" }

    /// Locations that are stored with their etags; the one in the middle was changed meanwhile.
    private func browser(
        _ said: Said, roles: [String] = ["admin"], refused: Problem? = nil
    ) async throws -> Browser {
        let bench = try Bench()
        var person = SignedIn.ann()
        person.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(person))
        let locations = Self.ids.enumerated().map { place, id in
            var location = Location()
            (location.id, location.etag, location.name, location.city) = (id, "\(place)", "Site \(place)", "Bonn")
            return location
        }
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.listLocations) { _, request in
                    var page = ListLocationsResponse()
                    page.locations = locations.filter {
                        !request.filter.contains("id = ") || request.filter.contains($0.id)
                    }
                    return page
                },
                Endpoint(OnboardingAPI.updateLocation) { _, request async throws(Problem) in
                    if let refused { throw refused }
                    let (new, paths) = (request.location ?? Location(), request.updateMask?.paths ?? [])
                    guard new.etag != "1" else {
                        throw Problem(.aborted, Text(en: "Somebody was quicker.", ko: "먼저 변경되었습니다."))
                    }
                    said.add("\(new.id.suffix(2)) \(new.etag) \(new.city ?? "-") \(paths)")
                    var after = new
                    after.etag = "9"
                    return after
                },
                Endpoint(OnboardingAPI.listSavedViews) { _, _ in ListSavedViewsResponse() },
            ])
        return Browser(bench, session: "good")
    }

    private static func of(_ places: Int...) -> [(String, String)] {
        places.map { ("of-record", "\(ids[$0]) \($0)") }
    }

    @Test func aValueIsAskedForAndWrittenRowByRow() async throws {
        let said = Said()
        let browser = try await browser(said)
        let page = try await browser.get("/lists/location?city=Bonn")
        #expect(page.text.contains("<option value=\"city\">City…</option>"))
        for no in ["created_by", "updated_at", "domain"] {
            #expect(!page.text.contains("<option value=\"\(no)\">\(no)"))
        }
        let chosen = Self.ids.enumerated().map { ("record", "\($1) \($0)") }
        let asked = try await browser.post(
            "/lists/location", [("csrf", page.csrf), ("query", "city=Bonn"), ("do", "set"), ("set", "city")] + chosen)
        #expect(asked.status == 200 && asked.text.contains("City of 3 rows") && said.texts.isEmpty)
        for text in [
            "name=\"of-record\" value=\"\(Self.ids[2]) 2\"", "name=\"of-query\" value=\"city=Bonn\"", "id=\"city\"",
        ] {
            #expect(asked.text.contains(text), "\(text)")
        }
        let written = try await browser.post(
            "/lists/location",
            [("csrf", page.csrf), ("of-query", "city=Bonn"), ("of-field", "city"), ("city", "Ulm"), ("do", "write")]
                + Self.of(0, 1, 2))
        #expect(written.status == 200 && written.text.contains("2 changed, 1 not."))
        #expect(written.text.contains("Site 1</a>: Somebody was quicker."))
        #expect(said.texts.sorted() == ["a0 0 Ulm [\"city\"]", "a2 2 Ulm [\"city\"]"])
    }

    @Test func itIsTakenBackAndEmptied() async throws {
        let said = Said()
        let browser = try await browser(said)
        let csrf = try await browser.get("/lists/location").csrf
        let done = try await browser.post(
            "/lists/location",
            [("csrf", csrf), ("of-field", "city"), ("city", ""), ("do", "write")] + Self.of(0, 2))
        #expect(done.location.hasPrefix("/lists/location?done=changed&undo="))
        let page = try await browser.get(done.location)
        let undo = try #require(page.text.firstMatch(of: #/action="(\/lists\/location\/undo\/[^"]+)"/#)).output.1
        let back = try await browser.post(String(undo), [("csrf", csrf)])
        #expect(back.location == "/lists/location?done=restored")
        #expect(
            said.texts.sorted() == [
                "a0 0 - [\"city\"]", "a0 9 Bonn [\"city\"]", "a2 2 - [\"city\"]", "a2 9 Bonn [\"city\"]",
            ])
    }

    @Test func whatMayNotBeWrittenIsNotSet() async throws {
        let said = Said()
        let admin = try await browser(said)
        let csrf = try await admin.get("/lists/location").csrf
        for field in ["created_by", "nothing", "id"] {
            let form = [("csrf", csrf), ("of-field", field), (field, "x"), ("do", "write")] + Self.of(0)
            #expect(try await admin.post("/lists/location", form).status == 422)
        }
        let viewer = try await browser(said, roles: ["sn_acct_lc.ale_success_viewer"])
        let page = try await viewer.get("/lists/location")
        #expect(page.status == 200 && !page.text.contains("name=\"record\""))
        let form = [("csrf", page.csrf), ("of-field", "city"), ("city", "x"), ("do", "write")] + Self.of(0)
        #expect(try await viewer.post("/lists/location", form).status == 404)
        #expect(said.texts.isEmpty)
    }

    /// That a service is away is said once, and not of each row.
    @Test func aServiceThatIsAwayIsNoResult() async throws {
        let browser = try await browser(Said(), refused: .unavailable())
        let csrf = try await browser.get("/lists/location").csrf
        let form = [("csrf", csrf), ("of-field", "city"), ("city", "x"), ("do", "write")] + Self.of(0, 1)
        #expect(try await browser.post("/lists/location", form).status == 503)
    }

    /// What is no value of the field is said at the field, with what was typed, and nothing is written.
    @Test func aWrongValueStandsInItsForm() async throws {
        let bench = try Bench(agreeing: Said())
        var admin = SignedIn.ann()
        admin.roles = ["admin"]
        try await bench.answer("onboarding", StandIn.sessions(admin))
        let browser = Browser(bench, session: "good")
        let csrf = try await browser.get("/lists/opportunity").csrf
        let form = [("csrf", csrf), ("of-field", "probability"), ("probability", "many"), ("do", "write")]
        let seen = try await browser.post("/lists/opportunity", form + Self.of(0))
        #expect(seen.status == 422 && seen.text.contains("This is no number.") && seen.text.contains("value=\"many\""))
        #expect(seen.text.contains("name=\"of-record\" value=\"\(Self.ids[0]) 0\""))
    }

    /// The fields that are offered are those that hold one value and are written by people.
    @Test func everySingleValueIsOffered() {
        for schema in Dictionaries.all where schema.verbs.isSuperset(of: ["list", "get", "update"]) {
            guard let table = ListedTable.named(schema.table)?.seen(by: ["admin"]) else { continue }
            let offered = Set(table.editable.map(\.name))
            #expect(!offered.isEmpty, "\(schema.table)")
            for field in table.editable {
                #expect(!field.outputOnly && field.storage != .strings, "\(schema.table).\(field.name)")
            }
        }
        let tasks = ListedTable.named("lifecycle_task")?.seen(by: ["admin"])
        let names = Set((tasks?.editable ?? []).map(\.name))
        #expect(names.isSuperset(of: ["short_description", "due_date", "priority", "description"]))
        #expect(
            names.isDisjoint(with: ["state", "closed_by", "close_notes", "assigned_to", "watch_list", "work_notes"]))
    }
}
