import CustomerSuccessWire
import SamplesWire
import Testing

@testable import Wire

/// Presence, refusals and bounds of the protobuf codec.
@Suite struct ProtobufTests {
    private func fault<M: Message>(_ type: M.Type, _ bytes: [UInt8], _ limits: WireLimits = .standard) -> WireError? {
        wireError { _ = try M.decode(protobuf: bytes, limits: limits) }
    }

    @Test func optionalFieldsKeepPresentDefaults() throws {
        var message = SampleOptionals()
        #expect(try message.encodeProtobuf().isEmpty)
        message.int32Value = 0
        message.boolValue = false
        message.stringValue = ""
        message.bytesValue = []
        message.doubleValue = 0
        message.kind = .unspecified
        message.scalars = SampleScalars()
        let back = try SampleOptionals.decode(protobuf: message.encodeProtobuf())
        #expect(back == message)
        #expect(back.stringValue == "" && back.int32Value == 0 && back.kind == .unspecified && back.int64Value == nil)
    }

    @Test func plainFieldsLeaveDefaultsOut() throws {
        var message = SampleScalars()
        #expect(try message.encodeProtobuf().isEmpty)
        message.doubleValue = -0.0
        #expect(try SampleScalars.decode(protobuf: message.encodeProtobuf()).doubleValue.sign == .minus)
    }

    @Test func unknownEnumNumbersSurvive() throws {
        var message = SampleScalars()
        message.kind = .unrecognized(1_234)
        let back = try SampleScalars.decode(protobuf: message.encodeProtobuf())
        #expect(back.kind == .unrecognized(1_234))
        message.kind = .belowZero
        #expect(try SampleScalars.decode(protobuf: message.encodeProtobuf()).kind == .belowZero)
    }

