/// Decides what a run does next, from how its activities stand and what conditions answer. It does nothing itself.
enum PlaybookMachine {
    /// How an activity stands.
    struct Standing: Sendable, Equatable {
        var state: ActivityState
        /// Whether it is part of the run: its condition held when it was last looked at, or it started, and it was not left
        /// out since.
        var applies: Bool
    }

    /// What follows.
    struct Move: Sendable, Equatable {
        /// For every activity whether it is part of the run.
        var applies: [Bool]
        /// Places of those that start now.
        var starts: [Int]
        /// Whether nothing is left to do.
        var isDone: Bool
    }

    /// What follows from `standings`; `holds` answers the condition of an activity that has one.
    ///
    /// A lane is open when all before it are done: each activity that applies is done or skipped. An activity that waits
    /// comes in or drops out as its condition says; one that has started stays.
    static func next(_ plan: RunPlan, _ standings: [Standing], holds: (Int) throws -> Bool) rethrows -> Move {
        var now = standings
        for place in now.indices where now[place].state == .pending {
            now[place].applies = try plan.steps[place].condition == nil || holds(place)
        }
        var starts: [Int] = []
        var isOpen = true
        var place = 0
        while place < now.count {
            let end = now.indices[place...].first { plan.steps[$0].lane != plan.steps[place].lane } ?? now.count
            let lane = place..<end
            for step in lane where isOpen && now[step].state == .pending && now[step].applies {
                guard isReached(step, in: lane, plan, now) else { continue }
                now[step].state = .inProgress
                starts.append(step)
            }
            isOpen = isOpen && lane.allSatisfy { now[$0].holdsNothingUp }
            place = end
        }
        return Move(applies: now.map(\.applies), starts: starts, isDone: isOpen)
    }

    private static func isReached(
        _ step: Int, in lane: Range<Int>, _ plan: RunPlan, _ now: [Standing]
    ) -> Bool {
        let before = lane.filter { $0 < step && now[$0].applies }
        switch plan.steps[step].gate {
        case .lane: return true
        case .named(let others): return others.allSatisfy { now[$0].holdsNothingUp }
        case .withPrevious: return before.last.map { now[$0].state != .pending } ?? true
        case .previous:
            // The one before, and back from it those that it runs with.
            for other in before.reversed() {
                guard now[other].holdsNothingUp else { return false }
                guard plan.steps[other].gate == .withPrevious else { break }
            }
            return true
        }
    }
}

/// Where an activity of a run is.
public enum ActivityState: String, Sendable {
    /// Its turn has not come.
    case pending
    /// It is worked on.
    case inProgress = "in_progress"
    /// It was completed.
    case done
    /// It was optional, and passed over.
    case skipped
    /// It ended with its run or with the record it made.
    case canceled
    /// What it makes could not be made; it may be restarted.
    case failed

    /// Whether it has begun and has yet to end, by itself or with the record it made.
    var isBegun: Bool { self == .inProgress || self == .failed }

    /// Whether nothing is to be done for it any more.
    var isEnded: Bool { self == .done || self == .skipped || self == .canceled }
}

extension PlaybookMachine.Standing {
    /// Whether others need not wait for it: it is done or skipped (G-50), or no part of the run.
    var holdsNothingUp: Bool { !applies || state == .done || state == .skipped }
}
