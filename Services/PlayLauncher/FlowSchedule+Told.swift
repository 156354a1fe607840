import Flows
import Korean
import RPC
import Wire

extension FlowSchedule {
    /// What a person who looks at the play reads of its schedule: that it begins nothing alone.
    func told(_ language: String) -> String {
        Text(
            en:
                "This play has a schedule (\(text)). It begins nothing alone: a trigger that starts on the schedule of its play does.",
            ko: "일정이 있는 플레이입니다(\(text)). 일정만으로는 시작되지 않으며, ‘플레이의 일정’에 시작하는 트리거가 있어야 합니다."
        )(language)
    }
}
