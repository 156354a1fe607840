import Yams

/// What the parser refused: where, and why, in words for whoever wrote the text.
struct YAMLFault {
    var line = 1
    var column = 1
    /// The parser's own word for it.
    var reason = ""
    /// The key that stands twice in a mapping, where that is the fault; the place is that of the first.
    var doubled: String?

    init(_ error: any Error) {
        guard let error = error as? YamlError else { return }
        switch error {
        case .scanner(_, let problem, let place, _), .parser(_, let problem, let place, _),
            .composer(_, let problem, let place, _):
            (line, column, reason) = (place.line, place.column, problem)
        case .duplicatedKeysInMapping(let keys, let context):
            (line, column, doubled) = (context.mark.line, context.mark.column, keys.first)
        case .reader(let problem, _, _, _): reason = problem
        default: break
        }
    }

    /// The sentence.
    var text: FlowText {
        let said = doubled.map(Self.twice) ?? Self.known.first { reason.contains($0.part) }?.text ?? Self.unknown
        return FlowText(en: "Not valid YAML: \(said.en)", ko: "올바른 YAML이 아닙니다. \(said.ko)")
    }

    private static func twice(_ key: String) -> FlowText {
        FlowText(en: "the key '\(key)' is given twice.", ko: "'\(key)' 키가 두 번 나옵니다.")
    }

    private static let unknown = FlowText(
        en: "the text cannot be read from here on.", ko: "이 위치부터 읽을 수 없습니다. 문법을 확인하세요.")

    private static let indentation = FlowText(
        en: "the indentation does not fit the lines above.", ko: "들여쓰기가 위의 행과 맞지 않습니다.")
    private static let character = FlowText(
        en: "a text cannot begin with a tab, '@', '%' or '`'. Indent with spaces, and put the text in quotes.",
        ko: "탭이나 '@', '%', '`' 문자로 시작할 수 없습니다. 들여쓰기에는 공백을 사용하고 텍스트는 따옴표로 묶으세요.")
    private static let brackets = FlowText(
        en: "a value, a comma or a bracket is missing.", ko: "값이나 쉼표 또는 괄호가 없습니다.")
    private static let colon = FlowText(
        en: "a colon cannot stand here. Put a text that holds one in quotes, and check the indentation.",
        ko: "이 위치에는 콜론(:)을 사용할 수 없습니다. 콜론이 있는 텍스트는 따옴표로 묶고 들여쓰기를 확인하세요.")

    /// What the parser says, in part, and what is meant by it.
    private static let known: [(part: String, text: FlowText)] = [
        ("another document", FlowText(en: "there is more than one document.", ko: "문서가 두 개 이상입니다. 하나만 입력하세요.")),
        ("nesting level", FlowText(en: "the nesting is too deep.", ko: "중첩이 너무 깊습니다.")),
        ("tab character", character), ("cannot start any token", character),
        ("values are not allowed", colon),
        ("expected ':'", FlowText(en: "a colon is missing behind a key.", ko: "키 뒤에 콜론(:)이 없습니다.")),
        ("end of stream", FlowText(en: "a quotation mark at the end of a text is missing.", ko: "텍스트 끝의 따옴표가 없습니다.")),
        ("expected ','", brackets), ("node content", brackets),
        ("expected key", indentation), ("'-' indicator", indentation), ("sequence entries", indentation),
        ("<document start>", indentation),
        (
            "escape character",
            FlowText(en: "what follows the backslash means nothing.", ko: "백슬래시(\\) 뒤에 사용할 수 없는 문자가 있습니다.")
        ),
        ("control characters", FlowText(en: "it has control characters.", ko: "제어 문자는 사용할 수 없습니다.")),
    ]
}
