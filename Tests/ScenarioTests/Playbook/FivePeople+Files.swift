import ImportValidationWire
import JourneyKit
import OnboardingWire
import RPC
import Roles
import Tenancy
import Testing
import Wire

/// Files of an import task (G-121), which the customer's expert works on, too.
extension FivePeople {
    // Not that of Testing.
    private typealias Attachment = Wire.Attachment

    /// Each side attaches; the customer sees what is marked, and nobody else sees anything.
    func attachFiles(to task: ImportTask) async throws {
        let content = Array("%PDF-1.7 ".utf8) + (0..<150_000).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 8) }
        let plan = try await attach("Plan.pdf", content, to: task, as: cast.analyst, isVisible: true)
        #expect(plan.kind == "pdf" && plan.contentType == "application/pdf" && plan.disposition == "inline")
        let margin = try await attach("Margin.txt", Array("Internal".utf8), to: task, as: cast.analyst)
        let sites = try await attach("Sites.txt", Array("Seoul".utf8), to: task, as: cast.expert)
        #expect(sites.visibleToCustomer && sites.createdBy == cast.expert.user)
        #expect(try await files(of: task, as: cast.analyst).map(\.id) == [plan.id, margin.id, sites.id])
        let shown = try await files(of: task, as: cast.expert)
        #expect(shown.map(\.id) == [plan.id, sites.id] && shown.map(\.createdBy) == ["", cast.expert.user])
        #expect(try await read(plan, as: cast.expert) == content)
        #expect(try await read(margin, as: cast.analyst) == Array("Internal".utf8))
        try await refuse(cast.expert, ImportValidationAPI.readImportTaskAttachment, reading(margin), .notFound)
        for (file, isVisible) in [(margin, true), (plan, false)] {
            try await refuse(
                cast.expert, ImportValidationAPI.updateImportTaskAttachment, marking(file, isVisible), .permissionDenied
            )
            _ = try await ask(
                ImportValidationAPI.updateImportTaskAttachment, marking(file, isVisible), as: cast.analyst)
        }
        #expect(try await files(of: task, as: cast.expert).map(\.id) == [margin.id, sites.id])
        try await refuse(cast.expert, ImportValidationAPI.readImportTaskAttachment, reading(plan), .notFound)
        // What others have sent, they remove.
        try await refuse(
            cast.expert, ImportValidationAPI.deleteImportTaskAttachment, removing(margin, from: task),
            .permissionDenied)
        try await attachMarkup(to: task)
        try await keepOut(of: task, plan)
    }

    /// What a file is, its content says; what a browser would run is only saved.
    private func attachMarkup(to task: ImportTask) async throws {
        for (name, text, kind) in [
            ("Logo.png", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "svg"),
            ("Report.pdf", "<!doctype html><script>alert(1)</script>", "html"),
        ] {
            let file = try await attach(name, Array(text.utf8), to: task, as: cast.expert)
            #expect(file.kind == kind && file.contentType == "application/octet-stream", "\(file)")
            #expect(file.disposition == "attachment", "\(file)")
            // The sender takes back what was sent.
            _ = try await ask(
                ImportValidationAPI.deleteImportTaskAttachment, removing(file, from: task), as: cast.expert)
            try await refuse(
                cast.analyst, ImportValidationAPI.readImportTaskAttachment, reading(file), .notFound)
        }
    }

    private func removing(_ file: Attachment, from task: ImportTask) -> DeleteAttachmentRequest {
        var removal = DeleteAttachmentRequest()
        (removal.id, removal.attachment) = (task.id, file.id)
        return removal
    }

    /// Whoever does not work with import tasks, and the customer of another account, who knows of none.
    private func keepOut(of task: ImportTask, _ file: Attachment) async throws {
        for (person, code) in [
            (try await successAgent(), Problem.Code.permissionDenied), (try await stranger(), .notFound),
        ] {
            try await refuse(
                person, ImportValidationAPI.beginImportTaskAttachment, beginning("Mine.txt", 1, task, false), code)
            var listing = ListAttachmentsRequest()
            listing.id = task.id
            try await refuse(person, ImportValidationAPI.listImportTaskAttachments, listing, code)
            try await refuse(person, ImportValidationAPI.readImportTaskAttachment, reading(file), code)
        }
        // An attachment is its own record's alone.
        var other = reading(file)
        other.id = onboarding.id
        try await refuse(cast.analyst, ImportValidationAPI.readImportTaskAttachment, other, .notFound)
    }

    private func successAgent() async throws -> Person {
        let roles: Set = ["sn_acct_lc.ale_success_agent"]
        let email = "success.\(cast.language)@provider.example"
        let user = try await world.person(named: "Sam Success", email, roles, language: cast.language)
        let caller = Caller(
            subject: user.id, kind: .person, domain: JourneyWorld.provider, roles: RoleCatalog.close(roles),
            locale: cast.language)
        return Person(name: user.name ?? "", email: email, user: user.id, credential: .token(try world.token(caller)))
    }

    private func stranger() async throws -> Person {
        let other = try await world.openAccount("Somebody else", as: cast.manager.credential)
        let role = "sn_customerservice.customer"
        var person = Person(name: "Stella Stranger", email: "stranger.\(cast.language)@elsewhere.example")
        person.user = try await world.person(
            named: person.name, person.email, [role], of: other.id, language: cast.language
        ).id
        person.credential = try token(person, role, of: other)
        return person
    }

    // MARK: Sending and reading

    private func beginning(
        _ name: String, _ size: Int, _ task: ImportTask, _ isVisible: Bool
    ) -> BeginAttachmentRequest {
        var request = BeginAttachmentRequest()
        (request.id, request.fileName, request.sizeBytes) = (task.id, name, Int64(size))
        request.visibleToCustomer = isVisible
        return request
    }

    /// Sends a file in two parts where it is large enough for that.
    private func attach(
        _ name: String, _ content: [UInt8], to task: ImportTask, as person: Person, isVisible: Bool = false
    ) async throws -> Attachment {
        let begun = try await ask(
            ImportValidationAPI.beginImportTaskAttachment, beginning(name, content.count, task, isVisible), as: person)
        for part in [content.prefix(100_000), content.dropFirst(100_000)] where !part.isEmpty {
            var append = AppendAttachmentRequest()
            (append.id, append.attachment) = (task.id, begun.id)
            (append.offset, append.content) = (Int64(part.startIndex), Array(part))
            _ = try await ask(ImportValidationAPI.appendImportTaskAttachment, append, as: person)
        }
        var complete = CompleteAttachmentRequest()
        (complete.id, complete.attachment) = (task.id, begun.id)
        return try await ask(ImportValidationAPI.completeImportTaskAttachment, complete, as: person)
    }

    private func files(of task: ImportTask, as person: Person) async throws -> [Attachment] {
        var request = ListAttachmentsRequest()
        request.id = task.id
        return try await ask(ImportValidationAPI.listImportTaskAttachments, request, as: person).attachments
    }

    private func reading(_ file: Attachment, at offset: Int64 = 0) -> ReadAttachmentRequest {
        var request = ReadAttachmentRequest()
        (request.id, request.attachment, request.offset) = (file.record, file.id, offset)
        return request
    }

    private func marking(_ file: Attachment, _ isVisible: Bool) -> UpdateAttachmentRequest {
        var request = UpdateAttachmentRequest()
        (request.id, request.attachment, request.visibleToCustomer) = (file.record, file.id, isVisible)
        return request
    }

    private func read(_ file: Attachment, as person: Person) async throws -> [UInt8] {
        var content: [UInt8] = []
        while true {
            let part = try await ask(
                ImportValidationAPI.readImportTaskAttachment, reading(file, at: Int64(content.count)), as: person)
            content += part.content
            if part.last { return content }
        }
    }
}
