import CIDN
import Glibc

/// An e-mail address that mail can be sent to: the one rule for what records accept and for what mails are addressed with.
///
/// Stricter than RFC 5322, since what is let through goes between `<` and `>` in headers and SMTP commands, and laxer than
/// ASCII: an internationalised domain is carried in its ASCII form (IDNA 2008), which every server takes. A local part of
/// letters, marks and digits beyond ASCII (RFC 6531) needs SMTPUTF8 of the servers on the way; see ``isInternational``.
public struct EmailAddress: Sendable, Hashable {
    /// Why a text is no address.
    public enum Fault: String, Error, Sendable, CaseIterable {
        /// Not `local@domain` of the allowed characters and lengths.
        case malformed = "not an e-mail address"
        /// The part before the at sign has characters beyond ASCII that are no letters, marks or digits.
        case localPart =
            "the part before the at sign has characters beyond ASCII that are no letters, marks or digits"
        /// The domain cannot be one of the Internet.
        case domain = "the domain is not one that mail can be sent to"
    }

    /// What domains are accepted.
    public enum Domains: Sendable {
        /// Of the Internet: with a dot, and not an address of numbers.
        case internet
        /// Also names of this network, such as `localhost`.
        case local
    }

    /// `local@domain` as headers and SMTP carry it: the domain in ASCII.
    public let carried: String
    /// Whether the part before the at sign is not ASCII: a server must offer SMTPUTF8 to take it.
    public let isInternational: Bool
    /// The domain of ``carried``.
    public let domain: String

    /// Reads an address, at most 254 bytes long as written and as it is sent (RFC 5321, 4.5.3.1).
    public init(_ text: String, domains: Domains = .internet) throws(Fault) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2 else { throw .malformed }
        isInternational = !parts[0].utf8.allSatisfy { $0 < 0x80 }
        guard Self.isDotAtom(parts[0]) else { throw isInternational ? .localPart : .malformed }
        guard let domain = Self.ascii(domain: parts[1]), domains == .local || Self.isOfInternet(domain) else {
            throw .domain
        }
        guard parts[0].utf8.count <= 64, parts[0].utf8.count + 1 + domain.utf8.count <= 254 else { throw .malformed }
        carried = "\(parts[0])@\(domain)"
        self.domain = domain
    }

    private static func isDotAtom(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.unicodeScalars.allSatisfy { scalar in
                    guard let byte = UInt8(exactly: scalar.value), byte < 0x80 else { return isPlain(scalar) }
                    return byte.isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
                }
        }
    }

    /// Letters, digits and marks: what is seen, and seen as what it is.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        guard !scalar.properties.isDefaultIgnorableCodePoint else { return false }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark,
            .decimalNumber:
            return true
        default: return false
        }
    }

    /// The domain in ASCII; nil when it cannot be a name in DNS.
    private static func ascii(domain: Substring) -> String? {
        var name = String(domain)
        if !domain.utf8.allSatisfy({ $0 < 0x80 }) {
            // The mapping of IDNA would drop what cannot be seen, and take other dots and signs for those meant.
            let isWritten = domain.unicodeScalars.allSatisfy { isPlain($0) || $0 == "-" || $0 == "." }
            guard isWritten, let encoded = encode(name) else { return nil }
            name = encoded
        }
        let isName = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
        }
        return isName && isDecodable(name) ? name : nil
    }

    /// Whether labels that say to be internationalised are: others are in no registry.
    private static func isDecodable(_ name: String) -> Bool {
        guard name.lowercased().contains(Self.encoded) else { return true }
        var output: UnsafeMutablePointer<CChar>?
        guard idn2_to_unicode_8z8z(name, &output, 0) == IDN2_OK.rawValue, let output else { return false }
        defer { free(output) }
        // Letters that no name may have are decoded as well, and not encoded again.
        return encode(String(cString: output)) == name.lowercased()
    }

    /// A name beyond ASCII as DNS has it; nil when it may not be one.
    private static func encode(_ name: String) -> String? {
        var output: UnsafeMutablePointer<CChar>?
        let flags = Int32(IDN2_NONTRANSITIONAL.rawValue | IDN2_USE_STD3_ASCII_RULES.rawValue)
        guard idn2_to_ascii_8z(name, &output, flags) == IDN2_OK.rawValue, let output else { return nil }
        defer { free(output) }
        return String(cString: output)
    }

    /// How labels begin that stand for others beyond ASCII.
    private static let encoded = "xn--"

    /// Several labels, the last of which is a top-level domain: letters, or a name beyond ASCII (RFC 3696, 2), which none
    /// of one letter is.
    private static func isOfInternet(_ domain: String) -> Bool {
        let labels = domain.split(separator: ".")
        guard labels.count >= 2, let last = labels.last?.lowercased() else { return false }
        return last.hasPrefix(encoded) || last.utf8.count >= 2 && last.utf8.allSatisfy { (0x61...0x7A).contains($0) }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
