import Foundation
import Hummingbird
import OnboardingWire
import RPC
import Wire

/// Signing in and out, invitations, and passwords that were forgotten. Whatever onboarding refuses is said in its words, which
/// are the same whoever asks.
enum SignInPages: PageFolder {
    static func add(to pages: Pages) {
        let site = pages.site
        pages.get("/", .anybody) { visit async throws(Problem) in .moved(to: visit.person?.home ?? "/sign-in") }
        pages.get("/sign-in", .anybody) { visit async throws(Problem) in
            guard visit.person == nil else { return .moved(to: back(visit.query, visit.person)) }
            return try await page(visit, site, email: "", back: visit.query["back"], refused: nil)
        }
        pages.post("/sign-in", .anybody) { visit async throws(Problem) in try await signIn(visit, site) }
        pages.get("/sign-in/with", .anybody) { visit async throws(Problem) in try await beginFederated(visit, site) }
        pages.get("/sign-in/back/:issuer", .anybody) { visit async throws(Problem) in
            try await completeFederated(visit, site)
        }
        pages.post("/sign-out", .anybody) { visit async throws(Problem) in
            if !visit.sessionToken.isEmpty {
                var request = SignOutRequest()
                request.sessionToken = visit.sessionToken
                site.sessions.forget(visit.sessionToken)
                // What came beside this may have renewed the session before it ended.
                defer { site.sessions.forget(visit.sessionToken) }
                _ = try await visit.ask(OnboardingAPI.signOut, request)
            }
            return .signedIn(
                to: "/sign-in?done=\(Toast.signedOut.rawValue)", cookies: [site.cookies.end(site.cookies.session)])
        }
        pages.post("/language", .anybody) { visit async throws(Problem) in
            let language = Language(tag: visit.form["language"]).rawValue
            return .signedIn(
                to: LocalPath.checked(visit.form["back"], or: "/"),
                cookies: [site.cookies.make(CookieJar.language, language, seconds: CookieJar.year)])
        }
        LinkPages.add(to: pages)
    }

    /// The page, once more with what was said against the last try.
    private static func page(
        _ visit: Visit, _ site: Site, email: String, back: String, refused: Problem?
    ) async throws(Problem) -> Answer {
        let providers = await site.issuers.list(visit).map { issuer -> Values in
            [
                "name": issuer.name,
                "href": "/sign-in/with?issuer=\(Fields.encoded(issuer.issuer))&back=\(Fields.encoded(back))",
            ]
        }
        var values: Values = [
            "back": LocalPath.checked(back, or: ""), "typed": ["email": email] as Values, "providers": providers,
            "note": Toast(rawValue: visit.query["done"]).map { visit.reader($0.text) } ?? "",
        ]
        if let refused { values["problem"] = ["text": refused.text(visit.reader.language)] as Values }
        return .page(
            Page(
                template: "sign_in", title: visit.say("Sign in", "로그인"), values: values,
                status: refused?.status ?? .ok))
    }

    private static func signIn(_ visit: Visit, _ site: Site) async throws(Problem) -> Answer {
        var request = SignInRequest()
        request.email = visit.form[SignInRequest.Field.email]
        request.password = visit.form[whole: SignInRequest.Field.password.rawValue]
        request.device = visit.device
        request.address = visit.address
        do throws(Problem) {
            let signedIn = try await visit.ask(OnboardingAPI.signIn, request)
            return signedInAnswer(signedIn, visit.form["back"], site)
        } catch {
            guard error.isRefusal || error.code == .unauthenticated else { throw error }
            return try await page(visit, site, email: request.email, back: visit.form["back"], refused: error)
        }
    }

    /// Remembers the session and gives it to the browser; what bound the forms before is no longer needed.
    static func signedInAnswer(_ signedIn: SignedIn, _ back: String, _ site: Site) -> Answer {
        let person = Person(signedIn)
        site.sessions.remember(person, signedIn.sessionToken)
        return .signedIn(
            to: LocalPath.checked(back, or: person.home),
            cookies: [
                site.cookies.make(site.cookies.session, signedIn.sessionToken), site.cookies.end(site.cookies.visit),
            ])
    }

    private static func back(_ fields: Fields, _ person: Person?) -> String {
        LocalPath.checked(fields["back"], or: person?.home ?? "/")
    }

    // MARK: Other issuers

    /// Leads to the issuer: from a link, since a form may only be sent to the workspace itself. What comes back is taken in this browser alone.
    private static func beginFederated(_ visit: Visit, _ site: Site) async throws(Problem) -> Answer {
        var request = BeginFederatedSignInRequest()
        request.issuer = visit.query["issuer"]
        // Each issuer has an address of its own, so that none can send what another has made (RFC 9700, 4.4.2).
        let mark = Secrets.mark(of: Data(request.issuer.utf8))
        request.redirectUri = "\(site.address)/sign-in/back/\(mark)"
        request.address = visit.address
        let begun = try await visit.ask(OnboardingAPI.beginFederatedSignIn, request)
        return .away(
            to: begun.authorizationUrl,
            cookies: [
                site.cookies.make(
                    site.cookies.federated, "\(begun.state)|\(mark)|\(Fields.encoded(visit.query["back"]))",
                    seconds: 600)
            ])
    }

    private static func completeFederated(_ visit: Visit, _ site: Site) async throws(Problem) -> Answer {
        var request = CompleteFederatedSignInRequest()
        request.state = visit.query[CompleteFederatedSignInRequest.Field.state]
        request.code = visit.query[CompleteFederatedSignInRequest.Field.code]
        request.device = visit.device
        request.address = visit.address
        let kept = visit.federated.split(separator: "|", omittingEmptySubsequences: false).map { String($0) }
        guard kept.count == 3, Secrets.areSame(request.state, kept[0]), isOf(kept[1], visit) else {
            return try await page(visit, site, email: "", back: "", refused: .forged())
        }
        let back = kept[2].removingPercentEncoding ?? ""
        do throws(Problem) {
            return signedInAnswer(try await visit.ask(OnboardingAPI.completeFederatedSignIn, request), back, site)
        } catch {
            guard error.isRefusal || error.code == .unauthenticated else { throw error }
            return try await page(visit, site, email: "", back: "", refused: error)
        }
    }

    /// Whether it is the issuer that was begun with who leads back: by the address, and by its name where it says it (RFC 9207).
    private static func isOf(_ mark: String, _ visit: Visit) -> Bool {
        let issuer = visit.query["iss"]
        return visit.part("issuer") == mark && (issuer.isEmpty || Secrets.mark(of: Data(issuer.utf8)) == mark)
    }
}
