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

    /// The type of a file that is no table, by its first bytes; nil for all others. No title begins so.
    static func otherType(_ path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        let start = (try? file.read(upToCount: 64)) ?? Data()
        if let type = types.first(where: { start.starts(with: $0.mark) }) { return type.name }
        let text = String(decoding: start, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines).lowercased()
        if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") { return "HTML" }
        return text.hasPrefix("<?xml") ? "XML" : nil
    }

    private static let types: [(mark: [UInt8], name: String)] = [
        (Array("%PDF-".utf8), "PDF"), ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A], "PNG"), ([0xFF, 0xD8, 0xFF], "JPEG"),
        (Array("GIF8".utf8), "GIF"), (Array("{\\rtf".utf8), "RTF"), ([0x1F, 0x8B, 0x08], "GZIP"),
        (Array("7z".utf8) + [0xBC, 0xAF, 0x27, 0x1C], "7z"), (Array("Rar!".utf8) + [0x1A, 0x07], "RAR"),
        (Array("SQLite format 3\0".utf8), "SQLite"),
    ]

    /// UTF-16 without its mark: a text in which one of two bytes is zero as often as a table has separators, ends of lines
    /// and other characters of ASCII.
    public static func wideText(_ start: [UInt8]) -> TextEncoding? {
        let count = start.count & ~1
        guard count >= 4 else { return nil }
        var (even, odd) = (0, 0)
        for index in stride(from: 0, to: count, by: 2) {
            if start[index] == 0 { even += 1 }
            if start[index + 1] == 0 { odd += 1 }
        }
        // A unit beyond ASCII may have a zero in its other half.
        let isLittle = even * 2 <= odd
        guard isLittle || odd * 2 <= even, max(even, odd) * 8 >= count else { return nil }
        var units = stride(from: 0, to: count, by: 2).map { index in
            UInt16(start[isLittle ? index + 1 : index]) << 8 | UInt16(start[isLittle ? index : index + 1])
        }
        // The last one may be half of a pair.
        if let last = units.last, last & 0xFC00 == 0xD800 { units.removeLast() }
        guard units.contains(where: { $0 == 10 || $0 == 13 }),
            !units.contains(where: { $0 < 0x20 && $0 != 9 && $0 != 10 && $0 != 13 }),
            String(validating: units, as: UTF16.self) != nil
        else { return nil }
        return isLittle ? .utf16LittleEndian : .utf16BigEndian
    }
}
