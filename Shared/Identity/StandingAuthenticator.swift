import RPC
import Roles
import Tenancy

/// Admits who has a valid token *and* still stands: between the verifier and the handler, in every service.
///
/// A token says who somebody was when it was signed. Whether the person is active, which roles were granted and for
/// which accounts he or she acts is looked up at each request, so that what was taken away is gone at once, and not
/// when the last token has expired. Services are not people: their tokens live for minutes.
public struct StandingAuthenticator: Authenticator {
    private let verifier: Verifier
    private let people: any People

    /// Admits callers whose tokens `verifier` accepts and whom `people` know.
    public init(_ verifier: Verifier, _ people: any People) {
        self.verifier = verifier
        self.people = people
    }

    /// The caller a token proves, with the rights it has now.
    /// - Throws: UNAUTHENTICATED with the reason `PERSON_UNKNOWN`, `PERSON_INACTIVE` or `TOKEN_OUTDATED`, or a reason of
    ///   the verifier's; UNAVAILABLE when the person is not known here and the owner cannot be asked.
    public func authenticate(_ bearer: String?) async throws(Problem) -> Caller {
        let proof = try await verifier.verify(bearer)
        guard proof.caller.kind != .service else { return proof.caller }
        guard let person = try await people.person(proof.caller.subject) else {
            throw StandingRefusal.unknown.problem("nobody has the id of the subject")
        }
        return try person.admit(proof)
    }
}

extension KnownPerson {
    /// The caller of a token, if its claims are the person's, with the rights that both give.
    func admit(_ proof: TokenProof) throws(Problem) -> Caller {
        guard isActive else { throw StandingRefusal.inactive.problem("the user is not active") }
        var caller = proof.caller
        if caller.kind == .customer {
            guard isCustomer, caller.memberships.allSatisfy(acts) else {
                throw StandingRefusal.outdated.problem("an account or a contact is not the user's")
            }
        } else {
            guard !isCustomer else { throw StandingRefusal.outdated.problem("a user of a customer without an account") }
            if !proof.namesDomain { caller.domain = domain }
            guard domain.contains(caller.domain) else {
                throw StandingRefusal.outdated.problem("the domain is not the user's")
            }
        }
        caller.rolesTrustedUntil = proof.rolesTrustedUntil
        guard proof.rolesTrustedUntil == nil else { return caller }
        if !proof.namesRoles {
            caller.roles = roles
        } else if !caller.roles.isSubset(of: roles) {
            caller.roles.formIntersection(roles)
        }
        return caller
    }
}

/// Why somebody with a valid token is refused.
public enum StandingRefusal: String, Sendable, CaseIterable {
    /// There is no such user, or no longer.
    case unknown = "PERSON_UNKNOWN"
    /// The user is not active.
    case inactive = "PERSON_INACTIVE"
    /// Domain, account or contact of the token are not the person's, or no longer.
    case outdated = "TOKEN_OUTDATED"

    func problem(_ cause: String) -> Problem { .unauthenticated(reason: rawValue, cause: cause) }
}

extension Problem {
    /// Whether a service refuses the person for whom the call was made, whatever token is shown: retrying is of no
    /// use, somebody else has to go on.
    public var refusesPerson: Bool { code == .unauthenticated && StandingRefusal(rawValue: reason) != nil }
}
