import Foundation
import TestKit
import Testing

@testable import Mail

@Suite struct SMTPTests {
    static func sender(_ port: Int, timeout: Int = 120_000, queueLimit: Int = 100) throws -> SMTPSender {
        SMTPSender(
            try SMTPConfiguration(
                host: "127.0.0.1", port: port, security: .none, helloName: "tests.local", connectTimeout: 60_000,
                messageTimeout: timeout, queueLimit: queueLimit))
    }

    static func message(_ recipients: String..., subject: String = "Hello", text: String = "Text") throws -> MailMessage
    {
        MailMessage(
            from: try MailAddress("ale@example.org"), to: try recipients.map { try MailAddress($0) }, subject: subject,
            text: text, html: "<p>\(text)</p>", messageID: "m1@example.org", date: 1_795_293_660)
    }

    static func codes(_ deliveries: [MailDelivery]) -> [Int] {
        deliveries.map { delivery in
            switch delivery.outcome {
            case .accepted: 250
            case .transient(let code, _), .unreached(let code, _): -code
            case .permanent(let code, _): code
            }
        }
    }

    @Test func aMailArrivesAsItWasWritten() async throws {
        let catcher = try SMTPCatcher()
        let message = try Self.message(
            "a@example.com", "b@example.com", subject: "분기별 검토",
            text: ".\n..two dots\n.begins with a dot\n" + String(repeating: "wide ", count: 2_000) + "\n.\n끝")
        let deliveries = try await Self.sender(catcher.port).send(message)
        #expect(deliveries.map(\.outcome) == [.accepted, .accepted])
        #expect(deliveries.map(\.recipient.address) == ["a@example.com", "b@example.com"])
        let mail = try #require(catcher.mails.first)
        #expect(catcher.mails.count == 1)
        #expect(mail.data == (try message.encoded()))
        #expect(mail.sender == "ale@example.org" && mail.recipients == ["a@example.com", "b@example.com"])
    }

    @Test func recipientsAreRefusedOneByOne() async throws {
        let catcher = try SMTPCatcher()
        catcher.set(.reply(550), at: .recipient("gone@example.com"))
        catcher.set(.reply(451), at: .recipient("busy@example.com"))
        let sender = try Self.sender(catcher.port)
        let some = try await sender.send(
            try Self.message("gone@example.com", "a@example.com", "busy@example.com", "b@example.com"))
        #expect(Self.codes(some) == [550, 250, -451, 250])
        #expect(some[0].outcome == .permanent(code: 550, reason: "as told"))
        #expect(catcher.mails.map(\.recipients) == [["a@example.com", "b@example.com"]])
        let none = try await sender.send(try Self.message("busy@example.com", "gone@example.com"))
        #expect(Self.codes(none) == [-451, 550])
        #expect(catcher.mails.count == 1)
        // The sender goes on after refusals.
        let again = try await sender.send(try Self.message("a@example.com"))
        #expect(Self.codes(again) == [250])
    }

    @Test(arguments: [
        (SMTPCatcher.Stage.sender, 550, [550, 550]), (.sender, 451, [-451, -451]), (.body, 554, [554, 554]),
        (.body, 452, [-452, -452]), (.greeting, 421, [-421, -421]), (.greeting, 554, [-554, -554]),
    ])
    func refusalsOfTheWholeMailConcernEveryRecipient(stage: SMTPCatcher.Stage, code: Int, expected: [Int]) async throws
    {
        let catcher = try SMTPCatcher()
        catcher.set(.reply(code), at: stage)
        let deliveries = try await Self.sender(catcher.port).send(try Self.message("a@example.com", "b@example.com"))
        #expect(Self.codes(deliveries) == expected, "\(deliveries.map(\.outcome))")
        #expect(catcher.mails.isEmpty)
    }

