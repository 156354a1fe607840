import Flows
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Testing
import Wire

@testable import PlayLauncherService

/// What answers name is looked for before anything begins, and playbooks are attached to what is made.
@Suite struct AnswerTests {
    private static let review = "Setup Next Quarterly Business Review"

    private func answers(_ name: String, _ id: String) -> String {
        #"{"meeting_date": "2027-03-31", "subject": "\#(uuid())", "\#(name)": "\#(id)"}"#
    }

    @Test func recordsThatAnswersNameMustBeThere() async throws {
        let stage = try await Stage.shared.value
        let caller = try person(successAgent)
        let source = uuid()
        // Not there, of another tenant, of another account of the same one, and gone.
        let wrong = [
            ("contact", uuid()), ("contact", stage.foundation.contact(in: "/elsewhere/d1/")),
            ("contact", stage.foundation.contact(in: "/provider/d0000002/")),
            ("contact", stage.foundation.contact(isActive: false)), ("assigned_to", uuid()),
        ]
        for (name, id) in wrong {
            let problem = await #expect(throws: Problem.self) {
                try await stage.launch(Self.review, answers(name, id), from: source, as: caller)
            }
            #expect(problem?.code == .invalidArgument && problem?.violations.map(\.field) == ["answers.\(name)"])
        }
        var list = ListRequest()
        list.filter = "source_record = \"\(source)\""
        #expect(try await stage.call(PlayLauncherAPI.listFlowRuns, list, as: caller).flowRuns.isEmpty)
        for (name, id) in [("contact", stage.foundation.contact()), ("assigned_to", stage.foundation.user())] {
            let run = try await stage.launch(Self.review, answers(name, id), from: source, as: caller)
            #expect(try await stage.end(of: run.id).state == "completed")
        }
    }

    @Test func choicesAreOfferedInBothLanguages() async throws {
        let stage = try await Stage.shared.value
        var request = DescribePlayRequest()
        request.definitionRecord = try await stage.entry("Create Risk Signal and Issue Record").id
        for (locale, labels) in [("en", ["Risk", "Issue"]), ("ko", ["위험", "문제"])] {
            let page = try await stage.call(
                PlayLauncherAPI.describePlay, request, as: try person(successAgent, locale: locale))
            let question = try #require(page.questions.first { $0.name == "risk_or_issue" })
            #expect(question.options.map(\.label) == labels)
            #expect(question.options.map(\.value) == question.choices && question.choices == ["risk", "issue"])
        }
    }

    /// What is made gets its playbook; a play does without one that was retired, and says so when it fails for another
    /// reason.
    @Test func playbooksAreAttached() async throws {
        let stage = try await Stage()
        let caller = try person(successAgent)
        let subject = "Review \(uuid())"
        let given = #"{"meeting_date": "2027-03-31", "subject": "\#(subject)"}"#
        let retired = Problem(.failedPrecondition, Text(en: "None.", ko: "없음."), reason: "NO_PLAYBOOK")
        for (refusal, state) in [(nil, "completed"), (retired, "completed"), (.permissionDenied(), "failed")] {
            if let refusal { stage.owner.refusePlaybook(with: refusal) }
            let run = try await stage.launch(Self.review, given, from: uuid(), as: caller)
            #expect(try await stage.end(of: run.id).state == state)
        }
        let attached = stage.owner.touchpoints(subject).map { stage.owner.playbooks(over: $0.id) }
        #expect(attached.count == 3 && attached.flatMap(\.self) == ["quarterly_business_review"])
    }

    /// The page of a new case launches from the account; there is no case that the new one comes from, and no record that
    /// takes a work note.
    @Test func theAccountIsASource() async throws {
        let stage = try await Stage.shared.value
        let caller = try person("sn_acct_lc.agent")
        var request = ListPlayCategoriesRequest()
        request.sourceTable = "customer_account"
        let page = try await stage.call(PlayLauncherAPI.listPlayCategories, request, as: caller)
        let offered = page.categories.flatMap { $0.entries + $0.subcategories.flatMap(\.entries) }
            // What another test defines begins everywhere.
            .filter { offer in PlaySeed.entries.contains { $0.title == offer.title } }
        #expect(offered.map(\.title) == ["Initiate a new onboarding journey"])
        var launch = LaunchPlayRequest()
        launch.definitionRecord = try #require(offered.first).definitionRecord
        (launch.sourceTable, launch.sourceRecord) = ("customer_account", uuid())
        let run = try await stage.call(PlayLauncherAPI.launchPlay, launch, as: caller)
        #expect(run.account == launch.sourceRecord && run.engagement == nil && run.domain == StandIn.domain)
        let end = try await stage.end(of: run.id)
        #expect(end.state == "completed", "\(end.message ?? "")")
        let made = stage.foundation.cases(of: launch.sourceRecord)
        #expect(made.count == 1 && made[0].type == "phased" && made[0].parent == nil)
        #expect(try await stage.steps(of: run.id).map(\.state) == ["done", "done"])
    }
}
