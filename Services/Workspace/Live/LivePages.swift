import CustomerSuccessWire
import Hummingbird
import ImportValidationWire
import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Roles
import Wire

/// The stream of server-sent events that an open page listens to. It says only that there is something to look at: what
/// that is the page reads with the rights of whoever looks.
enum LivePages: PageFolder {
    static func add(to pages: Pages) {
        let site = pages.site
        pages.get("/live", .page) { visit async throws(Problem) in
            let topic = LiveTopic(visit.query["topic"])
            if let topic { try await check(topic, visit) }
            let outcomes = await outcomes(of: topic, visit)
            guard let person = visit.person,
                let stream = site.live.open(
                    topic, user: person.user, session: person.session, domain: person.domain, accounts: person.accounts,
                    outcomes: outcomes)
            else { throw .resourceExhausted() }
            return .response(response(stream, visit, site))
        }
    }

    /// Whoever may not read a record, or the records of a list, hears nothing of them.
    private static func check(_ topic: LiveTopic, _ visit: Visit) async throws(Problem) {
        guard case .record(let table, let id) = topic else {
            let isCustomer = visit.person?.isCustomer != false
            guard !isCustomer || topic.isForCustomers, mayRead(topic, visit) else {
                throw .notFound(Text(en: "There is no such list.", ko: "해당 목록이 없습니다."))
            }
            return
        }
        var request = GetRequest()
        request.id = id
        switch table {
        case OnboardingCase.schema.table: _ = try await visit.ask(OnboardingAPI.getOnboardingCase, request)
        case LifecycleTask.schema.table: _ = try await visit.ask(OnboardingAPI.getLifecycleTask, request)
        case FlowRun.schema.table: _ = try await visit.ask(PlayLauncherAPI.getFlowRun, request)
        case ImportTask.schema.table: _ = try await visit.ask(ImportValidationAPI.getImportTask, request)
        default: try await read(try RecordTypes.named(table), id, visit)
        }
    }

    /// The outcomes of an objective, by which its page hears of initiatives. Where they cannot be had it hears of all else.
    private static func outcomes(of topic: LiveTopic?, _ visit: Visit) async -> [String] {
        guard case .record(SuccessObjective.schema.table, let objective) = topic else { return [] }
        var request = ListRequest()
        request.pageSize = 200
        request.filter = FilterText.equal(SuccessOutcome.Field.successObjective, objective)
        return (try? await visit.ask(CustomerSuccessAPI.listSuccessOutcomes, request).successOutcomes.map(\.id)) ?? []
    }

    /// Whether the roles of the person read the table of a list.
    private static func mayRead(_ topic: LiveTopic, _ visit: Visit) -> Bool {
        guard case .list(let table) = topic else { return true }
        return Access.allows(visit.person?.roles ?? [], .read, on: table)
    }

    private static func read<R: RecordMessage>(_ type: R.Type, _ id: String, _ visit: Visit) async throws(Problem) {
        _ = try await RecordCalls<R>(visit).get(id)
    }

    private static func response(_ stream: AsyncStream<LiveSignal>, _ visit: Visit, _ site: Site) -> Response {
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer(string: "retry: 5000\n\n"))
            try await writer.write(ByteBuffer(string: await notices(visit, site) ?? ""))
            for await signal in stream {
                // Whoever has signed out hears no more.
                guard let text = await text(signal, visit, site) else { break }
                try await writer.write(ByteBuffer(string: text))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"], body: body)
    }

    /// What is sent; nil when the session has ended.
    private static func text(_ signal: LiveSignal, _ visit: Visit, _ site: Site) async -> String? {
        switch signal {
        case .changed: return "event: changed\ndata: 1\n\n"
        case .progress: return "event: progress\ndata: 1\n\n"
        case .notices: return await notices(visit, site)
        case .beat:
            do throws(Problem) {
                return try await site.sessions.person(visit.sessionToken, isPassive: true) == nil ? nil : ": \n\n"
            } catch {
                // Onboarding is away, which says nothing about the session.
                return ": \n\n"
            }
        }
    }

    /// The number of unread notices, read with the token of now; nil when the session has ended.
    private static func notices(_ visit: Visit, _ site: Site) async -> String? {
        do throws(Problem) {
            let token = visit.sessionToken
            guard let person = try await site.sessions.person(token, isPassive: true) else { return nil }
            let ask = Ask(client: site.client, token: person.accessToken, language: visit.reader.language, until: nil)
            let count =
                try await ask(NotifierAPI.listInAppNotifications, NoticePages.unread(pageSize: 1)).totalSize ?? 0
            return "event: notices\ndata: \(count)\n\n"
        } catch {
            return error.code == .unauthenticated ? nil : ": \n\n"
        }
    }
}
