import Foundation

/// The encodings a text file may have (G-112).
public enum TextEncoding: String, Sendable {
    case utf8 = "UTF-8"
    case utf16LittleEndian = "UTF-16LE"
    case utf16BigEndian = "UTF-16BE"
    case windows1252 = "Windows-1252"
}

/// A text file as UTF-8, piece by piece, whatever it is written in.
final class TextSource {
    private static let chunk = 64 << 10
    /// Windows-1252 differs from Latin 1 in 0x80–0x9F; the five codes without character stand for themselves there.
    private static let windows: [UInt32] = [
        0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
        0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
        0x0153, 0x9D, 0x017E, 0x0178,
    ]

    let encoding: TextEncoding
    private let file: FileHandle
    /// Bytes of a character that the next piece completes.
    private var carried: [UInt8] = []

    init(path: String, limits: WorkbookLimits) throws(WorkbookError) {
        guard let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd() else {
            throw WorkbookError(.unreadable, "the file cannot be read", "파일을 읽을 수 없습니다")
        }
        guard size <= limits.fileBytes else { throw .limit("bytes in the file", "파일 크기(바이트)", limits.fileBytes) }
        self.file = file
        let start = Array(try Self.read(file, at: 0, count: 4))
        let mark: UInt64
        if start.starts(with: [0xEF, 0xBB, 0xBF]) {
            (encoding, mark) = (.utf8, 3)
        } else if start.starts(with: [0xFF, 0xFE]) {
            (encoding, mark) = (.utf16LittleEndian, 2)
        } else if start.starts(with: [0xFE, 0xFF]) {
            (encoding, mark) = (.utf16BigEndian, 2)
        } else {
            // Only the whole file tells: a single byte may be the first that is not UTF-8.
            (encoding, mark) = (try Self.isUTF8(file) ? .utf8 : .windows1252, 0)
        }
        do { try file.seek(toOffset: mark) } catch { throw .damaged() }
    }

    deinit { try? file.close() }

    private static func read(_ file: FileHandle, at offset: UInt64?, count: Int) throws(WorkbookError) -> Data {
        do {
            if let offset { try file.seek(toOffset: offset) }
            return try file.read(upToCount: count) ?? Data()
        } catch {
            throw WorkbookError(.unreadable, "the file cannot be read", "파일을 읽을 수 없습니다")
        }
    }

    private static func isUTF8(_ file: FileHandle) throws(WorkbookError) -> Bool {
        var bytes = [UInt8](try read(file, at: 0, count: 1 << 20))
        while !bytes.isEmpty {
            let next = try read(file, at: nil, count: 1 << 20)
            let whole = next.isEmpty ? bytes.count : wholeUTF8(bytes)
            guard String(validating: bytes[..<whole], as: UTF8.self) != nil else { return false }
            bytes = Array(bytes[whole...]) + next
            if next.isEmpty { return true }
        }
        return true
    }

    /// How many bytes end with a whole character.
    private static func wholeUTF8(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return needed > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }

    /// The next piece as valid UTF-8; empty at the end. Broken characters become U+FFFD.
    func next() throws(WorkbookError) -> [UInt8] {
        while true {
            let read = [UInt8](try Self.read(file, at: nil, count: Self.chunk))
            let bytes = carried + read
            if bytes.isEmpty { return [] }
            let whole = read.isEmpty ? bytes.count : wholePart(bytes)
            carried = Array(bytes[whole...])
            if whole > 0 { return decode(bytes[..<whole]) }
        }
    }

    private func wholePart(_ bytes: [UInt8]) -> Int {
        switch encoding {
        case .windows1252: return bytes.count
        case .utf8: return Self.wholeUTF8(bytes)
        case .utf16LittleEndian, .utf16BigEndian:
            let even = bytes.count & ~1
            guard even >= 2 else { return 0 }
            let high = bytes[encoding == .utf16LittleEndian ? even - 1 : even - 2]
            return high & 0xFC == 0xD8 ? even - 2 : even
        }
    }

    private func decode(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        switch encoding {
        case .utf8:
            return String(validating: bytes, as: UTF8.self) != nil
                ? Array(bytes) : Array(String(decoding: bytes, as: UTF8.self).utf8)
        case .windows1252:
            var text = String.UnicodeScalarView()
            for byte in bytes {
                let code = (0x80...0x9F).contains(byte) ? Self.windows[Int(byte) - 0x80] : UInt32(byte)
                text.append(UnicodeScalar(code) ?? "\u{FFFD}")
            }
            return Array(String(text).utf8)
        case .utf16LittleEndian, .utf16BigEndian:
            let little = encoding == .utf16LittleEndian
            var units: [UInt16] = []
            units.reserveCapacity(bytes.count / 2 + 1)
            var at = bytes.startIndex
            while at + 1 < bytes.endIndex {
                let (first, second) = (UInt16(bytes[at]), UInt16(bytes[at + 1]))
                units.append(little ? second << 8 | first : first << 8 | second)
                at += 2
            }
            if at < bytes.endIndex { units.append(0xFFFD) }
            return Array(String(decoding: units, as: UTF16.self).utf8)
        }
    }
}
