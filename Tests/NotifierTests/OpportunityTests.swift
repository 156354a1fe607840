import CustomerSuccessWire
import NotifierWire
import RPC
import ServiceTestKit
import Testing
import Wire

@testable import NotifierService

/// The account manager is told of an opportunity that is handed over (G-120).
@Suite struct OpportunityTests {
    private func handedOver(to manager: String, _ edit: (inout RecordEvent) -> Void = { _ in }) throws -> RecordEvent {
        var opportunity = Opportunity()
        (opportunity.id, opportunity.number, opportunity.title) = (uuid(), "OPPTY0000001", "Ten more sites")
        (opportunity.kind, opportunity.value, opportunity.currency) = ("expansion", "1200.5", "EUR")
        (opportunity.state, opportunity.handedOverTo) = ("handed_over", manager)
        return event("opportunity", "updated", try opportunity.encodeProtobuf(), id: opportunity.id) {
            $0.changedFields = ["state", "handed_over_to", "handed_over_at"]
            edit(&$0)
        }
    }

    @Test(arguments: [
        ("en", "Opportunity OPPTY0000001 was handed over to you.", "Kind: Expansion"),
        ("ko", "영업 기회 OPPTY0000001이 인계되었습니다.", "종류: 확장"),
    ])
    func theAccountManagerIsTold(language: String, subject: String, line: String) async throws {
        let stage = try await Stage.shared.value
        let manager = try await stage.meet(successAgent, language: language)
        let event = try handedOver(to: manager)
        #expect(stage.opportunities.handler.takes(event, of: "customer-success"))
        try await stage.apply(event, stage.opportunities.apply)
        let told = try await stage.notifications(of: manager)
        #expect(told.map(\.subject) == [subject] && told.first?.sourceRecord == event.id)
        #expect(told.first?.body?.contains("Ten more sites\n\(line)") == true, "\(told)")
        #expect(told.first?.body?.contains("1200.5 EUR") == true)
        #expect(try await stage.mails(to: manager).map(\.subject) == [subject])
    }

    /// Not who did it, nor who may not read it, nor of another change or of what is given back.
    @Test func nobodyElseIsTold() async throws {
        let stage = try await Stage.shared.value
        let manager = try await stage.meet(successAgent)
        let stranger = try await stage.meet("sn_acct_lc.touchpoint_read")
        try await stage.apply(handedOver(to: manager) { $0.actor = manager }, stage.opportunities.apply)
        try await stage.apply(handedOver(to: stranger), stage.opportunities.apply)
        for reader in [manager, stranger] {
            #expect(try await stage.notifications(of: reader).isEmpty)
            #expect(try await stage.mails(to: reader).isEmpty)
        }
        func wanted(_ event: RecordEvent) -> Bool { stage.opportunities.handler.takes(event, of: "customer-success") }
        #expect(try !wanted(handedOver(to: manager) { $0.changedFields = ["title"] }))
        #expect(try wanted(handedOver(to: manager) { ($0.action, $0.changedFields) = ("created", []) }))
        var back = Opportunity()
        back.state = "qualified"
        let record = try back.encodeProtobuf()
        #expect(try !wanted(handedOver(to: manager) { $0.record = record }))
    }
}
