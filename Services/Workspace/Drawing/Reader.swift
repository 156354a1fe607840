import Foundation
import Korean
import Wire

/// Who reads a page: the language, the zone that times are shown in, and the moment.
struct Reader: Sendable {
    let language: Language
    let zone: ReaderZone
    let now: Timestamp

    /// A text in the reader's language.
    func callAsFunction(_ text: Text) -> String { text(language) }

    /// A day in words: `30 Jun 2027`, `2027년 6월 30일`.
    func text(_ day: CivilDate) -> String {
        let (year, month, number) = day.components
        return switch language {
        case .en: "\(number) \(Self.months[month - 1]) \(year)"
        case .ko: "\(date: day.description)"
        }
    }

    /// A time in the reader's zone: `30 Jun 2027, 14:05`.
    func text(_ time: Timestamp) -> String {
        let (day, minute) = zone.local(time)
        let hours = minute / 60 < 10 ? "0\(minute / 60)" : "\(minute / 60)"
        let minutes = minute % 60 < 10 ? "0\(minute % 60)" : "\(minute % 60)"
        return language == .ko ? "\(text(day)) \(hours):\(minutes)" : "\(text(day)), \(hours):\(minutes)"
    }

    /// How far away a day is. Days are UTC days, as everywhere.
    func distance(_ day: CivilDate) -> String {
        let days = day.days - today.days
        let text =
            switch days {
            case 0: Text(en: "today", ko: "오늘")
            case 1: Text(en: "tomorrow", ko: "내일")
            case -1: Text(en: "yesterday", ko: "어제")
            case 1...: Text(en: "in \(grouped: days) days", ko: "\(grouped: days)일 후")
            default: Text(en: "\(grouped: -days) days ago", ko: "\(grouped: -days)일 전")
            }
        return text(language)
    }

    /// How long ago a time was.
    func distance(_ time: Timestamp) -> String {
        let minutes = (now.seconds - time.seconds) / 60
        // Days begin at midnight where the reader lives.
        let days = zone.local(now).day.days - zone.local(time).day.days
        let text =
            switch minutes {
            case ..<1: Text(en: "just now", ko: "방금")
            case 1: Text(en: "1 minute ago", ko: "1분 전")
            case ..<60: Text(en: "\(minutes) minutes ago", ko: "\(minutes)분 전")
            case ..<120: Text(en: "1 hour ago", ko: "1시간 전")
            case ..<1_440: Text(en: "\(minutes / 60) hours ago", ko: "\(minutes / 60)시간 전")
            case _ where days == 1: Text(en: "yesterday", ko: "어제")
            default: Text(en: "\(grouped: days) days ago", ko: "\(grouped: days)일 전")
            }
        return text(language)
    }

    /// Today in UTC.
    var today: CivilDate { CivilDate(days: Int(now.seconds / 86_400)) }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

/// The time zone somebody lives in. The one place that asks for a zone: everything else knows UTC alone.
struct ReaderZone: Sendable {
    /// Nil for UTC, where nothing has to be asked.
    private let zone: TimeZone?

    /// The names of all zones, in their order.
    static let names = TimeZone.knownTimeZoneIdentifiers.sorted()

    /// The zone of that name in the IANA database; UTC where there is none.
    init(_ name: String) {
        zone = name == "UTC" ? nil : TimeZone(identifier: name)
    }

    /// The day and the minute of the day that a clock there shows.
    func local(_ time: Timestamp) -> (day: CivilDate, minute: Int) {
        let offset = zone?.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.seconds))) ?? 0
        let seconds = Int(time.seconds) + offset
        let day = Int((Double(seconds) / 86_400).rounded(.down))
        return (CivilDate(days: day), (seconds - day * 86_400) / 60)
    }
}
