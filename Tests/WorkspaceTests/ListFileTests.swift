import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// A list whose service writes no files is one all the same: page by page, with labels, names and guards.
@Suite struct ListFileTests {
    private static let account = "018f0000-0000-7000-8000-0000000000ac"

    private static func location(_ name: String) -> Location {
        var location = Location()
        (location.id, location.name, location.account) = ("018f0000-0000-7000-8000-0000000000aa", name, account)
        return location
    }

    /// Locations, page by page under tokens that count, and what was asked of them.
    private func browser(
        _ pages: [[Location]], _ said: Said, language: Language = .en
    ) async throws -> Browser {
        let bench = try Bench()
        var admin = SignedIn.ann()
        (admin.roles, admin.language) = (["admin"], language.rawValue)
        try await bench.answer("onboarding", StandIn.sessions(admin))
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.listLocations) { _, request async throws(Problem) in
                    said.add("\(request.filter) | \(request.orderBy) | \(request.pageToken)")
                    if request.filter.contains("nonsense") {
                        throw .invalid(
                            field: ListRequest.Field.filter, Text(en: "That is no filter.", ko: "필터가 올바르지 않습니다."))
                    }
                    var page = ListLocationsResponse()
                    let place = Int(request.pageToken) ?? 0
                    page.locations = pages[place]
                    page.nextPageToken = place + 1 < pages.count ? "\(place + 1)" : ""
                    return page
                },
                Endpoint(OnboardingAPI.listCustomerAccounts) { _, request in
                    said.add("accounts")
                    var (page, account) = (ListCustomerAccountsResponse(), CustomerAccount())
                    (account.id, account.name) = (Self.account, "Köhler, Sons")
                    page.customerAccounts = request.filter.contains(Self.account) ? [account] : []
                    return page
                },
                Endpoint(OnboardingAPI.listSavedViews) { _, _ in ListSavedViewsResponse() },
            ])
        return Browser(bench, session: "good")
    }

    @Test func everyPageIsInTheFile() async throws {
        let said = Said()
        let pages = [[Self.location("Ulm"), Self.location("=1+1")], [Self.location("Bonn \"B\"")]]
        let browser = try await browser(pages, said)
        let page = try await browser.get("/lists/location?city=x")
        #expect(
            page.text.contains("/lists/location/export?city=x&amp;format=csv")
                && page.text.contains("Up to 10,000 rows"))
        let file = try await browser.get(
            "/lists/location/export?format=csv&city=x&column=name&column=account&sort=-name")
        #expect(
            file.text == "\u{FEFF}Name,Account,Account (name)\r\n"
                + "Ulm,\(Self.account),\"Köhler, Sons\"\r\n'=1+1,\(Self.account),\"Köhler, Sons\"\r\n"
                + "\"Bonn \"\"B\"\"\",\(Self.account),\"Köhler, Sons\"\r\n")
        #expect(file.headers[.contentType] == "text/csv; charset=utf-8")
        #expect(file.headers[.contentDisposition]?.contains("locations-2026-05-28.csv") == true)
        // What is known by name is not asked for again with each page.
        #expect(
            Array(said.texts.dropFirst(1).drop { $0 == "accounts" }) == [
                "city : \"x\" | name desc | ", "accounts", "city : \"x\" | name desc | 1",
            ])
    }

    @Test func labelsAreInTheLanguageOfTheReader() async throws {
        let browser = try await browser([[Self.location("Ulm")]], Said(), language: .ko)
        let file = try await browser.get("/lists/location/export?format=csv&column=name&column=account")
        #expect(file.text.hasPrefix("\u{FEFF}이름,계정,계정(이름)\r\n"))
        let workbook = try await browser.get("/lists/location/export?format=xlsx&column=name")
        #expect(workbook.bytes.starts(with: Array("PK".utf8)) && workbook.bytes.count > 1_000)
    }

    /// More than a file holds is said in its last line.
    @Test func aLongListIsCutAndSaysSo() async throws {
        let pages = Array(repeating: Array(repeating: Self.location("Ulm"), count: 4_000), count: 3)
        let browser = try await browser(pages, Said())
        let file = try await browser.get("/lists/location/export?format=csv&column=name")
        let lines = file.text.split(separator: "\r\n")
        #expect(lines.count == ListFile.most + 2)
        #expect(
            lines.last == "\"Only the first 10,000 rows are here. Narrow the list to export the others.\"",
            "\(lines.last ?? "")")
    }

    /// What is refused is a page, and no file: an address that cannot be one leads nowhere.
    @Test func whatIsRefusedIsNoFile() async throws {
        let browser = try await browser([[]], Said())
        let wrong = try await browser.get("/lists/location/export?format=csv&filter=nonsense")
        #expect(wrong.status == 404 && wrong.headers[.contentDisposition] == nil)
        #expect(try await browser.get("/lists/location/export?format=pdf").status == 404)
    }
}
