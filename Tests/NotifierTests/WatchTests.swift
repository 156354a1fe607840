import CustomerSuccessWire
import NotifierWire
import OnboardingWire
import Postgres
import RPC
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import NotifierService

/// Who is told what of a watched record (G-29).
@Suite struct WatchTests {
    private static func reader(
        _ role: String, domain: String = "/provider/", account: String? = nil, isActive: Bool = true
    ) throws -> Reader {
        Reader(
            id: uuid(), name: "Pat", email: nil, language: "en", domain: try #require(DomainPath(domain)),
            roles: RoleCatalog.close([role]), account: account, isActive: isActive)
    }

    private static func watched(
        _ record: some RecordMessage, _ action: String, changed: [String] = []
    ) throws -> Watched {
        try #require(
            Watched(
                event(type(of: record).schema.table, action, try record.encodeProtobuf(), id: uuid()) {
                    $0.service = type(of: record).schema.service
                    $0.changedFields = changed
                    $0.number = "N1"
                }))
    }

    @Test func providersAreToldWhatTheyMayRead() throws {
        let watched = try Self.watched(Touchpoint(), "updated", changed: ["state"])
        #expect(try watched.mayKnow(Self.reader(successAgent)))
        #expect(try watched.mayKnow(Self.reader("sn_acct_lc.touchpoint_read", domain: Stage.account)))
        #expect(try !watched.mayKnow(Self.reader(successAgent, isActive: false)))
        #expect(try !watched.mayKnow(Self.reader(successAgent, domain: "/provider/d0000002/")))
        #expect(try !watched.mayKnow(Self.reader("sn_acct_lc.engagement_read")))
        #expect(try !watched.mayKnow(Self.reader("sn_customerservice.customer")))
    }

    /// Two services may have a table of one name: an event is of the records of its own.
    @Test func recordsAreThoseOfTheService() throws {
        func watched(_ service: String) throws -> Watched? {
            Watched(
                event("touchpoint", "updated", try Touchpoint().encodeProtobuf(), id: uuid()) { $0.service = service })
        }
        #expect(try watched("customer-success")?.schema.service == "customer-success")
        #expect(try watched("onboarding") == nil)
        // A mail that waited since before events named their service.
        #expect(try watched("")?.schema.table == "touchpoint")
    }

    @Test func customersAreToldWhatTheySee() throws {
        let account = uuid()
        let customer = try Self.reader("sn_acct_lc.ale_success_customer", domain: Stage.account, account: account)
        var touchpoint = Touchpoint()
        touchpoint.account = account
        #expect(try Self.watched(touchpoint, "commented").mayKnow(customer))
        #expect(try !Self.watched(touchpoint, "noted").mayKnow(customer))
        #expect(try !Self.watched(touchpoint, "updated", changed: ["work_notes_list"]).mayKnow(customer))
        // The account alone does not do, nor the domain alone, nor a customer's role without an account.
        for stranger in [
            try Self.reader("sn_acct_lc.ale_success_customer", domain: "/provider/d0000002/", account: account),
            try Self.reader("sn_acct_lc.ale_success_customer", domain: Stage.account, account: uuid()),
            try Self.reader("sn_acct_lc.ale_success_customer", domain: "/provider/"),
        ] { #expect(try !Self.watched(touchpoint, "commented").mayKnow(stranger)) }
        touchpoint.account = uuid()
        #expect(try !Self.watched(touchpoint, "commented").mayKnow(customer))
        var task = SuccessTask()
        task.account = account
        #expect(try !Self.watched(task, "commented").mayKnow(customer))
        task.visibleToCustomer = true
        #expect(try Self.watched(task, "commented").mayKnow(customer))
        #expect(try !Self.watched(InternalPlay(), "commented").mayKnow(customer))
        var onboarding = OnboardingCase()
        onboarding.account = account
        let user = try Self.reader("sn_customerservice.customer", domain: Stage.account, account: account)
        let manager = try Self.reader(
            "sn_customerservice.customer_case_manager", domain: Stage.account, account: account)
        #expect(try !Self.watched(onboarding, "commented").mayKnow(user))
        #expect(try Self.watched(onboarding, "commented").mayKnow(manager))
    }

    @Test func listedPeopleAreToldExceptTheActor() async throws {
        let stage = try await Stage.shared.value
        let (one, other) = (
            try await stage.meet(successAgent, language: "ko"), try await stage.meet(successAgent)
        )
        let stranger = try await stage.meet("sn_acct_lc.engagement_read")
        let id = uuid()
        let updated = try event("touchpoint", "updated", Touchpoint().encodeProtobuf(), id: id) {
            $0.notify = [one, other, stranger, uuid(), "service:x"]
            $0.changedFields = ["state", "priority"]
            $0.number = "TCHPT0000001"
            $0.actor = other
        }
        try await stage.apply(updated, stage.watchLists.apply)
        let told = try await stage.notifications(of: one)
        #expect(told.map(\.subject) == ["접점 TCHPT0000001이 수정되었습니다."])
        #expect(told.map(\.kind) == ["record_updated"] && told[0].sourceRecord == id)
        #expect(told[0].body?.hasPrefix("수정된 필드: ") == true)
        #expect(try await stage.mails(to: one).map(\.template) == ["record-updated"])
        #expect(try await stage.notifications(of: other).isEmpty)
        #expect(try await stage.notifications(of: stranger).isEmpty)
        #expect(try await stage.mails(to: stranger).isEmpty)
    }

    /// People filter by the kind: it is one of the dictionary's, in words, whatever a service calls its events.
    @Test func whatIsToldIsOfAKindThatTheDictionaryHas() async throws {
        let stage = try await Stage.shared.value
        let reader = try await stage.meet(successAgent)
        let actions = [
            "created", "updated", "deleted", "closed", "canceled", "reopened", "commented", "noted", "reached",
        ]
        for action in actions {
            let watched = try event("touchpoint", action, Touchpoint().encodeProtobuf(), id: uuid()) {
                $0.notify = [reader]
            }
            try await stage.apply(watched, stage.watchLists.apply)
        }
        let choices = try #require(InAppNotification.schema.field("kind")).choices
        let told = try await stage.notifications(of: reader).compactMap(\.kind)
        #expect(told == actions.map { "record_\($0 == "reached" ? "updated" : $0)" })
        #expect(Set(told + PlayMessage.allCases.map(\.kind)) == Set(choices.compactMap(\.value.string)))
        await #expect(throws: Problem.self) {
            try await stage.inside("/") { tx in
                _ = try tx.query("UPDATE notifier.in_app_notification SET kind = 'seen' RETURNING 1")
            }
        }
    }

    /// What was granted across sides opens nothing, here as in a request.
    @Test func rolesOfTheOtherSideAreNobodys() async throws {
        let stage = try await Stage.shared.value
        let customer = "sn_acct_lc.ale_success_customer"
        let account = uuid()
        for (role, account, isOwn) in [
            (successAgent, nil, true), (successAgent, account, false), (customer, nil, false),
            (customer, account, true),
        ] as [(String, String?, Bool)] {
            let id = try await stage.meet(role, account: account)
            let found = try await stage.inside("/") { tx in try Reader.find([id], in: tx) }
            #expect(found.map(\.roles) == [isOwn ? RoleCatalog.close([role]) : []], "\(role)")
        }
    }

    @Test func everyActionHasItsWordsInBothLanguages() throws {
        for action in ["created", "updated", "deleted", "closed", "canceled", "reopened", "commented", "noted"] {
            let watched = try Self.watched(Touchpoint(), action)
            #expect(watched.subject("en").contains("Touchpoint N1"))
            #expect(watched.subject("ko").contains("접점 N1"))
        }
    }
}
