import Flows
import PlayLauncherWire
import Testing
import Wire

@testable import PlayLauncherService

/// What the service brings along.
@Suite struct SeedTests {
    /// The demo subflows of the specification, F-03 to F-19, and the play that it names elsewhere (G-80).
    static let names = [
        "Advisory Session: Optimize Architecture", "Advisory Session: Strategy Assessment",
        "ALE Attach Knowledge Article - Service Bridge", "Assessment: Quarterly NPS Survey and Review",
        "Create Risk Signal and Issue Record", "Customer Experience Digital Transformation - Standard",
        "Customer Experience Digital Transformation Objective", "Decommission Legacy Costs",
        "Decommission Legacy Costs Objective", "Enable Business Velocity", "Get to Green Play",
        "Internal Partner Implementation Review", "Product Implementation Reviews and Recommendations",
        "Product Proof of Concept", "Responsible Contact", "Scheduled a Follow-Up",
        "Setup Next Quarterly Business Review", "Initiate a new onboarding journey",
    ]

    @Test func everyFlowHasAnEntry() {
        #expect(PlaySeed.entries.map(\.title) == Self.names)
        #expect(PlaySeed.entries.map(\.id) == (3...19).map { $0 < 10 ? "F-0\($0)" : "F-\($0)" } + ["G-80"])
        let values = Set(PlaySeed.categories.map { AleChoice.value(ofCategory: $0.en) })
        #expect(values == ["onboarding", "risk_management", "success_planning", "success_support"])
        #expect(PlaySeed.entries.allSatisfy { values.contains($0.category) })
    }

    /// G-81: a blueprint is a play of the category Success planning.
    @Test func blueprintsPlanSuccess() {
        func flows(_ category: String) -> [String] { PlaySeed.entries.filter { $0.category == category }.map(\.id) }
        #expect(flows("success_planning") == ["F-08", "F-09", "F-10", "F-11", "F-12"])
        #expect(flows("risk_management") == ["F-07", "F-13"])
    }

    @Test(arguments: PlaySeed.entries)
    func theFlowCompiles(entry: PlaySeed.Entry) throws {
        let yaml = try #require(PlaySeed.yaml(entry.flow))
        let flow = try FlowSource.compile(yaml: yaml)
        #expect(flow.reference.name == entry.flow)
        #expect(flow.title.en == entry.title)
        #expect(flow.title.ko != flow.title.en)
        #expect(PlaySeed.version(yaml) == flow.reference.version)
    }

    @Test func flowsAreOfferedWhereTheyFit() throws {
        func flow(_ id: String) throws -> CompiledFlow {
            let entry = try #require(PlaySeed.entries.first { $0.id == id })
            return try FlowSource.compile(yaml: #require(PlaySeed.yaml(entry.flow)))
        }
        let review = try flow("F-19")
        let tables = PlaySource.schemas.map(\.table)
        #expect(
            tables.filter(review.launches) == tables.filter { !["onboarding_case", "customer_account"].contains($0) })
        // Links articles to the tasks of a case, which no other record has.
        #expect(try !flow("F-05").launches(from: "engagement"))
        // A further onboarding begins from the account as well: there may be no case yet.
        #expect(try tables.filter(flow("G-80").launches) == ["customer_account", "onboarding_case"])
    }
}
