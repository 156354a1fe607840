import Crypto
import Foundation
import Workbook

/// The uploaded files: one per upload, named by its id.
struct UploadFiles: Sendable {
    let directory: String
    /// The bounds of the reader.
    var limits = WorkbookLimits()

    func path(of upload: String) -> String { directory + "/" + upload }

    /// Writes a chunk. Writing it again at the same place changes nothing.
    func write(_ bytes: [UInt8], at offset: Int64, of upload: String) throws {
        let path = path(of: upload)
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw CocoaError(.fileWriteUnknown) }
        }
        guard let file = FileHandle(forUpdatingAtPath: path) else { throw CocoaError(.fileWriteUnknown) }
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(bytes))
    }

    /// Whether the file holds these bytes at `offset`.
    func holds(_ bytes: [UInt8], at offset: Int64, of upload: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path(of: upload)) else { return false }
        defer { try? file.close() }
        guard (try? file.seek(toOffset: UInt64(offset))) != nil else { return false }
        return (try? file.read(upToCount: bytes.count)) == Data(bytes)
    }

    /// Makes sure the file survives a power failure, and reads it: its size and its SHA-256 in hexadecimal.
    func seal(_ upload: String) async throws -> (size: Int64, sha256: String) {
        guard let file = FileHandle(forUpdatingAtPath: path(of: upload)) else { throw CocoaError(.fileNoSuchFile) }
        defer { try? file.close() }
        try file.synchronize()
        var hash = SHA256()
        var size: Int64 = 0
        while let data = try file.read(upToCount: 1 << 20), !data.isEmpty {
            hash.update(data: data)
            size += Int64(data.count)
            // A large file must not hold a thread that requests wait for.
            await Task.yield()
        }
        return (size, Hex.text(hash.finalize()))
    }

    /// Opens the table in the file; what is no table is refused with a reason for the person who sent it.
    func open(
        _ upload: String, name: String, encoding: TextEncoding? = nil
    ) throws(WorkbookError) -> any RowSource {
        try TableFile.open(path: path(of: upload), name: name, encoding: encoding, takesGuards: true, limits: limits)
    }

    /// Whether a file that claims to be text is something else: a picture, a document, a program.
    func isBinary(_ upload: String) -> Bool {
        guard let file = FileHandle(forReadingAtPath: path(of: upload)) else { return true }
        defer { try? file.close() }
        let start = (try? file.read(upToCount: 4_096)) ?? Data()
        if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF]) { return false }
        if FileStart.wideText(Array(start)) != nil { return false }
        // A container is looked at as a workbook.
        if start.starts(with: [0x50, 0x4B, 0x03, 0x04]) || start.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) {
            return false
        }
        // A text may have a control character by accident, or at its end; a program has many, and zeros.
        let controls = start.count { $0 < 9 || $0 > 13 && $0 < 32 && $0 != 27 }
        return start.starts(with: Data("%PDF".utf8)) || start.contains(0) || controls > 1 + start.count / 50
    }

    func remove(_ upload: String) { try? FileManager.default.removeItem(atPath: path(of: upload)) }
}

/// Hexadecimal text.
enum Hex {
    static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }

    static func sha256(_ bytes: [UInt8]) -> String { text(SHA256.hash(data: bytes)) }
}
