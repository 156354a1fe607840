import CIDN
import Glibc

/// An e-mail address that mail can be sent to: the one rule for what records accept and for what mails are addressed with.
///
/// Stricter than RFC 5322, since what is let through goes between `<` and `>` in headers and SMTP commands, and laxer than
/// ASCII: an internationalised domain is carried in its ASCII form (IDNA 2008), which every server takes. A local part
/// with other characters than ASCII would need SMTPUTF8 of every server on the way, and is refused.
public struct EmailAddress: Sendable, Hashable {
    /// Why a text is no address.
    public enum Fault: String, Error, Sendable, CaseIterable {
        /// Not `local@domain` of the allowed characters and lengths.
        case malformed = "not an e-mail address"
        /// The part before the at sign is not ASCII.
        case localPart =
            "the part before the at sign has characters other than ASCII, which mail servers need not carry"
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

    /// `local@domain` in ASCII, as headers and SMTP carry it.
    public let ascii: String
    /// The domain of ``ascii``.
    public let domain: String

    /// Reads an address, at most 254 bytes long as written and as it is sent (RFC 5321, 4.5.3.1).
    public init(_ text: String, domains: Domains = .internet) throws(Fault) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard text.utf8.count <= 254, parts.count == 2 else { throw .malformed }
        guard Self.isDotAtom(parts[0]) else {
            throw parts[0].utf8.allSatisfy { $0 < 0x80 } ? .malformed : .localPart
        }
        guard let domain = Self.ascii(domain: parts[1]), domains == .local || Self.isOfInternet(domain) else {
            throw .domain
        }
        guard parts[0].utf8.count <= 64, parts[0].utf8.count + 1 + domain.utf8.count <= 254 else { throw .malformed }
        ascii = "\(parts[0])@\(domain)"
        self.domain = domain
    }

    private static func isDotAtom(_ text: Substring) -> Bool {
        text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty
                && atom.utf8.allSatisfy { $0.isLetterOrDigit || "!#$%&'*+-/=?^_`{|}~".utf8.contains($0) }
        }
    }

    /// The domain in ASCII; nil when it cannot be a name in DNS.
    private static func ascii(domain: Substring) -> String? {
        var name = String(domain)
        if !domain.utf8.allSatisfy({ $0 < 0x80 }) {
            // Letters, digits and marks alone: the mapping of IDNA would drop what cannot be seen, and take other dots and
            // signs for those meant.
            let isPlain = domain.unicodeScalars.allSatisfy { scalar in
                switch scalar.properties.generalCategory {
                case .uppercaseLetter, .lowercaseLetter, .modifierLetter, .otherLetter, .nonspacingMark, .spacingMark,
                    .decimalNumber:
                    true
                default: scalar == "-" || scalar == "."
                }
            }
            var output: UnsafeMutablePointer<CChar>?
            let flags = Int32(IDN2_NONTRANSITIONAL.rawValue | IDN2_USE_STD3_ASCII_RULES.rawValue)
            guard isPlain, idn2_to_ascii_8z(name, &output, flags) == IDN2_OK.rawValue, let output else { return nil }
            defer { free(output) }
            name = String(cString: output)
        }
        let isName = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
        }
        return isName ? name : nil
    }

    /// Several labels, the last of which is no number (RFC 3696, 2).
    private static func isOfInternet(_ domain: String) -> Bool {
        let labels = domain.split(separator: ".")
        guard labels.count >= 2, let last = labels.last else { return false }
        return !last.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}

extension UInt8 {
    fileprivate var isLetterOrDigit: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
    }
}
