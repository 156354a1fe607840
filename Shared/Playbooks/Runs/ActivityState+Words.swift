import Wire

extension ActivityState {
    /// Why an activity in this state does not allow a move, and what can be done instead.
    var refusal: Text {
        switch self {
        case .pending: Text(en: "The turn of the activity has not come yet.", ko: "아직 이 활동의 차례가 아닙니다.")
        case .inProgress:
            Text(en: "The activity is in progress: it can be completed.", ko: "활동이 이미 진행 중입니다. 완료할 수 있습니다.")
        case .done: Text(en: "The activity is done. Reopen it first.", ko: "완료된 활동입니다. 먼저 다시 연 후 진행하세요.")
        case .skipped: Text(en: "The activity was skipped. Reopen it first.", ko: "건너뛴 활동입니다. 먼저 다시 연 후 진행하세요.")
        case .canceled: Text(en: "The activity was canceled. Reopen it first.", ko: "취소된 활동입니다. 먼저 다시 연 후 진행하세요.")
        case .failed:
            Text(
                en: "The activity has failed: its record could not be made. Restart it.",
                ko: "레코드를 만들지 못해 실패한 활동입니다. 활동을 다시 시작하세요.")
        }
    }
}
