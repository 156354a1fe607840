import Glibc

/// Network addresses as limits count them.
enum NetworkAddress {
    /// The network that an address is of: of IPv6 its /64, which is the least that one subscriber has to choose from (RFC 6177); of
    /// IPv4 the address itself, also where it is written as one of IPv6.
    static func counted(_ text: String) -> String {
        // In a list of addresses some servers put brackets around it and a port behind it.
        let bare = text.split { "[]%".contains($0) }.first.map { String($0) } ?? ""
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, bare, &bytes) == 1 else { return String(text.prefix(64)) }
        if bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]) {
            return bytes.suffix(4).map { String($0) }.joined(separator: ".")
        }
        let groups = stride(from: 0, to: 8, by: 2).map { String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16) }
        return groups.joined(separator: ":") + "::/64"
    }
}
