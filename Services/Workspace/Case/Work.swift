import OnboardingWire
import RPC
import Wire

/// What the pages of cases and tasks have in common: something is written, and the page comes again, with what the services
/// said against it beside what was typed.
enum Work {
    /// Writes, then leads to the page; what was refused stands on it.
    static func write(
        _ href: String, saved form: String = "", _ write: () async throws(Problem) -> Toast,
        refused: (Problem) async throws(Problem) -> Page
    ) async throws(Problem) -> Answer {
        try await change(href, saved: form, { () async throws(Problem) in (try await write(), "") }, refused: refused)
    }

    /// The same where what is written can be taken back: by an address of the page, empty for none.
    static func change(
        _ href: String, saved form: String = "", _ write: () async throws(Problem) -> (done: Toast, undo: String),
        refused: (Problem) async throws(Problem) -> Page
    ) async throws(Problem) -> Answer {
        try await lead(
            { () async throws(Problem) in
                let (done, undo) = try await write()
                let kept = form.isEmpty ? "" : "&saved=\(form)"
                let back = undo.isEmpty ? "" : "&undo=\(Fields.encoded(undo))"
                return "\(href)?done=\(done.rawValue)\(kept)\(back)"
            }, refused: refused)
    }

    /// Does something and leads to the address that comes of it; what was refused stands on a page.
    static func lead(
        _ act: () async throws(Problem) -> String, refused: (Problem) async throws(Problem) -> Page
    ) async throws(Problem) -> Answer {
        try await answer({ () async throws(Problem) in .moved(to: try await act()) }, refused: refused)
    }

    /// Does something and answers what comes of it; what was refused stands on a page.
    static func answer(
        _ act: () async throws(Problem) -> Answer, refused: (Problem) async throws(Problem) -> Page
    ) async throws(Problem) -> Answer {
        do throws(Problem) {
            return try await act()
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            var page = try await refused(error)
            page.status = error.status
            return .page(page)
        }
    }

    /// Adds to what is said about a record.
    static func say(
        _ visit: Visit, _ record: String, comment: Method<AddEntryRequest, ActivityEntry>,
        note: Method<AddEntryRequest, ActivityEntry>?
    ) async throws(Problem) -> Toast {
        var request = AddEntryRequest()
        request.id = record
        request.text = visit.form[AddEntryRequest.Field.text]
        if visit.form["kind"] == "note", let note {
            _ = try await visit.ask(note, request)
            return .noted
        }
        _ = try await visit.ask(comment, request)
        return .commented
    }

    /// What people are called whom a page knows, and those whom a list of its form was given since, when it is drawn again.
    static func names(
        _ known: [String: String], chosenIn field: some FieldKey, _ visit: Visit
    ) async -> [String: String] {
        let chosen = Forms.many(field.rawValue, visit.form).filter { known[$0] == nil && $0.utf8.count == 36 }
        guard !chosen.isEmpty else { return known }
        let found = (try? await Lookup(visit).names(of: chosen, in: User.schema.table)) ?? [:]
        return known.merging(found) { own, _ in own }
    }

    /// Where a case or a task goes: what a button of its page says, or what takes back the move before.
    static func goal(_ visit: Visit) -> String { visit.form["to"].isEmpty ? visit.query["to"] : visit.form["to"] }

    /// The etag with which that button, or what takes the move back, has seen it.
    static func etag(_ visit: Visit) -> String {
        visit.form["etag"].isEmpty ? visit.query["etag"] : visit.form["etag"]
    }

    /// The address that takes a move back, as long as nobody has changed the case or the task since; empty for none.
    /// - Parameters:
    ///   - before: who had it before the move, and its state then.
    ///   - etag: that of the moved one.
    static func undoOfMove(
        _ visit: Visit, _ href: String, from before: (assignedTo: String?, state: String?), closed: String,
        _ etag: String
    ) -> String {
        let back =
            switch goal(visit) {
            case "me": before.assignedTo == nil ? "nobody" : ""
            case closed: "reopen"
            case "nobody", "reopen": ""
            default: before.state ?? ""
            }
        return back.isEmpty ? "" : "\(href)/move?to=\(back)&etag=\(Fields.encoded(etag))"
    }

    /// The address below a page that takes a change of it back; empty where it cannot be taken back.
    static func undo(_ change: Undos.Change?, _ href: String, _ visit: Visit) -> String {
        visit.undos.keep(change, of: visit.person).map { "\(href)/undo/\($0)" } ?? ""
    }

    /// Takes back the change that the address names, as long as nobody has changed the record since.
    static func takeBack(_ visit: Visit) async throws(Problem) -> Toast {
        try await visit.undos.take(visit.part("change"), of: visit.person) {
            (change: Undos.Change) async throws(Problem) in
            try await change.takeBackOne(visit)
        }
        return .restored
    }
}
