import OnboardingWire
import RPC
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// What somebody decides for oneself, whom one may invite, and what keeps a session open.
@Suite(.timeLimit(.minutes(15))) struct OwnSettingsTests {
    private func change(
        _ stage: SignInStage, language: String = "", zone: String = "", as caller: Caller
    ) async throws(Problem) -> Preferences {
        var request = ChangePreferencesRequest()
        (request.language, request.timeZone) = (language, zone)
        return try await stage.world.call(OnboardingAPI.changePreferences, request, as: caller)
    }

    @Test func languageAndTimeZoneAreOnesOwn() async throws {
        let stage = try await SignInStage.shared.value
        let world = stage.world
        let user = try await stage.addMember()
        let open = try await stage.signIn(user)
        let caller = try stage.caller(of: user)
        let changed = try await change(stage, language: "ko", zone: "Asia/Seoul", as: caller)
        #expect(changed.language == "ko" && changed.timeZone == "Asia/Seoul")
        let renewed = try await stage.renew(open.sessionToken)
        #expect(renewed.language == "ko" && renewed.timeZone == "Asia/Seoul")
        // What is empty stays.
        #expect(try await change(stage, language: "en", as: caller).timeZone == "Asia/Seoul")
        // It is journalled as the person's own doing.
        let event = try #require(try await stage.server.bench.events(of: user.id).last)
        #expect(event.event.action == "updated" && event.event.actor == user.id)
        for (language, zone, field) in [("de", "", "language"), ("", "Nowhere/City", "time_zone")] {
            let refused = await refusal { try await change(stage, language: language, zone: zone, as: caller) }
            #expect(refused?.code == .invalidArgument && refused?.violations.map(\.field) == [field])
        }
        let customer = try await stage.addMember(["sn_customerservice.customer"], account: world.account.id)
        let own = Caller.customer(
            "sn_customerservice.customer", of: world.account.id, in: customer.domain, subject: customer.id)
        #expect(try await change(stage, language: "ko", as: own).language == "ko")
        let service = Caller.service("notifier", domain: .root)
        #expect(await refusal { try await change(stage, as: service) }?.code == .permissionDenied)
    }

    /// A page that asks by itself does not keep a session open.
    @Test func aPassiveRenewalIsNoUse() async throws {
        let stage = try await SignInStage {
            $0.strangersPerSecond = 1_000
            $0.idleSeconds = 3_600
        }
        let user = try await stage.addMember()
        let (watched, used) = (try await stage.signIn(user), try await stage.signIn(user))
        for _ in 0..<2 {
            stage.clock.advance(seconds: 1_500)
            #expect(try await stage.renew(watched.sessionToken, isPassive: true).user == user.id)
            _ = try await stage.renew(used.sessionToken)
        }
        stage.clock.advance(seconds: 700)
        let ended = await refusal { try await stage.renew(watched.sessionToken, isPassive: true) }
        #expect(ended?.reason == "SESSION_ENDED")
        #expect(try await stage.renew(used.sessionToken, isPassive: true).user == user.id)
    }

    private func people(
        _ stage: SignInStage, account: String = "", text: String = "", as caller: Caller
    ) async throws(Problem) -> ListInviteesResponse {
        var request = ListInviteesRequest()
        (request.account, request.text) = (account, text)
        return try await stage.world.call(OnboardingAPI.listInvitees, request, as: caller)
    }

    /// The contact sees the people of the own account, an administrator those of any that the domain reaches, nobody else anybody.
    @Test func whoSeesWhomToInvite() async throws {
        let stage = try await SignInStage()
        let (world, other) = (stage.world, try await World(stage.server))
        let role = "sn_customerservice.customer"
        let new = try await stage.addUser([role], account: world.account.id) { $0.name = "Adam New" }
        let invited = try await stage.addUser([role], account: world.account.id) { $0.name = "Bea Invited" }
        let link = try await stage.invite(invited.id)
        let member = try await stage.addMember([role], account: world.account.id) { $0.name = "Cai Member" }
        let roleless = try await stage.addUser([], account: world.account.id) { $0.name = "Dan Roleless" }
        _ = try await stage.addUser([role], account: world.account.id) {
            ($0.name, $0.active) = ("Eve Inactive", false)
        }
        let foreign = try await stage.addUser([role], account: other.account.id) { $0.name = "Fay Foreign" }
        let contact = try world.customer("sn_customerservice.customer_admin")
        let seen = try await people(stage, as: contact)
        let mine = [new, invited, member, roleless].map(\.id)
        #expect(seen.people.map(\.user).filter { mine.contains($0) } == mine)
        #expect(!seen.people.contains { $0.user == foreign.id || $0.name == "Eve Inactive" })
        let states = Dictionary(uniqueKeysWithValues: seen.people.map { ($0.user, $0.state) })
        #expect(mine.map { states[$0] } == ["not_invited", "invited", "has_password", "without_role"])
        #expect(seen.people.first { $0.user == invited.id }?.invitedUntil == link.expiresAt)
        #expect(seen.account == world.account.id && seen.accountName == world.account.name)
        #expect(try await people(stage, text: "CAI", as: contact).people.map(\.user) == [member.id])
        // Another account is told apart from none by nothing.
        for account in [other.account.id, uuid(), "none"] {
            #expect(await refusal { try await people(stage, account: account, as: contact) }?.code == .notFound)
        }
        let administrator = world.administrator
        #expect(
            try await people(stage, account: other.account.id, as: administrator).people.contains {
                $0.user == foreign.id
            })
        #expect(try await people(stage, as: administrator).people.allSatisfy { $0.user != new.id })
        let elsewhere = Caller.holding("admin", domain: "/elsewhere/")
        #expect(await refusal { try await people(stage, account: other.account.id, as: elsewhere) }?.code == .notFound)
        for caller in [world.agent, try world.customer(role)] {
            #expect(await refusal { try await people(stage, as: caller) }?.code == .permissionDenied)
        }
    }
}
