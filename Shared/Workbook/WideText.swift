/// A part of a workbook in UTF-16, as UTF-8 piece by piece.
struct WideText {
    private let isLittle: Bool
    /// Bytes inflated and not yet turned into text.
    private var held: [UInt8] = []

    /// Nil when the first bytes of a part say that it is not in UTF-16.
    init?(_ start: UnsafePointer<UInt8>, _ count: Int) {
        guard count >= 2 else { return nil }
        switch (start[0], start[1]) {
        case (0xFF, 0xFE), (UInt8(ascii: "<"), 0): isLittle = true
        case (0xFE, 0xFF), (0, UInt8(ascii: "<")): isLittle = false
        default: return nil
        }
    }

    /// Keeps what has been inflated before.
    mutating func hold(_ bytes: [UInt8]) { held = bytes }

    /// The next piece, of at most `room` units; empty at the end.
    mutating func next(from entry: ZipEntry, atMost room: Int) throws(WorkbookError) -> [UInt8] {
        // A unit makes three bytes of UTF-8 at most.
        let wanted = max(4, room / 3 * 2)
        while held.count < wanted {
            var more = [UInt8](repeating: 0, count: wanted - held.count)
            let count = try read(entry, &more)
            held += more.prefix(count)
            if count == 0 { break }
        }
        let isLast = held.count < wanted
        var whole = min(held.count, wanted) & ~1
        if !isLast, whole >= 2, held[isLittle ? whole - 1 : whole - 2] & 0xFC == 0xD8 { whole -= 2 }
        var units: [UInt16] = []
        units.reserveCapacity(whole / 2)
        for at in stride(from: 0, to: whole, by: 2) {
            let (first, second) = (UInt16(held[at]), UInt16(held[at + 1]))
            let unit = isLittle ? second << 8 | first : first << 8 | second
            if unit != 0xFEFF { units.append(unit) }
        }
        held.removeFirst(isLast ? held.count : whole)
        guard let text = String(validating: units, as: UTF16.self) else {
            throw WorkbookError(.encoding, at: entry.name, "not in UTF-16", "UTF-16 인코딩이 아닙니다.")
        }
        return Array(text.utf8)
    }

    private func read(_ entry: ZipEntry, _ memory: inout [UInt8]) throws(WorkbookError) -> Int {
        var failure: WorkbookError?
        let size = memory.count
        let count = memory.withUnsafeMutableBufferPointer { buffer -> Int in
            guard let start = buffer.baseAddress else { return 0 }
            do throws(WorkbookError) {
                return try entry.read(into: start, count: size)
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return count
    }
}
