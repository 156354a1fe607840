import Hummingbird
import OnboardingWire
import RPC
import Roles
import Wire

/// Registering a customer's instance with Service Bridge: the guided flow that a task of it leads to (RA-05), and the page of who
/// runs the instance for the customer (D-225).
enum RegistrationPages: PageFolder {
    private typealias Record = ConsumerRegistration

    /// Where an instance is registered.
    private struct Place: Sendable {
        let href: String
        /// What stands in the form at first, and the case that it is for.
        let usual: ConsumerRegistration
        let trail: [Crumb]
        /// Where one goes on when it is done.
        let next: String
    }

    private static let keys: [ConsumerRegistration.Field] = [.account, .contact, .instanceUrl]
    private static let portal = "/portal/service-bridge"

    static func add(to pages: Pages) {
        add(to: pages, "/tasks/:id/register", start: "/tasks/:id/register/:registration/start", ofTask)
        add(to: pages, "/portal/service-bridge", start: "/portal/service-bridge/:registration/start", ofCustomer)
    }

    private static func add(
        to pages: Pages, _ path: RouterPath, start: RouterPath,
        _ find: @escaping @Sendable (Visit) async throws(Problem) -> Place
    ) {
        pages.get(path) { visit async throws(Problem) in .page(try await page(visit, try await find(visit))) }
        pages.post(path) { visit async throws(Problem) in
            let place = try await find(visit)
            return try await Work.lead { () async throws(Problem) in
                var request = RegisterConsumerRequest()
                var (record, _) = try await RecordForm<ConsumerRegistration>(keys, visit).record(id: "", etag: "")
                record.onboardingCase = place.usual.onboardingCase
                request.consumerRegistration = record
                _ = try await visit.ask(OnboardingAPI.registerConsumer, request)
                return done(place)
            } refused: { (problem) async throws(Problem) in
                try await page(visit, place, refused: problem)
            }
        }
        pages.post(start) { visit async throws(Problem) in
            let place = try await find(visit)
            return try await Work.lead { () async throws(Problem) in
                var request = ActionRequest()
                request.id = visit.part("registration")
                _ = try await visit.ask(OnboardingAPI.startConsumerRegistration, request)
                return done(place)
            } refused: { (problem) async throws(Problem) in
                try await page(visit, place, refused: problem)
            }
        }
    }

    private static func done(_ place: Place) -> String { "\(place.next)?done=\(Toast.registering.rawValue)" }

    /// Whether the navigation leads a person to the page of customers.
    static func isFor(_ person: Person) -> Bool {
        person.isCustomer && Access.allows(person.roles, .create, on: Record.schema.table)
    }

    /// From a task: its account and its contact are the usual ones.
    private static func ofTask(_ visit: Visit) async throws(Problem) -> Place {
        var request = GetRequest()
        request.id = visit.part("id")
        let task = try await visit.ask(OnboardingAPI.getLifecycleTask, request)
        let href = "/tasks/\(Fields.encoded(visit.part("id")))"
        var usual = Record()
        (usual.account, usual.contact, usual.onboardingCase) = (task.company, task.contact, task.parent)
        return Place(
            href: "\(href)/register", usual: usual,
            trail: [Crumb(label: "\(task.number ?? "") \(task.shortDescription ?? "")", href: href)], next: href)
    }

    /// Of a customer: the own account, where there is one, with the contact that the person is there.
    private static func ofCustomer(_ visit: Visit) async throws(Problem) -> Place {
        guard let person = visit.person, isFor(person) else { throw .permissionDenied() }
        var usual = Record()
        if person.accounts.count == 1 {
            usual.account = person.accounts[0]
            var request = ListRequest()
            request.filter = FilterText.equal(CustomerContact.Field.email, person.email)
            request.pageSize = 1
            usual.contact = try await visit.ask(OnboardingAPI.listCustomerContacts, request).customerContacts.first?.id
        }
        return Place(
            href: portal, usual: usual, trail: [Crumb(label: visit.say("My lists", "내 목록"), href: "/portal")],
            next: portal)
    }

    /// What was registered so far, for the case where it is for one, and what became of it.
    private static func known(_ place: Place, _ visit: Visit) async throws(Problem) -> [Seen] {
        var request = ListRequest()
        if let onboarding = place.usual.onboardingCase {
            request.filter = FilterText.equal(Record.Field.onboardingCase, onboarding)
        }
        request.pageSize = 20
        return try await visit.ask(OnboardingAPI.listConsumerRegistrations, request).consumerRegistrations.map {
            let again = "\(place.href)/\(Fields.encoded($0.id))/start"
            return Seen($0, ["start": $0.status == Record.Status.failed ? again : ""])
        }
    }

    private static func page(
        _ visit: Visit, _ place: Place, refused: Problem? = nil
    ) async throws(Problem) -> Page {
        let (usual, lookup) = (place.usual, Lookup(visit))
        var names = try await lookup.names(of: [usual.account ?? ""], in: CustomerAccount.schema.table)
        names.merge(try await lookup.names(of: [usual.contact ?? ""], in: CustomerContact.schema.table)) { own, _ in
            own
        }
        let fields = RecordForm<ConsumerRegistration>(keys, visit).fields(usual, names: names)
        let forms = Forms(visit)
        var form: Values = ["action": place.href, "fields": fields.map { forms.values($0, refused: refused) }]
        if let refused { form["problem"] = forms.problem(refused, fields) }
        var page = Page(
            template: "registration", title: visit.say("Register consumer", "고객 등록"),
            values: ["form": form, "registrations": try await known(place, visit)],
            status: refused?.status ?? .ok)
        page.trail = place.trail
        return page
    }
}