    @Test(arguments: [SMTPCatcher.Stage.greeting, .sender, .recipient("a@example.com"), .body])
    func aBrokenConnectionIsTransient(stage: SMTPCatcher.Stage) async throws {
        let catcher = try SMTPCatcher()
        catcher.set(.hangUp, at: stage)
        let sender = try Self.sender(catcher.port)
        let deliveries = try await sender.send(try Self.message("a@example.com"))
        switch deliveries[0].outcome {
        case .unreached: #expect(stage == .greeting || stage == .sender)
        case .transient: #expect(stage != .greeting && stage != .sender)
        default: #expect(Bool(false), "\(deliveries)")
        }
        // And the next mail makes a new connection.
        catcher.set(nil, at: stage)
        #expect(Self.codes(try await sender.send(try Self.message("a@example.com"))) == [250])
    }

    @Test func aRefusedConnectionReachesNobody() async throws {
        let catcher = try SMTPCatcher()
        let port = catcher.port
        catcher.stop()
        let deliveries = try await Self.sender(port).send(try Self.message("a@example.com", "b@example.com"))
        #expect(Self.codes(deliveries) == [0, 0])
        guard case .unreached(0, let reason) = deliveries[0].outcome else { return #expect(Bool(false)) }
        #expect(!reason.isEmpty)
    }

    @Test func aNameThatDoesNotExistReachesNobody() async throws {
        let sender = SMTPSender(
            try SMTPConfiguration(host: "mail.invalid", port: 25, security: .none, messageTimeout: 5_000))
        let deliveries = try await sender.send(try Self.message("a@example.com"))
        guard case .unreached(0, _) = deliveries[0].outcome else { return #expect(Bool(false), "\(deliveries)") }
    }

    /// The domain goes over the wire in ASCII, in the envelope and in the header.
    @Test func anInternationalisedDomainIsReached() async throws {
        let catcher = try SMTPCatcher()
        let deliveries = try await Self.sender(catcher.port).send(try Self.message("petra@bücher.example"))
        #expect(Self.codes(deliveries) == [250])
        let mail = try #require(catcher.mails.first)
        #expect(mail.recipients == ["petra@xn--bcher-kva.example"])
        #expect(String(decoding: mail.data, as: UTF8.self).contains("petra@xn--bcher-kva.example"))
    }

    /// A local part beyond ASCII goes to a server that says it carries it (RFC 6531), by a mail that says it needs it.
    @Test func anInternationalAddressIsReached() async throws {
        let catcher = try SMTPCatcher()
        let sender = try Self.sender(catcher.port)
        #expect(Self.codes(try await sender.send(try Self.message("a@example.com"))) == [250])
        #expect(Self.codes(try await sender.send(try Self.message("이영희@bücher.example"))) == [250])
        #expect(Self.codes(try await sender.send(try Self.message("b@example.com"))) == [250])
        let mails = catcher.mails
        #expect(mails.map(\.recipients) == [["a@example.com"], ["이영희@xn--bcher-kva.example"], ["b@example.com"]])
        #expect(mails.map { $0.parameters.contains("SMTPUTF8") } == [false, true, false])
        #expect(mails[1].text.contains("To: 이영희@xn--bcher-kva.example"))
    }

    /// Where the server does not, nothing goes out, and the delivery says why; others are served.
    @Test func withoutSMTPUTF8AnInternationalAddressIsUndeliverable() async throws {
        let catcher = try SMTPCatcher(offersUTF8: false)
        let sender = try Self.sender(catcher.port)
        #expect(Self.codes(try await sender.send(try Self.message("a@example.com"))) == [250])
        let refused = try await sender.send(try Self.message("jörg@example.com"))
        guard case .permanent(0, let reason) = refused[0].outcome else { return #expect(Bool(false), "\(refused)") }
        #expect(reason.contains("SMTPUTF8"))
        #expect(Self.codes(try await sender.send(try Self.message("b@example.com"))) == [250])
        #expect(catcher.mails.map(\.recipients) == [["a@example.com"], ["b@example.com"]])
    }

    @Test func oneConnectionCarriesManyMails() async throws {
        let catcher = try SMTPCatcher()
        let sender = try Self.sender(catcher.port)
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<100 {
                group.addTask {
                    let message = try? Self.message("a\(index)@example.com", subject: "Mail \(index)")
                    guard let message, let deliveries = try? await sender.send(message) else { return false }
                    #expect(deliveries.map(\.outcome) == [.accepted])
                    return deliveries.map(\.outcome) == [.accepted]
                }
            }
            for await isSent in group { #expect(isSent) }
        }
        #expect(catcher.mails.count == 100)
        #expect(Set(catcher.mails.flatMap(\.recipients)).count == 100)
        #expect(catcher.connections == 1)
    }

    @Test(.timeLimit(.minutes(15))) func aSilentServerCostsNoMoreThanTheTimeLimit() async throws {
        let catcher = try SMTPCatcher()
        catcher.set(.silence, at: .sender)
        let begin = ContinuousClock.now
        let sender = try Self.sender(catcher.port, timeout: 400)
        async let first = sender.send(try Self.message("a@example.com"))
        async let second = sender.send(try Self.message("b@example.com"))
        #expect(Self.codes(try await first) == [0])
        #expect(Self.codes(try await second) == [0])
        #expect(ContinuousClock.now - begin < .seconds(60))
    }

    @Test(.timeLimit(.minutes(15))) func aCanceledTaskDoesNotWait() async throws {
        let catcher = try SMTPCatcher()
        catcher.set(.silence, at: .sender)
        let sender = try Self.sender(catcher.port)
        let task = Task { try await sender.send(try Self.message("a@example.com")) }
        while catcher.connections == 0 { await Task.yield() }
        let begin = ContinuousClock.now
        task.cancel()
        await #expect(throws: MailError.canceled) { try await task.value }
        #expect(ContinuousClock.now - begin < .seconds(60))
        // The thread lets go of the canceled mail and serves the next.
        catcher.set(nil, at: .sender)
        #expect(Self.codes(try await sender.send(try Self.message("b@example.com"))) == [250])
        #expect(catcher.mails.count == 1)
    }

    @Test(.timeLimit(.minutes(15))) func aFullLineAndAClosedSenderRefuse() async throws {
        let catcher = try SMTPCatcher()
        catcher.set(.silence, at: .sender)
        let sender = try Self.sender(catcher.port, queueLimit: 1)
        let message = try Self.message("a@example.com")
        let first = Task { try await sender.send(message) }
        while catcher.connections == 0 { await Task.yield() }
        // The first is with the server, one more may wait, of three at once two are refused.
        let refusals = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do throws(MailError) {
                        _ = try await sender.send(message)
                        return false
                    } catch {
                        return error == .overloaded
                    }
                }
            }
            var refusals = 0
            for await isRefused in group {
                refusals += isRefused ? 1 : 0
                // The server keeps the first one until both are refused, however long that takes; then it hangs up.
                if refusals == 2 { catcher.stop() }
            }
            return refusals
        }
        #expect(refusals == 2)
        _ = try await first.value
        sender.close()
        await #expect(throws: MailError.closed) { try await sender.send(message) }
    }

