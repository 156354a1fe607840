import NotifierWire
import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import NotifierService

/// Messages to the teams of a case become mails (G-40, G-41).
@Suite struct TeamMailTests {
    private func told(
        _ kind: String, language: String = "en", user: String? = nil, _ edit: (inout TeamMessage) -> Void = { _ in }
    ) throws -> RecordEvent {
        var message = TeamMessage()
        message.id = uuid()
        message.domain = Stage.account
        message.onboardingCase = uuid()
        message.kind = kind
        message.completion = 1
        message.user = user
        message.recipient = "roland@ernst.example"
        message.recipientName = "Roland Mendel"
        message.language = language
        message.people = "Maria Anders, Minji Kim"
        message.accountName = "Ernst Handel"
        message.caseNumber = "ALEONB0000004"
        edit(&message)
        return try event("team_message", "created", message.encodeProtobuf(), id: message.id) {
            $0.service = "onboarding"
        }
    }

    private func mails(about event: RecordEvent, _ stage: Stage) async throws -> [EmailDelivery] {
        let about = try TeamMessage.decode(protobuf: event.record).onboardingCase
        let database = stage.database
        return try await stage.inside("/") { tx in
            try Store<EmailDelivery>(database).find(where: "source_record = \(about)", in: tx)
        }
    }

    @Test(arguments: [
        ("onboarding_contacts", "onboarding-contacts", "Your onboarding contacts for Ernst Handel"),
        ("key_members", "key-members", "Your key team members for Ernst Handel"),
        ("account_team", "account-team", "You are in the account team of Ernst Handel"),
    ])
    func aContactGetsTheMailOnce(_ kind: String, _ template: String, _ subject: String) async throws {
        let stage = try await Stage.shared.value
        let event = try told(kind)
        // As the consumer does it, twice.
        for _ in 0..<2 { try await stage.teamMails.handler.take(event, in: stage.database) }
        let mails = try await mails(about: event, stage)
        #expect(mails.map(\.template) == [template] && mails.map(\.subject) == [subject])
        let mail = try #require(mails.first)
        #expect(mail.user == nil && mail.recipient == "roland@ernst.example" && mail.state == "queued")
        #expect(mail.domain == Stage.account && mail.sourceTable == "onboarding_case")
        let queued = try await stage.inside("/") { tx in
            try tx.query("SELECT contents FROM notifier.mail_queue WHERE delivery = \(mail.id)").map {
                try $0.string(at: 0)
            }
        }
        #expect(queued.count == 1 && queued[0].contains("Maria Anders, Minji Kim"))
    }

    @Test func everyReaderIsWrittenToInTheirLanguage() async throws {
        let stage = try await Stage.shared.value
        let event = try told("key_members", language: "ko")
        try await stage.apply(event, stage.teamMails.apply)
        #expect(try await mails(about: event, stage).map(\.subject) == ["Ernst Handel 온보딩 핵심 팀원 안내"])
    }

    /// A user who has left since gets none.
    @Test func whoHasLeftGetsNone() async throws {
        let stage = try await Stage.shared.value
        let user = try await stage.meet("sn_acct_lc.agent")
        let event = try told("account_team", user: user)
        try await stage.apply(event, stage.teamMails.apply)
        let first = try await mails(about: event, stage)
        // It lies where the user does, as every mail to one.
        #expect(first.map(\.user) == [user] && first.map(\.domain) == ["/provider/"])
        try await stage.inside("/") { tx in
            tx.send("UPDATE notifier.\"user\" SET active = false WHERE id = \(user)", expecting: 1)
        }
        let later = try told("account_team", user: user)
        try await stage.apply(later, stage.teamMails.apply)
        #expect(try await mails(about: later, stage).isEmpty)
    }

    /// Enters a contact of the account as the events of onboarding would.
    private func meetContact(_ stage: Stage) async throws -> String {
        let id = uuid()
        try await stage.inside("/") { tx in
            tx.send(
                """
                INSERT INTO notifier.customer_contact (id, revision, domain, active) \
                VALUES (\(id), 1, \(Stage.account), true)
                """)
        }
        return id
    }

    private static let changes: [SQL] = [
        "UPDATE notifier.customer_contact SET active = false", "DELETE FROM notifier.customer_contact",
        "UPDATE notifier.customer_contact SET domain = '/provider/d0000002/'",
    ]

    /// While a mail waits, its contact is deactivated, deleted, moved to another account: it is not sent any more. So is one
    /// to a user who does not see the account any more.
    @Test func whatWasTakenAwayWhileAMailToAContactWaitedCounts() async throws {
        let stage = try await Stage()
        var (events, contacts): ([RecordEvent], [String]) = ([], [])
        for _ in 0...Self.changes.count {
            contacts.append(try await meetContact(stage))
            let (contact, about) = (contacts.last, uuid())
            events.append(
                try told("key_members") { message in
                    message.contact = contact
                    message.onboardingCase = about
                })
        }
        let agent = try await stage.meet("sn_acct_lc.agent")
        events.append(try told("account_team", user: agent))
        for event in events { try await stage.apply(event, stage.teamMails.apply) }
        let known = contacts
        try await stage.inside("/") { tx in
            for (change, contact) in zip(Self.changes, known) {
                tx.send("\(change) WHERE id = \(contact)", expecting: 1)
            }
            tx.send("UPDATE notifier.\"user\" SET domain = '/elsewhere/' WHERE id = \(agent)", expecting: 1)
        }
        let sent = events
        let mails = try await stage.attempted {
            var mails: [EmailDelivery] = []
            for event in sent { mails += try await self.mails(about: event, stage) }
            return mails
        }
        #expect(mails.map(\.state) == ["failed", "failed", "failed", "queued", "failed"])
        let hidden = "recipient: may no longer know of the record"
        let gone = "recipient: no longer active"
        let reasons = mails.map { $0.state == "failed" ? $0.lastError ?? "" : "" }
        #expect(reasons == [gone, gone, hidden, "", hidden])
        #expect(mails.allSatisfy { $0.attempts == 0 })
    }

    /// A contact who has left by the time the message comes gets none at all.
    @Test func aContactWhoHasLeftGetsNone() async throws {
        let stage = try await Stage.shared.value
        let contact = try await meetContact(stage)
        let event = try told("key_members") { $0.contact = contact }
        try await stage.apply(event, stage.teamMails.apply)
        #expect(try await mails(about: event, stage).count == 1)
        try await stage.inside("/") { tx in
            tx.send("UPDATE notifier.customer_contact SET active = false WHERE id = \(contact)", expecting: 1)
        }
        let later = try told("key_members") { $0.contact = contact }
        try await stage.apply(later, stage.teamMails.apply)
        #expect(try await mails(about: later, stage).isEmpty)
    }

    @Test func anAddressThatTakesNoMailIsRecorded() async throws {
        let stage = try await Stage.shared.value
        let event = try told("key_members") { $0.recipient = "b..b@lumen.example" }
        try await stage.apply(event, stage.teamMails.apply)
        let mails = try await mails(about: event, stage)
        #expect(mails.map(\.state) == ["failed"] && mails.first?.lastError?.hasPrefix("address: ") == true)
    }
}
