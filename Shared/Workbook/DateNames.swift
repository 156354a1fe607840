/// What months, weekdays and halves of the day are called in a date format. Where no language is said they are English: so
/// Excel writes `mmm`, `ddd` and AM/PM in its English and in its Korean edition.
struct DateNames {
    private let isKorean: Bool

    /// Nil for languages whose names are not known here.
    init?(_ language: FormatLocale.Language) {
        guard language != .other else { return nil }
        isKorean = language == .korean
    }

    /// The month by three, four or five letters; nil where editions differ.
    func month(_ number: Int, width: Int) -> String? {
        if isKorean { return width == 4 ? "\(number)월" : nil }
        let name = Self.months[number - 1]
        return width == 3 ? String(name.prefix(3)) : width == 4 ? name : String(name.prefix(1))
    }

    /// The day of the week, 0 for Sunday, by three or four letters.
    func weekday(_ number: Int, width: Int) -> String {
        if isKorean { return Self.koreanDays[number] + (width == 4 ? "요일" : "") }
        return width == 3 ? String(Self.days[number].prefix(3)) : Self.days[number]
    }

    /// AM or PM.
    func half(isMorning: Bool) -> String {
        isKorean ? (isMorning ? "오전" : "오후") : isMorning ? "AM" : "PM"
    }

    /// The day of the week by the letters `aaa` and `aaaa`, which East Asian formats have; nil elsewhere.
    func eastAsianWeekday(_ number: Int, width: Int) -> String? {
        isKorean ? weekday(number, width: width) : nil
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let koreanDays = ["일", "월", "화", "수", "목", "금", "토"]
}
