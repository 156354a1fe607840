import Foundation
import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire
import Work

/// What the service brings along: the categories (G-73), the demo subflows, and a published entry for each.
///
/// Every item is made once in the life of the schema (``Seeding``). A flow that ships in a new version is added beside the old one and used from then on.
struct PlaySeed: Sendable {
    /// Where all of it lives: the provider, seen by every domain below.
    static let domain = DomainPath("/provider/") ?? .root

    /// An entry of the launcher and the flow it starts.
    struct Entry: Sendable {
        /// Number of the flow in the specification; the decision for one that it only names.
        let id: String
        /// Name of the flow and of its file.
        let flow: String
        let title: String
        let category: String
    }

    /// The categories in their order, under the names their choices get. Of choices that were made before they could have a
    /// Korean name, pages show it from here.
    static let categories = [
        Text(en: "Onboarding", ko: "온보딩"), Text(en: "Risk management", ko: "위험 관리"),
        Text(en: "Success planning", ko: "성공 계획 수립"), Text(en: "Success support", ko: "성공 지원"),
    ]

    /// A subcategory, and which of the shipped entries stand under it.
    struct Subcategory: Sendable {
        let name: Text
        /// By its name.
        let category: String
        /// Their flows in the specification.
        let entries: Set<String>
    }

    /// Under which a further onboarding is begun (G-80), and blueprints are chosen, which have no category to choose (G-81):
    /// the latter by the driver of their objectives (G-89).
    static let subcategories = [
        Subcategory(
            name: Text(en: "Onboarding case", ko: "온보딩 케이스"), category: categories[0].en, entries: ["G-80"]),
        Subcategory(
            name: Text(en: "Customer experience", ko: "고객 경험"), category: categories[2].en,
            entries: ["F-08", "F-09"]),
        Subcategory(
            name: Text(en: "Cost reduction", ko: "비용 절감"), category: categories[2].en, entries: ["F-10", "F-11"]),
        Subcategory(
            name: Text(en: "Business velocity", ko: "비즈니스 속도"), category: categories[2].en, entries: ["F-12"]),
    ]

    /// The category whose entries are blueprints (G-81), as definition records name it.
    static let blueprints = AleChoice.value(ofCategory: categories[2].en)

    /// Flows that others run inside them; nobody launches them by themselves.
    static let shared = ["lay-out-success-blueprint"]

    /// The demo subflows (G-79), and what onboarding is begun anew by (G-80); blueprints have the category Success planning (G-81).
    static let entries: [Entry] = [
        Entry("F-03", "Advisory Session: Optimize Architecture", "success_support"),
        Entry("F-04", "Advisory Session: Strategy Assessment", "success_support"),
        Entry("F-05", "ALE Attach Knowledge Article - Service Bridge", "success_support"),
        Entry("F-06", "Assessment: Quarterly NPS Survey and Review", "success_support"),
        Entry("F-07", "Create Risk Signal and Issue Record", "risk_management"),
        Entry("F-08", "Customer Experience Digital Transformation - Standard", "success_planning"),
        Entry("F-09", "Customer Experience Digital Transformation Objective", "success_planning"),
        Entry("F-10", "Decommission Legacy Costs", "success_planning"),
        Entry("F-11", "Decommission Legacy Costs Objective", "success_planning"),
        Entry("F-12", "Enable Business Velocity", "success_planning"),
        Entry("F-13", "Get to Green Play", "risk_management"),
        Entry("F-14", "Internal Partner Implementation Review", "success_support"),
        Entry("F-15", "Product Implementation Reviews and Recommendations", "success_support"),
        Entry("F-16", "Product Proof of Concept", "success_support"),
        Entry("F-17", "Responsible Contact", "success_support"),
        Entry("F-18", "Scheduled a Follow-Up", "success_support"),
        Entry("F-19", "Setup Next Quarterly Business Review", "success_support"),
        Entry("G-80", "Initiate a new onboarding journey", "onboarding"),
    ]

    /// The folder with the shipped flows.
    static var folder: URL {
        Bundle.module.url(forResource: "Flows", withExtension: nil) ?? URL(filePath: "Flows")
    }

    /// The YAML of a shipped flow; nil when the file is not there.
    static func yaml(_ flow: String) -> String? {
        try? String(contentsOf: folder.appending(path: "\(flow).yaml"), encoding: .utf8)
    }

    let database: Database

