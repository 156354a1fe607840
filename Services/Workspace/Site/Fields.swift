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

    /// Every value under a name.
    func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// Whether there is a value, be it empty.
    func contains(_ name: String) -> Bool { pairs.contains { $0.name == name } }

    /// The fields whose names begin so, without that beginning.
    func under(_ prefix: String) -> [(name: String, value: String)] {
        pairs.filter { $0.name.hasPrefix(prefix) }.map { (String($0.name.dropFirst(prefix.count)), $0.value) }
    }

    /// A value as it stands in an address.
    static func encoded(_ text: String) -> String {
        var allowed = CharacterSet.alphanumerics
        allowed.insert(charactersIn: "-._~")
        // Letters beyond ASCII are letters to the set, and have to be encoded.
        return text.unicodeScalars.map { scalar in
            scalar.isASCII && allowed.contains(scalar)
                ? String(scalar) : String(scalar).utf8.map { "%" + Self.hex($0) }.joined()
        }.joined()
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }

    private static func decoded(_ text: some StringProtocol) -> String {
        let plain = String(text).replacing("+", with: " ")
        return plain.removingPercentEncoding ?? plain
    }
}
