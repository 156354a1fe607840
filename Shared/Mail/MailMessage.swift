/// A mail, before it is written out.
public struct MailMessage: Sendable, Hashable {
    /// A further header.
    public struct Header: Sendable, Hashable {
        /// Name, such as `X-ALE-Notification` or `Auto-Submitted`.
        public let name: String
        /// Value in ASCII.
        public let value: String

        /// A header of its parts; checked when the mail is written out.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// Sender, in the header and in the envelope.
    public var from: MailAddress
    /// Recipients; at least one.
    public var to: [MailAddress]
    /// Recipients of a copy.
    public var cc: [MailAddress]
    /// Subject, any Unicode text of one line. What is longer than ``maximumSubject`` is cut.
    public var subject: String
    /// Body as plain text.
    public var text: String
    /// The same as HTML.
    public var html: String?
    /// `local@domain` that names this mail; the same for each attempt, so that a mail delivered twice can be told.
    public var messageID: String
    /// When it was written, in seconds since 1970 (UTC).
    public var date: Int64
    /// Further headers.
    public var headers: [Header]

    /// Most recipients of one mail.
    public static let maximumRecipients = 100
    /// Most bytes of a subject: more than any client shows. A long subject is no reason not to send a mail.
    public static let maximumSubject = 1_000
    /// Most bytes of each body.
    public static let maximumBody = 4 * 1024 * 1024

    /// A mail of its parts; checked when it is written out.
    public init(
        from: MailAddress, to: [MailAddress], cc: [MailAddress] = [], subject: String, text: String,
        html: String? = nil,
        messageID: String, date: Int64, headers: [Header] = []
    ) {
        self.from = from
        self.to = to
        self.cc = cc
        self.subject = subject
        self.text = text
        self.html = html
        self.messageID = messageID
        self.date = date
        self.headers = headers
    }

    /// Everybody it goes to, each address once.
    public var recipients: [MailAddress] {
        var seen: Set<String> = []
        return (to + cc).filter { seen.insert($0.address).inserted }
    }

    /// The mail in Internet message format (RFC 5322): CRLF line ends, lines of at most 78 characters but for single long
    /// words of further headers, ASCII only but for addresses that are not (RFC 6532).
    ///
    /// - Throws: ``MailError/invalid(part:reason:)`` for anything that could forge headers or exceeds a bound.
    public func encoded() throws(MailError) -> [UInt8] {
        try check()
        var out = "Date: \(MailDate.text(date))\r\n"
        out += "From: \(from.header)\r\n"
        out += "To: " + to.map(\.header).joined(separator: ",\r\n ") + "\r\n"
        if !cc.isEmpty { out += "Cc: " + cc.map(\.header).joined(separator: ",\r\n ") + "\r\n" }
        let shown = HeaderText.shortened(subject, to: Self.maximumSubject)
        out += "Subject: " + HeaderText.unstructured(shown, firstLineUsed: 9) + "\r\n"
        out += "Message-ID: <\(messageID)>\r\n"
        for header in headers { out += Self.fold(header) + "\r\n" }
        out += "MIME-Version: 1.0\r\n"
        guard let html else {
            out += MailBody.part(text, type: "text/plain")
            return Array(out.utf8)
        }
        // "=_" occurs neither in quoted-printable nor in base64, so no body can contain the boundary.
        let boundary = "=_ale_alternative"
        out += "Content-Type: multipart/alternative; boundary=\"\(boundary)\"\r\n\r\n"
        out += "--\(boundary)\r\n" + MailBody.part(text, type: "text/plain")
        out += "--\(boundary)\r\n" + MailBody.part(html, type: "text/html")
        out += "--\(boundary)--\r\n"
        return Array(out.utf8)
    }

    private static let ownHeaders: Set<String> = [
        "date", "from", "sender", "to", "cc", "bcc", "subject", "message-id", "mime-version", "content-type",
        "content-transfer-encoding", "content-disposition", "return-path", "received",
    ]

    private func check() throws(MailError) {
        guard !to.isEmpty else { throw .invalid(part: "to", reason: "no recipient") }
        guard to.count + cc.count <= Self.maximumRecipients else {
            throw .invalid(part: "to", reason: "more than \(Self.maximumRecipients) recipients")
        }
        try HeaderText.check(subject, part: "subject", maximum: Self.maximumBody)
        for body in [text, html ?? ""] where body.utf8.count > Self.maximumBody {
            throw .invalid(part: "body", reason: "longer than \(Self.maximumBody) bytes")
        }
        do throws(MailError) { _ = try MailAddress(messageID) } catch {
            throw .invalid(part: "messageID", reason: "not of the form local@domain")
        }
        for header in headers {
            let isName =
                (1...60).contains(header.name.utf8.count)
                && header.name.utf8.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
            guard isName, !Self.ownHeaders.contains(header.name.lowercased()) else {
                throw .invalid(part: "header", reason: "this header cannot be set")
            }
            try HeaderText.check(header.value, part: header.name, maximum: 900)
            guard header.value.utf8.allSatisfy({ $0 < 0x80 }) else {
                throw .invalid(part: header.name, reason: "not ASCII")
            }
        }
    }

    /// Breaks a header before spaces so that its lines stay within 78 characters where the words allow.
    private static func fold(_ header: Header) -> String {
        var lines = [header.name + ":"]
        for word in header.value.split(separator: " ") {
            if lines[lines.count - 1].utf8.count + 1 + word.utf8.count > 78, lines[lines.count - 1] != header.name + ":"
            {
                lines.append(" " + word)
            } else {
                lines[lines.count - 1] += " " + word
            }
        }
        return lines.joined(separator: "\r\n")
    }
}

/// Dates of RFC 5322, in UTC.
enum MailDate {
    static func text(_ seconds: Int64) -> String {
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = seconds - day * 86_400
        // Civil date from a day number counted from 1970-01-01.
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * ofYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "\(days[Int((day % 7 + 7) % 7)]), \(ofYear - (153 * march + 2) / 5 + 1) \(names[Int(month - 1)]) \(year) "
            + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) +0000"
    }
}
