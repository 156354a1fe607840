import Foundation
import Hummingbird
import OnboardingWire
import RPC
import Roles
import Wire

/// A case that somebody begins by hand, beside those that begin with their account.
enum NewCasePages: PageFolder {
    private typealias Record = OnboardingCase

    /// What has to be said first; all else belongs to the first stage of its playbook.
    private static let keys: [OnboardingCase.Field] = [
        .account, .contact, .shortDescription, .type, .serviceBridgeIntegration, .goLiveDate, .priority, .assignedTo,
    ]
    static let href = "/cases/new"
    /// What is begun once, however often the form is sent.
    private static let once = "once"

    static func add(to pages: Pages) {
        pages.get("/cases/new") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/cases/new") { visit async throws(Problem) in
            try await Work.lead { () async throws(Problem) in
                guard isFor(visit.person) else { throw .permissionDenied() }
                var request = CreateOnboardingCaseRequest()
                request.onboardingCase = try await RecordForm<OnboardingCase>(keys, visit).record(id: "", etag: "").0
                let made = try await visit.ask(
                    OnboardingAPI.createOnboardingCase, request, requestID: visit.form[once])
                return "/cases/\(Fields.encoded(made.number ?? made.id))?done=\(Toast.begun.rawValue)&saved=new"
            } refused: { (problem) async throws(Problem) in
                try await page(visit, refused: problem)
            }
        }
    }

    /// Whether somebody may begin one.
    static func isFor(_ person: Person?) -> Bool {
        person.map { !$0.isCustomer && Access.allows($0.roles, .create, on: Record.schema.table) } ?? false
    }

    /// The form, with whoever opens it as the one who is responsible, and what the address says: `/cases/new?account=…`.
    private static func page(_ visit: Visit, refused: Problem? = nil) async throws(Problem) -> Page {
        guard let person = visit.person, isFor(person) else {
            throw .noPage
        }
        var usual = Record()
        usual.priority = 3
        usual.take(visit.query, Set(keys.map(\.rawValue)))
        var named = RecordNames()
        named.add(usual, visit.form)
        var names = await named.found(visit)
        if usual.assignedTo == nil { (usual.assignedTo, names[person.user]) = (person.user, person.name) }
        let fields = RecordForm<OnboardingCase>(keys, visit).fields(usual, names: names)
        let forms = Forms(visit)
        var form: Values = [
            "action": href, "fields": fields.map { forms.values($0, refused: refused) },
            "once": refused == nil ? UUID().uuidString.lowercased() : visit.form[once],
        ]
        if let refused { form["problem"] = forms.problem(refused, fields) }
        var page = Page(
            template: "case_new", title: visit.say("New case", "새 케이스"), values: ["form": form],
            status: refused?.status ?? .ok)
        page.trail = [Navigation.home(visit)]
        return page
    }
}
