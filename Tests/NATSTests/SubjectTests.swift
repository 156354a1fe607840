import Testing

@testable import NATS

@Suite struct SubjectTests {
    @Test(arguments: ["a", "customer-success", "a_b", "0", "-"])
    func tokensOfTheAlphabetPass(token: String) throws {
        #expect(try Subject.token(token) == token)
    }

    @Test(arguments: ["", "A", "a.b", "a b", "*", ">", "ä", "a\n"])
    func otherTokensAreRefused(token: String) {
        #expect(throws: NATSError.invalidSubject(token)) { try Subject.token(token) }
    }

    @Test func longSubjectsAreRefused() {
        #expect(Subject.isPublishable(String(repeating: "a", count: Subject.maximumLength)))
        #expect(!Subject.isPublishable(String(repeating: "a", count: Subject.maximumLength + 1)))
        #expect(!Subject.isSubscribable(String(repeating: "a", count: Subject.maximumLength + 1)))
    }

    @Test(arguments: ["a", "*", ">", "a.*.b", "a.>", "$SRV.PING"])
    func wildcardsAreForSubscribers(subject: String) {
        #expect(Subject.isSubscribable(subject))
    }

    @Test func headersFindAnyCaseAndKeepOrder() {
        var headers: Headers = ["B": "1", "a": "2", "b": "3"]
        #expect(headers["B"] == "1" && headers.values("b") == ["1", "3"])
        headers["b"] = "4"
        #expect(headers.fields.map(\.name) == ["a", "b"] && headers["B"] == "4")
        headers["A"] = nil
        #expect(headers.fields.count == 1)
    }

    @Test(arguments: [
        (#"{"stream":"S", "seq":12}"#, PublishAck(stream: "S", sequence: 12, isDuplicate: false)),
        (
            #"{"stream":"S","seq":18446744073709551615,"duplicate": true}"#,
            PublishAck(stream: "S", sequence: .max, isDuplicate: true)
        ),
    ])
    func acknowledgementsAreRead(json: String, ack: PublishAck) {
        #expect(PublishAck(json: Array(json.utf8)) == ack)
    }

    @Test(arguments: [
        "", "{", "{}", #"{"stream":"S"}"#, #"{"seq":1}"#, #"{"stream":"S","seq":}"#, #"{"stream":"S","seq":1"#,
        #"{"stream":"S\"","seq":1}"#, #"{"error":{"code":503},"stream":"S","seq":0}"#, #"{"stream":"S","seq":-1}"#,
        #"{"stream":"S","seq":18446744073709551616}"#, #"{"stream"#,
    ])
    func otherAnswersAreLeftToTheParser(json: String) {
        #expect(PublishAck(json: Array(json.utf8)) == nil)
    }
}
