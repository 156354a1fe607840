/// A mailbox: an address, and perhaps the name of its owner.
public struct MailAddress: Sendable, Hashable {
    /// `local@domain`, ASCII.
    public let address: String
    /// Name shown instead of the address.
    public let name: String?

    /// Checks an address. Only what is safe to put between `<` and `>` in a header and an SMTP command is let through:
    /// ASCII, one `@`, no quoting, at most 254 bytes (RFC 5321, 4.5.3.1).
    public init(_ address: String, name: String? = nil) throws(MailError) {
        let parts = address.split(separator: "@", omittingEmptySubsequences: false)
        guard address.utf8.count <= 254, parts.count == 2, Self.isDotAtom(parts[0]), parts[0].utf8.count <= 64,
            parts[1].split(separator: ".", omittingEmptySubsequences: false).allSatisfy(Self.isDomainLabel)
        else { throw .invalid(part: "address", reason: "not an address") }
        if let name { try HeaderText.check(name, part: "name", maximum: 200) }
        self.address = address
        self.name = name
    }

    private static func isDotAtom(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.utf8.allSatisfy { byte in
                    byte.isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
                }
        }
    }

    private static func isDomainLabel(_ label: Substring) -> Bool {
        !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
    }

    /// The mailbox as a header shows it.
    var header: String {
        guard let name, !name.isEmpty else { return address }
        let isPlain =
            name.utf8.allSatisfy { (0x20...0x7E).contains($0) } && name.utf8.count <= 60 && !name.contains("=?")
        let shown =
            isPlain
            ? "\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
            : HeaderText.encodedWords(name, firstLineUsed: 8)
        return "\(shown) <\(address)>"
    }
}

extension UInt8 {
    var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
