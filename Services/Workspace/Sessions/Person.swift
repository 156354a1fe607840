import OnboardingWire
import Wire

/// Whoever is signed in, as onboarding said when the access token was made.
struct Person: Sendable {
    let user: String
    /// The id of the session.
    let session: String
    let name: String
    let email: String
    let language: Language
    let timeZone: String
    /// Every role, those that roles contain included.
    let roles: Set<String>
    let accounts: [String]
    let domain: String
    let accessToken: String
    /// When the access token ends.
    let expireTime: Timestamp

    /// The person that onboarding has signed in.
    init(_ signedIn: SignedIn) {
        user = signedIn.user
        session = signedIn.session
        name = signedIn.displayName
        email = signedIn.email
        language = Language(tag: signedIn.language)
        timeZone = signedIn.timeZone
        roles = Set(signedIn.roles)
        accounts = signedIn.accounts
        domain = signedIn.domain
        accessToken = signedIn.accessToken
        expireTime = signedIn.accessTokenExpireTime ?? Timestamp()
    }

    /// Whether the person is a customer, and at home in the portal.
    var isCustomer: Bool { !accounts.isEmpty }

    /// Where somebody begins.
    var home: String { Navigation.home(of: self) }

    /// As the frame of a page shows it.
    var values: Values { ["name": name, "email": email, "provider": !isCustomer, "customer": isCustomer] }
}
