import CustomerSuccessWire
import OnboardingWire
import RPC
import Testing
import Wire

@testable import WorkspaceService

/// What a service advises about something that it does all the same (ADR 0014) stands on the page that comes then.
@Suite struct AdviceTests {
    private static let id = "018f0000-0000-7000-8000-0000000000ab"
    private static let sentence = "The account has another <active> engagement."

    private func bench() async throws -> Bench {
        let bench = try Bench(agreeing: Said())
        var ann = SignedIn.ann()
        ann.roles = ["admin"]
        try await bench.answer("onboarding", StandIn.sessions(ann))
        try await bench.answer(
            "customer-success",
            [
                Endpoint(CustomerSuccessAPI.addEngagementWorkNote) { call, request in
                    if request.text == "twice" {
                        call.warn([Warning(rule: "G-92", field: "account", message: Self.sentence)])
                    }
                    call.warn([Warning(rule: "G-92", field: "account", message: Self.sentence)])
                    return ActivityEntry()
                },
                Endpoint(CustomerSuccessAPI.createEngagement) { call, request in
                    call.warn([Warning(rule: "G-91", field: "initial_onboarding", message: "It is not closed.")])
                    var engagement = request.engagement ?? Engagement()
                    (engagement.id, engagement.number) = (Self.id, "ENGMT0001001")
                    return engagement
                },
                Endpoint(CustomerSuccessAPI.getEngagement) { _, request in
                    var engagement = Engagement()
                    (engagement.id, engagement.number) = (Self.id, "ENGMT0001001")
                    return engagement
                },
                Endpoint(CustomerSuccessAPI.describeCustomerSuccess) { _, request in
                    var table = TableDescription()
                    table.table = Engagement.schema.table
                    table.operations = ["read", "create", "write"]
                    var response = DescribeResponse()
                    response.tables = [table]
                    return response
                },
            ])
        return bench
    }

    @Test func whatWasAdvisedStandsOnThePageAndInNoAddress() async throws {
        let bench = try await bench()
        let browser = Browser(bench, session: "good")
        let proof = Secrets.proof(of: StandIn.token("good"))
        let address = "/records/engagement/\(Self.id)"
        let done = try await browser.post(
            "\(address)/say", [("csrf", proof), ("kind", "note"), ("text", "twice")])
        #expect(done.status == 303 && done.location.contains("advice=") && !done.location.contains("another"))
        let page = try await browser.get(done.location)
        let said = "The account has another &lt;active&gt; engagement."
        #expect(page.status == 200 && page.text.ranges(of: said).count == 1)
        // It is said once, and of nothing that is only called so.
        #expect(try await !browser.get(address).text.contains(said))
        #expect(try await !browser.get("\(address)?advice=x").text.contains("Worth knowing"))
    }

    /// Records of any table are written in JSON, and bring what was advised as well.
    @Test func aNewRecordBringsItsAdvice() async throws {
        let browser = Browser(try await bench(), session: "good")
        let proof = Secrets.proof(of: StandIn.token("good"))
        let made = try await browser.post("/records/engagement/new", [("csrf", proof), ("title", "One more")])
        #expect(made.status == 303 && made.location.contains("done=created&saved=edit&advice="))
        let page = try await browser.get(
            "/records/engagement/\(Self.id)?\(made.location.drop { $0 != "?" }.dropFirst())")
        #expect(page.text.contains("It is not closed."))
    }

    /// Another's advice is nobody else's, and the name of an advice takes nothing back.
    @Test func anothersAdviceIsNotThere() throws {
        let undos = Undos(now: { Bench.now })
        let (ann, advice) = (Person(SignedIn.ann()), Advice())
        advice.add([Warning(rule: "G-92", field: "account", message: Self.sentence)])
        let kept = try #require(undos.keep(advice, of: ann))
        var other = SignedIn.ann()
        other.user = "018f0000-0000-7000-8000-0000000000bb"
        #expect(undos.look(kept, of: Person(other), as: Advice.self) == nil)
        #expect(undos.look(kept, of: nil, as: Advice.self) == nil)
        #expect(undos.look(kept, of: ann, as: Undos.Change.self) == nil)
        #expect(undos.look(kept, of: ann, as: Advice.self)?.sentences == [Self.sentence])
        #expect(undos.keep(Advice(), of: ann) == nil)
    }

    @Test func thereIsAnEndToAdvice() {
        let advice = Advice()
        advice.add((0..<40).map { Warning(rule: "G-92", field: "account", message: "\($0 % 20)") })
        #expect(advice.sentences == (0..<8).map { "\($0)" })
    }
}
