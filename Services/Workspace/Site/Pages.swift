import Hummingbird
import RPC
import Wire

/// Where the folders of pages put their addresses.
struct Pages {
    /// Who may reach a handler.
    enum Access: Sendable {
        /// Whoever is signed in.
        case person
        /// A page of whoever is signed in, by itself: it does not keep the session from idling.
        case page
        /// Anybody.
        case anybody
    }

    /// What answers a request.
    typealias Handler = @Sendable (Visit) async throws(Problem) -> Answer
    /// Takes a file and says what comes then.
    typealias Receiver = @Sendable (Visit) async throws(Problem) -> (FileReceiver.Target, Answer)

    /// What is done with a small file, or with why there is none.
    typealias Taker = @Sendable (Visit, Result<TakenFile, Problem>) async throws(Problem) -> Answer

    let site: Site
    let router: Router<WorkspaceContext>

    /// A page that is read.
    func get(_ path: RouterPath, _ access: Access = .person, _ handler: @escaping Handler) {
        let site = site
        site.readable.add("\(path)")
        router.get(path) { request, context in
            await site.answer(request, context, access) { visit, _ async throws(Problem) in try await handler(visit) }
        }
    }

    /// A form that is posted: it must come from a page of this browser.
    func post(_ path: RouterPath, _ access: Access = .person, _ handler: @escaping Handler) {
        let site = site
        router.post(path) { request, context in
            await site.answer(request, context, access) { visit, request async throws(Problem) in
                try await handler(try await site.posted(visit, request))
            }
        }
    }

    /// A file that is posted. The handler says where it goes, and what is answered when it is there.
    func receive(_ path: RouterPath, _ handler: @escaping Receiver) {
        let site = site
        router.post(path) { request, context in
            await site.answer(request, context, .person) { visit, request async throws(Problem) in
                // A file takes as long as its line does; each of its parts has a time of its own.
                var visit = visit
                visit.ask = visit.ask.unhurried
                let (target, answer) = try await handler(visit)
                let length = request.headers[.contentLength].flatMap { Int($0) }
                let receiver = FileReceiver(visit: visit, contentLength: length)
                try await receiver.receive(request.body, request.headers[.contentType] ?? "", target)
                return answer
            }
        }
    }

    /// A small file that is posted, and answered like a form: what is refused comes back on its page.
    func take(_ path: RouterPath, _ handler: @escaping Taker) {
        let site = site
        router.post(path) { request, context in
            await site.answer(request, context, .person) { visit, request async throws(Problem) in
                let parts = TakenParts()
                let length = request.headers[.contentLength].flatMap { Int($0) }
                let receiver = FileReceiver(visit: visit, contentLength: length)
                do throws(Problem) {
                    try await receiver.receive(request.body, request.headers[.contentType] ?? "", parts.target)
                } catch {
                    // What is no form of ours is not answered like one.
                    guard TakenParts.isSaid(error) else { throw error }
                    return try await handler(visit, .failure(error))
                }
                return try await handler(visit, .success(parts.file))
            }
        }
    }
}

extension Site {
    /// The most bytes of a form.
    private static let formLimit = 512 * 1_024

    /// Answers one request, whatever happens: with what the handler says, or with a page that says what went wrong.
    func answer(
        _ request: Request, _ context: WorkspaceContext, _ access: Pages.Access,
        _ handler: @Sendable (Visit, Request) async throws(Problem) -> Answer
    ) async -> Response {
        // What cannot be a token is none: it is neither counted nor asked about.
        let token = request.cookies[cookies.session].map(\.value).flatMap { Secrets.isToken($0) ? $0 : nil } ?? ""
        var visit = self.visit(request, context, nil, token)
        do throws(Problem) {
            guard isSameSite(request) else { throw .forged() }
            let isPassive = access == .page || request.isPassive
            if !token.isEmpty {
                guard admits(session: token) else { throw .resourceExhausted() }
                if let person = try await sessions.person(token, isPassive: isPassive) {
                    visit = self.visit(request, context, person, token)
                }
            }
            guard access == .anybody || visit.person != nil else { return signInFirst(visit, request) }
            let answer: Answer
            do throws(Problem) {
                answer = try await handler(visit, request)
            } catch {
                guard error.code == .unauthenticated, visit.person != nil, request.method == .get else { throw error }
                // A service does not know the access token any more: once more under a new one. What was posted is not
                // done twice.
                sessions.forget(token)
                let person = try await sessions.person(token, isPassive: isPassive)
                let again = self.visit(request, context, person, token)
                guard again.person != nil else { return signInFirst(visit, request) }
                answer = try await handler(again, request)
            }
            if case .page = answer { visit.unread = await notices.count(visit) }
            return respond(answer, visit, request)
        } catch {
            return respond(error, visit, request)
        }
    }

