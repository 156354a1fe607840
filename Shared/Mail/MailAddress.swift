import Addresses

/// A mailbox: an address, and perhaps the name of its owner.
public struct MailAddress: Sendable, Hashable {
    /// `local@domain`, an internationalised domain in its ASCII form.
    public let address: String
    /// Whether only a server that offers SMTPUTF8 takes it.
    public let isInternational: Bool
    /// Name shown instead of the address.
    public let name: String?

    /// A mailbox; what an address is, ``EmailAddress`` says. Names of this network are domains too, for servers inside it.
    public init(_ address: String, name: String? = nil) throws(MailError) {
        do throws(EmailAddress.Fault) {
            let read = try EmailAddress(address, domains: .local)
            (self.address, isInternational) = (read.carried, read.isInternational)
        } catch {
            throw .invalid(part: "address", reason: error.rawValue)
        }
        if let name { try HeaderText.check(name, part: "name", maximum: 200) }
        self.name = name
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
