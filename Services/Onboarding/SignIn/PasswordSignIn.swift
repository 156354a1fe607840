import OnboardingWire
import Passwords
import Postgres
import RPC
import Records
import Tenancy
import Wire

/// Sign-in with a password, and changing it.
struct PasswordSignIn: Sendable {
    let database: Database
    let hasher: PasswordHasher
    let sessions: Sessions

    /// Begins a session. Whoever the address is of, and of nobody too: the attempt is counted, a hash is made, and what is
    /// answered is the same.
    func signIn(_ request: SignInRequest, _ call: Call) async throws(Problem) -> SignedIn {
        let (database, now) = (database, database.clock.now)
        let email = request.email.filter { !$0.isWhitespace }
        let origin = SignInAttempts.Origin(request.address, call)
        let found = try await database.transaction(as: sessions.service, deadline: call.deadline) { tx in
            let attempts = SignInAttempts(tx: tx, now: now)
            try attempts.count(origin)
            try attempts.count(.person, email)
            return try SigningPerson.find(email: email, database, in: tx)
        }
        let isPossible = PasswordRules.isPossible(request.password)
        let password = isPossible ? request.password : ""
        let isRight = try await verify(password, found?.passwordHash) && isPossible
        guard isRight, let person = found, person.maySignIn else { throw .signInRefused }
        let renewed = try await renewedHash(of: password, person)
        let (sessions, token) = (sessions, Secret())
        let session = try await database.transaction(as: sessions.service, deadline: call.deadline) { tx in
            guard try person.keepsPassword(in: tx) else { throw Problem.signInRefused }
            SignInAttempts(tx: tx, now: now).succeeded(email, from: origin)
            if let renewed, let old = person.passwordHash {
                tx.send(
                    "UPDATE onboarding.password SET hash = \(renewed) WHERE \"user\" = \(person.user.id) AND hash = \(old)"
                )
            }
            return try sessions.begin(
                person, method: Sessions.byPassword, device: request.device, token: token, now: now, in: tx)
        }
        return try sessions.signedIn(person, session, token: token)
    }

    /// Changes the caller's password; of the sessions only the one that is named goes on.
    func change(_ request: ChangePasswordRequest, _ call: Call) async throws(Problem) -> Empty {
        let (database, now) = (database, database.clock.now)
        let subject = call.caller.subject
        let found = try await database.transaction(as: sessions.service, deadline: call.deadline) { tx in
            let person = try SigningPerson.find(subject, database, in: tx)
            try SignInAttempts(tx: tx, now: now).count(.person, person?.user.email ?? subject)
            return person
        }
        let isPossible = PasswordRules.isPossible(request.current)
        let isRight = try await verify(isPossible ? request.current : "", found?.passwordHash)
        guard isRight, isPossible, let person = found else { throw .wrongPassword }
        try PasswordRules.check(request.new, of: person.user, field: ChangePasswordRequest.Field.new)
        let hash = try await hash(request.new)
        let kept = Secret(shown: request.sessionToken)
        let context = WriteContext.system(database.service, domain: .root, now: now)
        try await database.transaction(as: sessions.service, deadline: call.deadline) { tx in
            guard try person.keepsPassword(in: tx) else { throw Problem.wrongPassword }
            try person.setPassword(hash, keeping: kept, context, in: tx)
            SignInAttempts(tx: tx, now: now).succeeded(person.user.email ?? subject, from: nil)
        }
        return Empty()
    }

    /// The hash of a new password.
    func hash(_ password: String) async throws(Problem) -> String {
        do throws(PasswordHasher.Overloaded) {
            return try await hasher.hash(password)
        } catch {
            throw .hashingOverloaded
        }
    }

    private func verify(_ password: String, _ hash: String?) async throws(Problem) -> Bool {
        do throws(PasswordHasher.Overloaded) {
            return try await hasher.verify(password, against: hash)
        } catch {
            throw .hashingOverloaded
        }
    }

    /// A hash at today's cost for who has one of before.
    private func renewedHash(of password: String, _ person: SigningPerson) async throws(Problem) -> String? {
        guard let old = person.passwordHash, hasher.isOutdated(old) else { return nil }
        return try await hash(password)
    }
}

extension Problem {
    /// What is said to be the caller's password is not.
    fileprivate static var wrongPassword: Problem {
        .failedPrecondition(
            rule: "WRONG_PASSWORD", Text(en: "The current password is another.", ko: "현재 비밀번호가 맞지 않습니다."),
            field: ChangePasswordRequest.Field.current)
    }

    /// Hashing is bounded.
    fileprivate static var hashingOverloaded: Problem {
        .resourceExhausted(
            Text(en: "Too many sign in just now. Try again in a moment.", ko: "로그인 요청이 많습니다. 잠시 후 다시 시도해 주세요."),
            reason: "TOO_MANY_PASSWORDS")
    }
}
