import Foundation
import PlaybooksWire
import Testing
import Wire

@testable import ImportValidationService
@testable import OnboardingService
@testable import Playbooks

/// The activities of the shipped playbook that make import tasks say what the targets' declarations say.
@Suite struct ImportActivityTests {
    @Test func everyTargetHasItsActivity() throws {
        let playbooks = try Onboarding.shippedPlaybooks.map { file in
            try PlaybookYAML.read(String(contentsOf: file, encoding: .utf8)).playbook
        }
        let creations = playbooks.flatMap(\.lanes).flatMap(\.activities).compactMap(\.creates)
            .filter { $0.table == "import_task" }
        #expect(creations.count == ImportTarget.all.count)
        for target in ImportTarget.all {
            let creation = try #require(
                creations.first { Self.text("target_table", of: $0) == target.table }, "nothing imports \(target.table)"
            )
            #expect(Self.text("source_table", of: creation) == target.stagingTable)
            #expect(Self.text("data_source", of: creation) == target.templateName)
            let title = creation.fields.first { $0.field == "short_description" }?.localized
            #expect(title?.en == target.taskTitle.en && title?.ko == target.taskTitle.ko, "\(target.table)")
            #expect(creation.responsibility == "ServiceNow developer/admin")
            #expect(!creation.closedCondition.isEmpty && !creation.canceledCondition.isEmpty)
        }
    }

    private static func text(_ field: String, of creation: ActivityCreation) -> String? {
        creation.fields.first { $0.field == field }?.text
    }
}
