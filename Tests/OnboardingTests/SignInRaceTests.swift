import OnboardingWire
import Postgres
import RPC
import Records
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire

@testable import OnboardingService

/// A password that is replaced while somebody who has the old one is on the way in.
@Suite(.timeLimit(.minutes(15))) struct SignInRaceTests {
    private static let next = "another quiet lake"

    /// The old password was right when it was looked at, and is not any more when the session would begin.
    @Test func theOldPasswordBeginsNoSession() async throws {
        let stage = try await SignInStage.shared.value
        let user = try await stage.addMember()
        let met = try await replacing(user, stage) { await refusal { try await stage.signIn(user) } }
        #expect(met?.reason == "SIGN_IN_REFUSED" && met?.code == .unauthenticated)
        #expect(try await stage.sessions(of: user.id, as: stage.world.administrator).isEmpty)
        #expect(try await stage.signIn(user, Self.next).user == user.id)
    }

    /// Nor does it replace the password that has replaced it.
    @Test func theOldPasswordChangesNothing() async throws {
        let stage = try await SignInStage.shared.value
        let user = try await stage.addMember()
        let caller = try stage.caller(of: user)
        let met = try await replacing(user, stage) {
            var request = ChangePasswordRequest()
            (request.current, request.new) = (SignInStage.password, "a quiet lake at noon")
            return await stage.world.problem(OnboardingAPI.changePassword, request, as: caller)
        }
        #expect(met?.reason == "WRONG_PASSWORD" && met?.violations.first?.field == "current")
        #expect(await refusal { try await stage.signIn(user, "a quiet lake at noon") }?.reason == "SIGN_IN_REFUSED")
        #expect(try await stage.signIn(user, Self.next).user == user.id)
    }

    /// What `body` meets when the user's password becomes ``next`` in a transaction that is open when it begins, and ends as
    /// soon as somebody waits for it.
    private func replacing(
        _ user: User, _ stage: SignInStage, _ body: @Sendable () async -> Problem?
    ) async throws -> Problem? {
        let other = try await stage.addMember(password: Self.next)
        async let replaced: Void = replace(user.id, other.id, stage)
        let database = stage.server.database
        try await waitUntil("the password is being replaced") {
            try await database.transaction(as: .service("onboarding", domain: .root), deadline: .patient) { tx in
                try tx.query(
                    "SELECT 1 FROM onboarding.password WHERE \"user\" = \(user.id) FOR UPDATE SKIP LOCKED"
                ).isEmpty
            }
        }
        let met = await body()
        try await replaced
        return met
    }

    private func replace(_ user: String, _ other: String, _ stage: SignInStage) async throws {
        _ = try await stage.server.admin.run(
            """
            DO $$ BEGIN UPDATE onboarding.password \
            SET hash = (SELECT hash FROM onboarding.password WHERE "user" = '\(raw: other)') WHERE "user" = '\(raw: user)'; \
            FOR attempt IN 1..1000 LOOP \
            EXIT WHEN EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid); \
            PERFORM pg_sleep(0.01); END LOOP; END $$
            """)
    }
}
