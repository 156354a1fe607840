import CustomerSuccessWire
import SamplesWire
import Testing

@testable import Wire

/// Hostile input, the same on every run: the decoders either answer or throw `WireError`, and what they accept they
/// can write again.
@Suite struct FuzzTests {
    private static let types: [any Message.Type] = [
        SampleScalars.self, SampleOptionals.self, SampleLists.self, SampleNames.self, SampleEmpty.self,
        CreateTouchpointRequest.self, ListEngagementsResponse.self, Timestamp.self, FieldMask.self,
    ]
    private static let iterations = 50_000

    /// Messages worth damaging.
    private static func seeds() throws -> [(protobuf: [UInt8], json: [UInt8])] {
        var scalars = SampleScalars()
        scalars.int32Value = -5
        scalars.sint64Value = -1 << 40
        scalars.doubleValue = 1e300
        scalars.stringValue = "고객 \"quoted\" 🚀"
        scalars.bytesValue = [0, 255, 10]
        scalars.kind = .notSoPlain
        var lists = SampleLists()
        lists.int32Value = [1, -1, 300]
        lists.fixed64Value = [1, 2]
        lists.stringValue = ["a", "", "é"]
        lists.scalars = [scalars, SampleScalars()]
        lists.times = [Timestamp(seconds: 1_700_000_000, nanos: 5)]
        var names = SampleNames()
        names.lists = lists
        names.at = Timestamp(seconds: -1, nanos: 1)
        names.mask = ["a_b", "c"]
        names.far = "far"
        var request = CreateTouchpointRequest()
        request.touchpoint = Touchpoint()
        request.touchpoint?.subject = "Quarterly review"
        request.requestID = "r"
        return [
            (try scalars.encodeProtobuf(), try scalars.encodeJSON()),
            (try lists.encodeProtobuf(), try lists.encodeJSON()),
            (try names.encodeProtobuf(), try names.encodeJSON()),
            (try request.encodeProtobuf(), try request.encodeJSON()),
        ]
    }

    private static func damage(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        if bytes.isEmpty { return [UInt8.random(in: 0...255, using: &random)] }
        for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: bytes[index] = .random(in: 0...255, using: &random)
            case 2: bytes.removeLast(bytes.count - index)
            case 3: bytes.insert(.random(in: 0...255, using: &random), at: index)
            case 4: bytes.insert(contentsOf: bytes[index...].prefix(20), at: index)
            default: bytes.remove(at: index)
            }
        }
        return bytes
    }

    /// Decodes `bytes`; whatever is accepted must survive its own encoding.
    private static func feed<M: Message>(_ type: M.Type, _ bytes: [UInt8], json: Bool) throws -> Bool {
        let message: M
        do {
            message = json ? try M.decode(json: bytes) : try M.decode(protobuf: bytes)
        } catch {
            // The compiler knows that nothing but WireError is thrown; its text must exist for any input.
            if error.description.isEmpty || error.text.en.isEmpty || error.text.ko.isEmpty {
                Issue.record("\(M.fullName) is refused without a word: \(hex(bytes))")
            }
            return false
        }
        let packed = try message.encodeProtobuf()
        let again = try M.decode(protobuf: packed).encodeProtobuf()
        if again != packed { Issue.record("\(M.fullName) does not survive: \(hex(bytes))") }
        return true
    }

    @Test func damagedProtobufNeverCrashes() throws {
        let seeds = try Self.seeds()
        var random = SeededGenerator(seed: 11)
        var accepted = 0
        for iteration in 0..<Self.iterations {
            let type = Self.types[iteration % Self.types.count]
            let seed = seeds[Int.random(in: 0..<seeds.count, using: &random)].protobuf
            if try Self.feed(type, Self.damage(seed, &random), json: false) { accepted += 1 }
        }
        // A fuzz test that accepts nothing or everything would test nothing.
        #expect(accepted > 100 && accepted < Self.iterations)
    }

    @Test func damagedJSONNeverCrashes() throws {
        let seeds = try Self.seeds()
        var random = SeededGenerator(seed: 12)
        var accepted = 0
        for iteration in 0..<Self.iterations {
            let type = Self.types[iteration % Self.types.count]
            let seed = seeds[Int.random(in: 0..<seeds.count, using: &random)].json
            if try Self.feed(type, Self.damage(seed, &random), json: true) { accepted += 1 }
        }
        #expect(accepted > 100 && accepted < Self.iterations)
    }

    @Test func randomBytesNeverCrash() throws {
        var random = SeededGenerator(seed: 13)
        for iteration in 0..<Self.iterations {
            let count = Int.random(in: 0..<64, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let type = Self.types[iteration % Self.types.count]
            _ = try Self.feed(type, bytes, json: false)
            _ = try Self.feed(type, [UInt8(ascii: "{")] + bytes, json: true)
        }
    }

    @Test func everyPrefixIsRefusedOrRead() throws {
        for seed in try Self.seeds() {
            for length in 0..<seed.protobuf.count {
                _ = try Self.feed(SampleNames.self, Array(seed.protobuf.prefix(length)), json: false)
            }
            for length in 0..<seed.json.count {
                let prefix = Array(seed.json.prefix(length))
                #expect(wireError { _ = try SampleNames.decode(json: prefix) } != nil)
            }
        }
    }

    @Test func deepNestingIsRefused() {
        // A message type cannot hold itself, so its bytes cannot nest deeper than the types do: what looks like deeper
        // levels is an unknown field and skipped, however often it repeats.
        let nested = Array(repeatElement([0x8A, 0x01] as [UInt8], count: 50_000).joined())
        #expect(wireError { _ = try SampleOptionals.decode(protobuf: nested) } != nil)
        let braces = Array(repeating: #"{"lists":"#, count: 50_000).joined()
        #expect(wireError { _ = try SampleNames.decode(json: braces) } != nil)
        let brackets = #"{"tags":"# + String(repeating: "[", count: 50_000)
        #expect(wireError { _ = try SampleNames.decode(json: brackets) } != nil)
    }

    @Test func oversizeIsRefusedWithoutReading() {
        let large = Array(repeating: UInt8(0x0A), count: (1 << 20) + 1)
        #expect(wireError { _ = try SampleNames.decode(protobuf: large) } == WireError(.tooLarge(limit: 1 << 20)))
        #expect(wireError { _ = try SampleNames.decode(json: large) } == WireError(.tooLarge(limit: 1 << 20)))
    }
}