    @Test func namesThatCCannotTakeWork() throws {
        var message = SampleNames()
        message.base = "1"
        message.self_ = "2"
        message.`default` = "3"
        message.linux = 4
        message.tags = ["5", "6"]
        message.nTags = 7
        message.size = 8
        message.hasSize = true
        message.init_ = 9
        message.far = "10"
        let back = try SampleNames.decode(protobuf: message.encodeProtobuf())
        #expect(back == message)
        #expect(
            try message.jsonText()
                == #"{"base":"1","self":"2","default":"3","linux":"4","tags":["5","6"],"nTags":7,"size":8,"hasSize":true,"init":9,"far":"10"}"#
        )
    }

    @Test(arguments: [
        ("08", WireError.Reason.truncated, "int32Value"),
        ("7201", .truncated, "stringValue"),
        ("7201ff", .invalidUTF8, "stringValue"),
        ("7202c080", .invalidUTF8, "stringValue"),
        ("7203eda080", .invalidUTF8, "stringValue"),
        ("7204f4908080", .invalidUTF8, "stringValue"),
        ("7202c3", .truncated, "stringValue"),
        ("720161720361006" + "1", .embeddedNUL, "stringValue"),
        ("0b0c", .group, "int32Value"),
        ("a3060a", .group, ""),
        ("a406", .group, ""),
        ("0a0100", .wrongWireType, "int32Value"),
        ("7001", .wrongWireType, "stringValue"),
        ("0d00000000", .wrongWireType, "int32Value"),
        ("5d0000", .truncated, "floatValue"),
        ("00", .malformed("a field number is out of range"), ""),
        ("08ffffffffffffffffffff01", .malformed("a varint is longer than 64 bits"), "int32Value"),
        ("08ffffffffffffffffff02", .malformed("a varint is longer than 64 bits"), "int32Value"),
        ("a706", .malformed("a wire type does not exist"), ""),
        ("72ffffffff0f", .truncated, "stringValue"),
        ("72ffffffffffffffffff01", .truncated, "stringValue"),
    ])
    func refuses(_ hex: String, _ reason: WireError.Reason, _ path: String) {
        #expect(fault(SampleScalars.self, bytes(hex: hex)) == WireError(reason, path: path))
    }

    @Test func refusesPackedListsThatEndEarly() {
        #expect(fault(SampleLists.self, bytes(hex: "0a0180")) == WireError(.truncated, path: "int32Value"))
        #expect(fault(SampleLists.self, bytes(hex: "3a03000000")) == WireError(.truncated, path: "fixed32Value"))
        #expect(fault(SampleLists.self, bytes(hex: "420400000000")) == WireError(.truncated, path: "fixed64Value"))
    }

    @Test func readsListsPackedAndNot() throws {
        #expect(try SampleLists.decode(protobuf: bytes(hex: "0a020102")).int32Value == [1, 2])
        #expect(try SampleLists.decode(protobuf: bytes(hex: "08010802")).int32Value == [1, 2])
        #expect(try SampleLists.decode(protobuf: bytes(hex: "0a01010802")).int32Value == [1, 2])
    }

    @Test func refusesAMessageGivenTwiceAndTakesTheLastText() throws {
        let twice = bytes(hex: "8a0100" + "8a0100")
        #expect(fault(SampleOptionals.self, twice) == WireError(.duplicateField, path: "scalars"))
        #expect(try SampleScalars.decode(protobuf: bytes(hex: "720161720162")).stringValue == "b")
    }

    @Test func namesTheFieldInsideMessages() throws {
        var request = CreateTouchpointRequest()
        request.touchpoint = Touchpoint()
        request.touchpoint?.meetingDate = "a\u{0}b"
        let expected = WireError(.embeddedNUL, path: "touchpoint.meetingDate")
        #expect(wireError { _ = try request.encodeProtobuf() } == expected)
        #expect(wireError { _ = try request.encodeJSON() } == expected)
        var lists = SampleLists()
        lists.scalars = [SampleScalars(), SampleScalars()]
        lists.scalars[1].stringValue = "\u{0}"
        #expect(
            wireError { _ = try lists.encodeProtobuf() } == WireError(.embeddedNUL, path: "scalars[1].stringValue"))
        let inner = bytes(hex: "7201ff")
        let outer = [0x8A, 0x01, UInt8(inner.count)] + inner
        #expect(fault(SampleOptionals.self, outer) == WireError(.invalidUTF8, path: "scalars.stringValue"))
    }

    @Test func refusesTimesOutOfRange() throws {
        var message = SampleNames()
        message.at = Timestamp(seconds: Timestamp.latestSeconds + 1)
        #expect(wireError { _ = try message.encodeProtobuf() } == WireError(.outOfRange, path: "at"))
        #expect(wireError { _ = try message.encodeJSON() } == WireError(.outOfRange, path: "at"))
        // Field 1001 holding nanos = 1,000,000,000.
        let bytes = bytes(hex: "ca3e061080" + "94ebdc03")
        #expect(fault(SampleNames.self, bytes) == WireError(.outOfRange, path: "at"))
    }

    @Test func keepsItsBounds() throws {
        var message = SampleNames()
        message.lists = SampleLists()
        message.lists?.scalars = [SampleScalars()]
        let bytes = try message.encodeProtobuf()
        #expect(fault(SampleNames.self, bytes, WireLimits(depth: 3)) == nil)
        #expect(
            fault(SampleNames.self, bytes, WireLimits(depth: 2))
                == WireError(.tooDeep(limit: 2), path: "lists.scalars"))
        #expect(
            fault(SampleNames.self, bytes, WireLimits(bytes: bytes.count - 1))
                == WireError(.tooLarge(limit: bytes.count - 1)))
        let unknown = Array(repeatElement([0xA0, 0x06, 0x01] as [UInt8], count: 11).joined())
        #expect(
            fault(SampleEmpty.self, unknown, WireLimits(unknownFields: 10))
                == WireError(.tooManyUnknownFields(limit: 10)))
        #expect(try SampleEmpty.decode(protobuf: unknown, limits: WireLimits(unknownFields: 11)).encodeProtobuf() == [])
    }

    @Test func fieldsOfNewerSchemasAreDropped() throws {
        var full = SampleScalars()
        full.stringValue = "kept"
        full.int32Value = 9
        let newer = try full.encodeProtobuf() + bytes(hex: "a20603616263" + "a90600000000000000ff" + "ad0600000000")
        #expect(try SampleScalars.decode(protobuf: newer) == full)
    }

    @Test func memoryIsBoundedByTheInput() throws {
        // Half a million empty messages in one MiB would take 100 MB of C structs.
        let flood = Array(repeatElement([0x8A, 0x01, 0x00] as [UInt8], count: 300_000).joined())
        let error = fault(SampleLists.self, flood, WireLimits(bytes: 2 << 20))
        #expect(error?.reason == .tooLarge(limit: (64 << 10) + flood.count * 64))
    }

    @Test func largeMessagesPass() throws {
        var message = SampleLists()
        message.stringValue = (0..<20_000).map { "row \($0) of a long list" }
        message.bytesValue = [Array(repeating: 7, count: 100_000)]
        let bytes = try message.encodeProtobuf()
        #expect(try SampleLists.decode(protobuf: bytes) == message)
        #expect(try SampleLists.decode(json: message.encodeJSON()) == message)
    }
}
