/// What a service takes as attachments.
public struct AttachmentBounds: Sendable {
    /// The largest file, in bytes.
    public let bytes: Int64
    /// The kinds of files.
    public let kinds: Set<AttachmentKind>

    /// How many files one record may have, without those on their way.
    static let perRecord = 200
    /// How many files one person may have on their way to one record: with another, the oldest of them is given up.
    static let onTheirWay = 10
    /// The smallest part of a file but its last, in bytes: a file is a bounded number of rows.
    static let smallestPart = 64 << 10

    /// Files up to 25 MiB, of every kind that is known.
    public static let standard = AttachmentBounds(
        bytes: 25 << 20, kinds: Set(AttachmentKind.allCases).subtracting([.binary]))

    /// Files of these kinds, of `bytes` at most.
    public init(bytes: Int64, kinds: Set<AttachmentKind>) {
        self.bytes = bytes
        self.kinds = kinds
    }
}
