/// `google.protobuf.FieldMask`: which fields an update writes (AIP-134).
public struct FieldMask: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// The paths in proto names: `meeting_date`. `*` means every field.
    public var paths: [String]

    /// A mask of `paths`, in proto names.
    public init(paths: [String] = []) {
        self.paths = paths
    }

    /// A mask of the listed paths, in proto names.
    public init(arrayLiteral elements: String...) {
        self.init(paths: elements)
    }

    /// Whether the mask names no field.
    public var isEmpty: Bool { paths.isEmpty }

    /// Reads the canonical JSON form, comma separated lowerCamelCase: `meetingDate,state`. Proto names are accepted
    /// too. Nil when a path is empty or has a byte no field name has.
    public init?(json: String) {
        paths = []
        if json.isEmpty { return }
        for part in json.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let path = Self.snakeCase(part) else { return nil }
            paths.append(path)
        }
    }

    /// The canonical JSON form. Nil when a path would not survive the way back (upper case, or `_` not before a
    /// lower-case letter), as the protobuf JSON mapping demands.
    public var json: String? {
        var out: [UInt8] = []
        for (index, path) in paths.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            guard Self.appendCamelCase(path.utf8, to: &out) else { return nil }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func snakeCase(_ part: Substring.UTF8View) -> String? {
        if part.isEmpty { return nil }
        var out: [UInt8] = []
        for byte in part {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                out.append(UInt8(ascii: "_"))
                out.append(byte + 32)
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "*"):
                out.append(byte)
            default: return nil
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func appendCamelCase(_ path: String.UTF8View, to out: inout [UInt8]) -> Bool {
        if path.isEmpty { return false }
        var afterUnderscore = false
        for byte in path {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                out.append(afterUnderscore ? byte - 32 : byte)
                afterUnderscore = false
            case UInt8(ascii: "_"):
                if afterUnderscore { return false }
                afterUnderscore = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "*"):
                if afterUnderscore { return false }
                out.append(byte)
            default: return false
            }
        }
        return !afterUnderscore
    }
}
