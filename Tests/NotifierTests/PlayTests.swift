import NotifierWire
import PlayLauncherWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import NotifierService

/// What becomes of the events of a run (G-77, G-78).
@Suite struct PlayTests {
    private static func run(by user: String, _ state: String) -> FlowRun {
        var run = FlowRun()
        run.id = uuid()
        run.domain = Stage.account
        run.flow = "get-to-green-play"
        run.sourceTable = "engagement"
        run.sourceRecord = uuid()
        run.engagement = run.sourceRecord
        run.requestedBy = user
        run.state = state
        return run
    }

    @Test func aRunIsFollowedFromItsBeginToItsEnd() async throws {
        let stage = try await Stage.shared.value
        let user = try await stage.meet(successAgent, language: "ko")
        var run = Self.run(by: user, "started")
        try await stage.follow(run, "created")
        let begun = try #require(try await stage.notifiers(of: run.id).first)
        #expect(begun.status == "started" && begun.domain == Stage.account)
        #expect(begun.number?.hasPrefix("SLNTF") == true && begun.requestedBy == user)
        #expect(try await stage.notifications(of: user).isEmpty)

        run.state = "in_progress"
        run.answers = #"{"a":1}"#
        try await stage.follow(run)
        run.state = "waiting"
        try await stage.follow(run)
        let running = try #require(try await stage.notifiers(of: run.id).first)
        #expect(running.status == "in_progress" && running.inputs == #"{"a":1}"#)
        #expect(try await stage.notifications(of: user).map(\.kind) == ["play_started"])

        run.state = "completed"
        run.message = "TCHPT0000001"
        try await stage.follow(run)
        // The same once more changes nothing.
        try await stage.follow(run)
        let done = try await stage.notifiers(of: run.id)
        #expect(done.map(\.status) == ["completed"] && done[0].message == "TCHPT0000001")
        let told = try await stage.notifications(of: user)
        #expect(told.map(\.kind) == ["play_started", "play_completed"])
        #expect(told[1].domain == "/provider/" && told[1].body == "TCHPT0000001")
        #expect(told[1].subject == "성공 플레이 ‘get-to-green-play’가 완료되었습니다.")
        let mails = try await stage.mails(to: user)
        #expect(mails.map(\.template) == ["play-completed"] && mails[0].state == "queued")
        #expect(mails[0].subject == "성공 플레이 ‘get-to-green-play’ 완료" && mails[0].domain == "/provider/")
    }

    @Test func aHeldRunSaysSoAndGoesOnInAnotherName() async throws {
        let stage = try await Stage()
        let launcher = try await stage.meet(successAgent)
        let administrator = try await stage.meet("sn_acct_lc.success_play_admin", language: "ko")
        let elsewhere = try await stage.meet("sn_acct_lc.success_play_admin", domain: "/provider/d0000002/")
        var run = Self.run(by: launcher, "in_progress")
        try await stage.follow(run, "created")
        run.state = "held"
        run.message = "Held."
        try await stage.follow(run)
        let held = try #require(try await stage.notifiers(of: run.id).first)
        #expect(held.status == "held" && held.message == "Held.")
        #expect(try await stage.notifications(of: launcher).map(\.kind) == ["play_started", "play_held"])
        // Those who can have it go on are told, where they may know of it.
        let told = try await stage.notifications(of: administrator)
        #expect(told.map(\.kind) == ["play_held"])
        // What needs somebody leads to the run itself.
        #expect(told[0].sourceTable == "flow_run" && told[0].sourceRecord == run.id)
        #expect(told[0].body?.contains("이어받으세요") == true && told[0].domain == "/provider/")
        #expect(try await stage.notifications(of: elsewhere).isEmpty)
        run.state = "in_progress"
        run.message = nil
        run.requestedBy = administrator
        try await stage.follow(run)
        let resumed = try #require(try await stage.notifiers(of: run.id).first)
        #expect(resumed.status == "in_progress" && resumed.requestedBy == administrator && resumed.message == nil)
        #expect(try await stage.notifications(of: administrator).count == 1, "who took it over knows")
        run.state = "completed"
        try await stage.follow(run)
        #expect(try await stage.notifiers(of: run.id).map(\.status) == ["completed"])
        #expect(try await stage.notifications(of: administrator).map(\.kind) == ["play_held", "play_completed"])
    }

