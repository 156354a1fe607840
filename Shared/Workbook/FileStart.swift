import Foundation

/// What the first bytes of a file say about it.
public enum FileStart {
    /// A zip container or a compound file, which are read (or refused) as workbooks.
    static func isContainer(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        let start = (try? file.read(upToCount: 4)) ?? Data()
        return start == Data([0x50, 0x4B, 0x03, 0x04]) || start == Data([0xD0, 0xCF, 0x11, 0xE0])
    }

    /// UTF-16 without its mark: every other byte of the first characters is zero, as in text that is mostly ASCII.
    public static func wideText(_ start: [UInt8]) -> TextEncoding? {
        let count = min(start.count, 64) & ~1
        guard count >= 4 else { return nil }
        var (even, odd) = (0, 0)
        for index in stride(from: 0, to: count, by: 2) {
            if start[index] == 0 { even += 1 }
            if start[index + 1] == 0 { odd += 1 }
        }
        if even == 0, odd * 4 >= count { return .utf16LittleEndian }
        if odd == 0, even * 4 >= count { return .utf16BigEndian }
        return nil
    }
}
