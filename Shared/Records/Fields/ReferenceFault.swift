import Korean
import Wire

/// Why the text of a cell names no record: said by the check of an import and by its publication in the same words.
public enum ReferenceFault {
    /// What is wrong with a text that `matches` records bear; nil when it is exactly one (G-59). `isOther` says that it
    /// is an account, and another than the one the data belongs to.
    public static func of(_ text: String, matches: Int, isOther: Bool, _ label: Text) -> Text? {
        let shown = text.prefix(80)
        switch matches {
        case 0:
            return Text(
                en: "\(label.en): there is no \"\(shown)\".",
                ko: "\(label.ko): ‘\(shown)’\(.object, after: shown) 찾을 수 없습니다.")
        case 1 where isOther:
            return Text(
                en: "\(label.en): \"\(shown)\" is not the account that the data belongs to.",
                ko: "\(label.ko): ‘\(shown)’\(.topic, after: shown) 이 데이터가 속한 계정이 아닙니다.")
        case 1: return nil
        default:
            return Text(
                en: "\(label.en): \(matches) records are called \"\(shown)\".",
                ko: "\(label.ko): ‘\(shown)’에 해당하는 레코드가 \(grouped: matches)개입니다.")
        }
    }
}
