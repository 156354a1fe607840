import Foundation

/// Names and values as a form or an address has them (`application/x-www-form-urlencoded`), in their order.
struct Fields: Sendable {
    /// The most fields that are read; what is beyond is left out.
    static let limit = 2_000

    private(set) var pairs: [(name: String, value: String)] = []

    init() {}

    /// Reads the text of a form or the part of an address behind `?`.
    init(_ text: some StringProtocol) {
        for part in text.split(separator: "&").prefix(Self.limit) {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            pairs.append((Self.decoded(sides[0]), sides.count == 2 ? Self.decoded(sides[1]) : ""))
        }
    }

    /// The first value under a name, without the blanks around it; empty when there is none.
    subscript(name: String) -> String {
        self[whole: name].trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The value of a field that is named by its key.
    subscript(key: some RawRepresentable<String>) -> String { self[key.rawValue] }

    /// The first value under a name as it was sent: of passwords blanks are a part.
    subscript(whole name: String) -> String { pairs.first { $0.name == name }?.value ?? "" }

    /// The same with one more value.
    mutating func add(_ name: String, _ value: String) { pairs.append((name, value)) }

    /// Every value under a name.
    func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// Whether there is a value, be it empty.
    func contains(_ name: String) -> Bool { pairs.contains { $0.name == name } }

    /// The fields whose names begin so, without that beginning.
    func under(_ prefix: String) -> [(name: String, value: String)] {
        pairs.filter { $0.name.hasPrefix(prefix) }.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
    }

    /// The same with one value under a name, in the place of those that it has.
    func with(_ name: String, _ value: String) -> Fields {
        var fields = self
        fields.pairs = pairs.filter { $0.name != name } + [(name, value)]
        return fields
    }

    /// A value as it stands in an address.
    static func encoded(_ text: String) -> String {
        // Most are ids, numbers and names of tables.
        guard !text.utf8.allSatisfy(isPlain) else { return text }
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isPlain(byte) {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let hex = Array("0123456789ABCDEF".utf8)

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func decoded(_ text: some StringProtocol) -> String {
        let plain = text.utf8.contains(UInt8(ascii: "+")) ? String(text).replacing("+", with: " ") : String(text)
        return unescaped(plain) ?? plain
    }

    /// A part of an address as it was meant; nil for none. Most need no second look.
    static func unescaped(_ text: String) -> String? {
        text.utf8.contains(UInt8(ascii: "%")) ? text.removingPercentEncoding : text
    }
}
