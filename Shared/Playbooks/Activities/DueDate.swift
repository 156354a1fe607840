import Ground
import PlaybooksWire
import Wire

extension ActivityDue {
    /// The day by which an activity that starts on `start` is due; nil while the date it is counted from is not known, and
    /// where that would be no day that can be written. Working days leave `holidays` out, besides those of the calendar.
    func date(
        start: CivilDate, of record: (String) -> String, in playbook: Playbook, holidays: [CivilDate] = []
    ) -> CivilDate? {
        let isBefore = base == .beforeField
        guard let origin = isBefore ? CivilDate(record(field)) : start else { return nil }
        let count = isBefore ? -Int(days) : Int(days)
        let day =
            workingDays
            ? WorkCalendar(calendar, in: playbook, holidays: holidays).day(count, from: origin)
            : CivilDate(days: origin.days + count)
        return CivilDate(day.description)
    }
}
