/// The Korean script.
public enum Hangul {
    /// Whether a text holds Korean.
    public static func isWritten(in text: String) -> Bool {
        text.unicodeScalars.contains { (0xAC00...0xD7A3).contains($0.value) }
    }
}
