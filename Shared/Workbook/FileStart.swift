import Foundation

/// What the first bytes of a file say about it.
enum FileStart {
    /// A zip container or a compound file, which are read (or refused) as workbooks.
    static func isContainer(_ path: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path) else { return false }
        defer { try? file.close() }
        let start = (try? file.read(upToCount: 4)) ?? Data()
        return start == Data([0x50, 0x4B, 0x03, 0x04]) || start == Data([0xD0, 0xCF, 0x11, 0xE0])
    }
}
