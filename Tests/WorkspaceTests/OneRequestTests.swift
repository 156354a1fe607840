import CustomerSuccessWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// What a page shows of a service that answers for pages is in that answer, and is not asked for again.
@Suite struct OneRequestTests {
    private static let id = "018f0000-0000-7000-8000-0000000000aa"

    /// A page, who reads it, and what it asks for.
    struct Asking: Sendable, CustomTestStringConvertible {
        let path: String
        var isCustomer = false
        let subjects: [String]

        init(_ path: String, isCustomer: Bool = false, _ subjects: String...) {
            (self.path, self.isCustomer, self.subjects) = (path, isCustomer, subjects)
        }

        var testDescription: String { path }
    }

    private static let pages = [
        Asking("/onboarding", OnboardingAPI.getOnboardingLandingPage.subject),
        Asking("/success", CustomerSuccessAPI.getLandingPage.subject),
        Asking("/objectives/\(id)", CustomerSuccessAPI.getObjectivePage.subject),
        Asking("/engagements/\(id)/plan", CustomerSuccessAPI.getSuccessPlan.subject),
        // Two services have a part of it, and each answers for its own.
        Asking(
            "/portal", isCustomer: true, OnboardingAPI.getPortal.subject, CustomerSuccessAPI.getPortalSuccess.subject),
        Asking("/portal/cases/\(id)", isCustomer: true, OnboardingAPI.getPortalCase.subject),
        Asking("/portal/engagements/\(id)", isCustomer: true, CustomerSuccessAPI.getEngagementPage.subject),
        Asking("/portal/engagements/\(id)/plan", isCustomer: true, CustomerSuccessAPI.getSuccessPlan.subject),
    ]

    @Test(arguments: pages) func aPageAsksForItsAnswerAlone(page: Asking) async throws {
        let (status, asked) = try await asked(page.path, isCustomer: page.isCustomer)
        #expect(status == 200)
        #expect(asked.sorted() == page.subjects.sorted())
    }

    /// Beside the answer for an engagement only lists are asked for that are no part of it, one request for each.
    @Test func anEngagementAsksForLittleBesideItsAnswer() async throws {
        let (status, asked) = try await asked("/engagements/\(Self.id)", isCustomer: false)
        #expect(status == 200)
        #expect(asked.first == CustomerSuccessAPI.getEngagementPage.subject)
        #expect(asked.count <= 3 && Set(asked).count == asked.count, "\(asked)")
    }

    /// What a page asks the services for, without the notices of its frame.
    private func asked(_ path: String, isCustomer: Bool) async throws -> (status: Int, subjects: [String]) {
        let said = Said()
        let bench = try Bench(agreeing: said)
        var ann = SignedIn.ann(accounts: isCustomer ? [Self.id] : [])
        if !isCustomer { ann.roles = ["admin"] }
        try await bench.answer("onboarding", StandIn.sessions(ann))
        // A plan is got by an id, and is not what has that id.
        let plan = Endpoint(CustomerSuccessAPI.getSuccessPlan) { _, _ in
            said.add(CustomerSuccessAPI.getSuccessPlan.subject)
            return SuccessPlan()
        }
        try await bench.answer("customer-success", [plan])
        let seen = try await Browser(bench, session: "good").get(path)
        let subjects = said.texts.map { text in String(text.prefix { $0 != " " }) }
        return (seen.status, subjects.filter { !$0.contains(".notifier.") })
    }
}
