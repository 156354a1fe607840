/// The path of a domain in the tree of domains: `/` is the root, `/provider/` the provider, and
/// `/provider/d0000001/` one customer account below it.
///
/// A path always begins and ends with `/`. A segment is 1 to 32 characters of `[a-z0-9-]`. That alphabet is the
/// reason the subtree of a domain is one range in byte order (see ``upperBound``), and the reason a path can
/// become a NATS token without escaping.
public struct DomainPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number of segments a path may have. Deeper trees are refused, which bounds every list of ancestors.
    public static let maximumDepth = 16

    /// The number of characters one segment may have.
    public static let maximumSegmentLength = 32

    /// The domain above all others.
    public static let root = DomainPath(trusted: "/")

    /// The path as text, for instance `/provider/d0000001/`.
    public let path: String

    /// Reads a path. The answer is nil when it is malformed or deeper than ``maximumDepth``.
    public init?(_ path: String) {
        guard path.utf8.first == Self.slash, path.utf8.last == Self.slash else { return nil }
        if path.utf8.count > 1 {
            let inner = path.utf8.dropFirst().dropLast()
            let segments = inner.split(
                separator: Self.slash, maxSplits: Self.maximumDepth, omittingEmptySubsequences: false)
            guard segments.count <= Self.maximumDepth, segments.allSatisfy(Self.isSegment) else { return nil }
        }
        self.path = path
    }

    private init(trusted path: String) {
        self.path = path
    }

    /// The same text as ``path``.
    public var description: String { path }

    /// The segments from the root down; empty for the root itself.
    public var segments: [Substring] {
        path.split(separator: "/")
    }

    /// Whether `other` is this domain or lies below it.
    public func contains(_ other: DomainPath) -> Bool {
        other.path.utf8.starts(with: path.utf8)
    }

    /// The domains from the root down to this one, this one included.
    public var ancestors: [DomainPath] {
        var result = [DomainPath.root]
        var path = "/"
        for segment in segments {
            path += segment
            path += "/"
            result.append(DomainPath(trusted: path))
        }
        return result
    }

    /// The domain directly above; nil for the root.
    public var parent: DomainPath? {
        guard path.utf8.count > 1, let cut = path.utf8.dropLast().lastIndex(of: Self.slash) else { return nil }
        return DomainPath(trusted: String(path[...cut]))
    }

    /// The domain called `segment` directly below this one; nil when the segment is malformed or the tree too deep.
    public func child(_ segment: String) -> DomainPath? {
        guard Self.isSegment(segment.utf8) else { return nil }
        return DomainPath(path + segment + "/")
    }

    /// The path as one NATS subject token: the segments joined by `_`, or `_` alone for the root. No segment holds a
    /// `_`, so two domains never share a token.
    public var subjectToken: String {
        guard path.utf8.count > 1 else { return "_" }
        let inner = path.utf8.dropFirst().dropLast()
        return String(decoding: inner.map { $0 == Self.slash ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    /// Byte order of the paths: the order Postgres uses under `COLLATE "C"`.
    public static func < (left: DomainPath, right: DomainPath) -> Bool {
        left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
    }

    private static let slash = UInt8(ascii: "/")

    private static func isSegment(_ bytes: some Collection<UInt8>) -> Bool {
        guard (1...maximumSegmentLength).contains(bytes.count) else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}
