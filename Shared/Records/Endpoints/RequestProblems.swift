import Filters
import RPC
import Wire

/// What every list and every write refuses in the same words.
extension Problem {
    /// The etag is not that of the record as it is now.
    public static var staleEtag: Problem {
        .aborted(
            Text(
                en: "The record has changed since you read it. Read it again.",
                ko: "레코드를 보는 동안 다른 사용자가 변경했습니다. 새로 고친 후 다시 시도해 주세요."), reason: "ETAG_MISMATCH")
    }

    /// The page token holds no place of its list.
    public static var damagedPageToken: Problem {
        .invalid(
            field: ListRequest.Field.pageToken, Text(en: "The page token is damaged.", ko: "페이지 토큰이 손상되었습니다."),
            rule: "AIP-158")
    }

    /// What is wrong with the filter of a list.
    public static func filter(_ error: FilterError) -> Problem {
        .invalid(field: ListRequest.Field.filter, Text(en: error.english, ko: error.korean), rule: "AIP-160")
    }

    /// What is wrong with the order of a list.
    public static func orderBy(_ error: FilterError) -> Problem {
        .invalid(field: ListRequest.Field.orderBy, Text(en: error.english, ko: error.korean), rule: "AIP-132")
    }
}

extension PageToken {
    /// What a sort value of a list in a fixed order is.
    public enum SortValue: Sendable {
        case number, id

        fileprivate func takes(_ text: String) -> Bool {
            switch self {
            case .number: Int64(text) != nil
            case .id: Validation.isUUID(text)
            }
        }
    }

    /// The sort values of the last record shown by a list in a fixed order; nil for its first page. INVALID_ARGUMENT for a
    /// token that is damaged, or was made for another list (AIP-158).
    public static func place(
        _ text: String, in list: Binding, _ values: SortValue...
    ) throws(Problem) -> [String]? {
        guard let position = try read(text, for: list)?.position else { return nil }
        let known = position.compactMap { $0 }
        guard position.count == values.count, known.count == values.count,
            zip(values, known).allSatisfy({ $0.takes($1) })
        else { throw .damagedPageToken }
        return known
    }
}
