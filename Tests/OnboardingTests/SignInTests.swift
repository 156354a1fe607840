import OnboardingWire
import RPC
import Records
import Roles
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import OnboardingService

/// Signing in with a password, sessions, and when they end.
@Suite(.timeLimit(.minutes(15))) struct SignInTests {
    /// The access token is worth what the person is granted.
    @Test func aPersonSignsIn() async throws {
        let stage = try await SignInStage.shared.value
        let user = try await stage.addMember {
            $0.language = "ko"
            $0.timeZone = "Asia/Seoul"
        }
        let signedIn = try await stage.signIn((user.email ?? "").uppercased())
        #expect(signedIn.user == user.id && signedIn.displayName == "Una User" && signedIn.email == user.email)
        #expect(signedIn.language == "ko" && signedIn.timeZone == "Asia/Seoul" && signedIn.domain == "/provider/")
        #expect(signedIn.roles.contains("sn_acct_lc.agent") && signedIn.accounts.isEmpty)
        let caller = try await stage.caller(signedIn.accessToken)
        #expect(caller.subject == user.id && caller.kind == .person && caller.locale == "ko")
        #expect(caller.roles == RoleCatalog.close(["sn_acct_lc.agent"]))
        let life = (signedIn.accessTokenExpireTime?.seconds ?? 0) - stage.clock.now.seconds
        #expect(life == 300)

        let renewed = try await stage.renew(signedIn.sessionToken)
        #expect(renewed.sessionToken.isEmpty && renewed.session == signedIn.session)
        #expect(try await stage.caller(renewed.accessToken).subject == user.id)
        var out = SignOutRequest()
        out.sessionToken = signedIn.sessionToken
        _ = try await stage.call(OnboardingAPI.signOut, out)
        // Twice is no matter.
        _ = try await stage.call(OnboardingAPI.signOut, out)
        #expect(await refusal { try await stage.renew(signedIn.sessionToken) }?.reason == "SESSION_ENDED")
    }

    /// A person of a customer acts for every account whose contact names the user (G-126).
    @Test func aTokenCarriesAllAccounts() async throws {
        let stage = try await SignInStage.shared.value
        let other = try await World(stage.server)
        let user = try await stage.addMember(["sn_customerservice.customer"], account: stage.world.account.id)
        var contact = CustomerContact()
        (contact.firstName, contact.lastName, contact.email) = ("Una", "User", "una@other.example")
        (contact.account, contact.user) = (other.account.id, user.id)
        var request = CreateCustomerContactRequest()
        request.customerContact = contact
        let made = try await stage.world.call(
            OnboardingAPI.createCustomerContact, request, as: stage.world.administrator)
        let signedIn = try await stage.signIn(user)
        #expect(Set(signedIn.accounts) == [stage.world.account.id, other.account.id])
        let caller = try await stage.caller(signedIn.accessToken)
        #expect(caller.kind == .customer && caller.memberships.count == 2)
        #expect(caller.membership(of: other.account.id)?.contact == made.id)
    }

    /// Whatever is wrong, the answer is one; so nobody learns who exists.
    @Test func theRefusalIsTheSameForAll() async throws {
        let stage = try await SignInStage.shared.value
        let known = try await stage.addMember()
        let withoutPassword = try await stage.addUser()
        let inactive = try await stage.addMember()
        try await change(inactive, stage) { $0.active = false }
        let withoutRole = try await stage.addMember()
        try await revokeAll(of: withoutRole, stage)
        let attempts = [
            ("nobody-\(uuid())@people.example", SignInStage.password), (known.email ?? "", "another password"),
            (known.email ?? "", String(repeating: "x", count: 100_000)), (known.email ?? "", ""),
            (withoutPassword.email ?? "", ""), (inactive.email ?? "", SignInStage.password),
            (withoutRole.email ?? "", SignInStage.password), ("", ""),
        ]
        var answers: Set<String> = []
        for (email, password) in attempts {
            let met = await refusal { try await stage.signIn(email, password) }
            answers.insert("\(met?.code as Any) \(met?.reason ?? "") \(met?.text.en ?? "") \(met?.metadata ?? [:])")
        }
        #expect(answers.count == 1 && answers.first?.contains("SIGN_IN_REFUSED") == true, "\(answers)")
    }

    /// Guessing becomes slow, for a person who exists as for one who does not, and is over when the right one comes.
    @Test func guessingBecomesSlow() async throws {
        let stage = try await SignInStage()
        let user = try await stage.addMember()
        for email in [user.email ?? "", "nobody@people.example"] {
            for _ in 0..<5 {
                #expect(await refusal { try await stage.signIn(email, "wrong") }?.reason == "SIGN_IN_REFUSED")
            }
            let met = await refusal { try await stage.signIn(email) }
            #expect(met?.code == .resourceExhausted && met?.reason == "TOO_MANY_ATTEMPTS")
            #expect(met?.metadata["retry_after_seconds"] == "2")
            stage.clock.advance(seconds: 2)
            #expect(await refusal { try await stage.signIn(email, "wrong") }?.reason == "SIGN_IN_REFUSED")
            stage.clock.advance(seconds: 3)
            #expect(await refusal { try await stage.signIn(email) }?.metadata["retry_after_seconds"] == "1")
            stage.clock.advance(seconds: 1)
        }
        _ = try await stage.signIn(user)
        // Forgotten: the next mistakes are free again.
        for _ in 0..<5 {
            #expect(await refusal { try await stage.signIn(user, "wrong") }?.reason == "SIGN_IN_REFUSED")
        }
    }

    /// Whatever is mixed into an address that nobody sees, the guesses are for one person and count together.
    @Test func guessesInDisguiseCountTogether() async throws {
        let stage = try await SignInStage()
        let user = try await stage.addMember()
        let email = user.email ?? ""
        let unseen = ["\u{200B}", "\u{AD}", "\u{2060}", "\u{FEFF}", "\u{200B}\u{AD}"]
        for (index, mixedIn) in unseen.enumerated() {
            let disguised = String(email.prefix(index)) + mixedIn + email.dropFirst(index)
            #expect(await refusal { try await stage.signIn(disguised, "wrong") }?.reason == "SIGN_IN_REFUSED")
        }
        for written in [email, email + "\u{200D}", email.uppercased()] {
            #expect(await refusal { try await stage.signIn(written) }?.reason == "TOO_MANY_ATTEMPTS")
        }
        // The same of a password that is forgotten.
        for mixedIn in unseen.prefix(3) { try await stage.forget(mixedIn + email) }
        #expect(await refusal { try await stage.forget(email) }?.reason == "TOO_MANY_ATTEMPTS")
    }

    /// Users from before addresses that look alike were refused: each is found by what is written, and by nothing else.
    @Test func doublesAreToldApart() async throws {
        let stage = try await SignInStage()
        _ = try await stage.server.admin.run("DROP INDEX onboarding.user_email")
        let email = "\(uuid())@people.example"
        let written = [email, "\u{200B}" + email, email + "\u{AD}"]
        var users: [User] = []
        for address in written {
            let user = try await stage.addMember(password: "quiet lake \(users.count)")
            _ = try await stage.server.admin.run(
                "UPDATE onboarding.\"user\" SET email = \(address) WHERE id = \(user.id)")
            users.append(user)
        }
        for (index, address) in written.enumerated() {
            #expect(try await stage.signIn(address.uppercased(), "quiet lake \(index)").user == users[index].id)
        }
        // Neither of them, and of two who are written alike neither.
        let disguised = await refusal { try await stage.signIn("\u{2060}" + email, "quiet lake 0") }
        #expect(disguised?.reason == "SIGN_IN_REFUSED")
        _ = try await stage.server.admin.run(
            "UPDATE onboarding.\"user\" SET email = \(email.uppercased()) WHERE id = \(users[1].id)")
        for index in 0..<2 {
            let met = await refusal { try await stage.signIn(email, "quiet lake \(index)") }
            #expect(met?.reason == "SIGN_IN_REFUSED")
        }
        #expect(try await stage.signIn(written[2], "quiet lake 2").user == users[2].id)
    }

    /// From one address many people are tried: that becomes slow as well; who signs in does not slow others down.
    @Test func oneAddressBecomesSlow() async throws {
        let stage = try await SignInStage()
        let user = try await stage.addMember()
        for _ in 0..<40 { _ = try await stage.signIn(user.email ?? "", address: "192.0.2.7") }
        for _ in 0..<31 {
            let met = await refusal { try await stage.signIn("\(uuid())@x.example", "wrong", address: "192.0.2.8") }
            #expect(met?.reason == "SIGN_IN_REFUSED")
        }
        let met = await refusal { try await stage.signIn(user.email ?? "", address: "192.0.2.8") }
        #expect(met?.reason == "TOO_MANY_ATTEMPTS")
        _ = try await stage.signIn(user.email ?? "", address: "192.0.2.7")
    }

    /// Whoever asks beside the workspace may name another address each time, and is one connection all the same.
    @Test func whoNamesManyAddressesBecomesSlow() async throws {
        let stage = try await SignInStage(inboxPrefix: "_INBOX.client.chosen")
        for _ in 0..<301 {
            let met = await refusal { try await stage.signIn("\(uuid())@people.example", "wrong") }
            #expect(met?.reason == "SIGN_IN_REFUSED")
        }
        let met = await refusal { try await stage.signIn("\(uuid())@people.example", "wrong") }
        #expect(met?.reason == "TOO_MANY_ATTEMPTS")
    }

    /// By what an attempt counts: the inbox says who asks, up to where others may choose it.
    @Test(arguments: [
        ("_INBOX.workspace.a.1", "192.0.2.7", "address 192.0.2.7"),
        ("_INBOX.workspace.a.1", "", "connection _INBOX.workspace"),
        ("_INBOX.workspace", "192.0.2.7", "address 192.0.2.7"),
        ("_INBOX.workspaces.a.1", "192.0.2.7", "connection _INBOX.workspaces"),
        ("_INBOX.client.workspace.1", "192.0.2.7", "connection _INBOX.client"),
        ("_INBOX.client.a.1", "192.0.2.8", "connection _INBOX.client"),
        ("_R_.41wTzF.GQkZJw", "192.0.2.7", "address _R_.192.0.2.7"),
        ("_R_.41wTzF.GQkZJw", "\0", "connection _R_.41wTzF"),
        ("", "192.0.2.7", "connection "),
    ])
    func whereAnAttemptComesFrom(_ inbox: String, _ address: String, _ counted: String) {
        let origin = SignInAttempts.Origin(address, Call(caller: .anonymous, peer: inbox))
        #expect("\(origin.kind.rawValue) \(origin.value)" == counted)
    }

    /// Attempts at the same moment count as well: none gets through behind another's back.
    @Test func attemptsAtOnceCount() async throws {
        let stage = try await SignInStage()
        let user = try await stage.addMember()
        let tried = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<20 { group.addTask { await refusal { try await stage.signIn(user, "wrong") }?.reason } }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(tried.filter { $0 == "SIGN_IN_REFUSED" }.count == 5, "\(tried)")
    }

    @Test func sessionsGrowOld() async throws {
        let stage = try await SignInStage {
            $0.strangersPerSecond = 1_000
            ($0.idleSeconds, $0.sessionSeconds) = (3_600, 10_000)
        }
        let user = try await stage.addMember()
        let idle = try await stage.signIn(user)
        let used = try await stage.signIn(user)
        for _ in 0..<3 {
            stage.clock.advance(seconds: 3_000)
            _ = try await stage.renew(used.sessionToken)
        }
        #expect(await refusal { try await stage.renew(idle.sessionToken) }?.reason == "SESSION_ENDED")
        #expect(try await stage.sessions(as: stage.caller(of: user)).map(\.id) == [used.session])
        stage.clock.advance(seconds: 1_001)
        #expect(await refusal { try await stage.renew(used.sessionToken) }?.reason == "SESSION_ENDED")
        // Both are gone for good then, and the second time there is nothing to do.
        #expect(try await stage.signIn.job.run(in: .root) >= 2)
        #expect(try await stage.signIn.job.run(in: .root) == 0)
    }

    /// Deactivated, or a role less: what was open is over, and the access token is worth nothing, or less.
    @Test func whoLosesARightIsSignedOut() async throws {
        let stage = try await SignInStage.shared.value
        let leaver = try await stage.addMember()
        let before = try await stage.signIn(leaver)
        try await change(leaver, stage) { $0.active = false }
        #expect(await refusal { try await stage.renew(before.sessionToken) }?.reason == "SESSION_ENDED")
        #expect(try await stage.sessions(of: leaver.id, as: stage.world.administrator).isEmpty)
        await #expect(throws: Problem.self) { try await stage.caller(before.accessToken) }

        let poorer = try await stage.addMember(["sn_acct_lc.agent", "sn_acct_lc.ale_success_agent"])
        let rich = try await stage.signIn(poorer)
        try await revokeAll(of: poorer, stage, but: "sn_acct_lc.agent")
        #expect(await refusal { try await stage.renew(rich.sessionToken) }?.reason == "SESSION_ENDED")
        #expect(try await stage.signIn(poorer).roles.contains("sn_acct_lc.ale_success_agent") == false)

        // A change that takes nothing away leaves sessions alone.
        let stayer = try await stage.addMember()
        let open = try await stage.signIn(stayer)
        try await change(stayer, stage) { $0.name = "Una Other" }
        #expect(try await stage.renew(open.sessionToken).displayName == "Una Other")
    }

    /// Who is deleted leaves neither session nor password.
    @Test func whoIsDeletedLeavesNothing() async throws {
        let stage = try await SignInStage.shared.value
        let user = try await stage.addMember()
        let open = try await stage.signIn(user)
        try await revokeAll(of: user, stage)
        var request = DeleteRequest()
        request.id = user.id
        _ = try await stage.world.call(OnboardingAPI.deleteUser, request, as: stage.world.administrator)
        #expect(await refusal { try await stage.renew(open.sessionToken) }?.reason == "SESSION_ENDED")
        let left = try await stage.server.admin.run("SELECT 1 FROM onboarding.password WHERE \"user\" = \(user.id)")
        #expect(left.isEmpty)
    }

    /// One's own sessions are seen and ended; others' by administrators, of their domain.
    @Test func sessionsAreOnesOwn() async throws {
        let stage = try await SignInStage.shared.value
        let (user, other) = (try await stage.addMember(), try await stage.addMember())
        let caller = try stage.caller(of: user)
        let mine = try await stage.signIn(user.email ?? "", device: "Safari\non a phone")
        let theirs = try await stage.signIn(other)
        let listed = try await stage.sessions(as: caller)
        #expect(listed.map(\.id) == [mine.session] && listed.first?.device == "Safarion a phone")
        #expect(listed.first?.method == "password" && listed.first?.user == user.id)
        #expect(await refusal { try await stage.sessions(of: other.id, as: caller) }?.code == .permissionDenied)
        func end(_ id: String, as caller: Caller) async -> Problem? {
            var request = EndSessionRequest()
            request.session = id
            return await stage.world.problem(OnboardingAPI.endSession, request, as: caller)
        }
        #expect(await end(theirs.session, as: caller)?.code == .notFound)
        let elsewhere = Caller.holding("admin", domain: "/elsewhere/")
        #expect(await end(theirs.session, as: elsewhere)?.code == .notFound)
        #expect(try await stage.sessions(of: other.id, as: elsewhere).isEmpty)
        #expect(await end("none", as: caller)?.code == .notFound)
        #expect(await end(mine.session, as: caller) == nil)
        #expect(try await stage.sessions(of: other.id, as: stage.world.administrator).map(\.id) == [theirs.session])
        #expect(await end(theirs.session, as: stage.world.administrator) == nil)
        #expect(await refusal { try await stage.renew(theirs.sessionToken) }?.reason == "SESSION_ENDED")
    }

    /// The session that was used longest ago gives way.
    @Test func aPersonHasSoManySessions() async throws {
        let stage = try await SignInStage()
        let user = try await stage.addMember()
        let first = try await stage.signIn(user)
        for _ in 0..<Sessions.most {
            stage.clock.advance(seconds: 1)
            _ = try await stage.signIn(user)
        }
        #expect(try await stage.sessions(as: stage.caller(of: user)).count == Sessions.most)
        #expect(await refusal { try await stage.renew(first.sessionToken) }?.reason == "SESSION_ENDED")
    }

    private func change(_ user: User, _ stage: SignInStage, _ edit: (inout User) -> Void) async throws {
        var request = UpdateUserRequest()
        var changed = User()
        changed.id = user.id
        edit(&changed)
        request.user = changed
        _ = try await stage.world.call(OnboardingAPI.updateUser, request, as: stage.world.administrator)
    }

    private func revokeAll(of user: User, _ stage: SignInStage, but kept: String = "") async throws {
        var list = ListRequest()
        list.filter = "user = \"\(user.id)\""
        let grants = try await stage.world.call(OnboardingAPI.listRoleGrants, list, as: stage.world.administrator)
        for grant in grants.roleGrants where grant.role != kept {
            var request = DeleteRequest()
            request.id = grant.id
            _ = try await stage.world.call(OnboardingAPI.deleteRoleGrant, request, as: stage.world.administrator)
        }
    }
}
