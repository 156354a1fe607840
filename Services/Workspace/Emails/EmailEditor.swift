import NotifierWire
import OnboardingWire
import PlayLauncherWire
import RPC
import Wire

/// One e-mail in one language: what is sent, what may stand in it, and how it would read about a record, saved or not.
struct EmailEditor: Sendable {
    private typealias Record = EmailTemplate
    /// The field of the form that names the record to try it on.
    private static let about = PreviewEmailTemplateRequest.Field.sourceRecord.rawValue

    let visit: Visit
    private let shipped: ShippedEmail
    /// What stands in its place; nil where it is sent as it is shipped.
    private let own: EmailTemplate?

    /// The e-mail of the address; NOT_FOUND where there is none.
    static func opened(_ visit: Visit) async throws(Problem) -> EmailEditor {
        let (key, language) = (visit.part("key"), visit.part("language"))
        let emails = try await EmailPages.shipped(visit)
        guard let shipped = emails.first(where: { $0.key == key && $0.language == language }) else {
            throw RecordTypes.nowhere()
        }
        let filter =
            "\(FilterText.equal(Record.Field.key, key)) AND \(FilterText.equal(Record.Field.language, language))"
        let own = try await EmailPages.replaced(visit, filter: filter).first
        return EmailEditor(visit: visit, shipped: shipped, own: own)
    }

    private var href: String { EmailPages.href(shipped.key, shipped.language) }
    private var form: RecordForm<EmailTemplate> { RecordForm([.subject, .text, .html], visit) }
    private var label: String { Record.schema.label(Record.Field.key, of: shipped.key, visit.reader.language) }

    /// What is sent now.
    private var standing: EmailTemplate {
        if let own { return own }
        var record = Record()
        (record.subject, record.text, record.html) = (shipped.subject, shipped.text, shipped.html)
        return record
    }

    /// E-mails about plays are about their runs, all others about cases.
    private var subjectTable: String {
        shipped.key.hasPrefix("play-") ? FlowRun.schema.table : OnboardingCase.schema.table
    }

    // MARK: The page

    func page(refused: Problem? = nil, preview: EmailPreview? = nil) async throws(Problem) -> Page {
        var shown = form.values(
            standing, names: [:], action: href, refused: refused, isTyped: preview != nil)
        let about = Forms.Field(
            Self.about, visit.say("Try it on", "시험할 레코드"),
            .reference(shown: visit.form["\(Self.about)-text"], choose: "/choose/\(subjectTable)"),
            value: visit.form[Self.about],
            help: visit.say("A record that the e-mail could be about.", "이메일 내용의 대상이 될 수 있는 레코드입니다."))
        shown["about"] = Forms(visit, showsTyped: true).values(about, refused: refused)
        var values: Values = [
            "heading": label, "code": shipped.language,
            "language": Record.schema.label(Record.Field.language, of: shipped.language, visit.reader.language),
            "replaced": own != nil, "form": shown, "placeholders": shipped.placeholders.map { "{{\($0)}}" },
            "preview": "",
        ]
        if let preview { values["preview"] = ["subject": preview.subject, "text": preview.text] as Values }
        var page = Page(template: "email", title: visit.say("E-mail: \(label)", "이메일: \(label)"), values: values)
        page.trail =
            visit.wayOfAdministration() + [Crumb(label: visit.say("E-mails", "이메일"), href: EmailPages.href)]
        return page
    }

    // MARK: What is done

    /// Saves what is to be sent, sends what is shipped again, or only shows how it would read.
    func post() async throws(Problem) -> Answer {
        if visit.form["do"] == "look" {
            return try await Work.answer(
                { () async throws(Problem) in .page(try await page(preview: try await tried())) },
                refused: { (problem) async throws(Problem) in try await page(refused: problem) })
        }
        return try await Work.write(href, saved: "edit") { () async throws(Problem) in
            visit.form["do"] == "shipped" ? try await restored() : try await saved()
        } refused: { (problem) async throws(Problem) in
            try await page(refused: problem)
        }
    }

    private func tried() async throws(Problem) -> EmailPreview {
        var request = PreviewEmailTemplateRequest()
        (request.key, request.language) = (shipped.key, shipped.language)
        (request.subject, request.text, request.html) = (
            visit.form[Record.Field.subject], visit.form[Record.Field.text], visit.form[Record.Field.html]
        )
        request.sourceRecord = try await Lookup(visit).chosen(
            Self.about, in: subjectTable, filter: "", blame: Self.about)
        return try await visit.ask(NotifierAPI.previewEmailTemplate, request)
    }

    private func saved() async throws(Problem) -> Toast {
        if let own {
            let (record, mask) = try await form.record(id: own.id, etag: visit.form["etag"])
            guard !mask.paths.isEmpty else { return .saved }
            var request = UpdateEmailTemplateRequest()
            (request.emailTemplate, request.updateMask) = (record, mask)
            _ = try await visit.ask(NotifierAPI.updateEmailTemplate, request)
            return .saved
        }
        var record = Record()
        (record.key, record.language) = (shipped.key, shipped.language)
        (record.subject, record.text, record.html) = (
            visit.form[Record.Field.subject], visit.form[Record.Field.text], visit.form[Record.Field.html]
        )
        var request = CreateEmailTemplateRequest()
        request.emailTemplate = record
        _ = try await visit.ask(NotifierAPI.createEmailTemplate, request)
        return .saved
    }

    private func restored() async throws(Problem) -> Toast {
        guard let own else { return .restored }
        var request = DeleteRequest()
        (request.id, request.etag) = (own.id, visit.form["etag"])
        _ = try await visit.ask(NotifierAPI.deleteEmailTemplate, request)
        return .restored
    }
}
