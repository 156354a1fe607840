import Foundation

/// Small files of configuration, read whole within a bound.
public enum TextFile {
    /// The text of a file; nil when it cannot be read, is no UTF-8 or is larger than `limit` bytes.
    public static func read(_ path: String, limit: Int = 1 << 20) -> String? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        guard let data = try? handle.read(upToCount: limit + 1), data.count <= limit else { return nil }
        return String(data: data, encoding: .utf8)
    }

    /// Writes a file in one step: readers see the old text or the new one.
    public static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
