import Mail
import NotifierWire
import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Synchronization
import Tenancy
import TestKit
import Testing
import Wire

@testable import NotifierService

/// Links by which people choose a password become mails, and the secret in a link is in the mail alone (G-103).
@Suite(.timeLimit(.minutes(15))) struct SignInMailTests {
    /// Onboarding, as far as it makes secrets: each time another one.
    private final class Issuing: Sendable {
        let made = Mutex<[String]>([])
        let problem = Mutex<Problem?>(nil)

        var endpoint: Endpoint {
            Endpoint(OnboardingAPI.issueSignInLink) { call, request async throws(Problem) in
                guard call.caller.kind == .service else { throw .permissionDenied() }
                if let problem = self.problem.withLock({ $0 }) { throw problem }
                var issued = IssuedSignInLink()
                issued.url = "https://workspace.example/invitation#secret-\(uuid())"
                self.made.withLock { $0.append(issued.url) }
                return issued
            }
        }
    }

    private func link(_ user: String, _ purpose: String) throws -> RecordEvent {
        var link = SignInLink()
        (link.id, link.domain, link.user, link.purpose) = (uuid(), "/provider/", user, purpose)
        return try event("sign_in_link", "created", link.encodeProtobuf(), id: link.id, domain: "/provider/") {
            $0.service = "onboarding"
        }
    }

    /// Sends what is queued until `isDone` holds of the mails to `user`.
    private func send(_ stage: Stage, _ user: String, over port: Int, until isDone: (EmailDelivery) -> Bool)
        async throws
    {
        let sender = SMTPSender(try SMTPConfiguration(host: "127.0.0.1", port: port, security: .none))
        let own = CallerTokens.credential(.service("notifier", domain: .root))
        let queue = try MailQueue(
            stage.database, sender, from: MailAddress("ale@mail.example"), MailTemplates(),
            links: SignInLinkSource(client: Client(stage.transport, credential: own)))
        let work = Task { await queue.run() }
        try await waitUntil { try await stage.mails(to: user).allSatisfy(isDone) }
        work.cancel()
        await work.value
    }

    /// Whether any row of the notifier's tables holds a text.
    private func isKept(_ text: String, _ stage: Stage) async throws -> Bool {
        try await stage.inside("/") { tx in
            for table in ["mail_queue", "email_delivery", "outbox", "journal", "request_log", "inbox"] {
                let found = try tx.query(
                    """
                    SELECT 1 FROM notifier.\(identifier: table) AS t WHERE strpos(to_jsonb(t)::text, \(text)) > 0 \
                    OR strpos(to_jsonb(t)::text, encode(convert_to(\(text), 'UTF8'), 'hex')) > 0 LIMIT 1
                    """)
                if !found.isEmpty { return true }
            }
            return false
        }
    }

    @Test(arguments: [("invitation", "invitation"), ("password_reset", "password-reset")])
    func theLinkIsInTheMailAlone(_ purpose: String, _ template: String) async throws {
        let stage = try await Stage()
        let issuing = Issuing()
        try await stage.standIn(for: "onboarding", [issuing.endpoint])
        let server = try SMTPCatcher()
        defer { server.stop() }
        let user = try await stage.meet(successAgent, email: "una@provider.example")
        let event = try link(user, purpose)
        // As the consumer does it, twice.
        for _ in 0..<2 { try await stage.signInMails.handler.take(event, in: stage.database) }
        let queued = try await stage.mails(to: user)
        #expect(queued.map(\.template) == [template] && queued.map(\.state) == ["queued"])
        #expect(queued.first?.sourceRecord == event.id && queued.first?.subject?.hasPrefix("Pat, ") == true)
        #expect(issuing.made.withLock(\.count) == 0)
        try await send(stage, user, over: server.port) { $0.state == "sent" }
        let url = try #require(issuing.made.withLock { $0.first })
        let mail = try #require(server.mails.first)
        #expect(server.mails.count == 1 && mail.recipients == ["una@provider.example"])
        #expect(mail.text.replacing("=\r\n", with: "").contains(url))
        let secret = try #require(url.split(separator: "/").last.map(String.init))
        #expect(try await !isKept(secret, stage))
        #expect(try await isKept("una@provider.example", stage))
    }

    /// A link that is used or replaced is not sent; one that onboarding cannot be asked for waits.
    @Test func aLinkThatIsOverIsNotSent() async throws {
        let stage = try await Stage()
        let issuing = Issuing()
        try await stage.standIn(for: "onboarding", [issuing.endpoint])
        let server = try SMTPCatcher()
        defer { server.stop() }
        let user = try await stage.meet(successAgent)
        try await stage.signInMails.handler.take(link(user, "invitation"), in: stage.database)
        issuing.problem.withLock { $0 = .unavailable() }
        try await send(stage, user, over: server.port) { $0.lastError != nil }
        let waiting = try #require(try await stage.mails(to: user).first)
        #expect(waiting.state == "queued" && waiting.attempts == 0)

        let other = try await stage.meet(successAgent)
        try await stage.signInMails.handler.take(link(other, "invitation"), in: stage.database)
        issuing.problem.withLock { $0 = .failedPrecondition(rule: "LINK_OVER", Text(en: "Over.", ko: "끝.")) }
        try await send(stage, other, over: server.port) { $0.state == "failed" }
        #expect(try await stage.mails(to: other).first?.lastError == "link: used, expired or replaced")
        #expect(server.mails.isEmpty)
    }

    /// A subject is kept with the delivery, so the link may not stand in it.
    @Test func theLinkIsNoPartOfASubject() throws {
        for key in [EmailTemplate.Key.invitation, EmailTemplate.Key.passwordReset] {
            let met = refused { () throws(Problem) in try EmailTemplate.check("Sign in: {{url}}", of: key, .subject) }
            #expect(met?.reason == "G-131")
            let html = refused { () throws(Problem) in
                try EmailTemplate.check("<p><a href=\"{{url}}\">{{url}}</a></p>", of: key, .html)
            }
            #expect(html == nil, "\(html as Any)")
        }
    }

    private func refused(_ body: () throws(Problem) -> Void) -> Problem? {
        do throws(Problem) {
            try body()
            return nil
        } catch { return error }
    }
}
