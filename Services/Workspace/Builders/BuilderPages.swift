import ImportValidationWire
import OnboardingWire
import RPC
import Roles
import Wire

/// The import builder (imports, section 3): a new kind of import in six steps, each saved by itself, gone back to until the last one
/// is done, and tried with a file.
enum BuilderPages: PageFolder {
    static let href = "\(AdministrationPages.href)/builders"

    static func add(to pages: Pages) {
        pages.get("/administration/builders/new") { visit async throws(Problem) in
            .page(try await NewBuilder(visit: visit).page())
        }
        pages.post("/administration/builders/new") { visit async throws(Problem) in
            try await NewBuilder(visit: visit).create()
        }
        pages.get("/administration/builders/:id") { visit async throws(Problem) in
            .page(try await BuilderPage(visit: visit).page())
        }
        pages.get("/administration/builders/:id/template") { visit async throws(Problem) in
            try check(visit)
            return .response(try await BuilderTemplates.stored(visit))
        }
        pages.take("/administration/builders/:id/template") { visit, file async throws(Problem) in
            try await write(visit, .template) { () async throws(Problem) in
                try await BuilderTemplates.save(try file.get(), visit)
            }
        }
        pages.take("/administration/builders/:id/try") { visit, file async throws(Problem) in
            try await tried(visit, file)
        }
        addSteps(to: pages)
    }

    private static func addSteps(to pages: Pages) {
        for step in BuilderStage.allCases {
            pages.post("/administration/builders/:id/\(step.rawValue)") { visit async throws(Problem) in
                try await write(visit, step) { () async throws(Problem) in
                    try await BuilderSaving(visit: visit).save(step)
                }
            }
        }
    }

    /// The address of a builder.
    static func href(_ id: String) -> String { "\(href)/\(Fields.encoded(id))" }

    /// Whether the pages are offered; import-validation decides by the same.
    static func isFor(_ person: Person) -> Bool {
        !person.isCustomer && Access.allows(person.roles, .read, on: ImportBuilder.schema.table)
    }

    /// Whether somebody may set up imports: also a process designer (G-72).
    static func mayWrite(_ visit: Visit) -> Bool {
        guard let person = visit.person, let need = OnboardingAPI.createActivityDefinition.need,
            let operation = Operation(rawValue: need.operation.rawValue)
        else { return false }
        return !person.isCustomer && Access.allows(person.roles, .write, on: ImportBuilder.schema.table)
            && Access.allows(person.roles, operation, on: need.table)
    }

    static func check(_ visit: Visit) throws(Problem) {
        try visit.demand(isFor)
    }

    /// The way to a builder.
    static func trail(_ visit: Visit) -> [Crumb] { visit.wayOfAdministration(to: ImportBuilder.schema) }

    /// Carries out a step and leads to where the builder then stands; what is refused stands on the step.
    private static func write(
        _ visit: Visit, _ step: BuilderStage, _ save: () async throws(Problem) -> BuilderState
    ) async throws(Problem) -> Answer {
        try check(visit)
        return try await Work.lead { () async throws(Problem) in
            let next = BuilderStage.after(step, try await save())
            return "\(href(visit.part("id")))?step=\(next.rawValue)&done=\(Toast.saved.rawValue)&saved=step"
        } refused: { (problem) async throws(Problem) in
            try await BuilderPage(visit: visit, step: step, refused: problem).page()
        }
    }

    private static func tried(_ visit: Visit, _ file: Result<TakenFile, Problem>) async throws(Problem) -> Answer {
        try check(visit)
        do throws(Problem) {
            let file = try file.get()
            var request = TryBuilderRequest()
            (request.id, request.fileName, request.content) = (visit.part("id"), file.name, file.content)
            let trial = try await visit.ask(ImportValidationAPI.tryBuilder, request)
            return .page(try await BuilderPage(visit: visit, step: .finish, trial: (file.name, trial)).page())
        } catch {
            guard error.isRefusal, error.code != .notFound else { throw error }
            var page = try await BuilderPage(visit: visit, step: .finish, untried: error).page()
            page.status = error.status
            return .page(page)
        }
    }
}

/// The steps as addresses name them.
enum BuilderStage: String, CaseIterable {
    case template = "columns"
    case dataSource = "data-source"
    case transformMap = "transform-map"
    case checks, views, finish

    /// The step at which a builder stands; the last one also of one that is finished.
    init(_ builder: ImportBuilder) {
        self =
            switch builder.step {
            case ImportBuilder.Step.dataSource: .dataSource
            case ImportBuilder.Step.transformMap: .transformMap
            case ImportBuilder.Step.dataValidation: .checks
            case ImportBuilder.Step.playbookActivity: .views
            case ImportBuilder.Step.complete: .finish
            default: .template
            }
    }

    var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Where one goes on after a step: the next one, as far as the builder lets; the columns of its list views are followed by
    /// its activity, with which it ends.
    static func after(_ step: BuilderStage, _ state: BuilderState) -> BuilderStage {
        let builder = state.importBuilder ?? ImportBuilder()
        guard step != .views, step != .finish else { return .finish }
        let next = allCases[min(step.place + 1, allCases.count - 1)]
        return next.isOpen(to: builder) ? next : step
    }

    /// Whether the step can be looked at. The activity comes with the list views.
    func isOpen(to builder: ImportBuilder) -> Bool {
        let place = BuilderStage(builder)
        return self.place <= place.place || self == .finish && place == .views && builder.uiViews != nil
    }

    /// What people call it.
    var label: Text {
        switch self {
        case .template: Text(en: "Template", ko: "템플릿")
        case .dataSource: Text(en: "Data source", ko: "데이터 소스")
        case .transformMap: Text(en: "Transform map", ko: "변환 맵")
        case .checks: Text(en: "Checks", ko: "검증")
        case .views: Text(en: "List views", ko: "목록 뷰")
        case .finish: Text(en: "Activity", ko: "활동")
        }
    }
}
