import Foundation
import Hummingbird
import Logging
import Platform
import RPC
import Wire

/// The whole site: what all pages share, and the table of their addresses.
struct Site: Sendable {
    let client: Client
    let sessions: SessionStore
    let templates: Templates
    let assets: Assets
    let cookies: CookieJar
    let live: LiveHub
    /// The address of the workspace as people have it.
    let address: String
    let now: @Sendable () -> Timestamp
    let log: Logger
    let notices: UnreadNotices
    let issuers: KnownIssuers
    let undos: Undos
    /// The addresses of pages that are read.
    let readable = ReadAddresses()
    /// How long a page may take, whatever it asks for.
    let pageTime: Duration
    /// How long one waits for a part that it can be shown without.
    let partTime: Duration
    private let isBehindProxy: Bool
    private let isConnected: @Sendable () -> Bool
    private let byAddress: RateLimit
    private let bySession: RateLimit

    /// A site that asks over `client`; a page waits with `patience` for what it can do without. Templates and strings that do not fit together are thrown as a
    /// ``ConfigurationError``.
    init(
        client: Client, address: String, live: LiveHub, isBehindProxy: Bool = false, requestsPerMinute: Int = 1_200,
        patience: Duration = .milliseconds(500), pageTime: Duration = Ask.deadline, partTime: Duration = Ask.patience,
        isConnected: @escaping @Sendable () -> Bool = { true },
        now: @escaping @Sendable () -> Timestamp = { SystemClock().now }, log: Logger
    ) throws {
        self.client = client
        self.address = address
        self.live = live
        self.pageTime = pageTime
        self.partTime = partTime
        self.isBehindProxy = isBehindProxy
        self.isConnected = isConnected
        self.now = now
        self.log = log
        let files = try Self.files.get()
        templates = files.templates
        assets = files.assets
        cookies = CookieJar(isSecure: address.hasPrefix("https://"))
        sessions = SessionStore(client, now: now)
        undos = Undos(now: now)
        notices = UnreadNotices(now: now, patience: patience)
        issuers = KnownIssuers(now: now)
        byAddress = RateLimit(perMinute: requestsPerMinute)
        bySession = RateLimit(perMinute: requestsPerMinute)
        live.whenSessionsEnd { [sessions] in sessions.forget(ended: $0) }
    }

    /// Where templates, strings and the design are.
    static var folder: URL? { Bundle.module.resourceURL }

    /// What the program's pages are drawn with, read once.
    private static let files = Result { () throws -> (templates: Templates, assets: Assets) in
        guard let folder else {
            throw ConfigurationError("The program's pages are missing.")
        }
        return (try Templates(folder: folder), try Assets(folder: folder.appendingPathComponent("Design")))
    }

    /// Answers requests: the pages, the files they are drawn with, and whether the program is well.
    func responder() -> RouterResponder<WorkspaceContext> { router().buildResponder() }

    /// The table of all addresses.
    func router() -> Router<WorkspaceContext> {
        let router = Router(context: WorkspaceContext.self, options: [.autoGenerateHeadEndpoints])
        router.add(middleware: Guards(site: self))
        router.get("/assets/:name") { [assets] request, context in
            guard let response = assets.response(context.parameters.get("name") ?? "", request.headers)
            else {
                throw HTTPError(.notFound)
            }
            return response
        }
        router.get("/health") { [isConnected] _, _ in
            let isWell = isConnected()
            return Response(
                status: isWell ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: isWell ? "well\n" : "NATS is away\n")))
        }
        let pages = Pages(site: self, router: router)
        for folder in Self.folders { folder.add(to: pages) }
        return router
    }

    /// The folders of pages.
    private static var folders: [any PageFolder.Type] {
        [
            SignInPages.self, OnboardingPages.self, CasePages.self, NewCasePages.self, DateMovePages.self,
            HolidayPages.self,
            TaskPages.self, ImportPages.self, PortalPages.self, ListPages.self, SearchPages.self, NoticePages.self,
            PersonPages.self, PeoplePages.self, PlaybookFolder.self, RegistrationPages.self, PlayPages.self,
            TriggerPages.self, FlowPages.self,
            SuccessPlanPages.self, RecordPages.self, EngagementPages.self, AdministrationPages.self,
            CheckPages.self, BuilderPages.self, KnowledgePages.self, HealthPages.self,
            ChoicePages.self, UserPages.self, DomainPages.self, EmailPages.self,
            PortalEngagementPage.self, LivePages.self, DesignPage.self,
        ]
    }

    /// Whether an address may send one more request.
    func admits(address: String) -> Bool { byAddress.admits(address) }

    /// Whether a session may send one more request.
    func admits(session: String) -> Bool { bySession.admits(session) }

    /// Who sends a request, as the limits count it. What a client says of itself counts only where a server in front
    /// writes it: of several addresses the one that this server has seen.
    func origin(of request: Request, _ context: WorkspaceContext) -> String {
        guard isBehindProxy, let name = HTTPFieldName.forwardedFor, let said = request.headers[name] else {
            return NetworkAddress.counted(context.peer)
        }
        return NetworkAddress.counted(said.split(separator: ",").last.map { $0.filter { $0 != " " } } ?? context.peer)
    }
}

/// The pages of one folder.
protocol PageFolder {
    /// Puts their addresses into the table.
    static func add(to pages: Pages)
}
