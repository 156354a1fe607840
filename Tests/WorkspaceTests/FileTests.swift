import Foundation
import HTTPTypes
import OnboardingWire
import RPC
import Synchronization
import Testing
import Wire

@testable import WorkspaceService

/// Forms and files as browsers send them.
@Suite struct FileTests {
    @Test func aFormIsRead() {
        let fields = Fields("a=1+%2B+2&b=%ED%95%9C&c&a=3&d=%zz&input-x-0=5")
        #expect(fields["a"] == "1 + 2" && fields["b"] == "한" && fields["c"] == "" && fields.all("a") == ["1 + 2", "3"])
        #expect(fields["d"] == "%zz" && fields.contains("c") && !fields.contains("e"))
        #expect(fields.under("input-").first?.name == "x-0")
        #expect(Fields(Fields.encoded("ä&=+ /")).pairs.first?.name == "ä&=+ /")
        #expect(Fields(String(repeating: "a=1&", count: 5_000)).pairs.count == Fields.limit)
    }

    private func form(_ csrf: String, _ content: [UInt8], name: String = "a \"b\".xlsx") -> [UInt8] {
        let name = name.replacing("\"", with: "%22")
        return Array(
            """
            --XyZ\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\(csrf)\r\n--XyZ\r\nContent-Disposition: form-data; \
            name="file"; filename="C:\\fakepath\\\(name)"\r\nContent-Type: application/octet-stream\r\n\r\n
            """.utf8) + content + Array("\r\n--XyZ--\r\n".utf8)
    }

    private func bench(_ received: Received) async throws -> Browser {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingCase) { _, _ async throws(Problem) in
                    var record = OnboardingCase()
                    record.id = "018f0000-0000-7000-8000-0000000000aa"
                    return record
                },
                Endpoint(OnboardingAPI.beginOnboardingCaseAttachment) { _, request async throws(Problem) in
                    received.begin(request.fileName, request.sizeBytes)
                    var attachment = Attachment()
                    attachment.id = "file"
                    return attachment
                },
                Endpoint(OnboardingAPI.appendOnboardingCaseAttachment) { _, request async throws(Problem) in
                    received.add(request.offset, request.content)
                    return Attachment()
                },
                Endpoint(OnboardingAPI.completeOnboardingCaseAttachment) { _, _ async throws(Problem) in
                    received.complete()
                    return Attachment()
                },
            ])
        return Browser(bench, session: "good")
    }

    private func send(_ browser: Browser, _ body: [UInt8], fragment: Bool = false) async throws -> Bench.Seen {
        var headers = ["Content-Type": "multipart/form-data; boundary=XyZ"]
        if fragment { headers["X-Fragment"] = "1" }
        return try await browser.send(
            .post, "/cases/1/files", headers, String(decoding: body, as: UTF8.self))
    }

    @Test(arguments: [1, 100_000, 1_300_000])
    func aFileIsHandedOnInParts(size: Int) async throws {
        let received = Received()
        let browser = try await bench(received)
        let csrf = Secrets.proof(of: StandIn.token("good"))
        // Lines that begin like a boundary are content.
        let content = Array(String(repeating: "a\r\n--Xy", count: size / 7 + 1).utf8.prefix(size))
        let seen = try await send(browser, form(csrf, content))
        #expect(seen.status == 303, "\(seen.text)")
        #expect(received.name == "a \"b\".xlsx" && received.size == Int64(size))
        #expect(received.content == content && received.isComplete)
        #expect(received.largest <= FileReceiver.partSize)
    }

    /// What somebody has sent is no page of the workspace: the type is the one that was found, and it runs and loads nothing.
    @Test(arguments: [("text/html", "attachment", true), ("application/pdf", "inline", false)])
    func aFileIsNoPage(type: String, disposition: String, isInSandbox: Bool) async throws {
        let bench = try Bench()
        try await bench.answer("onboarding", StandIn.sessions())
        try await bench.answer(
            "onboarding",
            [
                Endpoint(OnboardingAPI.getOnboardingCase) { _, _ in OnboardingCase() },
                Endpoint(OnboardingAPI.readOnboardingCaseAttachment) { _, _ in
                    var part = AttachmentPart()
                    var file = Attachment()
                    (file.fileName, file.contentType, file.disposition) = ("a\"\r\nb.html", type, disposition)
                    file.sizeBytes = 2
                    (part.attachment, part.content, part.last) = (file, [0x68, 0x69], true)
                    return part
                },
            ])
        let seen = try await Browser(bench, session: "good").get("/cases/1/files/2")
        #expect(seen.status == 200 && seen.text == "hi" && seen.headers[.contentType] == type)
        #expect(seen.headers[.contentDisposition] == "\(disposition); filename*=UTF-8''a%22%0D%0Ab.html")
        let policy = try #require(seen.headers[.contentSecurityPolicy])
        #expect(policy.hasPrefix("default-src 'none'") && policy.contains("sandbox") == isInSandbox)
        #expect(seen.headers[.xContentTypeOptions] == "nosniff" && seen.headers[.cacheControl] == "no-store")
    }

    @Test func aFileOfAnotherSiteIsRefusedBeforeItIsRead() async throws {
        let received = Received()
        let browser = try await bench(received)
        let seen = try await send(browser, form("wrong", [1, 2, 3]), fragment: true)
        #expect(seen.status == 403)
        #expect(received.name.isEmpty)
        #expect(seen.headers[HTTPFieldName.problem ?? .age] != nil)
    }

    @Test func anEmptyFileIsRefused() async throws {
        let received = Received()
        let browser = try await bench(received)
        #expect(try await send(browser, form(Secrets.proof(of: StandIn.token("good")), [])).status == 422)
        #expect(try await send(browser, Array("nothing".utf8)).status == 422)
    }
}

private final class Received: Sendable {
    private struct State {
        var name = ""
        var size: Int64 = 0
        var content: [UInt8] = []
        var largest = 0
        var isComplete = false
    }

    private let state = Mutex(State())
    var name: String { state.withLock { $0.name } }
    var size: Int64 { state.withLock { $0.size } }
    var content: [UInt8] { state.withLock { $0.content } }
    var largest: Int { state.withLock { $0.largest } }
    var isComplete: Bool { state.withLock { $0.isComplete } }

    func begin(_ name: String, _ size: Int64) { state.withLock { ($0.name, $0.size) = (name, size) } }
    func add(_ offset: Int64, _ content: [UInt8]) {
        state.withLock { state in
            if Int(offset) == state.content.count { state.content += content }
            state.largest = max(state.largest, content.count)
        }
    }
    func complete() { state.withLock { $0.isComplete = true } }
}
