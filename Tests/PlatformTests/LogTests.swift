import Foundation
import Logging
import Testing

@testable import Platform

/// A log line is one line, and as JSON it is JSON, whatever stands in the message.
@Suite struct LogTests {
    static let nasty = [
        "plain", "", "two\nlines", "carriage\r\nreturn", "tab\tand \"quotes\" and \\ and /", "\u{0}\u{1}\u{1F}\u{7F}",
        "한국어 👩‍👩‍👧‍👦", "\u{2028}\u{2029}\u{85}\u{B}\u{C}", "{\"a\":1}", "\\u0041",
    ]

    @Test(arguments: nasty) func jsonIsJSON(_ text: String) throws {
        let line = handler(.json).line(.error, "\(text)", ["id": "\(text)", "list": ["a", "\(text)"]])
        #expect(!line.contains { $0 == "\n" || $0 == "\r" || $0 == "\r\n" })
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["message"].map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        #expect(object["id"].map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        #expect(object["level"] == "error" && object["service"] == "svc" && object["always"] == "there")
        #expect(object["at"]?.hasSuffix("Z") == true)
    }

    @Test(arguments: nasty) func plainIsOneLine(_ text: String) {
        let line = handler(.plain).line(.info, "\(text)", ["id": "\(text)"])
        #expect(!line.contains { $0.isNewline })
        #expect(line.contains("info svc: ") && line.contains("always=there"))
    }

    /// Metadata of the call goes before that of the logger, and none takes the place of the line's own fields.
    @Test func metadataOfOneName() throws {
        let line = handler(.json).line(.info, "m", ["always": "other", "level": "x", "message": "y", "at": "z"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
        #expect(object["always"] == "other" && object["level"] == "info" && object["message"] == "m")
        #expect(object["at"] != "z")
    }

    private func handler(_ format: LogFormat) -> LineLogHandler {
        var handler = LineLogHandler(logLevel: .info, format: format, label: "svc")
        handler.metadata = ["always": "there"]
        return handler
    }
}
