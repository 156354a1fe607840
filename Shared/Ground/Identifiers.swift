import Synchronization
import Wire

/// New record ids.
public enum RecordID {
    /// How many ids this process has made. Half of its 30 bits are left before it begins anew.
    private static let made = Atomic<UInt64>(UInt64.random(in: 0...0x1FFF_FFFF))

    /// A UUID of version 7: ordered by the time of its making, so that new rows stay together in an index.
    ///
    /// The time counts to the microsecond, and ids of the same instant keep the order in which this process made them
    /// (RFC 9562, 6.2, methods 3 and 1): the journal is read in the order of its ids.
    public static func make(at now: Timestamp) -> String {
        let count = made.add(1, ordering: .relaxed).oldValue
        let series = Series(at: now, random: stirred(secret &+ count &* 0x9E37_79B9_7F4A_7C15) >> 32)
        let id = series.id(count)
        return text(id.high, id.low)
    }

    /// What the random part of single ids follows from: the system is asked once, which for each id would take longer than the
    /// rest of it.
    private static let secret = UInt64.random(in: .min ... .max)

    private static func stirred(_ number: UInt64) -> UInt64 {
        var value = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// Ids of one instant, for many records at once: they differ by their count and share what is random in them, which
    /// costs more to get than the rest.
    public struct Series: Sendable {
        private let high: UInt64
        private let random: UInt64

        /// Ids made at `now`.
        public init(at now: Timestamp) {
            self.init(at: now, random: UInt64(UInt32.random(in: 0...UInt32.max)))
        }

        fileprivate init(at now: Timestamp, random: UInt64) {
            self.random = random
            let (milliseconds, microseconds) = max(0, now.microseconds).quotientAndRemainder(dividingBy: 1_000)
            let fraction = UInt64(microseconds) * 4_096 / 1_000
            high = (UInt64(milliseconds) & 0xFFFF_FFFF_FFFF) << 16 | 0x7000 | fraction
        }

        /// The two halves of another id.
        public func next() -> (high: UInt64, low: UInt64) {
            id(RecordID.made.add(1, ordering: .relaxed).oldValue)
        }

        fileprivate func id(_ count: UInt64) -> (high: UInt64, low: UInt64) {
            (high, 0x8000_0000_0000_0000 | (count & 0x3FFF_FFFF) << 32 | random)
        }
    }

    /// The least id that is made at `instant`: what was made before it has lesser ones.
    public static func first(at instant: Timestamp) -> String {
        text(Series(at: instant, random: 0).id(0).high, 0x8000_0000_0000_0000)
    }

    /// A UUID that follows from `name`: the same name, the same id. Not a secret, only a name.
    public static func derived(from name: String) -> String {
        text(hash(name, 0xCBF2_9CE4_8422_2325) & ~0xF000 | 0x8000, hash(name, 0x9E37_79B9_7F4A_7C15) >> 2 | 1 << 63)
    }

    private static func hash(_ name: String, _ seed: UInt64) -> UInt64 {
        var value = seed
        for byte in name.utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
        // A last stir, so that names that differ at their end differ in every part of the id.
        value ^= value >> 29
        value = value &* 0xBF58_476D_1CE4_E5B9
        return value ^ value >> 32
    }

    private static func text(_ high: UInt64, _ low: UInt64) -> String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for word in [high, low] {
                for nibble in stride(from: 60, through: 0, by: -4) {
                    if position == 8 || position == 13 || position == 18 || position == 23 {
                        buffer[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    let digit = UInt8(truncatingIfNeeded: word >> UInt64(nibble)) & 0xF
                    buffer[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
                    position += 1
                }
            }
            return 36
        }
    }
}
