import Wire

/// Numbers by which rows of one natural key are found among millions.
enum KeyNumber {
    /// The number of a key's texts: the same for texts that look alike. Nil when none of them says anything.
    static func of(_ texts: [String]) -> Int64? {
        // FNV-1a: the same in every process, unlike Swift's own hashes.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        var isEmpty = true
        for text in texts {
            for byte in text.alike.utf8 {
                isEmpty = false
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
            hash = (hash ^ 0xFF) &* 0x100_0000_01B3
        }
        return isEmpty ? nil : Int64(bitPattern: hash)
    }
}
