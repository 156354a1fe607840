import Foundation
import Korean

/// A text file as UTF-8, piece by piece, whatever it is written in. Every byte must be of the encoding: a broken one is
/// an error that names its line, never a character that nobody wrote.
final class TextSource {
    private static let chunk = 64 << 10

    let encoding: TextEncoding
    /// The first words beyond ASCII, where nothing but the look of the words says that this is the encoding; else empty.
    let guessed: [String]
    /// The encoding that was named although the bytes are plainly of the other one; nil where they are not.
    let overruled: TextEncoding?
    private let file: FileHandle
    private let page: CodePage?
    /// Bytes of a character that the next piece completes.
    private var carried: [UInt8] = []
    private var line = 1
    /// Old programs of the Macintosh end lines with a carriage return alone.
    private let lineEnd: UInt8
    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D

    /// Opens a file. `named` is the encoding the person says it has; a byte order mark says it better, and so do bytes
    /// that are plainly of Unicode: one encoding may be named for many files.
    init(path: String, encoding named: TextEncoding? = nil, limits: WorkbookLimits) throws(WorkbookError) {
        guard let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd() else {
            throw WorkbookError(.unreadable, "the file cannot be read", "파일을 읽을 수 없습니다.")
        }
        guard size <= limits.fileBytes else { throw .size("bytes in the file", "파일 크기", limits.fileBytes) }
        self.file = file
        let start = Array(try Self.read(file, at: 0, count: 4_096))
        lineEnd =
            start.contains(Self.lineFeed) || !start.contains(Self.carriageReturn) ? Self.lineFeed : Self.carriageReturn
        let mark: Int
        let plain: TextEncoding? = if let named { try Self.plainly(start, named, file) } else { nil }
        (encoding, mark, guessed) = try Self.encoding(of: start, plain ?? named, file, lineEnd)
        overruled = plain == nil ? nil : named
        if [.utf8, .utf16LittleEndian, .utf16BigEndian].contains(encoding) {
            page = nil
        } else {
            guard let opened = CodePage(encoding) else {
                throw WorkbookError(
                    .encoding, "the encoding \(encoding.rawValue) is not available here; save the file as CSV UTF-8",
                    "\(encoding.rawValue) 인코딩을 사용할 수 없습니다. Excel에서 ‘CSV UTF-8(쉼표로 분리)’ 형식으로 저장하세요.")
            }
            page = opened
        }
        do { try file.seek(toOffset: UInt64(mark)) } catch { throw .damaged() }
    }

    deinit { try? file.close() }

    /// The encoding, and how many bytes of a mark to skip.
    private static func encoding(
        of start: [UInt8], _ named: TextEncoding?, _ file: FileHandle, _ lineEnd: UInt8
    ) throws(WorkbookError) -> (TextEncoding, Int, guessed: [String]) {
        // Programs that add to a file, or write one out of another, write the mark more than once.
        let mark = Self.marks(start)
        if mark > 0 { return (.utf8, mark, []) }
        if start.starts(with: [0xFF, 0xFE]) { return (.utf16LittleEndian, 2, []) }
        if start.starts(with: [0xFE, 0xFF]) { return (.utf16BigEndian, 2, []) }
        if let named { return (named, 0, []) }
        if let wide = FileStart.wideText(start) { return (wide, 0, []) }
        // Only the whole file tells: a single byte may be the first that is not UTF-8.
        guard let lines = try foreignLines(file, lineEnd) else { return (.utf8, 0, []) }
        let guess = EncodingGuess(lines.map(\.bytes), isOfMacintosh: lineEnd == carriageReturn)
        if guess.isBrokenUTF8 { throw .brokenText(.utf8, line: lines.first { !isUTF8($0.bytes) }?.number ?? 1) }
        if guess.isWestern { return (.windows1252, 0, guess.words(in: .windows1252)) }
        throw .undecidable(guess.candidates)
    }