    @Test(arguments: [SMTPConfiguration.Security.startTLS, .implicitTLS])
    func withoutTLSNothingIsSentWhereTLSIsRequired(security: SMTPConfiguration.Security) async throws {
        let catcher = try SMTPCatcher()
        let sender = SMTPSender(
            try SMTPConfiguration(
                host: "127.0.0.1", port: catcher.port, security: security,
                credentials: .init(user: "u", password: "secret"), messageTimeout: 3_000))
        let deliveries = try await sender.send(try Self.message("a@example.com"))
        guard case .unreached = deliveries[0].outcome else { return #expect(Bool(false)) }
        #expect(catcher.mails.isEmpty)
    }

    @Test func wrongConfigurationsAreRefused() {
        #expect(throws: MailError.self) {
            try SMTPConfiguration(
                host: "h", port: 25, security: .none, credentials: .init(user: "u", password: "p"))
        }
        #expect(throws: MailError.self) { try SMTPConfiguration(host: "h/../x", port: 25, security: .none) }
        #expect(throws: MailError.self) { try SMTPConfiguration(host: "h", port: 0, security: .none) }
        #expect(throws: MailError.self) {
            try SMTPConfiguration(host: "h", port: 25, security: .none, messageTimeout: 0)
        }
        #expect("\(SMTPConfiguration.Credentials(user: "u", password: "secret"))" == "(credentials)")
    }
}
