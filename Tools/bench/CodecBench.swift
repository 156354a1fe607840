import CampaignKit
import CustomerSuccessWire
import Foundation
import JourneyKit
import TestKit
import Wire

/// Decoding and encoding an engagement, against the C library alone.
enum CodecBench {
    static func measure(_ engagement: Engagement, folder: String) async throws -> Figure {
        let bytes = try filled(engagement).encodeProtobuf()
        let file = "\(folder)/engagement.bin"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        let rounds = 200_000
        var comparison = Comparison()
        var total = 0
        for _ in 1...Comparison.rounds {
            let start = ContinuousClock.now
            for _ in 0..<rounds { total += try Engagement.decode(protobuf: bytes).encodeProtobuf().count }
            let ours = (start.duration(to: .now) / .seconds(1)) / Double(rounds)
            let output = try await Command.run("\(BenchStack.programs)/floor", ["codec", file, "\(rounds)"])
            comparison.add(1 / ours, floor: 1 / (Double(output.split(separator: " ").first ?? "") ?? .nan))
        }
        guard total == bytes.count * rounds * Comparison.rounds else {
            throw JourneyFailure("the codec changed the message")
        }
        return .rate("engagement of \(bytes.count) bytes, decode + encode", comparison, unit: "/s")
    }

    /// An engagement with every field filled in.
    private static func filled(_ engagement: Engagement) -> Engagement {
        var filled = engagement
        for (index, field) in Engagement.schema.fields.enumerated() where filled[fieldAt: index].isEmpty {
            switch field.storage {
            case .string: filled[fieldAt: index] = .string("0199a7c2-5b1e-7c7e-9d5e-6f1a2b3c4d5e")
            case .strings: filled[fieldAt: index] = .strings(["0199a7c2-5b1e-7c7e-9d5e-6f1a2b3c4d5e"])
            case .int: filled[fieldAt: index] = .int(60)
            case .bool: filled[fieldAt: index] = .bool(true)
            case .timestamp: filled[fieldAt: index] = .timestamp(Timestamp(seconds: 1_790_000_000, nanos: 1_000))
            }
        }
        return filled
    }
}
