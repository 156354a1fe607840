import OnboardingWire
import RPC
import Roles
import Wire

/// The days on which nobody works for an account: due dates that count working days leave them out, and so do moves of dates.
/// Onboarding agents keep them, whoever sees cases sees them (D-202 to D-204).
enum HolidayPages: PageFolder {
    private typealias Record = AccountHoliday

    private static let keys: [AccountHoliday.Field] = [.day, .name]
    /// Most that a page shows: an account has no more than 1,000.
    private static let most: Int32 = 1_000

    static func add(to pages: Pages) {
        pages.get("/accounts/:id/holidays") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/accounts/:id/holidays") { visit async throws(Problem) in
            try await Work.change(href(visit), saved: "holiday") { () async throws(Problem) in
                var (record, _) = try await RecordForm<AccountHoliday>(keys, visit).record(id: "", etag: "")
                record.account = visit.part("id")
                let made = try await create(record, visit)
                return (.saved, "\(href(visit))/\(made.id)/remove")
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        pages.post("/accounts/:id/holidays/:holiday/remove") { visit async throws(Problem) in
            try await Work.change(href(visit)) { () async throws(Problem) in
                let (id, holiday) = (visit.part("id"), visit.part("holiday"))
                let known = try await list(visit).first { $0.id == holiday }
                var request = DeleteRequest()
                request.id = holiday
                _ = try await visit.ask(OnboardingAPI.deleteAccountHoliday, request)
                guard let known, known.account == id else { return (.removed, "") }
                let (day, name) = (Fields.encoded(known.day ?? ""), Fields.encoded(known.name ?? ""))
                return (.removed, "\(href(visit))/again?day=\(day)&name=\(name)")
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
        // Takes back that one was removed.
        pages.post("/accounts/:id/holidays/again") { visit async throws(Problem) in
            try await Work.write(href(visit)) { () async throws(Problem) in
                var record = Record()
                record.account = visit.part("id")
                record.day = visit.query[Record.Field.day]
                record.name = visit.query[Record.Field.name]
                _ = try await create(record, visit)
                return .restored
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
    }

    /// The page of an account's holidays.
    static func href(_ account: String) -> String { "/accounts/\(Fields.encoded(account))/holidays" }

    /// Whether somebody sees the page at all; the services decide by the same.
    static func isFor(_ person: Person?) -> Bool {
        person.map { Access.allows($0.roles, .read, on: Record.schema.table) } ?? false
    }

    private static func href(_ visit: Visit) -> String { href(visit.part("id")) }

    private static func create(_ record: AccountHoliday, _ visit: Visit) async throws(Problem) -> AccountHoliday {
        var request = CreateAccountHolidayRequest()
        request.accountHoliday = record
        return try await visit.ask(OnboardingAPI.createAccountHoliday, request)
    }

    private static func list(_ visit: Visit) async throws(Problem) -> [AccountHoliday] {
        var request = ListRequest()
        request.filter = FilterText.equal(Record.Field.account, visit.part("id"))
        request.orderBy = Record.Field.day.rawValue
        request.pageSize = most
        return try await visit.ask(OnboardingAPI.listAccountHolidays, request).accountHolidays
    }

    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        async let listed = Outcome.of { () async throws(Problem) in try await list(visit) }
        var get = GetRequest()
        get.id = visit.part("id")
        let account = try await visit.ask(OnboardingAPI.getCustomerAccount, get)
        let holidays = try await listed.get()
        let mayKeep = visit.person.map { Access.allows($0.roles, .create, on: Record.schema.table) } ?? false
        let today = visit.reader.today.description
        func shown(_ isComing: Bool) -> [Seen] {
            holidays.filter { (($0.day ?? "") >= today) == isComing }.map { holiday in
                Seen(holiday, ["remove": mayKeep ? "\(href(visit))/\(holiday.id)/remove" : ""])
            }
        }
        var values: Values = [
            "accountName": account.name ?? "", "coming": shown(true), "past": Array(shown(false).reversed()),
            "form": "",
        ]
        if mayKeep { values["form"] = form(visit, refused) }
        var page = Page(
            template: "holidays", title: visit.say("Holidays", "휴일"), values: values, status: refused?.status ?? .ok)
        page.trail = [Navigation.home(visit)]
        return page
    }

    private static func form(_ visit: Visit, _ refused: Problem?) -> Values {
        let fields = RecordForm<AccountHoliday>(keys, visit).fields(Record(), names: [:])
        let forms = Forms(visit)
        var form: Values = ["action": href(visit), "fields": fields.map { forms.values($0, refused: refused) }]
        if let refused { form["problem"] = forms.problem(refused, fields) }
        return form
    }
}
