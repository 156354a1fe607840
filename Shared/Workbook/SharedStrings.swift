/// The texts that cells of a workbook refer to by number, one after another in one piece of memory.
struct SharedStrings {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// Numbers of those that are no text: they hold control characters, or what is not UTF-8.
    private var broken: Set<Int> = []
    /// As much is kept of one that is no text.
    private static let shownBytes = 256

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
        if !XMLText.finish(&bytes, from: start) {
            // That is the matter of the cells that refer to it.
            let shown = XMLText.legible(bytes[start...].prefix(Self.shownBytes))
            bytes.replaceSubrange(start..., with: shown.utf8)
            broken.insert(ends.count)
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

    /// Whether what stands under a number is a text, and not what no text can hold.
    @inline(__always)
    func isText(_ index: Int) -> Bool { broken.isEmpty || !broken.contains(index) }

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
