import CustomerSuccessWire
import PlayLauncherWire
import RPC
import Records
import ServiceTestKit
import Tenancy
import Testing
import Wire

@testable import PlayLauncherService

/// Which triggers an event meets, of many: the same that each by itself would say.
@Suite struct TriggerIndexTests {
    private let journal = JournalStandIn()

    private func trigger(_ condition: String, on start: String = "entering", domain: String = "/provider/") throws
        -> CompiledTrigger
    {
        var trigger = PlayTrigger()
        (trigger.id, trigger.domain, trigger.condition) = (uuid(), domain, condition)
        (trigger.sourceTable, trigger.startsOn, trigger.actsAs) = ("engagement", start, uuid())
        (trigger.active, trigger.activatedAt) = (true, Stage.morning)
        return try trigger.compiled(roles: ["admin"])
    }

    private func event(_ id: String, _ second: Int64, _ body: (inout Engagement) -> Void) -> RecordEvent {
        journal.write(id, at: Stage.morning.later(second), body).event
    }

    @Test func anEventMeetsWhatEachTriggerSays() throws {
        let index = TriggerIndex()
        let conditions = [
            "perceived_health = red", "perceived_health = red AND stage = renew", "perceived_health != green",
            "stage = renew OR perceived_health = red", "title : urgent", "NOT (perceived_health = red)",
            "renewal_date < days_from_now(30)", "health_score > 5", "account_manager = me()",
            "renewal_date <= days_from_now(40) AND renewal_date >= today()", "health_score < 3", "health_score >= 7",
            "renewal_date > 2027-01-20 AND NOT stage = renew", "health_score <= 7 AND title : urgent",
        ]
        let triggers = try conditions.flatMap { text in
            try ["entering", "leaving", "both"].map { try trigger(text, on: $0) }
        }
        index.replace(with: triggers)
        let id = uuid()
        var met = 0
        var before: FieldTexts?
        for second in 1..<60 {
            let event = event(id, Int64(second)) { engagement in
                engagement.perceivedHealth = ["red", "green", "yellow"][second % 3]
                engagement.stage = second % 5 < 2 ? "renew" : "adoption"
                engagement.title = second % 7 == 0 ? "Urgent thing" : "Thing"
                engagement.renewalDate = Stage.morning.day.adding(days: second % 4 * 20).description
                if second % 2 == 0 { engagement.healthScore = Int32(second % 9) }
                if second % 11 == 0 { engagement.accountManager = triggers[second % triggers.count].actsAs }
            }
            let record = try Engagement.decode(protobuf: event.record)
            let after = Dictionary(
                uniqueKeysWithValues: Engagement.schema.fields.map { ($0.name, record[named: $0.name].journalText) })
            let change = ObservedChange(
                record: id, domain: try #require(DomainPath(event.domain)), at: try #require(event.at), by: "",
                cause: nil, before: before, after: after)
            let expected = triggers.compactMap { trigger in
                trigger.edge(of: change).map { "\(trigger.id) \($0.rawValue)" }
            }
            let found = index.met(by: event).map { "\($0.trigger.id) \($0.edge.rawValue)" }
            #expect(found.sorted() == expected.sorted(), "\(second)")
            met += found.count
            before = after
        }
        #expect(met > 60)
    }

    @Test func whatDoesNotConcernATriggerMeetsNone() throws {
        let index = TriggerIndex()
        index.replace(with: [try trigger("perceived_health = red")])
        let id = uuid()
        #expect(index.met(by: event(id, 1) { $0.perceivedHealth = "red" }).count == 1)
        #expect(index.met(by: event(id, 2) { $0.title = "Other" }).isEmpty)
        var red = event(id, 3) { $0.perceivedHealth = "green" }
        red = event(id, 4) { $0.perceivedHealth = "red" }
        #expect(index.met(by: red).count == 1)
        var other = red
        other.domain = "/other/"
        #expect(index.met(by: other).isEmpty)
        var early = red
        early.at = Stage.morning.later(-1)
        #expect(index.met(by: early).isEmpty)
        // Of a service that did not say yet what was before; the journal knows.
        var old = red
        old.oldValues = []
        #expect(index.met(by: old).isEmpty)
        // It ceases to meet it when it is deleted, which this one does not wait for.
        var gone = red
        (gone.action, gone.changedFields, gone.oldValues) = ("deleted", [], [])
        #expect(index.met(by: gone).isEmpty)
        index.replace(with: [try trigger("perceived_health = red", on: "leaving")])
        #expect(index.met(by: gone).map(\.edge) == [.leaving])
        index.replace(with: [try trigger("perceived_health = green", on: "leaving")])
        #expect(index.met(by: gone).isEmpty)
        index.replace(with: [])
        #expect(index.met(by: red).isEmpty)
    }
}
