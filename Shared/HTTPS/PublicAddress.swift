import CCurl
import Foundation

/// Which addresses lie in the internet: not those of this machine, of the own network or of the link, nor those that
/// nobody has. A name says nothing about where it leads, so the address is looked at when it is connected to.
enum PublicAddress {
    /// Ranges of IPv4 that lead elsewhere than into the internet (RFC 6890), and those of multicast and of the future.
    private static let others: [(network: [UInt8], bits: Int)] = [
        ([0, 0, 0, 0], 8), ([10, 0, 0, 0], 8), ([100, 64, 0, 0], 10), ([127, 0, 0, 0], 8), ([169, 254, 0, 0], 16),
        ([172, 16, 0, 0], 12), ([192, 0, 0, 0], 24), ([192, 0, 2, 0], 24), ([192, 88, 99, 0], 24),
        ([192, 168, 0, 0], 16), ([198, 18, 0, 0], 15), ([198, 51, 100, 0], 24), ([203, 0, 113, 0], 24),
        ([224, 0, 0, 0], 3),
    ]

    /// Of IPv6 the internet is one range; these parts of it are of protocols, among them tunnels to addresses of IPv4,
    /// and of examples.
    private static let internet: (network: [UInt8], bits: Int) = ([0x20], 3)
    private static let otherParts: [(network: [UInt8], bits: Int)] = [
        ([0x20, 0x01, 0, 0], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x20, 0x02], 16), ([0x3F, 0xFF, 0], 20),
    ]

    /// Whether the bytes of an address, 4 or 16, are of the internet.
    static func contains(_ address: [UInt8]) -> Bool {
        switch address.count {
        case 4: !others.contains { isIn($0, address) }
        case 16: isIn(internet, address) && !otherParts.contains { isIn($0, address) }
        default: false
        }
    }

    private static func isIn(_ range: (network: [UInt8], bits: Int), _ address: [UInt8]) -> Bool {
        zip(range.network, address).enumerated().allSatisfy { place, bytes in
            let bits = min(8, max(0, range.bits - place * 8))
            return (bytes.0 ^ bytes.1) >> (8 - bits) == 0
        }
    }

    /// Opens a socket to an address of the internet, and none to another: curl then could not connect.
    /// The context is told that an address was refused.
    static let open: ale_curl_open_callback = { context, _, address in
        guard let address, PublicAddress.contains(bytes(of: address)) else {
            context?.assumingMemoryBound(to: Bool.self).pointee = true
            return CURL_SOCKET_BAD
        }
        return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
    }

    /// The bytes of the address behind a pointer of curl's, whose last field is longer than it is declared.
    private static func bytes(of address: UnsafePointer<curl_sockaddr>) -> [UInt8] {
        guard let start = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return [] }
        let place: (offset: Int?, count: Int)
        switch address.pointee.family {
        case AF_INET: place = (MemoryLayout<sockaddr_in>.offset(of: \.sin_addr), 4)
        case AF_INET6: place = (MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr), 16)
        default: return []
        }
        guard let offset = place.offset, offset + place.count <= Int(address.pointee.addrlen) else { return [] }
        return Array(UnsafeRawBufferPointer(start: UnsafeRawPointer(address) + start + offset, count: place.count))
    }
}
