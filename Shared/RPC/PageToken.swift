import Wire

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The place where the next page of a list begins (AIP-158): the sort values of the last record shown.
///
/// A token gives no authority. Whatever it says, the rows come from the caller's own scope. It is bound to the list it
/// was made for by a hash, so that a token used with another method, filter, order or domain is refused instead of
/// showing a page that makes no sense.
public struct PageToken: Sendable, Hashable {
    /// What a token belongs to.
    public struct Binding: Sendable, Hashable {
        /// The method's name.
        public var method: String
        /// The filter as the caller wrote it.
        public var filter: String
        /// The order as the caller wrote it.
        public var order: String
        /// The path of the caller's domain.
        public var domain: String

        /// A binding with the given parts.
        public init(method: String, filter: String, order: String, domain: String) {
            self.method = method
            self.filter = filter
            self.order = order
            self.domain = domain
        }
    }

    /// The longest token that is read, in characters.
    public static let maximumLength = 8192
    /// How many sort values a token may hold.
    public static let maximumValues = 16

    /// The sort values of the last record shown in text form, nil for an empty one, and at the end its id.
    public var position: [String?]

    /// A token for the page after the record with these sort values: at most ``maximumValues``.
    public init(position: [String?]) {
        self.position = position
    }

    /// The token as text (base64url), bound to the list.
    public func text(for binding: Binding) -> String {
        var bytes: [UInt8] = [Self.version]
        for value in position {
            if let value {
                let utf8 = Array(value.utf8)
                bytes.append(1)
                Self.append(UInt64(utf8.count), 4, to: &bytes)
                bytes += utf8
            } else {
                bytes.append(0)
            }
        }
        Self.append(Self.hash(bytes, binding), 8, to: &bytes)
        return Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// Reads the token of a request; nil when `text` is empty, which asks for the first page. Fails with
    /// INVALID_ARGUMENT when the token is damaged or was made for another list.
    public static func read(_ text: String, for binding: Binding) throws(Problem) -> PageToken? {
        guard !text.isEmpty else { return nil }
        guard text.utf8.count <= maximumLength, let bytes = bytes(text), bytes.count > 8, bytes[0] == version,
            number(bytes.suffix(8)) == hash(Array(bytes.dropLast(8)), binding),
            let position = values(bytes.dropFirst().dropLast(8))
        else {
            let text = Text(
                en: "The page token does not belong to this list. Begin with the first page.",
                ko: "페이지 토큰이 이 목록에 속하지 않습니다. 첫 페이지부터 다시 시작하세요.")
            throw Problem(
                .invalidArgument, text, reason: "PAGE_TOKEN",
                violations: [Problem.Violation(field: ListRequest.Field.pageToken, text: text)])
        }
        return PageToken(position: position)
    }

    private static let version: UInt8 = 1

    private static func bytes(_ text: String) -> [UInt8]? {
        let padded = text.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - padded.utf8.count % 4) % 4)
        return Data(base64Encoded: padded + padding).map { Array($0) }
    }

    private static func values(_ bytes: ArraySlice<UInt8>) -> [String?]? {
        var rest = bytes
        var values: [String?] = []
        while let kind = rest.popFirst() {
            guard values.count < maximumValues else { return nil }
            if kind == 0 {
                values.append(nil)
                continue
            }
            guard kind == 1, rest.count >= 4 else { return nil }
            let count = number(rest.prefix(4))
            rest = rest.dropFirst(4)
            guard count <= UInt64(rest.count), let value = String(validating: rest.prefix(Int(count)), as: UTF8.self)
            else { return nil }
            values.append(value)
            rest = rest.dropFirst(Int(count))
        }
        return values
    }

    private static func append(_ number: UInt64, _ count: Int, to bytes: inout [UInt8]) {
        for place in (0..<count).reversed() { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(place)))) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// FNV-1a with 64 bits. It detects mistakes, not forgery; there is nothing to forge.
    private static func hash(_ bytes: [UInt8], _ binding: Binding) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func mix(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        }
        mix(bytes)
        for part in [binding.method, binding.filter, binding.order, binding.domain] {
            mix(part.utf8)
            // A byte that UTF-8 never has keeps the parts apart.
            mix(CollectionOfOne(0xFF))
        }
        return hash
    }
}
