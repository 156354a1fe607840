import CustomerSuccessWire
import Records
import Wire

extension CaseServiceDefinition: Record {
    public static let storage = Storage<CaseServiceDefinition>(
        // There is no account to take the domain from; seen from below like every definition.
        visibility: .definition, domain: .caller,
        requiredRule: "G-124",
        constraints: [
            DatabaseRule(
                "G-124", constraint: "service_definition_unique", field: .title,
                Text(en: "Another service definition has this title.", ko: "제목이 같은 서비스 정의가 이미 있습니다."))
        ])
}
