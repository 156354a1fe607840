import CustomerSuccessWire
import Records
import Wire

/// How the states of success records move. The states of all of them go by the same words, those of their tasks; a record
/// that lacks one says so when it is first used.
extension Lifecycle {
    private typealias Work = SuccessTask.State
    private typealias Journey = SuccessObjective.State
    private typealias Progress = SuccessObjective.Progress

    /// Moves of most success records: New, In progress and Paused, then Closed or Canceled (G-02).
    static var workMoves: [String: Set<String>] {
        [
            Work.new: [Work.inProgress, Work.canceled],
            Work.inProgress: [Work.paused, Work.closed, Work.canceled],
            Work.paused: [Work.inProgress, Work.closed, Work.canceled],
        ]
    }

    /// Moves of engagements and objectives: New, Define, In progress, Closed, and Canceled from any open state (G-02).
    static var journeyMoves: [String: Set<String>] {
        [
            Journey.new: [Journey.define, Journey.canceled], Journey.define: [Journey.inProgress, Journey.canceled],
            Journey.inProgress: [Journey.closed, Journey.canceled],
        ]
    }
}

extension Lifecycle where R.Field: HasProgress {
    /// Progress of success records, after the pattern of onboarding tasks.
    static var workProgress: Tie {
        Tie(
            .progress,
            [
                Work.new: [Progress.notStarted],
                Journey.define: [Progress.notStarted, Progress.onTrack, Progress.atRisk],
                Work.inProgress: [Progress.onTrack, Progress.atRisk], Work.paused: [Progress.paused, Progress.atRisk],
                Work.closed: [Progress.completed], Work.canceled: [Progress.canceled],
            ])
    }
}
