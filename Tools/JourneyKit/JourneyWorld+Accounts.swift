import OnboardingWire
import RPC
import Wire

extension JourneyWorld {
    /// An account that an agent creates; its domain is made under the provider's.
    public func openAccount(_ name: String, as agent: Credential) async throws -> CustomerAccount {
        var request = CreateCustomerAccountRequest()
        var account = CustomerAccount()
        account.name = name
        request.customerAccount = account
        return try await call(OnboardingAPI.createCustomerAccount, request, as: agent)
    }

    /// The onboarding case that an account brings along by event (G-37); a ``JourneyFailure`` when there are several.
    public func automaticCase(of account: String, as agent: Credential) async throws -> OnboardingCase {
        try await eventually("the onboarding case") {
            var request = ListRequest()
            request.filter = "account = \"\(account)\""
            let cases = try await call(OnboardingAPI.listOnboardingCases, request, as: agent).onboardingCases
            guard cases.count < 2 else {
                throw JourneyFailure("the account has \(cases.count) onboarding cases")
            }
            return cases.first
        }
    }
}
