import SamplesWire
import Testing

@testable import Wire

/// The hand-written values: times, masks, texts, errors, base64.
@Suite struct ValueTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0, 0, "1970-01-01T00:00:00Z"),
            ("1969-12-31T23:59:59.999999999Z", -1, 999_999_999, "1969-12-31T23:59:59.999999999Z"),
            ("2024-02-29T12:00:00.000001Z", 1_709_208_000, 1_000, "2024-02-29T12:00:00.000001Z"),
            ("2026-05-04T00:00:00+09:00", 1_777_820_400, 0, "2026-05-03T15:00:00Z"),
            ("2026-05-04T00:00:00.120-03:30", 1_777_865_400, 120_000_000, "2026-05-04T03:30:00.120Z"),
            ("0001-01-01T00:00:00Z", Timestamp.earliestSeconds, 0, "0001-01-01T00:00:00Z"),
            ("9999-12-31T23:59:59Z", Timestamp.latestSeconds, 0, "9999-12-31T23:59:59Z"),
        ] as [(String, Int64, Int32, String)])
    func readsTimes(_ text: String, _ seconds: Int64, _ nanos: Int32, _ canonical: String) {
        let time = Timestamp(rfc3339: text)
        #expect(time == Timestamp(seconds: seconds, nanos: nanos))
        #expect(time?.rfc3339 == canonical)
    }

    @Test(arguments: [
        "", "2026-05-04", "2026-05-04 00:00:00Z", "2026-05-04T00:00:00", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z", "2026-05-04T24:00:00Z", "2026-05-04T00:60:00Z", "2026-05-04T00:00:60Z",
        "2026-05-04T00:00:00.Z", "2026-05-04T00:00:00.1234567890Z", "2026-05-04T00:00:00+0900",
        "2026-05-04T00:00:00+24:00", "2026-05-04T00:00:00Zx", "0001-01-01T00:00:00+01:00", "+026-05-04T00:00:00Z",
    ])
    func refusesTimes(_ text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test func timesSurviveMicroseconds() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let microseconds = Int64.random(in: -62_135_596_800_000_000...253_402_300_799_999_999, using: &random)
            let time = Timestamp(microseconds: microseconds)
            #expect(time.isValid && time.microseconds == microseconds)
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
        }
        #expect(Timestamp(microseconds: -1) == Timestamp(seconds: -1, nanos: 999_999_000))
        #expect(Timestamp(microseconds: -1) < Timestamp(microseconds: 0))
        // Whatever comes from outside is read, and found invalid.
        for far in [Int64.min, .max] {
            #expect(!Timestamp(microseconds: far).isValid && Timestamp(microseconds: far).microseconds == far)
        }
    }

    @Test func aMessageIsCutToSize() {
        #expect([3, 4, 5].fitting(12) { $0 } == [3, 4, 5] && [3, 4, 5].fitting(11) { $0 } == [3, 4])
        #expect([30, 1].fitting(11) { $0 } == [30], "at least one")
        #expect([Int]().fitting(11) { $0 }.isEmpty)
    }

    @Test func masksSpeakBothSpellings() {
        #expect(FieldMask(json: "meetingDate,meeting_date,a.bC")?.paths == ["meeting_date", "meeting_date", "a.b_c"])
        #expect(FieldMask(json: "")?.isEmpty == true)
        #expect(FieldMask(json: "*")?.json == "*")
        #expect(FieldMask(json: "a b") == nil)
        #expect(FieldMask(json: ",") == nil)
        #expect(FieldMask(paths: ["a_b", "c"]).json == "aB,c")
        for bad in ["aB", "a__b", "a_", "a_1", ""] { #expect(FieldMask(paths: [bad]).json == nil) }
    }

    @Test func base64GoesBothWays() {
        var random = SeededGenerator(seed: 2)
        for count in 0..<64 {
            let data = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(Base64.decode(Base64.encode(data)) == data)
        }
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(Base64.encode(Array("foob".utf8)) == "Zm9vYg==")
        #expect(Base64.decode("Zm9vYg") == Array("foob".utf8))
        #expect(Base64.decode("Zm9v=Yg=") == nil)
    }

    @Test func textsSpeakTheLanguageAsked() {
        let text = Text(en: "yes", ko: "예")
        #expect(text("ko") == "예" && text("ko-KR") == "예" && text("en") == "yes" && text("fr") == "yes")
        #expect(text(.ko) == "예")
    }

    @Test func errorsNameThePath() {
        let error = WireError(.outOfRange).inside(element: 3).inside("items").inside("list")
        #expect(error.path == "list.items[3]")
        #expect(error.description == "list.items[3]: The value is out of range.")
        #expect(!error.text.ko.isEmpty && error.text.ko != error.text.en)
    }

    @Test func fieldValuesKnowWhetherTheyAreEmpty() {
        #expect(FieldValue.null.isEmpty && FieldValue.string("").isEmpty && !FieldValue.int(0).isEmpty)
    }

    /// Fields are found by their names in JSON or proto; what is left out is there and blank.
    @Test func aFieldIsFoundByItsName() {
        var message = SampleOptionals()
        message.int32Value = 7
        #expect(message.named("int32Value") as? Int32 == 7 && message.named("int32_value") as? Int32 == 7)
        #expect(message.named("int64Value") as? String == "" && message.named("nowhere") == nil)
        var lists = SampleLists()
        lists.uint32Value = [1, 2]
        #expect(lists.named("uint32Value") as? [UInt32] == [1, 2] && lists.named("int32Value") as? [Int32] == [])
    }
}
