import Glibc

/// The field names of one message: finds the index of a JSON or proto name without making a string.
package struct JSONNames: Sendable {
    private let names: [StaticString]
    /// Open addressing: name and index by hash, a power of two in size and at most half full.
    private let slots: [(name: StaticString, index: Int)?]

    /// The names of the fields in order: the JSON name, and the proto name where it differs.
    package init(_ fields: [(json: StaticString, proto: StaticString?)]) {
        names = fields.map(\.json)
        var entries: [(name: StaticString, index: Int)] = []
        for (index, field) in fields.enumerated() {
            entries.append((field.json, index))
            if let proto = field.proto { entries.append((proto, index)) }
        }
        var size = 2
        while size < entries.count * 2 { size *= 2 }
        var slots: [(name: StaticString, index: Int)?] = Array(repeating: nil, count: size)
        for entry in entries {
            let bytes = UnsafeBufferPointer(start: entry.name.utf8Start, count: entry.name.utf8CodeUnitCount)
            var slot = Self.hash(bytes) & (size - 1)
            while slots[slot] != nil { slot = (slot + 1) & (size - 1) }
            slots[slot] = entry
        }
        self.slots = slots
    }

    /// The JSON name of the field `index`.
    subscript(index: Int) -> String { "\(names[index])" }

    /// The index of the field called `name`.
    func index(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        guard let base = name.baseAddress else { return nil }
        let mask = slots.count - 1
        var slot = Self.hash(name) & mask
        while let entry = slots[slot] {
            if entry.name.utf8CodeUnitCount == name.count, memcmp(entry.name.utf8Start, base, name.count) == 0 {
                return entry.index
            }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// FNV-1a.
    private static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash >> 17)
    }
}