    private func visit(
        _ request: Request, _ context: WorkspaceContext, _ person: Person?, _ token: String
    ) -> Visit {
        let query = Fields(request.uri.query ?? "")
        let language = self.language(request, query, person)
        let known = request.cookies[cookies.visit]?.value ?? ""
        let secret = person == nil ? (known.isEmpty ? Secrets.random() : known) : token
        return Visit(
            path: request.uri.path, parameters: context.parameters, query: query, form: Fields(), person: person,
            reader: Reader(language: language, zone: ReaderZone(person?.timeZone ?? "UTC"), now: now()),
            address: origin(of: request, context), agent: request.headers[.userAgent] ?? "",
            secret: secret, sessionToken: token, federated: request.cookies[cookies.federated]?.value ?? "",
            isFragment: HTTPFieldName.fragment.map { request.headers[$0] != nil } ?? false,
            isCompressed: Compression.isWanted(request.headers), back: back(request),
            isRead: request.method != .post, patience: partTime,
            ask: Ask(
                client: client, token: person?.accessToken, language: language, until: .after(pageTime)),
            undos: undos)
    }

    /// What was chosen goes before what is known of the person, and that before what the browser says.
    private func language(_ request: Request, _ query: Fields, _ person: Person?) -> Language {
        let said = [query["language"], request.cookies[CookieJar.language]?.value ?? ""]
        if let chosen = said.lazy.compactMap({ Language(rawValue: $0) }).first { return chosen }
        if let person { return person.language }
        let first = request.headers[.acceptLanguage]?.prefix { $0 != "," && $0 != ";" } ?? ""
        return Language(tag: first.lowercased())
    }

    /// The visit with its form, which must have come from a page of this browser.
    func posted(_ visit: Visit, _ request: Request) async throws(Problem) -> Visit {
        let text: String
        do {
            text = String(buffer: try await request.body.collect(upTo: Self.formLimit))
        } catch {
            throw Problem(
                .invalidArgument,
                Text(en: "That is more than a form may hold.", ko: "양식에 입력할 수 있는 크기를 초과했습니다."), reason: "TOO_LARGE")
        }
        var visit = visit
        visit.form = Fields(text)
        guard visit.isOurs(visit.form["csrf"]) else { throw .forged() }
        return visit
    }

    /// Whether a browser says that another site makes it send this. Links from elsewhere, such as those in an e-mail, lead to
    /// pages that are read.
    private func isSameSite(_ request: Request) -> Bool {
        guard request.method == .post else { return true }
        if let name = HTTPFieldName.fetchSite, let from = request.headers[name] {
            return from == "same-origin" || from == "none"
        }
        guard let origin = request.headers[.origin] else { return true }
        return origin == address
    }
}

extension Request {
    /// Whether a page asks by itself, and not because somebody did something.
    var isPassive: Bool { HTTPFieldName.passive.map { headers[$0] != nil } ?? false }
}

extension Problem {
    /// A form that no page of this browser has drawn, or one of a session that has ended.
    static func forged() -> Problem {
        Problem(
            .permissionDenied,
            Text(
                en: "This form is no longer valid. Open the page again and repeat what you did.",
                ko: "양식이 더 이상 유효하지 않습니다. 페이지를 다시 열고 다시 시도해 주세요."), reason: "FORM_EXPIRED")
    }
}

/// What a browser is called in the list of sessions.
enum Device {
    /// The name of the browser and of the system, out of what it says of itself.
    static func name(_ agent: String) -> String {
        let browsers = [("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")]
        let systems = [
            ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
            ("Linux", "Linux"),
        ]
        let browser = browsers.first { agent.contains($0.0) }?.1
        let system = systems.first { agent.contains($0.0) }?.1
        let name = [browser, system].compactMap { $0 }.joined(separator: " · ")
        return name.isEmpty ? String(agent.prefix(80)) : name
    }
}
