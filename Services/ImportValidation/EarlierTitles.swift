/// Titles that templates gave columns in Korean before: workbooks made from those are still about.
enum EarlierTitles {
    /// The earlier titles of a field of a target table.
    static func of(_ field: String, in table: String) -> [String] { titles["\(table).\(field)"] ?? [] }

    private static let titles = [
        "customer_contact.phone": ["전화"],
        "location.street": ["거리"], "location.city": ["도시"], "location.state_province": ["주 또는 도"],
        "service_entitlement.sold_product": ["판매된 제품"], "service_entitlement.total_units": ["총 단위"],
        "contract.account": ["계약 계정"], "contract.end_date": ["계약 날짜"], "contract.contract_value": ["계약 값"],
        "contract.short_description": ["짧은 설명"],
        "sold_product_install_base_m2m.install_base_item": ["설치 기반 항목"],
        "sold_product_install_base_m2m.sold_product": ["판매된 제품"],
    ]
}
