import OnboardingWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import TestKit
import Testing
import Wire

@testable import OnboardingService

/// Invitations, forgotten passwords, and which passwords are taken.
@Suite(.timeLimit(.minutes(15))) struct InvitationTests {
    @Test func aLinkIsGoodOnce() async throws {
        let stage = try await SignInStage.shared.value
        let user = try await stage.addUser { $0.language = "ko" }
        let link = try await stage.invite(user.id)
        #expect(link.purpose == "invitation" && link.user == user.id && link.domain == "/provider/")
        let url = try await stage.url(of: link)
        #expect(url.hasPrefix("https://workspace.example/invitation#"))
        let earlier = String(url.split(separator: "#").last ?? "")
        // The mail is sent once more: the link in the later one counts.
        let secret = try await stage.secret(of: link)
        #expect(await refusal { try await stage.open(earlier) }?.reason == "LINK_INVALID")
        let opened = try await stage.open(secret)
        #expect(opened.displayName == "Una User" && opened.email == user.email && opened.language == "ko")
        #expect(opened.purpose == "invitation" && opened.expireTime == link.expiresAt)
        // A password that is refused leaves it as it is.
        let short = await refusal { try await stage.accept(secret, "short") }
        #expect(short?.code == .invalidArgument && short?.violations.first?.field == "password")
        // It is no link for a new password.
        #expect(await refusal { try await stage.reset(secret, SignInStage.password) }?.reason == "LINK_INVALID")
        try await stage.accept(secret)
        #expect(await refusal { try await stage.accept(secret) }?.reason == "LINK_INVALID")
        #expect(await refusal { try await stage.open(secret) }?.reason == "LINK_INVALID")
        #expect(await refusal { try await stage.url(of: link) }?.reason == "LINK_OVER")
        #expect(try await stage.links(of: user).first?.usedAt != nil)
        #expect(try await stage.signIn(user).user == user.id)
    }

    /// Of two who use it at once, one does.
    @Test func twoAtOnceUseItOnce() async throws {
        let stage = try await SignInStage.shared.value
        let secret = try await stage.secret(of: try await stage.invite(try await stage.addUser().id))
        let met = await withTaskGroup(of: String?.self) { group in
            for number in 0..<6 {
                group.addTask { await refusal { try await stage.accept(secret, "number \(number) of six") }?.reason }
            }
            return await group.reduce(into: [String?]()) { $0.append($1) }
        }
        #expect(met.filter { $0 == nil }.count == 1 && met.filter { $0 == "LINK_INVALID" }.count == 5, "\(met)")
    }

    @Test func aLinkIsGoodForADay() async throws {
        let stage = try await SignInStage()
        let user = try await stage.addUser()
        let link = try await stage.invite(user.id)
        let secret = try await stage.secret(of: link)
        stage.clock.advance(seconds: 86_400)
        #expect(await refusal { try await stage.accept(secret) }?.reason == "LINK_INVALID")
        #expect(await refusal { try await stage.url(of: link) }?.reason == "LINK_OVER")
        // Another invitation takes the place of one that is still good.
        let second = try await stage.invite(user.id)
        let old = try await stage.secret(of: second)
        let third = try await stage.invite(user.id)
        #expect(await refusal { try await stage.open(old) }?.reason == "LINK_INVALID")
        #expect(await refusal { try await stage.url(of: second) }?.reason == "LINK_OVER")
        try await stage.accept(try await stage.secret(of: third))
    }

    /// A link that went to an address, or is about to, is good for nothing when the user has another one.
    @Test func aLinkIsGoodForItsAddress() async throws {
        let stage = try await SignInStage.shared.value
        let user = try await stage.addUser()
        let sent = try await stage.invite(user.id)
        let secret = try await stage.secret(of: sent)
        try await change(user, stage) { $0.name = "Una Other" }
        #expect(try await stage.open(secret).displayName == "Una Other")
        try await change(user, stage) { $0.email = "\(uuid())@people.example" }
        #expect(await refusal { try await stage.open(secret) }?.reason == "LINK_INVALID")
        #expect(await refusal { try await stage.accept(secret) }?.reason == "LINK_INVALID")
        #expect(await refusal { try await stage.url(of: sent) }?.reason == "LINK_OVER")
        let kept = try await stage.server.admin.run(
            "SELECT 1 FROM onboarding.sign_in_secret WHERE \"user\" = \(user.id)")
        #expect(kept.isEmpty)
        let unsent = try await stage.invite(user.id)
        try await change(user, stage) { $0.email = "\(uuid())@people.example" }
        #expect(await refusal { try await stage.url(of: unsent) }?.reason == "LINK_OVER")
        // Another invitation goes to the address that counts.
        let again = try await stage.secret(of: try await stage.invite(user.id))
        #expect(try await stage.open(again).purpose == "invitation")
    }

    private func change(_ user: User, _ stage: SignInStage, _ edit: (inout User) -> Void) async throws {
        var request = UpdateUserRequest()
        var changed = User()
        changed.id = user.id
        edit(&changed)
        request.user = changed
        _ = try await stage.world.call(OnboardingAPI.updateUser, request, as: stage.world.administrator)
    }

    /// What proves somebody is told once and lies nowhere: not in events, the journal, or any other row.
    @Test func secretsLieNowhere() async throws {
        let stage = try await SignInStage()
        let user = try await stage.addUser()
        let link = try await stage.invite(user.id)
        let secret = try await stage.secret(of: link)
        try await stage.accept(secret, "one password of many")
        let signedIn = try await stage.signIn(user, "one password of many")
        for text in [secret, signedIn.sessionToken, signedIn.accessToken, "one password of many"] {
            #expect(try await !stage.isKept(text))
        }
        // The check of the check.
        #expect(try await stage.isKept(user.email ?? "none"))
        let events = try await stage.server.bench.events(of: link.id)
        #expect(events.map(\.event.action) == ["created", "updated"])
    }

    /// Administrators invite whom they see, the customer's onboarding contact users of the own account, nobody else anybody.
    @Test func whoInvites() async throws {
        let stage = try await SignInStage.shared.value
        let (world, other) = (stage.world, try await World(stage.server))
        let own = try await stage.addUser(["sn_customerservice.customer"], account: world.account.id)
        let foreign = try await stage.addUser(["sn_customerservice.customer"], account: other.account.id)
        let colleague = try await stage.addUser()
        let contact = try world.customer("sn_customerservice.customer_admin")
        #expect(try await stage.invite(own.id, as: contact).user == own.id)
        for user in [foreign.id, colleague.id, uuid(), "", "none"] {
            #expect(await refusal { try await stage.invite(user, as: contact) }?.code == .notFound)
        }
        for caller in [try world.customer("sn_customerservice.customer_case_manager"), world.agent] {
            #expect(await refusal { try await stage.invite(own.id, as: caller) }?.code == .permissionDenied)
        }
        let elsewhere = Caller.holding("admin", domain: "/elsewhere/")
        #expect(await refusal { try await stage.invite(own.id, as: elsewhere) }?.code == .notFound)
        let withoutRole = try await stage.addUser([])
        let inactive = try await stage.addUser { $0.active = false }
        let system = try await stage.addUser { $0.kind = User.Kind.system }
        for user in [withoutRole, inactive, system] {
            #expect(await refusal { try await stage.invite(user.id) }?.reason == "CANNOT_SIGN_IN")
        }
    }

    /// Secrets are told to services alone.
    @Test func onlyTheNotifierIsToldSecrets() async throws {
        let stage = try await SignInStage.shared.value
        let link = try await stage.invite(try await stage.addUser().id)
        var request = IssueSignInLinkRequest()
        request.id = link.id
        for caller in [stage.world.administrator, stage.world.agent] {
            let met = await stage.world.problem(OnboardingAPI.issueSignInLink, request, as: caller)
            #expect(met?.code == .permissionDenied)
        }
    }

    // MARK: Forgotten passwords

    @Test func aForgottenPasswordIsReplaced() async throws {
        let stage = try await SignInStage()
        let work = Task { await stage.signIn.links.answerForgotten() }
        defer { work.cancel() }
        let user = try await stage.addMember()
        let open = try await stage.signIn(user)
        // Nobody, and whoever is somebody: the same answer, and both are looked at.
        try await stage.forget("nobody@people.example")
        try await stage.forget((user.email ?? "").uppercased())
        try await waitUntil { try await stage.links(of: user).count == 2 }
        try await waitUntil {
            try await stage.server.admin.run("SELECT 1 FROM onboarding.forgotten_password").isEmpty
        }
        let link = try #require(try await stage.links(of: user).last)
        #expect(link.purpose == "password_reset")
        let url = try await stage.url(of: link)
        #expect(url.hasPrefix("https://workspace.example/reset#"))
        let secret = String(url.split(separator: "#").last ?? "")
        #expect(await refusal { try await stage.accept(secret, "another quiet lake") }?.reason == "LINK_INVALID")
        try await stage.reset(secret, "another quiet lake")
        #expect(await refusal { try await stage.renew(open.sessionToken) }?.reason == "SESSION_ENDED")
        #expect(await refusal { try await stage.signIn(user) }?.reason == "SIGN_IN_REFUSED")
        #expect(try await stage.signIn(user, "another quiet lake").user == user.id)
    }

    /// Who may not sign in gets no link, and nobody is written to without end.
    @Test func aForgottenPasswordIsBounded() async throws {
        let stage = try await SignInStage()
        let inactive = try await stage.addUser { $0.active = false }
        for email in [inactive.email ?? "", "nobody@people.example", ""] {
            for _ in 0..<3 { try await stage.forget(email) }
            #expect(await refusal { try await stage.forget(email) }?.reason == "TOO_MANY_ATTEMPTS")
        }
        let work = Task { await stage.signIn.links.answerForgotten() }
        defer { work.cancel() }
        try await waitUntil {
            try await stage.server.admin.run("SELECT 1 FROM onboarding.forgotten_password").isEmpty
        }
        #expect(try await stage.links(of: inactive).isEmpty)
    }

    /// One character may have any number of marks: what is kept is bounded in bytes, and no NUL hides behind a mark.
    @Test func whatIsKeptIsBounded() async throws {
        #expect("\0\u{301}a\0".kept(bytes: 9) == "\u{301}a" && "가나".kept(bytes: 5) == "가" && "".kept(bytes: 5).isEmpty)
        let marked = "e" + String(repeating: "\u{301}", count: 100_000)
        #expect(marked.kept(bytes: 254).utf8.count == 253 && marked.count == 1)
        let stage = try await SignInStage()
        for text in ["\u{301}", marked] { #expect(await refusal { try await stage.forget(text) } == nil) }
        let longest = try await stage.server.admin.run(
            "SELECT max(octet_length(email))::bigint FROM onboarding.forgotten_password")
        #expect(try longest.first?.int(at: 0) == 253)
        let user = try await stage.addMember()
        for device in ["\r\n", marked, String(repeating: "가", count: 200)] {
            _ = try await stage.signIn(user.email ?? "", device: device)
        }
        let devices = try await stage.sessions(as: stage.caller(of: user)).map(\.device.utf8.count)
        #expect(devices.sorted() == [0, 198, 199], "\(devices)")
    }

    // MARK: Passwords

    @Test func onesPasswordIsChanged() async throws {
        let stage = try await SignInStage.shared.value
        let user = try await stage.addMember()
        let (kept, other) = (try await stage.signIn(user), try await stage.signIn(user))
        func change(_ current: String, _ new: String) async -> Problem? {
            var request = ChangePasswordRequest()
            (request.current, request.new, request.sessionToken) = (current, new, kept.sessionToken)
            return await refusal {
                try await stage.world.call(
                    OnboardingAPI.changePassword, request, as: .holding("sn_acct_lc.agent", subject: user.id))
            }
        }
        #expect(await change("another", "a quiet lake at noon")?.reason == "WRONG_PASSWORD")
        #expect(await change(SignInStage.password, "12345678")?.reason == "PASSWORD_TOO_COMMON")
        #expect(await change(SignInStage.password, "a quiet lake at noon") == nil)
        #expect(try await stage.renew(kept.sessionToken).user == user.id)
        #expect(await refusal { try await stage.renew(other.sessionToken) }?.reason == "SESSION_ENDED")
        #expect(try await stage.signIn(user, "a quiet lake at noon").user == user.id)
        // Guessing is as slow here as at the door.
        for _ in 0..<5 { #expect(await change("another", "x")?.reason == "WRONG_PASSWORD") }
        #expect(await change("another", "x")?.reason == "TOO_MANY_ATTEMPTS")
    }

    @Test(arguments: [
        ("seven77", "PASSWORD_TOO_SHORT"), ("", "PASSWORD_TOO_SHORT"), ("        ", "PASSWORD_TOO_COMMON"),
        (String(repeating: "ab", count: 65), "PASSWORD_TOO_LONG"), ("password", "PASSWORD_TOO_COMMON"),
        ("PassWord1", "PASSWORD_TOO_COMMON"), ("qlalfqjsgh", "PASSWORD_TOO_COMMON"),
        ("가가가가가가가가", "PASSWORD_TOO_COMMON"),
        ("maria anders", "PASSWORD_PERSONAL"), ("Maria.Anders@alfreds.example", "PASSWORD_PERSONAL"),
        ("m.anders1", "PASSWORD_PERSONAL"), ("MariaAnders12", "PASSWORD_PERSONAL"),
        (String(repeating: "ab", count: 64), nil), ("eight ch", nil), ("여덟 글자 비밀번호", nil), ("🐟🐠🐡🦈🐙🦑🦐🦞", nil),
        ("maria likes quiet lakes", nil), ("\u{1100}\u{1161}나다라마바사", "PASSWORD_TOO_SHORT"),
    ])
    func whatPasswordsAreTaken(_ password: String, _ rule: String?) {
        var user = User()
        (user.name, user.email) = ("Maria Anders", "m.anders@alfreds.example")
        if password.contains("@") { user.email = password.lowercased() }
        let met = problem {
            () throws(Problem) in
            try PasswordRules.check(password, of: user, field: AcceptInvitationRequest.Field.password)
        }
        #expect(met?.reason == rule)
        #expect(rule == nil || met?.violations.first?.field == "password")
    }

    private func problem(_ body: () throws(Problem) -> Void) -> Problem? {
        do throws(Problem) {
            try body()
            return nil
        } catch { return error }
    }
}
