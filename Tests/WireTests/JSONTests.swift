import Testing

@testable import Wire

/// The protobuf-JSON rules, one row for each.
@Suite struct JSONTests {
    @Test(arguments: [
        ("", WireError.Reason.truncated, ""),
        ("{", .truncated, ""),
        ("[]", .wrongType(expected: "an object"), ""),
        ("null", .wrongType(expected: "an object"), ""),
        ("x", .malformed("expected an object"), ""),
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
