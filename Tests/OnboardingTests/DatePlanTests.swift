import OnboardingWire
import Playbooks
import ServiceTestKit
import Testing
import Wire

@testable import OnboardingService

/// What a move of a date does, worked out of random cases.
@Suite struct DatePlanTests {
    private static let monday = CivilDate(year: 2026, month: 3, day: 2)

    /// A random case: each waits for some of those before it.
    private static func plan(_ random: inout SeededNumbers, _ count: Int) -> DatePlan {
        let holidays = (0..<8).map { _ in CivilDate(days: monday.days + Int.random(in: -60...120, using: &random)) }
        let calendar = WorkCalendar(holidays: holidays)
        let first = calendar.day(1, from: monday)
        var dues: [DatePlan.Due] = []
        for place in 0..<count {
            var due = DatePlan.Due(before: calendar.day(Int.random(in: 0...40, using: &random), from: first))
            due.waitsFor = (0..<place).filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
            dues.append(due)
        }
        return DatePlan(
            goLive: calendar.day(Int.random(in: 20...60, using: &random), from: first), today: monday,
            calendar: calendar, dues: dues)
    }

    @Test func everythingKeepsItsDistanceToGoLive() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededNumbers(seed: seed)
        for _ in 0..<200 {
            let known = Self.plan(&random, 12)
            var dues = known.dues
            dues[0].isMovable = false
            dues[1].count = .counted(CivilDate(days: Self.monday.days + 7))
            let plan = DatePlan(goLive: known.goLive, today: known.today, calendar: known.calendar, dues: dues)
            let before = try #require(plan.goLive)
            let date = plan.calendar.day(Int.random(in: -40...40, using: &random), from: before)
            let planned = try #require(plan.outcome(of: .goLive(date)))
            #expect(planned[0].after == dues[0].before && planned[0].reason == nil)
            #expect(planned[1].after == CivilDate(days: Self.monday.days + 7))
            for (due, planned) in zip(dues, planned).dropFirst(2) {
                let (was, now) = (try #require(due.before), try #require(planned.after))
                #expect(
                    plan.calendar.distance(from: now, to: date) == plan.calendar.distance(from: was, to: before),
                    "seed \(seed)")
                #expect((planned.reason != nil) == (was != now))
            }
        }
    }

    /// Dates on weekends and holidays: what moves comes to a day on which somebody works, and nothing overtakes another.
    @Test func whatIsDueOnADayOffComesToAWorkingDay() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededNumbers(seed: seed)
        var off = 0
        for _ in 0..<200 {
            let known = Self.plan(&random, 2)
            let dues = (0..<12).map { _ in
                DatePlan.Due(before: CivilDate(days: Self.monday.days + Int.random(in: 0...60, using: &random)))
            }
            let plan = DatePlan(
                goLive: CivilDate(days: Self.monday.days + Int.random(in: 0...60, using: &random)), today: known.today,
                calendar: known.calendar, dues: dues)
            let date = CivilDate(days: Self.monday.days + Int.random(in: 0...90, using: &random))
            let planned = try #require(plan.outcome(of: .goLive(date)))
            let distance = plan.calendar.distance(from: try #require(plan.goLive), to: date)
            for (due, planned) in zip(dues, planned) {
                let (before, after) = (try #require(due.before), try #require(planned.after))
                off += plan.calendar.counts(before) ? 0 : 1
                #expect(distance == 0 ? after == before : plan.calendar.counts(after), "seed \(seed)")
                #expect(planned.isOff == !plan.calendar.counts(after))
            }
            let order = zip(dues, planned).sorted { ($0.0.before ?? date) < ($1.0.before ?? date) }.compactMap(
                \.1.after)
            #expect(order == order.sorted(), "seed \(seed)")
        }
        #expect(off > 100)
    }

    @Test func whatWaitsIsPushedAndNothingElse() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededNumbers(seed: seed)
        for _ in 0..<200 {
            let plan = Self.plan(&random, 12)
            let place = Int.random(in: plan.dues.indices, using: &random)
            let before = try #require(plan.dues[place].before)
            let date = plan.calendar.day(Int.random(in: -20...20, using: &random), from: before)
            let planned = try #require(plan.outcome(of: .due(place, date)))
            #expect(planned[place].after == date)
            var behind: Set<Int> = [place]
            for (other, due) in plan.dues.enumerated() where other > place {
                if !behind.isDisjoint(with: due.waitsFor) { behind.insert(other) }
            }
            for (other, due) in plan.dues.enumerated() where other != place {
                let (was, now) = (try #require(due.before), try #require(planned[other].after))
                #expect(now >= was, "nothing comes earlier, seed \(seed)")
                guard now != was else { continue }
                #expect(behind.contains(other) && planned[other].reason == .pushed && date > before, "seed \(seed)")
                let last = try #require(due.waitsFor.compactMap { plan.dues[$0].before }.max())
                let then = try #require(due.waitsFor.compactMap { planned[$0].after }.max())
                #expect(plan.calendar.distance(from: then, to: now) == plan.calendar.distance(from: last, to: was))
            }
        }
    }

    /// Slack is what it says: that much later holds nothing up, one day more does.
    @Test func slackIsWhatMaySlip() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededNumbers(seed: seed)
        for _ in 0..<100 {
            let plan = Self.plan(&random, 8)
            let goLive = try #require(plan.goLive)
            let planned = try #require(plan.outcome(of: .goLive(goLive)))
            let least = try #require(planned.compactMap(\.slack).min())
            for place in plan.dues.indices {
                let (slack, after) = (try #require(planned[place].slack), try #require(planned[place].after))
                #expect(planned[place].isCritical == (slack == least))
                #expect(planned[place].isAfterGoLive == (after > goLive))
                #expect(planned[place].isBeforeToday == (after < plan.today))
                guard least >= 0 else { continue }
                let late = [slack, slack + 1].map { plan.calendar.day($0, from: after) }
                    .map { plan.outcome(of: .due(place, $0))?.contains(where: \.isAfterGoLive) }
                #expect(late == [false, true], "seed \(seed): \(place) of \(plan)")
            }
        }
    }

    @Test func nothingIsCriticalWithoutAGoLiveDate() throws {
        let due = DatePlan.Due(before: Self.monday)
        let plan = DatePlan(goLive: nil, today: Self.monday, calendar: WorkCalendar(), dues: [due])
        let planned = try #require(plan.outcome(of: .due(0, Self.monday.adding(days: 1))))
        #expect(planned[0].slack == nil && !planned[0].isCritical && planned[0].reason == .asked)
        // The first go-live date moves only what is counted from it.
        #expect(plan.outcome(of: .goLive(Self.monday))?[0].after == Self.monday)
    }

    @Test func aDateThatCannotBeWrittenIsNoOutcome() throws {
        let last = CivilDate(year: 9999, month: 12, day: 31)
        let plan = DatePlan(
            goLive: Self.monday, today: Self.monday, calendar: WorkCalendar(),
            dues: [DatePlan.Due(before: Self.monday.adding(days: 7))])
        #expect(plan.outcome(of: .goLive(last)) == nil)
    }

    /// What has yet to begin comes behind the last of what it waits for, never before today.
    @Test func whatIsExpectedComesBehindWhatItWaitsFor() throws {
        let days = { (count: Int) in Self.monday.adding(days: count) }
        var dues = [DatePlan.Due(before: days(2)), DatePlan.Due(before: days(4))]
        dues.append(DatePlan.Due(isMovable: false, waitsFor: [0, 1], startingOn: { $0.adding(days: 3) }))
        dues.append(DatePlan.Due(isMovable: false, waitsFor: [2], startingOn: { $0.adding(days: 1) }))
        dues.append(DatePlan.Due(isMovable: false, startingOn: { $0.adding(days: 1) }))
        let plan = DatePlan(goLive: days(11), today: days(1), calendar: WorkCalendar(), dues: dues)
        let planned = try #require(plan.outcome(of: .due(1, days(7))))
        #expect(planned.map(\.before) == [days(2), days(4), days(7), days(8), nil])
        #expect(planned.map(\.after) == [days(2), days(7), days(10), days(11), nil])
        #expect(planned[3].reason == .pushed && planned[0].reason == nil && planned[4].slack == nil)
        // Go-live is reached on the very day: what decides that is critical, what may come later is not.
        #expect(planned.map(\.isCritical) == [false, true, true, true, false])
        let past = try #require(plan.outcome(of: .due(1, days(-7))))
        #expect(past[2].after == days(5) && past[1].isBeforeToday)
    }
}
