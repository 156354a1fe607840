import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Whoever keeps an access token hears of the end of its session, whatever has ended it.
@Suite(.timeLimit(.minutes(15))) struct EndedSessionTests {
    /// What ends a session of somebody.
    enum Way: CaseIterable {
        case signOut, administrator, deactivation, lostRole, password, deletion
    }

    @Test func theEndOfASessionIsTold() async throws {
        let stage = try await SignInStage.shared.value
        for way in Way.allCases { try await isTold(way, stage) }
    }

    private func isTold(_ way: Way, _ stage: SignInStage) async throws {
        let user = try await stage.addMember(["sn_acct_lc.agent", "sn_acct_lc.ale_success_agent"])
        let (ended, other) = (try await stage.signIn(user), try await stage.signIn(try await stage.addMember()))
        #expect(try await stage.server.bench.events(of: ended.session).isEmpty)
        try await end(ended, of: user, way, stage)
        let told = try await stage.server.bench.events(of: ended.session)
        try #require(told.count == 1, "\(way)")
        #expect(told[0].subject == "ale.v1.events.provider.onboarding.session.ended")
        // Nothing is said of whose session it was, nor of who has ended it.
        var event = told[0].event
        (event.eventID, event.at) = ("", nil)
        var expected = RecordEvent()
        (expected.service, expected.table, expected.action) = ("onboarding", "session", "ended")
        (expected.id, expected.domain) = (ended.session, "/provider/")
        #expect(try event.encodeJSON() == expected.encodeJSON())
        // Of those that go on nothing is told.
        #expect(try await stage.server.bench.events(of: other.session).isEmpty)
        #expect(try await stage.renew(other.sessionToken).session == other.session)
    }

    private func end(_ session: SignedIn, of user: User, _ way: Way, _ stage: SignInStage) async throws {
        let (world, administrator) = (stage.world, stage.world.administrator)
        switch way {
        case .signOut:
            var request = SignOutRequest()
            request.sessionToken = session.sessionToken
            _ = try await stage.call(OnboardingAPI.signOut, request)
        case .administrator:
            var request = EndSessionRequest()
            request.session = session.session
            _ = try await world.call(OnboardingAPI.endSession, request, as: administrator)
        case .deactivation:
            var request = UpdateUserRequest()
            var changed = User()
            (changed.id, changed.active) = (user.id, false)
            request.user = changed
            _ = try await world.call(OnboardingAPI.updateUser, request, as: administrator)
        case .lostRole: try await revoke(user, stage, most: 1)
        case .password:
            var request = ChangePasswordRequest()
            (request.current, request.new) = (SignInStage.password, "a quiet lake at noon")
            _ = try await world.call(
                OnboardingAPI.changePassword, request, as: .holding("sn_acct_lc.agent", subject: user.id))
        case .deletion:
            // Who holds no role any more can be deleted; the session has ended with the first one.
            try await revoke(user, stage, most: 10)
            var request = DeleteRequest()
            request.id = user.id
            _ = try await world.call(OnboardingAPI.deleteUser, request, as: administrator)
        }
    }

    private func revoke(_ user: User, _ stage: SignInStage, most: Int) async throws {
        var request = ListRequest()
        request.filter = "user = \"\(user.id)\""
        let grants = try await stage.world.call(
            OnboardingAPI.listRoleGrants, request, as: stage.world.administrator
        ).roleGrants
        for grant in grants.prefix(most) {
            var request = DeleteRequest()
            request.id = grant.id
            _ = try await stage.world.call(OnboardingAPI.deleteRoleGrant, request, as: stage.world.administrator)
        }
    }
}
