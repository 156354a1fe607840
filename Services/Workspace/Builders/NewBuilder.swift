import ImportValidationWire
import OnboardingWire
import RPC
import Wire

/// The beginning of a builder: what it is called, and into which table it imports.
struct NewBuilder: Sendable {
    private typealias Record = ImportBuilder

    let visit: Visit

    private var fields: [Forms.Field] {
        let language = visit.reader.language
        let tables = StagingTable.standard.map {
            Forms.Option($0.target.table, "\($0.label(language)) (\($0.target.table))")
        }
        return [
            Forms.Field(
                Record.Field.name.rawValue, Record.schema.label(Record.Field.name, language), .text("text"),
                value: visit.query[Record.Field.name], isRequired: true,
                help: visit.say(
                    "What the import brings and from where: Branch sites of the ERP.",
                    "무엇을 어디서 가져오는지 적으세요. 예: 전사 시스템의 지점 위치")),
            Forms.Field(
                Record.Field.targetTable.rawValue, Record.schema.label(Record.Field.targetTable, language),
                .choice(tables), value: visit.query[Record.Field.targetTable], isRequired: true),
        ]
    }

    /// The form; for who may not set up imports there is none.
    func page(refused: Problem? = nil) async throws(Problem) -> Page {
        guard BuilderPages.mayWrite(visit) else { throw .noPage }
        let forms = Forms(visit)
        var values: Values = [
            "action": "\(BuilderPages.href)/new", "fields": fields.map { forms.values($0, refused: refused) },
            "cancel": ListPages.href(Record.schema.table),
        ]
        if let refused { values["problem"] = forms.problem(refused, fields) }
        var page = Page(
            template: "builder_new", title: visit.say("New kind of import", "새 가져오기 유형"), values: values)
        page.trail = BuilderPages.trail(visit)
        return page
    }

    /// Makes it, and leads to its first step.
    func create() async throws(Problem) -> Answer {
        guard BuilderPages.mayWrite(visit) else { throw .noPage }
        return try await Work.lead { () async throws(Problem) in
            var builder = Record()
            builder.name = visit.form[Record.Field.name]
            builder.targetTable = visit.form[Record.Field.targetTable]
            var request = CreateImportBuilderRequest()
            request.importBuilder = builder
            let made = try await visit.ask(ImportValidationAPI.createImportBuilder, request)
            return "\(BuilderPages.href(made.id))?done=\(Toast.created.rawValue)"
        } refused: { (problem) async throws(Problem) in
            try await page(refused: problem)
        }
    }
}
