import NotifierWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import NotifierService

/// The search of the notifier (G-125): everybody's own notifications, and of administrators mails and templates.
@Suite struct SearchTests {
    private func found(_ text: String, _ stage: Stage, as caller: Caller) async throws -> [WorkItem] {
        var request = SearchRequest()
        request.text = text
        let asked = request
        return try await stage.client.call(
            NotifierAPI.searchNotifier, asked, as: CallerTokens.credential(caller)
        ).items
    }

    private func tell(_ user: String, _ subject: String, times: Int = 1, _ stage: Stage) async throws {
        let database = stage.database
        let context = WriteContext.system(Notifier.name, domain: .root, now: database.clock.now)
        try await stage.inside("/") { tx in
            for _ in 0..<times {
                var notification = InAppNotification()
                (notification.domain, notification.user, notification.subject) = ("/provider/", user, subject)
                _ = try Store<InAppNotification>(database).create(notification, context, in: tx)
            }
        }
    }

    /// What colleagues of the same domain were told hides nothing of one's own, and is nobody else's.
    @Test func everybodyFindsTheirOwn() async throws {
        let stage = try await Stage.shared.value
        let word = "quux" + uuid().filter(\.isLetter)
        let (me, other) = (try await stage.meet(successAgent), try await stage.meet("admin"))
        try await tell(me, "\(word) 갱신", stage)
        try await tell(other, "\(word) 갱신", times: 3, stage)
        let mine = Caller.holding(successAgent, subject: me)
        for text in [word, "갱신 \(word)"] {
            let items = try await found(text, stage, as: mine)
            #expect(items.count == 1 && items.first?.table == "in_app_notification", "\(text)")
            #expect(items.first?.title == "\(word) 갱신")
        }
        #expect(try await found(word, stage, as: .holding("admin", subject: other)).count == 3)
        #expect(try await found(word, stage, as: .holding("admin")).isEmpty)
        await #expect(throws: Problem.self) { try await found(word, stage, as: .holding("import_builder_read")) }
    }

    /// Mails and their templates are the administrator's.
    @Test func mailsAreTheAdministrators() async throws {
        let stage = try await Stage.shared.value
        let word = "quux" + uuid().filter(\.isLetter)
        let database = stage.database
        let context = WriteContext.system(Notifier.name, domain: .root, now: database.clock.now)
        try await stage.inside("/") { tx in
            var mail = EmailDelivery()
            (mail.domain, mail.recipient, mail.subject) = ("/provider/", "\(word)@provider.example", "Hello")
            (mail.state, mail.attempts) = ("sent", 1)
            _ = try Store<EmailDelivery>(database).create(mail, context, in: tx)
        }
        #expect(try await found(word, stage, as: .holding("admin")).map(\.table) == ["email_delivery"])
        #expect(try await found(word, stage, as: .holding(successAgent)).isEmpty)
    }
}
