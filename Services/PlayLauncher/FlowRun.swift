import PlayLauncherWire
import Postgres
import RPC
import Records
import Wire

extension FlowRun: Record {
    public static let storage = Storage<FlowRun>(domain: .preset, unsearched: [.answers])

    public static let rules: [Rule<FlowRun>] = [
        .check(
            "G-78", field: .state,
            Text(en: "The run cannot go to this state.", ko: "실행을 이 상태로 바꿀 수 없습니다.")
        ) { change, _ in
            guard let old = change.old, change.changes(.state) else { return true }
            return moves[old.state ?? ""]?.contains(change.new.state ?? "") == true
        }
    ]

    /// What the person whom the run is for is told in `language`, and whoever else reads of it in theirs.
    mutating func tell(_ text: Text, _ language: String) {
        message = text(language)
        (messageEn, messageKo) = (text.en, text.ko)
    }

    /// Says at which step the run stands; none when it goes on.
    mutating func stand(at title: Text?) { (step, stepKo) = (title?.en, title?.ko) }

    /// The run goes on: what was told of its standing still holds no more.
    mutating func goOn() {
        state = State.inProgress
        (message, messageEn, messageKo) = (nil, nil, nil)
        stand(at: nil)
    }

    /// States and those that may follow: a run is begun, launched, held while its person may not act, and ends; one that has
    /// failed is taken up again when somebody says so.
    static let moves: [String: Set<String>] = [
        State.started: [State.inProgress, State.canceled],
        State.inProgress: [State.waiting, State.held, State.completed, State.failed, State.canceled],
        State.held: [State.inProgress, State.canceled],
        State.waiting: [State.inProgress, State.completed, State.failed, State.canceled],
        State.failed: [State.inProgress],
    ]
}
