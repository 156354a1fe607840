/// The Korean of what decoders say about malformed input. They name a fault in English, as one constant, so that an error
/// costs nothing but the naming; this is where people get it in their language.
enum WireWords {
    /// The Korean of a fault; a general word for one that is not listed.
    static func korean(_ fault: String) -> String { table[fault] ?? "형식 오류" }

    /// Every fault the decoders name.
    static let table: [String: String] = [
        "a JSON object": "JSON 객체",
        "an object": "객체",
        "a list": "목록",
        "a string": "문자열",
        "a number": "숫자",
        "a whole number": "정수",
        "a time": "시각",
        "true or false": "참 또는 거짓(true, false)",
        "a base64 string": "Base64 문자열",
        "a time in RFC 3339": "RFC 3339 시각",
        "a field mask": "필드 마스크",
        "not base64": "Base64가 아님",
        "not a time in RFC 3339": "RFC 3339 시각이 아님",
        "not a field mask": "필드 마스크가 아님",
        "not a number": "숫자가 아님",
        "a number begins with 0": "숫자가 0으로 시작함",
        "a number is too long": "숫자가 너무 김",
        "a control character in a string": "문자열에 제어 문자가 있음",
        "an escape that does not exist": "없는 이스케이프 문자",
        "\\u needs four hexadecimal digits": "\\u 뒤에는 16진수 네 자리가 필요함",
        "there is more after the value": "값 뒤에 다른 내용이 있음",
        "expected a value": "값이 필요함",
        "expected a field name": "필드 이름이 필요함",
        "expected ':'": "':'이 필요함",
        "expected ',' or '}'": "',' 또는 '}'이 필요함",
        "expected ',' or ']'": "',' 또는 ']'이 필요함",
        "expected a JSON object": "JSON 객체가 필요함",
        "expected an object": "객체가 필요함",
        "expected a list": "목록이 필요함",
        "expected a string": "문자열이 필요함",
        "expected a number": "숫자가 필요함",
        "expected true or false": "참 또는 거짓(true, false)이 필요함",
        "expected a base64 string": "Base64 문자열이 필요함",
        "expected a time in RFC 3339": "RFC 3339 시각이 필요함",
        "expected a field mask": "필드 마스크가 필요함",
        "a varint is longer than 64 bits": "정수가 64비트보다 김",
        "a field number is out of range": "필드 번호가 범위를 벗어남",
        "a wire type does not exist": "없는 와이어 타입",
        "protobuf-c cannot unpack it": "내용을 풀 수 없음",
    ]
}
