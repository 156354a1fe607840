import RPC
import Wire

/// How many records a page of a list has.
public enum PageSize {
    /// What was asked for, up to `maximum`; `standard` where nothing was, that is 0. INVALID_ARGUMENT about `field` for
    /// a negative number (AIP-158).
    public static func of(
        _ asked: Int32, _ field: String = "page_size", standard: Int = 50, maximum: Int
    ) throws(Problem) -> Int {
        guard asked >= 0 else {
            throw .invalid(
                field: field, Text(en: "The number must not be negative.", ko: "음수는 사용할 수 없습니다."), rule: "AIP-158")
        }
        return asked == 0 ? standard : min(Int(asked), maximum)
    }
}
