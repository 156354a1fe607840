import CampaignKit
import Foundation
import JourneyKit

/// `soak DURATION [SEED]`: campaigns one after the other, kills with a seed of their own and the cluster in turn, for as
/// long as asked.
@main
struct Main {
    static func main() async {
        do {
            let arguments = CommandLine.arguments.dropFirst()
            guard (1...2).contains(arguments.count), let seconds = seconds(arguments.first ?? ""), seconds > 0,
                let seed = arguments.count == 1 ? Campaign.seed : UInt64(arguments.last ?? "")
            else {
                throw JourneyFailure("give a duration, such as 90s, 10m or 8h, and a seed if one is to be repeated")
            }
            try await run(.seconds(seconds), seed)
        } catch {
            FileHandle.standardError.write(Data("soak: \(error)\n".utf8))
            exit(1)
        }
    }

    /// Each campaign has a stack of its own, so that an audit never grows longer than the load was.
    private static func run(_ duration: Duration, _ seed: UInt64) async throws {
        let end = ContinuousClock.now + duration
        var random = SeededGenerator(seed: seed)
        var next = seed
        var number = 0
        repeat {
            let remaining = ContinuousClock.now.duration(to: end)
            let time = min(max(remaining, .seconds(20)), .seconds(300))
            let campaign = Campaign.soak(number, seed: next, for: time)
            try await ScenarioStack.with(campaign.layout) { try await campaign.run(on: $0, say: say) }
            next = random.next()
            number += 1
        } while ContinuousClock.now < end
    }

    @Sendable private static func say(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static func seconds(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3_600]
        guard let last = text.last, let unit = units[last] else { return Int(text) }
        return Int(text.dropLast()).map { $0 * unit }
    }
}
