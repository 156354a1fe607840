import CustomerSuccessWire
import Mail
import NotifierWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import NotifierService

/// The mails and their way out.
@Suite struct MailQueueTests {
    @Test(arguments: MailTemplates.names, ["en", "ko"])
    func everyMailIsWritten(name: String, language: String) throws {
        // Every placeholder of the mail, its values marked up.
        let known = try #require(MailTemplates.placeholders[name])
        let values = Dictionary(uniqueKeysWithValues: known.map { ($0, "<\($0)>") })
        let content = try #require(MailTemplates().render(name, values, language: language))
        for placeholder in known {
            let isInSubject = content.subject.contains("<\(placeholder)>")
            #expect(isInSubject || content.text.contains("<\(placeholder)>"), "\(placeholder)")
            #expect(content.html.contains("&lt;\(placeholder)&gt;"), "\(placeholder)")
        }
        #expect(content.subject.contains("<"))
        #expect(content.html.contains("<html lang=\"\(language)\">"))
        #expect(!(content.subject + content.text + content.html).contains("{{"))
        let isKorean = content.text.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) }
        #expect(isKorean == (language == "ko"))
    }

    @Test func aMailWithoutBodyHasNoGap() throws {
        let content = try #require(
            MailTemplates().render("record-updated", ["subject": "S", "name": "Pat", "body": ""], language: "en"))
        #expect(content.text.contains("S\n\nYou receive"))
        #expect(!content.html.contains("<p></p>"))
    }

    @Test func aMailIsTriedEightTimes() {
        #expect(MailRetry.pauses.count + 1 == 8)
        #expect(zip(MailRetry.pauses, MailRetry.pauses.dropFirst()).allSatisfy { $0 < $1 })
        #expect(MailRetry.pause(after: 1) == 5)
        #expect(MailRetry.pause(after: 7) == 7_200)
        #expect(MailRetry.pause(after: 8) == nil)
    }

    @Test func whatTheServerSaysDecides() throws {
        #expect(MailQueue.Outcome(.accepted) == .sent)
        #expect(MailQueue.Outcome(.transient(code: 451, reason: "later")) == .later(reason: "451 later"))
        #expect(MailQueue.Outcome(.unreached(code: 0, reason: "no connection")) == .unreached(reason: "no connection"))
        #expect(!MailQueue.Outcome.unreached(reason: "").isAttempt && MailQueue.Outcome.later(reason: "").isAttempt)
        #expect(MailQueue.Outcome(.permanent(code: 550, reason: "unknown")) == .never(reason: "550 unknown"))
        #expect(MailQueue.Outcome(.overloaded) == .untried)
        #expect(MailQueue.Outcome(.canceled) == .untried)
        #expect(MailQueue.Outcome(.invalid(part: "to", reason: "r")) == .never(reason: "to: r"))
        let from = try MailAddress("ale@mail.example")
        #expect(MailQueue.messageID("id", from: from) == "id@mail.example")
    }

    /// A server that is away takes no attempt, for three days; then the mail has failed.
    @Test(arguments: [(-5, 5), (0, 5), (600, 60), (86_400, 300), (259_199, 300), (259_200, nil)] as [(Int64, Int?)])
    func aServerThatIsAwayIsLookedForAgain(_ age: Int64, _ pause: Int?) {
        #expect(MailRetry.pause(atAge: age) == pause)
    }

    /// Whatever stands in the record of a person, there is a delivery that says what became of the mail.
    @Test(arguments: [
        ("petra@bücher.example", "queued"), ("petra@xn--bcher-kva.example", "queued"),
        ("jörg@bücher.example", "queued"), ("j😀rg@bücher.example", "failed"),
        ("mailto:a@lumen.example", "failed"), ("b..b@lumen.example", "failed"), ("c@\u{200B}lumen.example", "failed"),
        ("nobody", "failed"), (String(repeating: "x", count: 2_000), "failed"),
    ])
    func noMailIsLostWithoutARecord(_ address: String, _ state: String) async throws {
        let stage = try await Stage()
        let user = try await stage.meet(successAgent, email: address)
        var run = FlowRun()
        run.id = uuid()
        (run.domain, run.requestedBy, run.state, run.flow) = (Stage.account, user, "completed", "f")
        try await stage.follow(run)
        let mails = try await stage.mails(to: user)
        #expect(mails.map(\.state) == [state])
        #expect(mails.first?.recipient == String(address.prefix(320)))
        #expect((mails.first?.lastError?.hasPrefix("address: ") == true) == (state == "failed"))
        let queued = try await stage.inside("/") { tx in try tx.query("SELECT 1 FROM notifier.mail_queue").count }
        #expect(queued == (state == "queued" ? 1 : 0))
    }

    @Test func aMailThatCannotBeHandedOverStaysQueued() async throws {
        let stage = try await Stage()
        let user = try await stage.meet(successAgent)
        var run = FlowRun()
        run.id = uuid()
        (run.domain, run.requestedBy, run.state, run.flow) = (Stage.account, user, "completed", "f")
        try await stage.follow(run)
        let mail = try #require(try await stage.attempted { try await stage.mails(to: user) }.first)
        #expect(mail.attempts == 0 && mail.state == "queued" && mail.lastError?.isEmpty == false)
        let waiting = try await stage.inside("/") { tx in
            try tx.query(
                """
                SELECT q.owner IS NULL AND q.due_at > d.updated_at + interval '2 seconds' \
                FROM notifier.mail_queue q JOIN notifier.email_delivery d ON d.id = q.delivery
                """
            ).map { try $0.bool(at: 0) }
        }
        #expect(waiting == [true])
    }

    /// While the server was away, people left, roles were revoked, domains changed: their mails are not sent any more.
    @Test func whatWasTakenAwayWhileAMailWaitedCounts() async throws {
        let stage = try await Stage()
        var users: [String] = []
        for _ in 0..<4 { users.append(try await stage.meet(successAgent)) }
        let readers = users
        let noted = try event("touchpoint", "noted", Touchpoint().encodeProtobuf(), id: uuid()) {
            $0.notify = readers
            $0.text = "Between us."
        }
        try await stage.apply(noted, stage.watchLists.apply)
        try await stage.inside("/") { tx in
            tx.send("UPDATE notifier.\"user\" SET active = false WHERE id = \(readers[0])", expecting: 1)
            tx.send("DELETE FROM notifier.role_grant WHERE \"user\" = \(readers[1])", expecting: 1)
            tx.send(
                "UPDATE notifier.\"user\" SET domain = '/provider/d0000002/' WHERE id = \(readers[2])", expecting: 1)
        }
        let mails = try await stage.attempted {
            var mails: [EmailDelivery] = []
            for reader in readers { mails += try await stage.mails(to: reader) }
            return mails
        }
        #expect(mails.map(\.state) == ["failed", "failed", "failed", "queued"])
        let reasons = mails.prefix(3).map { $0.lastError ?? "" }
        #expect(
            reasons == [
                "recipient: no longer active", "recipient: may no longer know of the record",
                "recipient: may no longer know of the record",
            ])
        #expect(mails.allSatisfy { $0.attempts == 0 })
        let queued = try await stage.inside("/") { tx in
            try tx.query("SELECT delivery FROM notifier.mail_queue").map { try $0.string(at: 0) }
        }
        #expect(queued == [mails[3].id])
    }
}
