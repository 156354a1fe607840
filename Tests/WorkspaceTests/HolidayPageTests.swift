import OnboardingWire
import RPC
import Roles
import Synchronization
import TestKit
import Testing
import Wire

@testable import WorkspaceService

/// The page of an account's holidays: who keeps them adds and removes days and takes that back, others see them.
@Suite struct HolidayPageTests {
    private static let account = "018f0000-0000-7000-8000-0000000000aa"
    private static let address = "/accounts/\(account)/holidays"

    private final class Kept: Sendable {
        private let all = Mutex<[AccountHoliday]>([])
        var days: [String] { all.withLock { $0.compactMap(\.day) } }

        var endpoints: [Endpoint] {
            [
                Endpoint(OnboardingAPI.getCustomerAccount) { _, _ in
                    var account = CustomerAccount()
                    (account.id, account.name) = (HolidayPageTests.account, "Northwind")
                    return account
                },
                Endpoint(OnboardingAPI.listAccountHolidays) { _, request async throws(Problem) in
                    guard request.filter == "account = \"\(HolidayPageTests.account)\"" else {
                        throw .internalError(cause: "those of all accounts are asked for")
                    }
                    var answer = ListAccountHolidaysResponse()
                    answer.accountHolidays = self.all.withLock { $0 }
                    return answer
                },
                Endpoint(OnboardingAPI.createAccountHoliday) { _, request async throws(Problem) in
                    var new = request.accountHoliday ?? AccountHoliday()
                    guard !self.days.contains(new.day ?? "") else {
                        throw .invalid(
                            field: AccountHoliday.path(.day), Text(en: "It is there already.", ko: "이미 등록되어 있습니다."))
                    }
                    new.id = "h\(new.day ?? "")"
                    let made = new
                    self.all.withLock { $0.append(made) }
                    return made
                },
                Endpoint(OnboardingAPI.deleteAccountHoliday) { _, request in
                    self.all.withLock { $0.removeAll { $0.id == request.id } }
                    return Empty()
                },
            ]
        }
    }

    private func opened(_ roles: [String]) async throws -> (Browser, Kept) {
        let (bench, kept) = (try Bench(), Kept())
        var person = SignedIn.ann()
        person.roles = roles
        try await bench.answer("onboarding", StandIn.sessions(person) + kept.endpoints)
        return (Browser(bench, session: "good"), kept)
    }

    private func undo(_ page: Bench.Seen) throws -> String {
        let found = page.text.firstMatch(
            of: #/class="toast"[^>]*><span>[^<]*<\/span><form method="post" action="([^"]+)"/#)
        return try String(#require(found).output.1).replacing("&amp;", with: "&")
    }

    @Test func aDayIsAddedRemovedAndBothAreTakenBack() async throws {
        let (browser, kept) = try await opened(["sn_acct_lc.agent"])
        let page = try await browser.get(Self.address)
        #expect(page.status == 200 && page.text.contains("Northwind") && page.text.contains("No holiday is coming"))
        func add(_ day: String) async throws -> Bench.Seen {
            try await browser.post(Self.address, [("csrf", page.csrf), ("day", day), ("name", "Founding & more")])
        }
        let added = try await add("2026-06-01")
        #expect(added.location.hasPrefix("\(Self.address)?done=saved&saved=holiday&undo="))
        let seen = try await browser.get(added.location)
        #expect(seen.text.contains("1 Jun 2026") && seen.text.contains("Founding &amp; more"))
        let refused = try await add("2026-06-01")
        #expect(refused.status == 422 && refused.text.contains("It is there already."))
        #expect(refused.text.contains("value=\"2026-06-01\""))
        _ = try await browser.post(undo(seen), [("csrf", page.csrf)])
        #expect(kept.days == [])
        _ = try await add("2026-01-02")
        let removed = try await browser.post("\(Self.address)/h2026-01-02/remove", [("csrf", page.csrf)])
        #expect(kept.days == [])
        let back = try await browser.post(undo(browser.get(removed.location)), [("csrf", page.csrf)])
        #expect(back.location == "\(Self.address)?done=restored" && kept.days == ["2026-01-02"])
        // What is over stands apart.
        #expect(try await browser.get(Self.address).text.contains("<details class=\"panel\"><summary>Past"))
    }

    @Test func whoOnlyLooksIsOfferedNothing() async throws {
        let (browser, kept) = try await opened(["sn_acct_lc.ale_success_viewer"])
        _ = kept
        let page = try await browser.get(Self.address)
        #expect(page.status == 200 && !page.text.contains("action=\"\(Self.address)"))
    }
}
