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
        var ours = 0.0
        var floor = 0.0
        var total = 0
        for _ in 1...3 {
            let start = ContinuousClock.now
            for _ in 0..<rounds { total += try Engagement.decode(protobuf: bytes).encodeProtobuf().count }
            ours += (start.duration(to: .now) / .seconds(1)) / Double(rounds) / 3
            let output = try await Command.run("\(BenchStack.programs)/floor", ["codec", file, "\(rounds)"])
            floor += (Double(output.split(separator: " ").first ?? "") ?? 0) / 3
        }
        guard total == bytes.count * rounds * 3 else { throw JourneyFailure("the codec changed the message") }
        return Figure(
            name: "engagement of \(bytes.count) bytes, decode + encode",
            value: String(format: "%.2f µs", ours * 1e6), floor: String(format: "%.2f µs", floor * 1e6),
            ratio: floor / ours, aim: "reported", isMet: true)
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
