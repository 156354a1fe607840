import Wire

/// Text in a header. NATS has ASCII alone there (ADR-4), clients decode headers as ASCII, and some lose every header of a
/// message for one byte of another: so everything else is percent-encoded, as gRPC does with `grpc-message`.
enum HeaderText {
    /// `text` in printable ASCII. What is among `besides` is encoded as well.
    static func encoded(_ text: String, besides: Set<UInt8> = []) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "%"), !besides.contains(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += byte < 0x10 ? "%0" : "%"
                encoded += String(byte, radix: 16, uppercase: true)
            }
        }
    }

    /// The text of a value. What is not encoded well stands for itself.
    static func decoded(_ value: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = value.utf8[...]
        while let byte = rest.first {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "%"), let value = Self.byte(Array(rest.prefix(2))) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func byte(_ digits: [UInt8]) -> UInt8? {
        guard digits.count == 2, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        return UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
