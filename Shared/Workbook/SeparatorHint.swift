/// The first line `sep=;` by which Excel is told what separates the fields. It is no record of the table.
struct SeparatorHint {
    let separator: UInt8
    /// Bytes of the line with its end.
    let length: Int

    /// Nil when the bytes do not begin with such a line. Case, blanks and quotation marks around it do not count.
    init?(_ bytes: [UInt8]) {
        guard let end = bytes.prefix(16).firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return nil }
        var line = bytes[..<end].filter { $0 != UInt8(ascii: "\"") }
        // Other separators fill the line up where a program has written it as a record.
        while line.count > 5, let last = line.last, last == UInt8(ascii: ",") || last == UInt8(ascii: ";") {
            line.removeLast()
        }
        guard line.count == 5, String(decoding: line.prefix(4), as: UTF8.self).lowercased() == "sep=" else {
            return nil
        }
        let named = line[4]
        guard named == 0x09 || (named > 0x20 && named < 0x7F) && named != UInt8(ascii: "\"") else { return nil }
        separator = named
        length = end + (bytes[end] == 0x0D && end + 1 < bytes.count && bytes[end + 1] == 0x0A ? 2 : 1)
    }
}
