/// The texts that cells of a workbook refer to by number, one after another in one piece of memory.
struct SharedStrings {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    /// No shared strings: workbooks need not have any.
    init() {}

    init(_ entry: ZipEntry, limits: WorkbookLimits) throws(WorkbookError) {
        var scanner = try XMLScanner(entry)
        var (inText, phonetic) = (false, 0)
        var start = 0
        reading: while true {
            switch try scanner.next() {
            case .start:
                if scanner.nameIs("si") {
                    start = bytes.count
                } else if scanner.nameIs(UInt8(ascii: "t")) {
                    inText = phonetic == 0
                } else if scanner.nameIs("rPh") {
                    phonetic += 1
                }
            case .text where inText:
                let count = scanner.textEnd - scanner.textStart
                guard bytes.count + count <= limits.sharedStringBytes else {
                    throw .size("bytes of shared strings", "공유 문자열 크기", limits.sharedStringBytes, at: entry.name)
                }
                try XMLText.append(scanner.base + scanner.textStart, count, raw: scanner.textIsRaw, to: &bytes)
            case .text: break
            case .end:
                if scanner.nameIs("si") {
                    try close(from: start, limits, entry.name)
                } else if scanner.nameIs(UInt8(ascii: "t")) {
                    inText = false
                } else if scanner.nameIs("rPh") {
                    phonetic -= 1
                } else if scanner.nameIs("sst") {
                    try scanner.drain()
                    break reading
                }
            case .done: throw scanner.truncated
            }
        }
    }

    private mutating func close(from start: Int, _ limits: WorkbookLimits, _ part: String) throws(WorkbookError) {
        let place = "\(part), \(ends.count)"
        guard XMLText.finish(&bytes, from: start) else {
            throw .malformed(
                "a text that is not UTF-8 or has control characters", "UTF-8이 아니거나 제어 문자가 있는 텍스트", at: place)
        }
        if bytes.count - start > limits.cellLength, XMLText.utf16Count(bytes[start...]) > limits.cellLength {
            throw .limit("characters in a cell", "셀 글자 수", limits.cellLength, at: place)
        }
        guard ends.count < limits.sharedStrings else {
            throw .limit("shared strings", "공유 문자열 수", limits.sharedStrings, at: part)
        }
        ends.append(bytes.count)
    }

    /// Number of strings.
    var count: Int { ends.count }

    /// Appends the text of a number; false when there is none of this number.
    @inline(__always)
    func append(_ index: Int, to text: inout [UInt8]) -> Bool {
        guard index >= 0 && index < ends.count else { return false }
        let start = index == 0 ? 0 : ends[index - 1]
        bytes.withUnsafeBufferPointer { all in
            text.append(contentsOf: UnsafeBufferPointer(rebasing: all[start..<ends[index]]))
        }
        return true
    }
}
