import OnboardingWire
import RPC
import Tenancy
import Wire

extension JourneyWorld {
    /// The user with this e-mail address, entered by the administrator with these roles unless he or she is there; who
    /// reads Korean has the language "ko".
    public func person(
        named name: String, _ email: String, _ roles: Set<String>, of account: String? = nil, language: String = "en"
    ) async throws -> User {
        let admin = Credential.token(administrator)
        var request = ListRequest()
        request.filter = "email = \"\(email)\""
        let known = try await call(OnboardingAPI.listUsers, request, as: admin).users.first
        let user: User
        if let known {
            user = known
        } else {
            var creation = CreateUserRequest()
            var draft = User()
            draft.name = name
            draft.email = email
            draft.account = account
            draft.language = language
            creation.user = draft
            user = try await call(OnboardingAPI.createUser, creation, as: admin)
        }
        let granted = Set(try await grants(of: user.id).compactMap(\.role))
        for role in roles.subtracting(granted) {
            var granting = CreateRoleGrantRequest()
            var grant = RoleGrant()
            grant.user = user.id
            grant.role = role
            granting.roleGrant = grant
            _ = try await call(OnboardingAPI.createRoleGrant, granting, as: admin)
        }
        return user
    }

    /// What was granted to a user.
    public func grants(of user: String) async throws -> [RoleGrant] {
        var request = ListRequest()
        request.filter = "user = \"\(user)\""
        return try await call(OnboardingAPI.listRoleGrants, request, as: .token(administrator)).roleGrants
    }
}
