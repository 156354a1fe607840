import PlayLauncherWire
import Postgres
import RPC
import Records
import Tenancy
import Wire

extension DefinitionRecord: Record {
    public static let storage = Storage<DefinitionRecord>(
        // There is no account to take the domain from.
        visibility: .definition, domain: .caller,
        constraints: [
            DatabaseRule(
                "BR-51", constraint: "definition_record_unique", field: .title,
                Text(
                    en: "Another definition record has this title and category.",
                    ko: "제목과 범주가 같은 정의 레코드가 이미 있습니다."))
        ],
        // A flow is seen from below its domain, as rule G-76 says.
        ruled: [.flow], domainRule: "BR-52")

    public static let rules: [Rule<DefinitionRecord>] = [
        Rule("BR-53") { change, _ in change.new.active = change.new.state == State.published },
        .check(
            "G-73", field: .category,
            Text(en: "There is no active category of this name.", ko: "이 이름의 활성 범주가 없습니다.")
        ) { change, context in
            guard change.changes(.category) else { return true }
            guard let own = DomainPath(change.new.domain) else { return false }
            AleChoice.holdValues(context)
            return try AleChoice.categories(for: own, context).contains { $0.categoryValue == change.new.category }
        },
        .check(
            "G-74", field: .subCategory,
            Text(en: "The subcategory does not belong to the category.", ko: "하위 범주가 해당 범주에 속하지 않습니다.")
        ) { change, context in
            guard change.changes(.subCategory) || change.changes(.category), let id = change.new.subCategory else {
                return true
            }
            guard let choice = try context.find(AleChoice.self, id), choice.active == true,
                let parent = try context.find(AleChoice.self, choice.dependentCategory)
            else { return false }
            return parent.categoryValue == change.new.category
        },
        .check(
            "G-76", field: .flow,
            Text(en: "There is no such flow definition.", ko: "해당 플로우 정의가 없습니다.")
        ) { change, context in
            guard change.changes(.flow) else { return true }
            guard let flow = try context.find(FlowDefinition.self, change.new.flow),
                let place = DomainPath(flow.domain), let own = DomainPath(change.new.domain)
            else { return false }
            return place.contains(own)
        },
    ]
}
