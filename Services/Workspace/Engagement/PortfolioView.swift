import CustomerSuccessWire
import Korean
import RPC
import Wire

/// The portfolio as the landing page shows it: engagements by when they renew, each with its health over twelve weeks.
struct PortfolioView: Sendable {
    let parts: SuccessParts
    /// The id of the engagement whose work is shown below.
    let current: String
    /// The card that is chosen, which stays so.
    let card: String

    private var visit: Visit { parts.visit }

    /// How near a renewal is.
    private enum Nearness: Int, CaseIterable {
        case past, month, quarter, later, open

        init(_ days: Int32?) {
            switch days {
            case nil: self = .open
            case .some(..<0): self = .past
            case .some(...30): self = .month
            case .some(...90): self = .quarter
            default: self = .later
            }
        }

        var label: Text {
            switch self {
            case .past: Text(en: "Renewal is past", ko: "갱신일 경과")
            case .month: Text(en: "Renewal within 30 days", ko: "30일 이내 갱신")
            case .quarter: Text(en: "Renewal within 90 days", ko: "90일 이내 갱신")
            case .later: Text(en: "Renewal later", ko: "90일 이후 갱신")
            case .open: Text(en: "No renewal date", ko: "갱신일 없음")
            }
        }
    }

    /// The engagements, which come by their renewal, under how near that is.
    func groups(_ portfolio: [PortfolioEngagement]) -> [Values] {
        let byNearness = Dictionary(grouping: portfolio) { Nearness($0.daysUntilRenewal) }
        return Nearness.allCases.compactMap { nearness -> Values? in
            guard let some = byNearness[nearness] else { return nil }
            return ["label": visit.reader(nearness.label), "count": some.count, "items": some.map(item)]
        }
    }

    private func item(_ held: PortfolioEngagement) -> Values {
        let engagement = held.engagement ?? Engagement()
        var values = parts.engagement(engagement, held.accountName, held.currency)
        let chosen = card.isEmpty ? "" : "card=\(Fields.encoded(card))&"
        values["choose"] =
            "\(SuccessLanding.href)?\(chosen)engagement=\(Fields.encoded(engagement.number ?? engagement.id))#goes-on"
        values["current"] = engagement.id == current
        values["weeks"] = held.health.enumerated().map { week, health -> Values in
            // The worse, the taller: nobody has to tell colours apart.
            let height = Self.heights[health] ?? 2
            return ["value": health, "x": week * 8, "y": 24 - height, "height": height]
        }
        values["summary"] = summary(held.health)
        return values
    }

    private static let heights = [
        Engagement.PerceivedHealth.green: 8, Engagement.PerceivedHealth.yellow: 16, Engagement.PerceivedHealth.red: 24,
    ]

    /// The strip in words: `Green 8 weeks, Yellow 4 weeks`.
    private func summary(_ health: [String]) -> String {
        var runs: [(health: String, weeks: Int)] = []
        for week in health where !week.isEmpty {
            if runs.last?.health == week { runs[runs.count - 1].weeks += 1 } else { runs.append((week, 1)) }
        }
        return runs.map { run in
            let label = Engagement.schema.label(
                Engagement.Field.perceivedHealth, of: run.health, visit.reader.language)
            return visit.reader(
                Text(en: "\(label) \(run.weeks) weeks", ko: "\(label) \(run.weeks)주"))
        }.joined(separator: ", ")
    }
}
