import CustomerSuccessWire
import Foundation
import SamplesWire
import Testing

@testable import Wire

/// The protobuf-JSON rules, one row for each.
@Suite struct JSONTests {
    @Test(arguments: [
        ("", WireError.Reason.truncated, ""),
        ("{", .truncated, ""),
        ("[]", .wrongType(expected: "a JSON object"), ""),
        ("null", .wrongType(expected: "a JSON object"), ""),
        ("x", .malformed("expected a JSON object"), ""),
        ("\u{FEFF}\u{FEFF}{}", .malformed("expected a JSON object"), ""),
        ("{} {}", .malformed("there is more after the value"), ""),
        ("{,}", .malformed("expected a field name"), ""),
        (#"{"int32Value":1,}"#, .malformed("expected a field name"), ""),
        (#"{"int32Value" 1}"#, .malformed("expected ':'"), ""),
        (#"{"int32Value":1 "boolValue":true}"#, .malformed("expected ',' or '}'"), ""),
        (#"{"int32Value":"#, .truncated, "int32Value"),
        (#"{"int32Value":nul}"#, .malformed("expected a value"), "int32Value"),
        (#"{"nope":1}"#, .unknownField, "nope"),
        (#"{"int32Value":1,"int32Value":1}"#, .duplicateField, "int32Value"),
        (#"{"int32Value":1,"int32_value":1}"#, .duplicateField, "int32Value"),
        (#"{"int32Value":null,"int32Value":1}"#, .duplicateField, "int32Value"),
        (#"{"int32Value":true}"#, .wrongType(expected: "a number"), "int32Value"),
        (#"{"int32Value":{}}"#, .wrongType(expected: "a number"), "int32Value"),
        (#"{"int32Value":"x"}"#, .wrongType(expected: "a number"), "int32Value"),
        (#"{"int32Value":"1 "}"#, .wrongType(expected: "a number"), "int32Value"),
        (#"{"int32Value":""}"#, .wrongType(expected: "a number"), "int32Value"),
        (#"{"int32Value":01}"#, .malformed("a number begins with 0"), "int32Value"),
        (#"{"int32Value":+1}"#, .malformed("expected a number"), "int32Value"),
        (#"{"int32Value":1.}"#, .wrongType(expected: "a number"), "int32Value"),
        (#"{"int32Value":-}"#, .wrongType(expected: "a number"), "int32Value"),
        (#"{"int32Value":1.5}"#, .wrongType(expected: "a whole number"), "int32Value"),
        (#"{"int32Value":2147483648}"#, .outOfRange, "int32Value"),
        (#"{"int32Value":-2147483649}"#, .outOfRange, "int32Value"),
        (#"{"int32Value":1e10}"#, .outOfRange, "int32Value"),
        (#"{"uint32Value":-1}"#, .outOfRange, "uint32Value"),
        (#"{"uint32Value":4294967296}"#, .outOfRange, "uint32Value"),
        (#"{"int64Value":"9223372036854775808"}"#, .outOfRange, "int64Value"),
        (#"{"int64Value":-9223372036854775809}"#, .outOfRange, "int64Value"),
        (#"{"uint64Value":18446744073709551616}"#, .outOfRange, "uint64Value"),
        (#"{"int64Value":1e17}"#, .outOfRange, "int64Value"),
        (#"{"floatValue":1e39}"#, .outOfRange, "floatValue"),
        (#"{"doubleValue":1e309}"#, .outOfRange, "doubleValue"),
        (#"{"doubleValue":NaN}"#, .malformed("expected a number"), "doubleValue"),
        (#"{"doubleValue":"nan"}"#, .wrongType(expected: "a number"), "doubleValue"),
        (#"{"boolValue":1}"#, .wrongType(expected: "true or false"), "boolValue"),
        (#"{"boolValue":"true"}"#, .wrongType(expected: "true or false"), "boolValue"),
        (#"{"stringValue":1}"#, .wrongType(expected: "a string"), "stringValue"),
        (#"{"stringValue":["a"]}"#, .wrongType(expected: "a string"), "stringValue"),
        (#"{"stringValue":"a"#, .truncated, "stringValue"),
        ("{\"stringValue\":\"a\nb\"}", .malformed("a control character in a string"), "stringValue"),
        (#"{"stringValue":"\x"}"#, .malformed("an escape that does not exist"), "stringValue"),
        (#"{"stringValue":"\u12g4"}"#, .malformed("\\u needs four hexadecimal digits"), "stringValue"),
        (#"{"stringValue":"\u0000"}"#, .embeddedNUL, "stringValue"),
        (#"{"stringValue":"\ud800"}"#, .invalidUTF8, "stringValue"),
        (#"{"stringValue":"\ud800\u0041"}"#, .invalidUTF8, "stringValue"),
        (#"{"stringValue":"\udc00"}"#, .invalidUTF8, "stringValue"),
        (#"{"bytesValue":"a"}"#, .malformed("not base64"), "bytesValue"),
        (#"{"bytesValue":"a*=="}"#, .malformed("not base64"), "bytesValue"),
        (#"{"kind":"NO_SUCH"}"#, .unknownEnumValue, "kind"),
        (#"{"kind":true}"#, .wrongType(expected: "a number"), "kind"),
    ])
    func refuses(_ json: String, _ reason: WireError.Reason, _ path: String) {
        #expect(wireError { _ = try SampleScalars.decode(json: json) } == WireError(reason, path: path))
    }

    /// A person who reads Korean gets no English word of it.
    @Test func faultsAreKoreanInKorean() throws {
        let sources = try Self.sources("Shared/Wire")
        let named = sources.flatMap { source in
            source.matches(of: #/(?:malformed\(|expected: |wrongType\(|string\()"((?:[^"\\]|\\.)+)"/#).map {
                String($0.output.1).replacing("\\\\", with: "\\")
            }
        }
        #expect(named.count > 30)
        for fault in Set(named) where !fault.contains("\\(") {
            #expect(WireWords.table[fault] != nil, "WireWords has no Korean for: \(fault)")
        }
        #expect(WireError(.malformed("something new")).text.ko == "메시지 형식이 잘못되었습니다: 형식 오류.")
    }

    /// The Swift files of a folder of the repository.
    private static func sources(_ folder: String) throws -> [String] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: folder)
        return try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "swift" }.map { try String(contentsOf: $0, encoding: .utf8) }
    }

    /// The digits of a decimal are kept as they are written; an exponent moves the point.
    @Test(arguments: [
        ("12.50", "12.50"), ("0.1", "0.1"), ("-7", "-7"), ("\"007.50\"", "007.50"), ("9007199254740993", nil),
        ("123456789012345678.123456", nil), ("0.30000000000000004", nil), ("1e3", "1000"), ("1.5E+2", "150"),
        ("12.5e-3", "0.0125"), ("-0.5e1", "-5"), ("1.250e2", "125.0"), ("0e5", "0"),
    ])
    func decimalsAsNumbers(_ given: String, _ kept: String?) throws {
        let outcome = try SuccessOutcome.decode(json: #"{"baseValue":\#(given)}"#)
        #expect(outcome.baseValue == kept ?? given)
    }

    @Test(arguments: [
        ("1e65", WireError.Reason.outOfRange), ("1e99999999999999999999", .outOfRange),
        ("true", .wrongType(expected: "a number")), ("01", .malformed("a number begins with 0")),
        ("{}", .wrongType(expected: "a number")),
    ])
    func refusesAsDecimal(_ given: String, _ reason: WireError.Reason) {
        #expect(
            wireError { _ = try SuccessOutcome.decode(json: #"{"baseValue":\#(given)}"#) }
                == WireError(reason, path: "baseValue"))
    }

    @Test func aByteOrderMarkIsPassedOver() throws {
        #expect(try SampleScalars.decode(json: "\u{FEFF} {\"int32Value\":1}").int32Value == 1)
    }

    @Test(
        arguments: [
            ([], true), ([0x0A, 0x01, 0x61], true), ([0x08, 0x01, 0x12, 0x00], true),
            (Array("\n{\"a\": 1}".utf8), false),
            (Array(" {}".utf8), false), ([0x0A, 0x05, 0x61], false), ([0x00, 0x00], false), ([0x0B], false),
            ([0x20, 0x7B], true),
        ] as [([UInt8], Bool)])
    func outlines(_ bytes: [UInt8], _ isWellFormed: Bool) {
        #expect(ProtobufOutline.isWellFormed(bytes) == isWellFormed)
    }

    @Test(arguments: [
        (#"{"stringValue":["a",null]}"#, WireError.Reason.wrongType(expected: "a string"), "stringValue[1]"),
        (#"{"scalars":[{},{"kind":7,"nope":0}]}"#, .unknownField, "scalars[1].nope"),
        (#"{"scalars":{}}"#, .wrongType(expected: "a list"), "scalars"),
        (#"{"stringValue":["a" "b"]}"#, .malformed("expected ',' or ']'"), "stringValue"),
        (#"{"stringValue":["a","#, .truncated, "stringValue[1]"),
        (#"{"times":["2026-02-30T00:00:00Z"]}"#, .malformed("not a time in RFC 3339"), "times[0]"),
    ])
    func refusesInLists(_ json: String, _ reason: WireError.Reason, _ path: String) {
        #expect(wireError { _ = try SampleLists.decode(json: json) } == WireError(reason, path: path))
    }

    @Test func refusesBytesThatAreNoUTF8() {
        let text = Array(#"{"stringValue":"x"}"#.utf8).map { $0 == UInt8(ascii: "x") ? 0xFF : $0 }
        #expect(
            wireError { _ = try SampleScalars.decode(json: text) } == WireError(.invalidUTF8, path: "stringValue"))
        let key = Array(#"{"x":"x"}"#.utf8).map { $0 == UInt8(ascii: "x") ? 0xFF : $0 }
        #expect(wireError { _ = try SampleScalars.decode(json: key) } == WireError(.invalidUTF8))
    }

    @Test func keepsItsBounds() {
        let json = #"{"lists":{"scalars":[{}]}}"#
        #expect(wireError { _ = try SampleNames.decode(json: Array(json.utf8), limits: WireLimits(depth: 3)) } == nil)
        #expect(
            wireError { _ = try SampleNames.decode(json: Array(json.utf8), limits: WireLimits(depth: 2)) }
                == WireError(.tooDeep(limit: 2), path: "lists.scalars[0]"))
        #expect(
            wireError { _ = try SampleNames.decode(json: Array(json.utf8), limits: WireLimits(bytes: 10)) }
                == WireError(.tooLarge(limit: 10)))
        let digits = #"{"int32Value":"# + String(repeating: "1", count: 2_000) + "}"
        #expect(
            wireError { _ = try SampleScalars.decode(json: digits) }
                == WireError(.malformed("a number is too long"), path: "int32Value"))
    }

    @Test(arguments: [
        (#"{"int32_value":1}"#, #"{"int32Value":1}"#),
        (#" { "int32Value" : "7" } "#, #"{"int32Value":7}"#),
        (#"{"int32Value":1e2,"uint64Value":12.0}"#, #"{"int32Value":100,"uint64Value":"12"}"#),
        (#"{"int64Value":-9223372036854775808}"#, #"{"int64Value":"-9223372036854775808"}"#),
        (#"{"uint64Value":"18446744073709551615"}"#, #"{"uint64Value":"18446744073709551615"}"#),
        (#"{"doubleValue":"-Infinity","floatValue":"NaN"}"#, #"{"floatValue":"NaN","doubleValue":"-Infinity"}"#),
        (#"{"doubleValue":"0.25","floatValue":0.1}"#, #"{"floatValue":0.1,"doubleValue":0.25}"#),
        (#"{"boolValue":false,"stringValue":"","int32Value":0,"bytesValue":""}"#, "{}"),
        (#"{"int32Value":null,"stringValue":null,"kind":null}"#, "{}"),
        (#"{"kind":"SAMPLE_KIND_PLAIN"}"#, #"{"kind":"SAMPLE_KIND_PLAIN"}"#),
        (#"{"kind":-2}"#, #"{"kind":"SAMPLE_KIND_BELOW_ZERO"}"#),
        (#"{"kind":99}"#, #"{"kind":99}"#),
        (#"{"bytesValue":"-_8"}"#, #"{"bytesValue":"+/8="}"#),
        (#"{"stringVal\u0075e":"\ud83d\ude80\/\"\n\u0001"}"#, #"{"stringValue":"🚀/\"\n\u0001"}"#),
    ])
    func readsAndWrites(_ given: String, _ canonical: String) throws {
        #expect(try SampleScalars.decode(json: given).jsonText() == canonical)
    }

    @Test func optionalFieldsAreWrittenWhenPresent() throws {
        let json = #"{"int32Value":0,"boolValue":false,"stringValue":"","kind":"SAMPLE_KIND_UNSPECIFIED","scalars":{}}"#
        let message = try SampleOptionals.decode(json: json)
        #expect(message.stringValue == "" && message.int64Value == nil)
        #expect(try message.jsonText() == json)
    }

    @Test func wellKnownTypesAreTexts() throws {
        let json = #"{"at":"2026-05-04T18:30:00.5+09:00","mask":"meetingDate,state"}"#
        let message = try SampleNames.decode(json: json)
        #expect(message.at == Timestamp(seconds: 1_777_887_000, nanos: 500_000_000))
        #expect(message.mask == ["meeting_date", "state"])
        #expect(try message.jsonText() == #"{"at":"2026-05-04T09:30:00.500Z","mask":"meetingDate,state"}"#)
        #expect(
            wireError { _ = try SampleNames.decode(json: #"{"mask":"a,,b"}"#) }
                == WireError(.malformed("not a field mask"), path: "mask"))
        var wrong = SampleNames()
        wrong.mask = ["Not_a_name"]
        #expect(wireError { _ = try wrong.encodeJSON() } == WireError(.outOfRange, path: "mask"))
    }
}
