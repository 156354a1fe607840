import Records

/// How the states of success records move.
extension Lifecycle {
    /// Moves of most success records: New, In progress and Paused, then Closed or Canceled (G-02).
    static var workMoves: [String: Set<String>] {
        [
            "new": ["in_progress", "canceled"], "in_progress": ["paused", "closed", "canceled"],
            "paused": ["in_progress", "closed", "canceled"],
        ]
    }

    /// Moves of engagements and objectives: New, Define, In progress, Closed, and Canceled from any open state (G-02).
    static var journeyMoves: [String: Set<String>] {
        [
            "new": ["define", "canceled"], "define": ["in_progress", "canceled"],
            "in_progress": ["closed", "canceled"],
        ]
    }

    /// Progress of success records, after the pattern of onboarding tasks.
    static var workProgress: Tie {
        Tie(
            R.field("progress"),
            [
                "new": ["not_started"], "define": ["not_started", "on_track", "at_risk"],
                "in_progress": ["on_track", "at_risk"], "paused": ["paused", "at_risk"], "closed": ["completed"],
                "canceled": ["canceled"],
            ])
    }
}
