import OnboardingWire
import RPC
import Wire

/// Registering a customer's instance with Service Bridge, the guided flow that a task of it leads to (RA-05).
enum RegistrationPages: PageFolder {
    private typealias Record = ConsumerRegistration

    private static let keys: [ConsumerRegistration.Field] = [.account, .contact, .instanceUrl]

    static func add(to pages: Pages) {
        pages.get("/tasks/:id/register") { visit async throws(Problem) in .page(try await page(visit, task(visit))) }
        pages.post("/tasks/:id/register") { visit async throws(Problem) in
            let task = try await task(visit)
            do throws(Problem) {
                var request = RegisterConsumerRequest()
                var (record, _) = try await RecordForm<ConsumerRegistration>(keys, visit).record(id: "", etag: "")
                record.onboardingCase = task.parent
                request.consumerRegistration = record
                _ = try await visit.ask(OnboardingAPI.registerConsumer, request)
            } catch {
                guard error.isRefusal, error.code != .notFound else { throw error }
                return .page(try await page(visit, task, refused: error))
            }
            return .moved(to: "\(href(visit))?done=\(Toast.registering.rawValue)")
        }
    }

    private static func href(_ visit: Visit) -> String { "/tasks/\(Fields.encoded(visit.part("id")))" }

    private static func task(_ visit: Visit) async throws(Problem) -> LifecycleTask {
        var request = GetRequest()
        request.id = visit.part("id")
        return try await visit.ask(OnboardingAPI.getLifecycleTask, request)
    }

    /// What was registered for the case so far, and what became of it.
    private static func known(_ task: LifecycleTask, _ visit: Visit) async throws(Problem) -> [ConsumerRegistration] {
        guard let parent = task.parent else { return [] }
        var request = ListRequest()
        request.filter = FilterText.equal(Record.Field.onboardingCase, parent)
        request.pageSize = 20
        return try await visit.ask(OnboardingAPI.listConsumerRegistrations, request).consumerRegistrations
    }

    private static func page(
        _ visit: Visit, _ task: LifecycleTask, refused: Problem? = nil
    ) async throws(Problem) -> Page {
        // The account and the contact of the task are the usual ones.
        var record = Record()
        (record.account, record.contact) = (task.company, task.contact)
        let lookup = Lookup(visit)
        var names = try await lookup.names(of: [task.company ?? ""], in: CustomerAccount.schema.table)
        names.merge(try await lookup.names(of: [task.contact ?? ""], in: CustomerContact.schema.table)) { own, _ in own
        }
        let fields = RecordForm<ConsumerRegistration>(keys, visit).fields(record, names: names)
        let forms = Forms(visit)
        var form: Values = ["action": visit.path, "fields": fields.map { forms.values($0, refused: refused) }]
        if let refused { form["problem"] = forms.problem(refused, fields) }
        var page = Page(
            template: "registration", title: visit.say("Register consumer", "고객 등록"),
            values: ["form": form, "registrations": try await known(task, visit)],
            status: refused?.status ?? .ok)
        page.trail = [Crumb(label: "\(task.number ?? "") \(task.shortDescription ?? "")", href: href(visit))]
        return page
    }
}