    /// Title and message in the reader's language, whatever that of the launch was.
    /// What each notifier told whom is kept beside it, without the words.
    @Test func whoWasToldWhatIsListedWithTheNotifier() async throws {
        let stage = try await Stage.shared.value
        let user = try await stage.meet(successAgent)
        var run = Self.run(by: user, "started")
        try await stage.follow(run, "created")
        run.state = "in_progress"
        try await stage.follow(run)
        run.state = "completed"
        try await stage.follow(run)
        // The same event once more tells nobody again.
        try await stage.follow(run)
        var request = ListRequest()
        request.filter = "flow_run = \"\(run.id)\""
        // Whoever administers plays reads the notifiers.
        let reader = CallerTokens.credential(.holding("admin"))
        let plays = try await stage.client.call(NotifierAPI.listFollowedPlays, request, as: reader).plays
        let play = try #require(plays.first)
        #expect(plays.count == 1 && play.notifier?.status == "completed" && play.requestedByName == "Pat")
        #expect(play.told.map(\.kind) == ["play_completed", "play_started"])
        #expect(play.told.map(\.name) == ["Pat", "Pat"] && play.told.map(\.byEmail) == [true, false])
        #expect(play.told.first?.emailState == "queued")
        // Who sees another domain alone sees neither the notifier nor whom it told.
        let stranger = CallerTokens.credential(.holding("admin", domain: "/provider/d0000002/"))
        #expect(try await stage.client.call(NotifierAPI.listFollowedPlays, request, as: stranger).plays.isEmpty)
    }

    @Test func aPlayIsCalledInTheLanguageOfItsReader() async throws {
        let stage = try await Stage()
        // As the play was called when it was seeded.
        let definition = uuid()
        try await stage.inside("/") { tx in
            tx.send(
                """
                INSERT INTO notifier.definition_record (id, revision, domain, title) \
                VALUES (\(definition), 1, '/', 'Next Review')
                """)
        }
        let words = [
            "ko": ("성공 플레이 ‘다음 검토’가 완료되었습니다.", "완료: 접점", "성공 플레이 ‘다음 검토’ 완료"),
            "en": (
                "Success play \"Next Review\" is completed.", "Done: touchpoint",
                "Success play \"Next Review\" is completed"
            ),
        ]
        for (language, expected) in words {
            let user = try await stage.meet(successAgent, language: language)
            var run = Self.run(by: user, "completed")
            run.definitionRecord = definition
            (run.title, run.titleKo) = ("Next Review", "다음 검토")
            // Said in the other language to whoever launched.
            (run.messageEn, run.messageKo) = ("Done: touchpoint", "완료: 접점")
            run.message = language == "en" ? run.messageKo : run.messageEn
            try await stage.follow(run)
            let told = try #require(try await stage.notifications(of: user).first)
            #expect(told.subject == expected.0 && told.body == expected.1)
            #expect(try await stage.mails(to: user).map(\.subject) == [expected.2])
        }
        // So for those who can take a held one over.
        let launcher = try await stage.meet(successAgent)
        let administrator = try await stage.meet("sn_acct_lc.success_play_admin", language: "ko")
        var held = Self.run(by: launcher, "held")
        (held.title, held.titleKo) = ("Next Review", "다음 검토")
        try await stage.follow(held)
        let told = try await stage.notifications(of: administrator)
        #expect(told.map(\.subject) == ["성공 플레이 ‘다음 검토’가 보류되었습니다."])
        // A run that does not say what it is called is called as its definition record.
        let reader = try await stage.meet(successAgent)
        var old = Self.run(by: reader, "completed")
        old.definitionRecord = definition
        try await stage.follow(old)
        #expect(try await stage.notifications(of: reader).map(\.subject) == [words["en"]?.0])
    }

    @Test func whoHearsOfARunLateHearsOfItsEnd() async throws {
        let stage = try await Stage.shared.value
        let user = try await stage.meet(successAgent)
        var run = Self.run(by: user, "failed")
        run.message = "Not you."
        try await stage.follow(run)
        #expect(try await stage.notifiers(of: run.id).map(\.status) == ["failed"])
        run.state = "in_progress"
        try await stage.follow(run)
        #expect(try await stage.notifiers(of: run.id).map(\.status) == ["failed"])
        #expect(try await stage.notifications(of: user).map(\.kind) == ["play_failed"])
        #expect(try await stage.mails(to: user).map(\.template) == ["play-failed"])
    }

    @Test func somebodyUnknownOrWithoutAddressGetsNoMail() async throws {
        let stage = try await Stage.shared.value
        let stranger = uuid()
        try await stage.follow(Self.run(by: stranger, "completed"))
        // Where the run lives, whoever could launch it can see it.
        #expect(try await stage.notifications(of: stranger).map(\.domain) == [Stage.account])
        #expect(try await stage.mails(to: stranger).isEmpty)
        for address in [nil, "not an address", "root@localhost"] {
            let user = try await stage.meet(successAgent, email: address)
            try await stage.follow(Self.run(by: user, "completed"))
            #expect(try await stage.notifications(of: user).count == 1)
            // What stands where an address should be is recorded, and no mail tried.
            #expect(try await stage.mails(to: user).map(\.state) == (address == nil ? [] : ["failed"]))
        }
        let service = Self.run(by: "service:other", "completed")
        try await stage.follow(service)
        #expect(try await stage.notifiers(of: service.id).count == 1)
    }

