import Testing

@testable import Flows

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"a":[1,-0.5,1e3,true,false,null],"b":{"c":"\u00e9\ud83d\ude00\n"}}"#, "[]", "{}", "\"\"", "  12  ",
    ])
    func valuesSurviveWritingAndReading(text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test func membersAreWrittenInOrderAndNumbersInShortestForm() throws {
        let value = try JSONValue(parsing: #"{"b":1.0,"a":783.8200000000002,"c":10248}"#)
        #expect(value.text == #"{"a":783.8200000000002,"b":1,"c":10248}"#)
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "nul", "\"\u{1}\"", "\"\\x\"", "\"\\ud800\"", "[1] 2", "1e999",
        #"{"a":1,"a":2}"#, "\"abc", "\"\\u12\"", "NaN",
    ])
    func whatIsNotJSONIsRefused(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test func invalidUTF8IsRefused() {
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0x5C, 0x6E, 0xC3, 0x22]) }
    }

    /// What must be escaped is, and nothing else, wherever it stands.
    @Test func textsAreWrittenAsTheyStand() throws {
        let written: [(String, String)] = [
            ("", #""""#), ("계정 😀 é/\u{7F}", "\"계정 😀 é/\u{7F}\""), (#"a"b\c"#, #""a\"b\\c""#),
            ("\n\r\t", #""\n\r\t""#), ("\u{0}x\u{1F}\u{10}", #""\u0000x\u001f\u0010""#), ("\n가\n", #""\n가\n""#),
        ]
        for (text, expected) in written {
            #expect(JSONValue.string(text).text == expected)
            #expect(try JSONValue(parsing: expected) == .string(text))
        }
        let every = String(String.UnicodeScalarView((0...0x2FF).compactMap { Unicode.Scalar($0 as UInt32) }))
        for text in every.unicodeScalars.map({ String($0) }) + [every] {
            #expect(try JSONValue(parsing: JSONValue.object([text: .string(text)]).text) == [text: .string(text)])
        }
    }

    @Test func boundsHold() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: "[1,2,3]", limits: JSONLimits(values: 3)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: "[1,2,3]", limits: JSONLimits(bytes: 6)) }
    }

    @Test func nullsAreLeftOutOfObjectsOnly() {
        let value: JSONValue = ["a": nil, "b": [nil, ["c": nil]]]
        #expect(value.withoutNulls == ["b": [nil, [:]]])
    }
}
