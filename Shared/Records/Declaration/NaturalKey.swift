import Wire

/// By what rows of a workbook and records are the same (G-56): the fields of each table that workbooks bring, the account
/// first. Texts are the same that look alike; see `String.alike`.
public enum NaturalKey {
    /// The fields of the keys by table.
    public static let fields: [String: [String]] = [
        "customer_contact": ["account", "email"],
        "location": ["account", "name"],
        "service_entitlement": ["account", "contract", "sold_product", "name"],
        "install_base_item": ["account", "location", "name"],
        "account_address_relationship": ["account", "location", "address_type"],
        "contract": ["account", "number"],
        "sold_product": ["account", "contract", "name"],
        "sold_product_install_base_m2m": ["sold_product", "install_base_item"],
    ]

    /// The text by which people name a record of a table in a workbook.
    public static func naturalField(of table: String) -> String {
        switch table {
        case "contract": "number"
        case "customer_contact", "user": "email"
        default: "name"
        }
    }
}
