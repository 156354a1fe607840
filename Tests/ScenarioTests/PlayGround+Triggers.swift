import CustomerSuccessWire
import JourneyKit
import PlayLauncherWire
import RPC
import Testing
import Wire

/// A play that starts itself, over all processes: by the event of a change, in the name of a user, once; and a back-test that
/// says so out of the owner's journal.
extension PlayGround {
    func playByItself() async throws {
        let administrator = Credential.token(world.administrator)
        let record = try #require(sources.first { $0.table == Engagement.schema.table }?.id)
        var get = GetRequest()
        get.id = record
        let engagement = try await world.call(CustomerSuccessAPI.getEngagement, get, as: manager)
        let entry = try #require(
            try await offered(on: Engagement.schema.table).first { $0.title == "Setup Next Quarterly Business Review" })
        var draft = PlayTrigger()
        (draft.title, draft.sourceTable) = ("Review when health goes red", Engagement.schema.table)
        (draft.condition, draft.startsOn) = ("perceived_health = red", PlayTrigger.StartsOn.entering)
        (draft.definitionRecord, draft.actsAs) = (entry.definitionRecord, engagement.customerSuccessManager)
        draft.answers = #"{"meeting_date": "\#(Self.date)"}"#
        var creation = CreatePlayTriggerRequest()
        creation.playTrigger = draft
        var action = ActionRequest()
        action.id = try await world.call(PlayLauncherAPI.createPlayTrigger, creation, as: administrator).id
        _ = try await world.call(PlayLauncherAPI.activatePlayTrigger, action, as: administrator)

        var update = UpdateEngagementRequest()
        var changed = Engagement()
        (changed.id, changed.perceivedHealth) = (record, Engagement.PerceivedHealth.red)
        (update.engagement, update.updateMask) = (changed, ["perceived_health"])
        _ = try await world.call(CustomerSuccessAPI.updateEngagement, update, as: manager)
        var list = ListRequest()
        list.filter = "play_trigger = \(action.id)"
        let asked = list
        let firing = try await world.eventually("the firing of a trigger") {
            let found = try await world.call(PlayLauncherAPI.listPlayFirings, asked, as: administrator).playFirings
            return found.first { $0.state != PlayFiring.State.waiting }
        }
        #expect(firing.state == PlayFiring.State.launched && firing.sourceRecord == record, "\(firing.message ?? "")")
        let run = try #require(try await ended([firing.flowRun ?? ""]).first)
        #expect(run.state == FlowRun.State.completed && run.requestedBy == engagement.customerSuccessManager)

        var test = BackTestPlayTriggerRequest()
        (test.id, test.days) = (action.id, 1)
        let tested = try await world.call(PlayLauncherAPI.backTestPlayTrigger, test, as: administrator)
        #expect(tested.launches.map(\.sourceRecord) == [record] && !tested.cut)
        #expect(tested.launches.first?.at == firing.occurredAt && tested.launches.first?.edge == firing.edge)
        _ = try await world.call(PlayLauncherAPI.deactivatePlayTrigger, action, as: administrator)
    }
}