    /// The encoding that the bytes plainly have, other than the one that is named. Of UTF-8 one letter alone may be two of
    /// another encoding: three different ones are none, where those of more than two bytes count twice.
    private static func plainly(
        _ start: [UInt8], _ named: TextEncoding, _ file: FileHandle
    ) throws(WorkbookError) -> TextEncoding? {
        guard marks(start) == 0, !start.starts(with: [0xFF, 0xFE]), !start.starts(with: [0xFE, 0xFF]) else {
            return nil
        }
        if let wide = FileStart.wideText(start) { return wide == named ? nil : wide }
        guard named != .utf8 else { return nil }
        var letters: Set<Unicode.Scalar> = []
        let isWhole = try isUTF8(file) { text in
            guard letters.count < 3 else { return }
            for scalar in text.unicodeScalars where !scalar.isASCII && letters.count < 3 { letters.insert(scalar) }
        }
        return isWhole && letters.reduce(0) { $0 + ($1.value < 0x800 ? 1 : 2) } > 2 ? .utf8 : nil
    }

    /// Bytes of the marks of UTF-8 with which a file begins.
    private static func marks(_ start: [UInt8]) -> Int {
        var count = 0
        while start.dropFirst(count).starts(with: [0xEF, 0xBB, 0xBF]) { count += 3 }
        return count
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    private static func read(_ file: FileHandle, at offset: UInt64?, count: Int) throws(WorkbookError) -> Data {
        do {
            if let offset { try file.seek(toOffset: offset) }
            return try file.read(upToCount: count) ?? Data()
        } catch {
            throw WorkbookError(.unreadable, "the file cannot be read", "파일을 읽을 수 없습니다.")
        }
    }

    private static func isUTF8(
        _ file: FileHandle, _ look: (String) -> Void = { _ in }
    ) throws(WorkbookError) -> Bool {
        var bytes = [UInt8](try read(file, at: 0, count: 1 << 20))
        while !bytes.isEmpty {
            let next = try read(file, at: nil, count: 1 << 20)
            let whole = next.isEmpty ? bytes.count : wholeUTF8(bytes)
            guard let text = String(validating: bytes[..<whole], as: UTF8.self) else { return false }
            look(text)
            bytes = Array(bytes[whole...]) + next
            if next.isEmpty { return true }
        }
        return true
    }

    /// The first lines with bytes beyond ASCII, and always one that is not UTF-8; nil when the file is UTF-8 throughout.
    private static func foreignLines(
        _ file: FileHandle, _ lineEnd: UInt8
    ) throws(WorkbookError) -> [(number: Int, bytes: [UInt8])]? {
        if try isUTF8(file) { return nil }
        var lines: [(number: Int, bytes: [UInt8])] = []
        var (number, hasBroken) = (1, false)
        var held: [UInt8] = []
        var isLast = false
        _ = try read(file, at: 0, count: 0)
        while !isLast {
            let more = try read(file, at: nil, count: 1 << 20)
            isLast = more.isEmpty
            held += more
            var start = 0
            while let end = held[start...].firstIndex(of: lineEnd) ?? (isLast || start == 0 ? held.count : nil) {
                let line = held[start..<end]
                if line.contains(where: { $0 >= 0x80 }), lines.count < 500 || !isUTF8(Array(line)) {
                    lines.append((number, shortened(line)))
                    hasBroken = hasBroken || !isUTF8(Array(line))
                    if lines.count >= 500 && hasBroken { return lines }
                }
                number += 1
                start = min(end + 1, held.count)
                if start == held.count { break }
            }
            held.removeFirst(start)
        }
        return lines
    }

    /// As much of a line as is looked at, cut behind a blank or a separator: no character of several bytes ends with one.
    private static func shortened(_ line: ArraySlice<UInt8>) -> [UInt8] {
        guard line.count > 4_096 else { return Array(line) }
        let start = line.prefix(4_096)
        let end = start.lastIndex { $0 >= 0x20 && $0 < 0x30 }
        return Array(end.map { start[...$0] } ?? start)
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

    /// The next piece as valid UTF-8; empty at the end.
    func next() throws(WorkbookError) -> [UInt8] {
        while true {
            let read = [UInt8](try Self.read(file, at: nil, count: Self.chunk))
            let bytes = carried + read
            if bytes.isEmpty { return page?.rest() ?? [] }
            let text = try decode(bytes, isLast: read.isEmpty)
            if !text.isEmpty {
                line += text.count { $0 == lineEnd }
                return text
            }
            if read.isEmpty { return [] }
        }
    }

    /// Decodes whole characters and carries the rest on.
    private func decode(_ bytes: [UInt8], isLast: Bool) throws(WorkbookError) -> [UInt8] {
        if let page {
            let piece = page.decode(bytes[...])
            carried = Array(bytes[piece.used...])
            guard !piece.isBroken, !isLast || carried.isEmpty else { throw broken(behind: piece.text) }
            return piece.text
        }
        if encoding == .utf8 {
            let whole = isLast ? bytes.count : Self.wholeUTF8(bytes)
            carried = Array(bytes[whole...])
            let text = Array(bytes[..<whole])
            guard Self.isUTF8(text) else { throw broken(behind: wholeStart(of: text)) }
            return text
        }
        return try decodeWide(bytes, isLast: isLast)
    }

    private func decodeWide(_ bytes: [UInt8], isLast: Bool) throws(WorkbookError) -> [UInt8] {
        let little = encoding == .utf16LittleEndian
        var whole = bytes.count & ~1
        if !isLast, whole >= 2, bytes[little ? whole - 1 : whole - 2] & 0xFC == 0xD8 { whole -= 2 }
        carried = Array(bytes[whole...])
        var units: [UInt16] = []
        units.reserveCapacity(whole / 2)
        for at in stride(from: 0, to: whole, by: 2) {
            let (first, second) = (UInt16(bytes[at]), UInt16(bytes[at + 1]))
            units.append(little ? second << 8 | first : first << 8 | second)
        }
        guard !isLast || carried.isEmpty, let text = String(validating: units, as: UTF16.self) else {
            throw broken(
                behind: Array(String(decoding: units.prefix { $0 < 0xD800 || $0 > 0xDFFF }, as: UTF16.self).utf8))
        }
        return Array(text.utf8)
    }

    private func broken(behind text: [UInt8]) -> WorkbookError {
        .brokenText(encoding, line: line + text.count { $0 == lineEnd })
    }

    /// The lines of a text before the first one that is not UTF-8, with their ends.
    private func wholeStart(of text: [UInt8]) -> [UInt8] {
        var start: [UInt8] = []
        for line in text.split(separator: lineEnd, omittingEmptySubsequences: false) {
            guard Self.isUTF8(Array(line)) else { return start }
            start += line + [lineEnd]
        }
        return start
    }
}

extension WorkbookError {
    /// A byte that the encoding does not have.
    static func brokenText(_ encoding: TextEncoding, line: Int) -> Self {
        let name = encoding.rawValue
        return Self(
            .encoding, "line \(line) has a byte that is not in the encoding \(name); save the file as CSV UTF-8 again",
            "\(grouped: line)번째 줄에 \(name) 인코딩이 아닌 바이트가 있습니다. Excel에서 ‘CSV UTF-8(쉼표로 분리)’ 형식으로 다시 저장하세요.")
    }

    /// Bytes that may be of several encodings, each with what the first words would be.
    static func undecidable(_ candidates: [(encoding: TextEncoding, sample: String)]) -> Self {
        let shown = candidates.map { "\($0.encoding.rawValue) (\"\($0.sample)\")" }.joined(separator: ", ")
        guard !shown.isEmpty else {
            let wide: [TextEncoding] = [.utf16LittleEndian, .utf16BigEndian]
            let names = (wide + TextEncoding.codePages).map(\.rawValue).joined(separator: ", ")
            return Self(
                .encoding, "the file is not UTF-8; name its encoding (\(names)) or save it as CSV UTF-8",
                "UTF-8 파일이 아닙니다. 인코딩(\(names))을 지정하거나 Excel에서 ‘CSV UTF-8(쉼표로 분리)’ 형식으로 저장하세요.")
        }
        let koreanShown = candidates.map { "\($0.encoding.rawValue)(‘\($0.sample)’)" }.joined(separator: ", ")
        return Self(
            .encoding,
            "the file is not UTF-8, and its bytes do not tell the encoding; name the right one: \(shown); or save it as CSV UTF-8",
            "UTF-8 파일이 아니며 내용만으로는 인코딩을 알 수 없습니다. 올바른 인코딩을 지정하거나 Excel에서 ‘CSV UTF-8(쉼표로 분리)’ 형식으로 저장하세요. 가능한 인코딩: \(koreanShown)"
        )
    }
}
