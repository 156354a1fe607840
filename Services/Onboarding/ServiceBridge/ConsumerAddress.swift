import Foundation

/// The address of a customer's instance: https and a public host name, with a port where it is another one. Anything else is
/// refused: a path or a user would be none of an instance, and a host of the own network must not be reached by whoever
/// enters a URL.
struct ConsumerAddress: Sendable, Equatable {
    /// As it is stored: in small letters, without a slash at the end.
    let text: String

    /// The address that a text is; nil for one that is none.
    init?(_ text: String) {
        guard text.utf8.count <= 300, let parts = URLComponents(string: text), parts.scheme?.lowercased() == "https",
            parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil,
            ["", "/"].contains(parts.path), let host = parts.host?.lowercased(), Self.isPublic(host),
            parts.port.map({ (1...65_535).contains($0) }) ?? true
        else { return nil }
        self.text = "https://\(host)" + (parts.port.map { $0 == 443 ? "" : ":\($0)" } ?? "")
    }

    /// Endings of names that lead nowhere but into the own network.
    private static let own = ["localhost", "local", "internal", "lan", "home", "arpa"]

    /// Whether a host is a name of several labels, and neither an address nor one of the own network.
    private static func isPublic(_ host: String) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, let last = labels.last, !own.contains(String(last)),
            !last.allSatisfy(\.isNumber), host.utf8.count <= 253
        else { return false }
        return labels.allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { byte in
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                        || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
                }
        }
    }
}
