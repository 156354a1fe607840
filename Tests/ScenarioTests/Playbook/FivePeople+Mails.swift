import JourneyKit
import OnboardingWire
import RPC
import Testing
import Wire

/// What the teams are told, as it came out of the SMTP server.
extension FivePeople {
    /// The three mails of section 5.
    enum TeamMail: String {
        /// M1: who the customer's onboarding contact is.
        case onboardingContacts = "onboarding_contacts"
        /// M2: who the key team members are.
        case keyMembers = "key_members"
        /// M3: who is in the account team.
        case accountTeam = "account_team"

        /// What it is about, in the words of the specification.
        func subject(_ language: String) -> String {
            switch (self, language) {
            case (.onboardingContacts, "ko"): "온보딩 연락처"
            case (.keyMembers, "ko"): "핵심 팀원"
            case (.accountTeam, "ko"): "계정 팀"
            case (.onboardingContacts, _): "onboarding contacts"
            case (.keyMembers, _): "key team members"
            case (.accountTeam, _): "account team"
            }
        }
    }

    /// Each reader got the mail once, by itself, in their language; it names these people, and no others of `team`.
    func expectMails(
        _ kind: TeamMail, to readers: [Person], naming named: [Person], among team: [Person],
        at place: SourceLocation = #_sourceLocation
    ) async throws {
        let number = onboarding.number ?? "-"
        let subject = kind.subject(cast.language)
        let found = try await world.eventually("the mails \(kind)") {
            let found = mails.mails.filter { $0.text.contains(number) && $0.subject.contains(subject) }
            return found.count >= readers.count ? found : nil
        }
        #expect(found.allSatisfy { $0.recipients.count == 1 }, sourceLocation: place)
        #expect(
            found.flatMap(\.recipients).sorted() == readers.map(\.email).sorted(), "\(kind)", sourceLocation: place)
        for mail in found {
            let reader = try #require(readers.first { [$0.email] == mail.recipients })
            #expect(mail.subject.contains(Self.accountName), "\(mail.subject)", sourceLocation: place)
            for body in [mail.text, mail.html] {
                #expect(cast.reads(body), "\(body)", sourceLocation: place)
                #expect(body.contains(Self.accountName), "\(body)", sourceLocation: place)
                #expect(body.contains(number), "\(body)", sourceLocation: place)
                // Besides, the mail speaks to its reader.
                for person in team {
                    let times =
                        (person.email == reader.email ? 1 : 0)
                        + (named.contains { $0.email == person.email } ? 1 : 0)
                    #expect(
                        body.components(separatedBy: person.name).count - 1 == times, "\(person.name): \(body)",
                        sourceLocation: place)
                }
            }
        }
        try await expectMessages(kind, readers, named, at: place)
    }

    /// The case says whom it told what: customers read what customers were told, as a comment.
    private func expectMessages(
        _ kind: TeamMail, _ readers: [Person], _ named: [Person], at place: SourceLocation
    ) async throws {
        let messages = try await list(
            OnboardingAPI.listTeamMessages,
            "onboarding_case = \"\(onboarding.id)\" AND kind = \"\(kind.rawValue)\"", as: cast.manager)
        #expect(
            messages.compactMap(\.recipient).sorted() == readers.map(\.email).sorted(), sourceLocation: place)
        #expect(
            messages.allSatisfy { $0.language == cast.language && $0.completion == 1 }, "\(messages)",
            sourceLocation: place)
        var request = ListActivityRequest()
        request.id = onboarding.id
        let entries = try await ask(OnboardingAPI.listOnboardingCaseActivity, request, as: cast.manager).entries
        let entry = entries.first { entry in
            named.allSatisfy { entry.text.contains($0.name) } && entry.text.contains(kind.subject(cast.language))
        }
        #expect(
            entry?.kind == (kind == .accountTeam ? "work_notes" : "additional_comments"), "\(entries)",
            sourceLocation: place)
    }
}