    @Test func theStatusNeverGoesBack() {
        #expect(NotifierStatus.next(nil, run: "started") == "started")
        #expect(NotifierStatus.next(nil, run: "completed") == "completed")
        #expect(NotifierStatus.next(("started", 1), run: "waiting") == "in_progress")
        #expect(NotifierStatus.next(("in_progress", 1), run: "failed") == "failed")
        #expect(NotifierStatus.next(("held", 1), run: "canceled") == "canceled")
        for status in ["started", "in_progress", "completed"] {
            #expect(NotifierStatus.next((status, 1), run: status) == status, "it may say more")
        }
        for (status, state) in [
            ("in_progress", "started"), ("completed", "failed"), ("failed", "completed"), ("completed", "in_progress"),
            ("canceled", "completed"), ("started", "unheard of"),
        ] { #expect(NotifierStatus.next((status, 1), run: state) == nil) }
        // A failed run that was taken up again is at its next attempt, and what is heard of the one before is old.
        #expect(NotifierStatus.next(("failed", 1), run: "in_progress", attempt: 2) == "in_progress")
        #expect(NotifierStatus.next(("failed", 1), run: "failed", attempt: 2) == "failed")
        #expect(NotifierStatus.next(("in_progress", 2), run: "failed", attempt: 1) == nil)
    }

    @Test func everybodyReadsTheirOwnNotificationsOnly() async throws {
        let stage = try await Stage.shared.value
        let user = try await stage.meet(successAgent)
        try await stage.follow(Self.run(by: user, "completed"))
        let id = try #require(try await stage.notifications(of: user).first?.id)
        var get = GetRequest()
        get.id = id
        var mark = ActionRequest()
        mark.id = id
        let own = CallerTokens.credential(.holding(successAgent, subject: user))
        let client = stage.client
        let ownList = try await client.call(NotifierAPI.listInAppNotifications, ListRequest(), as: own)
        #expect(ownList.inAppNotifications.map(\.id) == [id])
        let customer = "sn_acct_lc.ale_success_customer"
        for caller in [
            Caller.holding(successAgent), .holding("admin", domain: "/"),
            // A customer of that name, and one that claims the provider's domain.
            .customer(customer, in: [Stage.account, "/provider/d0000002/"], subject: user),
            .customer(customer, in: ["/provider/"]),
        ] {
            let other = CallerTokens.credential(caller)
            let list = try await client.call(NotifierAPI.listInAppNotifications, ListRequest(), as: other)
            #expect(list.inAppNotifications.isEmpty)
            await #expect { try await client.call(NotifierAPI.getInAppNotification, get, as: other) } throws: {
                ($0 as? Problem)?.code == .notFound
            }
            await #expect { try await client.call(NotifierAPI.markNotificationRead, mark, as: other) } throws: {
                ($0 as? Problem)?.code == .notFound
            }
        }
        let read = try await client.call(NotifierAPI.markNotificationRead, mark, as: own)
        #expect(read.readAt != nil)
        #expect(try await client.call(NotifierAPI.markNotificationRead, mark, as: own).readAt == read.readAt)
        await #expect { try await client.call(NotifierAPI.listEmailDeliveries, ListRequest(), as: own) } throws: {
            ($0 as? Problem)?.code == .permissionDenied
        }
    }

    /// G-126: a customer's notifications lie in the domain of one of the accounts, whichever that is.
    @Test func aCustomerOfTwoAccountsReadsNotificationsInBoth() async throws {
        let stage = try await Stage.shared.value
        let role = "sn_acct_lc.ale_success_customer"
        let client = stage.client
        for domain in [Stage.account, "/provider/d0000002/", "/provider/d0000001-5/"] {
            let user = uuid()
            let messenger = Messenger(database: stage.database, templates: try MailTemplates())
            let notice = Notice(
                kind: InAppNotification.Kind.playStarted, subject: "s", body: "b", sourceTable: nil, sourceRecord: nil)
            let path = try #require(DomainPath(domain))
            let context = WriteContext.system(Notifier.name, domain: path, now: stage.database.clock.now)
            try await stage.inside(domain) { tx in try messenger.notify(notice, to: user, in: path, context, tx) }
            let caller = CallerTokens.credential(
                .customer(role, in: [Stage.account, "/provider/d0000002/"], subject: user))
            let found = try await client.call(NotifierAPI.listInAppNotifications, ListRequest(), as: caller)
            // The last one lies between the two, in the domain of a third.
            let isOwn = domain != "/provider/d0000001-5/"
            #expect(found.inAppNotifications.count == (isOwn ? 1 : 0), "\(domain)")
            guard let first = found.inAppNotifications.first else { continue }
            var mark = ActionRequest()
            mark.id = first.id
            #expect(try await client.call(NotifierAPI.markNotificationRead, mark, as: caller).readAt != nil)
        }
    }
}
