import OnboardingWire
import RPC
import Wire

/// Somebody of the journey who can sign in.
public struct Member: Sendable {
    /// Who.
    public let persona: Persona
    /// With which address.
    public let email: String
    /// And which password.
    public let password: String
}

extension Journey {
    /// Everybody comes to a password as people do: invited by the administrator, by the link in an e-mail. Who had a
    /// password has another one then.
    public func acceptInvitations(mailDirectory: String) async throws -> [Member] {
        let mails = MailFolder(path: mailDirectory)
        var members: [Member] = []
        for persona in Persona.allCases {
            guard let user = try await user(of: persona) else { continue }
            let email = user.email ?? ""
            let password = Self.password()
            try await step("\(persona.name) accepts an invitation, and signs in") {
                try await accept(try await invite(user, mails), password)
                try await signIn(user, password)
            }
            members.append(Member(persona: persona, email: email, password: password))
        }
        return members
    }

    private func user(of persona: Persona) async throws -> User? {
        var request = ListRequest()
        request.filter =
            users[persona].map { "id = \"\($0)\"" } ?? "email = \"\(persona.rawValue)@provider.example\""
        return try await world.call(OnboardingAPI.listUsers, request, as: .token(world.administrator)).users.first
    }

    /// The secret of the link that the invitation brought.
    private func invite(_ user: User, _ mails: MailFolder) async throws -> String {
        let known = Set(Self.secrets(for: user, mails))
        var request = CreateInvitationRequest()
        request.user = user.id
        _ = try await world.call(OnboardingAPI.createInvitation, request, as: .token(world.administrator))
        return try await world.eventually("the invitation of \(user.name ?? "") arrives") {
            Self.secrets(for: user, mails).last { !known.contains($0) }
        }
    }

    private func accept(_ secret: String, _ password: String) async throws {
        var request = AcceptInvitationRequest()
        (request.secret, request.password) = (secret, password)
        _ = try await world.call(OnboardingAPI.acceptInvitation, request, as: .anonymous)
    }

    private func signIn(_ user: User, _ password: String) async throws {
        var request = SignInRequest()
        (request.email, request.password, request.device) = (user.email ?? "", password, "journey")
        let signedIn = try await world.call(OnboardingAPI.signIn, request, as: .anonymous)
        try expect(signedIn.user == user.id, "signed in as somebody else")
        // What the access token is worth: its owner sees the session that it is of.
        let own = try await world.call(
            OnboardingAPI.listSessions, ListSessionsRequest(), as: .token(signedIn.accessToken))
        try expect(own.sessions.contains { $0.id == signedIn.session }, "the session is not listed")
    }

    /// Secrets of the invitations in the mails to a user, the oldest first.
    private static func secrets(for user: User, _ mails: MailFolder) -> [String] {
        mails.mails.filter { $0.recipients.contains(user.email ?? "") }.compactMap { mail in
            mail.text.split(whereSeparator: \.isWhitespace).first { $0.contains("/invitation#") }?
                .split(separator: "#").last.map(String.init)
        }
    }

    /// Twelve letters and digits that are told apart when they are typed.
    private static func password() -> String {
        var generator = SystemRandomNumberGenerator()
        let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")
        return (0..<3).map { _ in
            String((0..<4).map { _ in letters[Int.random(in: letters.indices, using: &generator)] })
        }.joined(separator: "-")
    }
}
