import Hummingbird
import RPC
import Wire

/// Reads a form with files (`multipart/form-data`) as it comes: no more of it is in memory than one part of a file.
struct Multipart {
    /// What stands before the content of a part.
    struct Head {
        let name: String
        /// Nil for a field without a file.
        let fileName: String?
    }

    /// The most bytes of the head of a part, and of a field that is no file.
    private static let headLimit = 8_192

    private var chunks: RequestBody.AsyncIterator
    private var buffer: [UInt8] = []
    private var isOver = false
    /// The bytes that were handed out or passed over so far.
    private(set) var position = 0
    private let delimiter: [UInt8]

    /// A reader of a body; nil when the content type is another one.
    init?(_ body: RequestBody, contentType: String) {
        guard contentType.lowercased().hasPrefix("multipart/form-data"),
            let start = contentType.range(of: "boundary=")?.upperBound
        else { return nil }
        let boundary = contentType[start...].prefix { $0 != ";" }.filter { $0 != "\"" }
        guard (1...70).contains(boundary.utf8.count) else { return nil }
        delimiter = Array("\r\n--\(boundary)".utf8)
        chunks = body.makeAsyncIterator()
        // The first boundary stands at the beginning, without a line before it.
        buffer = [13, 10]
        position = -2
    }

    /// How many bytes end the form behind its last part.
    var tail: Int { delimiter.count + 4 }

    /// The head of the next part; nil behind the last one. The content of the part before must have been read.
    mutating func next() async throws(Problem) -> Head? {
        guard let boundary = try await find(delimiter, within: Self.headLimit) else { throw Self.malformed }
        drop(boundary + delimiter.count)
        while buffer.count < 2, try await fill() {}
        guard buffer.count >= 2 else { throw Self.malformed }
        if buffer[0] == UInt8(ascii: "-"), buffer[1] == UInt8(ascii: "-") { return nil }
        guard let end = try await find([13, 10, 13, 10], within: Self.headLimit) else { throw Self.malformed }
        let head = String(decoding: buffer[..<end], as: UTF8.self)
        drop(end + 4)
        // What is read next ends before the line that begins a boundary, also of a part that is empty.
        return Head(name: Self.parameter("name", of: head) ?? "", fileName: Self.parameter("filename", of: head))
    }

    /// At most `limit` bytes of the content of the part; empty at its end.
    mutating func content(upTo limit: Int) async throws(Problem) -> [UInt8] {
        while buffer.count < limit + delimiter.count, try await fill() {}
        let end = Self.place(of: delimiter, in: buffer)
        guard end != nil || !isOver else { throw Self.malformed }
        let count = min(limit, end ?? (buffer.count - delimiter.count))
        let part = Array(buffer[..<count])
        drop(count)
        return part
    }

    /// The content of a part that is a field.
    mutating func text() async throws(Problem) -> String {
        let bytes = try await content(upTo: Self.headLimit)
        guard try await content(upTo: 1).isEmpty else { throw Self.malformed }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func drop(_ count: Int) {
        buffer.removeFirst(count)
        position += count
    }

    /// Reads on; false when nothing follows.
    private mutating func fill() async throws(Problem) -> Bool {
        guard !isOver else { return false }
        do {
            guard let chunk = try await chunks.next() else {
                isOver = true
                return false
            }
            buffer += chunk.readableBytesView
            return true
        } catch {
            throw .canceled(cause: "the form was not sent to its end: \(error)")
        }
    }

    private mutating func find(_ bytes: [UInt8], within limit: Int) async throws(Problem) -> Int? {
        while true {
            if let place = Self.place(of: bytes, in: buffer) { return place }
            guard buffer.count < limit, try await fill() else { return nil }
        }
    }

    private static func place(of bytes: [UInt8], in buffer: [UInt8]) -> Int? {
        var from = 0
        while let start = buffer[from...].firstIndex(of: bytes[0]), start + bytes.count <= buffer.count {
            if buffer[start..<start + bytes.count].elementsEqual(bytes) { return start }
            from = start + 1
        }
        return nil
    }

    /// A parameter of the line that says what a part is: `name="file"`. Browsers encode quotation marks in it.
    static func parameter(_ name: String, of head: String) -> String? {
        guard
            let line = head.split(separator: "\r\n").first(where: { $0.lowercased().hasPrefix("content-disposition:") }
            ),
            let start = line.range(of: "; \(name)=\"")?.upperBound
        else { return nil }
        return String(line[start...].prefix { $0 != "\"" }).replacing("%22", with: "\"")
            .replacing("%0D%0A", with: " ")
    }

    static let malformed = Problem(
        .invalidArgument, Text(en: "The file could not be read. Send it again.", ko: "파일을 읽지 못했습니다. 다시 전송하세요."),
        reason: "MALFORMED_FORM")
}