    /// Makes what was not made yet.
    func prepare() async throws {
        let flows = try Self.entries.map { entry in
            guard let yaml = Self.yaml(entry.flow) else {
                throw Problem.internalError(cause: "the flow \(entry.flow) is not beside the program")
            }
            return (entry: entry, yaml: yaml, version: Self.version(yaml))
        }
        let shared = try Self.shared.map { name in
            guard let yaml = Self.yaml(name) else {
                throw Problem.internalError(cause: "the flow \(name) is not beside the program")
            }
            return (name: name, yaml: yaml, version: Self.version(yaml))
        }
        let database = database
        try await Seeding.run(database, in: Self.domain) { seeding in
            for (order, category) in Self.categories.enumerated() {
                try seeding.once("category:\(category.en)") {
                    var choice = AleChoice()
                    (choice.name, choice.nameKo) = (category.en, category.ko)
                    choice.order = Int32(order + 1) * 100
                    _ = try Store<AleChoice>(database).create(choice, seeding.context, in: seeding.tx)
                }
            }
            for item in shared {
                try seeding.once("flow:\(item.name)@\(item.version)") { try Self.make(item.yaml, database, seeding) }
            }
            for (order, item) in flows.enumerated() {
                try seeding.once("flow:\(item.entry.flow)@\(item.version)") {
                    try Self.make(item.yaml, database, seeding)
                }
                try seeding.once("definition:\(item.entry.flow)") {
                    try Self.publish(item.entry, order: order, database, seeding)
                }
            }
            for (order, subcategory) in Self.subcategories.enumerated() {
                try seeding.once("subcategory:\(subcategory.name.en)") {
                    try Self.divide(subcategory, order: order, database, seeding)
                }
            }
        }
    }

    private static func make(_ yaml: String, _ database: Database, _ seeding: Seeding) throws {
        var flow = FlowDefinition()
        flow.definition = yaml
        _ = try Store<FlowDefinition>(database).create(flow, seeding.context, in: seeding.tx)
    }

    private static func publish(
        _ entry: Entry, order: Int, _ database: Database, _ seeding: Seeding
    ) throws {
        let flows = try Store<FlowDefinition>(database).find(
            where: "name = \(entry.flow) AND domain = \(domain.path) LIMIT 1", in: seeding.tx)
        guard let flow = flows.first else { return }
        var record = DefinitionRecord()
        record.flow = flow.id
        record.category = entry.category
        record.state = DefinitionRecord.State.published
        record.order = Int32(order + 1) * 100
        record.title = entry.title
        record.description = try FlowLibrary.compile(flow).summary.en
        _ = try Store<DefinitionRecord>(database).create(record, seeding.context, in: seeding.tx)
    }

    /// Makes the subcategory, and puts those of its plays there that stand in its category and have none.
    private static func divide(
        _ subcategory: Subcategory, order: Int, _ database: Database, _ seeding: Seeding
    ) throws {
        let (choices, records) = (Store<AleChoice>(database), Store<DefinitionRecord>(database))
        guard
            let category = try choices.find(
                where: """
                    name = \(subcategory.category) AND domain = \(domain.path) AND dependent_category IS NULL LIMIT 1
                    """, in: seeding.tx
            ).first
        else { return }
        var choice = AleChoice()
        (choice.name, choice.nameKo) = (subcategory.name.en, subcategory.name.ko)
        choice.dependentCategory = category.id
        choice.order = Int32(order + 1) * 100
        let made = try choices.create(choice, seeding.context, in: seeding.tx)
        let value = AleChoice.value(ofCategory: subcategory.category)
        let titles = entries.filter { subcategory.entries.contains($0.id) }.map(\.title)
        for record in try records.find(
            where: """
                category = \(value) AND domain = \(domain.path) AND sub_category IS NULL AND title = ANY(\(titles))
                """, in: seeding.tx)
        {
            _ = try records.change(record.id, seeding.context, in: seeding.tx) { $0.subCategory = made.id }
        }
    }

    /// The version a definition gives itself, read without compiling it: a start must not wait for that.
    static func version(_ yaml: String) -> String {
        for line in yaml.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, line.hasPrefix("  version:") else { continue }
            return parts[1].trimmingCharacters(in: CharacterSet(charactersIn: " '\""))
        }
        return ""
    }
}

extension PlaySeed.Entry {
    fileprivate init(_ id: String, _ title: String, _ category: String) {
        self.init(id: id, flow: Self.name(of: title), title: title, category: category)
    }

    /// `Advisory Session: Optimize Architecture` is the flow `advisory-session-optimize-architecture`.
    private static func name(of title: String) -> String {
        title.lowercased().split { !($0.isASCII && ($0.isLetter || $0.isNumber)) }.joined(separator: "-")
    }
}
