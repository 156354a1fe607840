import Foundation
import ImportValidationWire
import JourneyKit
import PlayLauncherWire
import RPC
import Wire

/// What pages of administration show: definitions that come with the product, and a trigger and a kind of import of our own.
struct AdministrationRows: Sendable {
    private static let play = "Setup Next Quarterly Business Review"

    let trigger, flow, builder, check, article, user, playbook, successPlaybook: String

    init(_ data: PlaybookData) async throws {
        func first(_ table: String, where condition: String = "true") async throws -> String {
            let found = try await data.stack.psql([
                "-Atc", "SELECT id FROM \(table) WHERE \(condition) ORDER BY id LIMIT 1",
            ])
            let id = found.trimmingCharacters(in: .whitespacesAndNewlines)
            guard !id.isEmpty else { throw JourneyFailure("\(table) has nothing to look at") }
            return id
        }
        flow = try await first("play_launcher.flow_definition")
        check = try await first("import_validation.data_validation_assist", where: "validation_type = 'record'")
        article = try await first("onboarding.knowledge_article")
        user = try await first(
            "onboarding.\"user\"", where: "email LIKE '\(Persona.successManager.rawValue)@%'")
        playbook = try await first("onboarding.playbook_definition", where: "key = 'account_lifecycle_onboarding'")
        successPlaybook = try await first("customer_success.playbook_definition")
        var trigger = PlayTrigger()
        (trigger.title, trigger.sourceTable, trigger.condition) = ("Measured", "touchpoint", "priority <= 2")
        (trigger.startsOn, trigger.actsAs) = (PlayTrigger.StartsOn.entering, user)
        trigger.definitionRecord = try await first(
            "play_launcher.definition_record", where: "title LIKE '%\(Self.play)%'")
        trigger.answers = #"{"meeting_date": "2027-03-31"}"#
        var creation = CreatePlayTriggerRequest()
        creation.playTrigger = trigger
        self.trigger = try await data.client.call(PlayLauncherAPI.createPlayTrigger, creation, as: data.administrator)
            .id
        var (building, builder) = (CreateImportBuilderRequest(), ImportBuilder())
        (builder.name, builder.targetTable) = ("Measured sites", "location")
        building.importBuilder = builder
        self.builder = try await data.client.call(
            ImportValidationAPI.createImportBuilder, building, as: data.administrator
        ).id
    }

    /// The pages, of which the first byte and the weight are measured alone, by the part of their address that says what they are.
    var pages: [MeasuredPage] {
        let addresses = [
            ("/administration", ""), ("/playbooks", ""), ("/playbooks/:id/draft", playbook),
            ("/playbooks/:id/try", playbook), ("/success-playbooks/:id/draft", successPlaybook),
            ("/lists/play_trigger", ""), ("/administration/triggers/new", ""),
            ("/administration/triggers/:id", trigger), ("/administration/triggers/:id/back-test", trigger),
            ("/lists/flow_definition", ""), ("/administration/flows/:id", flow), ("/administration/flows/new", ""),
            ("/administration/builders/new", ""), ("/administration/builders/:id", builder),
            ("/administration/checks", ""), ("/administration/checks/:id", check), ("/lists/knowledge_article", ""),
            ("/administration/articles/:id", article), ("/administration/choices", ""), ("/lists/user", ""),
            ("/administration/users/:id", user), ("/administration/rights", ""), ("/administration/actions", ""),
            ("/administration/domains", ""), ("/administration/health", ""),
        ]
        return addresses.map { name, id in
            let address = name.replacing(":id", with: id)
            return MeasuredPage(name: name, reader: .administrator, path: { address })
        }
    }
}
