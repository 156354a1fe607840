import Records
import Wire

/// A table that rows can be imported into, with what follows from its dictionary: staging table, template, columns.
public struct ImportTarget: Sendable {
    /// The dictionary of the target table.
    public let schema: RecordSchema
    /// The name the table has in the platform the data comes from, accepted beside ours.
    public let alias: String?
    /// What a task that imports into it is called.
    public let taskTitle: Text
    /// The fields a workbook can fill in, in the order in which staged rows keep their cells. Positions are kept for
    /// good: a field that is added to the dictionary comes last.
    public let fields: [FieldSchema]

    private init(_ schema: RecordSchema, alias: String? = nil, title: Text) {
        self.schema = schema
        self.alias = alias
        taskTitle = title
        fields = schema.fields.filter(Self.isImportable)
    }

    /// The eight default targets, in their printed order (G-49).
    public static let all: [ImportTarget] = [
        ImportTarget(CustomerContact.schema, title: Text(en: "Import customer contacts", ko: "고객 연락처 가져오기")),
        ImportTarget(Location.schema, alias: "cmn_location", title: Text(en: "Import locations", ko: "위치 가져오기")),
        ImportTarget(ServiceEntitlement.schema, title: Text(en: "Import service entitlements", ko: "서비스 이용 권한 가져오기")),
        ImportTarget(
            InstallBaseItem.schema, alias: "sn_install_base_item",
            title: Text(en: "Import install base items", ko: "설치 제품 가져오기")),
        ImportTarget(
            AccountAddressRelationship.schema,
            title: Text(en: "Import account address relationships", ko: "계정 주소 관계 가져오기")),
        ImportTarget(Contract.schema, alias: "ast_contract", title: Text(en: "Import contracts", ko: "계약 가져오기")),
        ImportTarget(
            SoldProduct.schema, alias: "sn_install_base_sold_product",
            title: Text(en: "Import sold products", ko: "판매 제품 가져오기")),
        ImportTarget(
            SoldProductInstallBaseM2m.schema,
            title: Text(en: "Import links between install base and sold products", ko: "설치 제품-판매 제품 연결 가져오기")),
    ]

    /// The target of this name or alias; nil when nothing can be imported there.
    public static func named(_ name: String?) -> ImportTarget? {
        guard let name, !name.isEmpty else { return nil }
        return all.first { $0.table == name || $0.alias == name }
    }

    /// The target table: `contract`.
    public var table: String { schema.table }

    /// The staging table, named after the one printed example: `sn_acct_lc_account_onb_import_locations`.
    public var stagingTable: String { "sn_acct_lc_account_onb_import_\(schema.collection)" }

    /// The file name of the template, after the one printed example: `cmn_location_template.xlsx`.
    public var templateName: String { "\(table == "location" ? "cmn_location" : table)_template.xlsx" }

    /// The position of a field among the cells of a row; with or without the prefix that staging columns have.
    public func position(of field: String) -> Int? {
        let name = field.hasPrefix("u_") ? String(field.dropFirst(2)) : field
        return fields.firstIndex { $0.name == name } ?? (field == "u_company" ? accountColumn : nil)
    }

    /// The position of the account that a row belongs to.
    public var accountColumn: Int? { fields.firstIndex { $0.reference == "customer_account" && $0.name == "account" } }

    private static let common: Set<String> = [
        "id", "etag", "created_at", "created_by", "updated_at", "updated_by", "domain",
    ]

    private static func isImportable(_ field: FieldSchema) -> Bool {
        guard !field.outputOnly, !common.contains(field.name) else { return false }
        switch field.type {
        case .journal, .attachment, .listOfReferences, .listOfUsers, .listOfRoles, .documentID, .json, .script:
            return false
        default: return true
        }
    }
}
