import OnboardingWire
import RPC
import Wire

/// One's own page: language and time zone, sessions that are open, and the password.
enum PersonPages: PageFolder {
    static func add(to pages: Pages) {
        let site = pages.site
        pages.get("/person") { visit async throws(Problem) in .page(try await page(visit)) }
        pages.post("/person") { visit async throws(Problem) in
            var request = ChangePreferencesRequest()
            request.language = visit.form[ChangePreferencesRequest.Field.language]
            request.timeZone = visit.form[ChangePreferencesRequest.Field.timeZone]
            let preferences: Preferences
            do throws(Problem) {
                preferences = try await visit.ask(OnboardingAPI.changePreferences, request)
            } catch {
                guard error.isRefusal else { throw error }
                return .page(try await page(visit, settings: error))
            }
            // What is known of the person is of before.
            site.sessions.forget(visit.sessionToken)
            return .signedIn(
                to: "/person?done=\(Toast.saved.rawValue)",
                cookies: [site.cookies.make(CookieJar.language, preferences.language, seconds: CookieJar.year)])
        }
        pages.post("/person/password") { visit async throws(Problem) in
            var request = ChangePasswordRequest()
            request.current = visit.form[whole: ChangePasswordRequest.Field.current.rawValue]
            request.new = visit.form[whole: ChangePasswordRequest.Field.new.rawValue]
            request.sessionToken = visit.sessionToken
            do throws(Problem) {
                _ = try await visit.ask(OnboardingAPI.changePassword, request)
            } catch {
                guard error.isRefusal || error.code == .unauthenticated else { throw error }
                return .page(try await page(visit, password: error))
            }
            // Every other session has ended with it.
            if let person = visit.person { site.sessions.forget(of: person.user) }
            return .moved(to: "/person?done=\(Toast.passwordChanged.rawValue)")
        }
        pages.post("/person/sessions/:session/end") { visit async throws(Problem) in
            var request = EndSessionRequest()
            request.session = visit.part("session")
            _ = try await visit.ask(OnboardingAPI.endSession, request)
            if let person = visit.person { site.sessions.forget(of: person.user, session: request.session) }
            return .moved(to: "/person?done=\(Toast.ended.rawValue)")
        }
    }

    /// The page, with what was refused of the settings or of the password.
    private static func page(
        _ visit: Visit, settings refused: Problem? = nil, password refusedPassword: Problem? = nil
    ) async throws(Problem) -> Page {
        let sessions = try await visit.ask(OnboardingAPI.listSessions, ListSessionsRequest()).sessions
        let passwords: [Forms.Field] = [
            .init(
                ChangePasswordRequest.Field.current, visit.say("Current password", "현재 비밀번호"), .text("password"),
                isRequired: true, autocomplete: "current-password"),
            .init(
                ChangePasswordRequest.Field.new, visit.say("New password", "새 비밀번호"), .text("password"),
                isRequired: true, autocomplete: "new-password"),
        ]
        let values: Values = [
            "settings": form(settings(visit), visit, refused), "password": form(passwords, visit, refusedPassword),
            "sessions": sessions.map { session -> Seen in
                let isThis = session.id == visit.person?.session
                var more: Values = ["current": isThis, "end": isThis ? "" : "/person/sessions/\(session.id)/end"]
                if let used = session.usedAt { more["lastUsedAt"] = used }
                return Seen(session, more)
            },
        ]
        return Page(
            template: "person", title: visit.say("About you", "내 정보"), values: values,
            status: (refused ?? refusedPassword)?.status ?? .ok)
    }

    private static func form(_ fields: [Forms.Field], _ visit: Visit, _ refused: Problem?) -> Values {
        let forms = Forms(visit)
        var form: Values = ["fields": fields.map { forms.values($0, refused: refused) }]
        if let refused { form["problem"] = forms.problem(refused, fields) }
        return form
    }

    private static func settings(_ visit: Visit) -> [Forms.Field] {
        typealias Field = ChangePreferencesRequest.Field
        let languages = Language.allCases.map { Forms.Option($0.rawValue, $0 == .en ? "English" : "한국어") }
        let zone = visit.person?.timeZone ?? ""
        let zones = Set(ReaderZone.names + [zone]).filter { !$0.isEmpty }.sorted()
        return [
            .init(
                Field.language.rawValue, visit.say("Language", "언어"), .choice(languages),
                value: visit.reader.language.rawValue),
            .init(
                Field.timeZone.rawValue, User.schema.label(User.Field.timeZone, visit.reader.language),
                .choice(zones.map { Forms.Option($0, $0) }), value: zone),
        ]
    }
}
