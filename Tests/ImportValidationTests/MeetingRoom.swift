import Records
import Wire

/// A record that the product does not have: its declaration is that of a table into which rows are imported.
struct MeetingRoom: StandardRecord, Unsent {
    typealias Page = MeetingRoomPage
    typealias Creation = MeetingRoomWrite
    typealias Modification = MeetingRoomWrite

    enum Field: String, FieldKey, HasAccount {
        case id, etag
        case createdAt = "created_at"
        case createdBy = "created_by"
        case updatedAt = "updated_at"
        case updatedBy = "updated_by"
        case domain, account, name, size, seats, opens, closes, currency
    }

    static let schema = RecordSchema(
        table: "meeting_room", collection: "meeting_rooms", service: "onboarding",
        label: Text(en: "Meeting room", ko: "회의실"), numberPrefix: nil,
        fields: [
            system("id"), system("etag"), system("created_at", .timestamp), system("created_by"),
            system("updated_at", .timestamp), system("updated_by"), system("domain"),
            FieldSchema(
                name: "account", jsonName: "account", label: Text(en: "Account", ko: "계정"), type: .reference,
                mandatory: true, reference: "customer_account", storage: .string),
            FieldSchema(
                name: "name", jsonName: "name", label: Text(en: "Name", ko: "이름"), type: .string, mandatory: true,
                storage: .string),
            FieldSchema(
                name: "size", jsonName: "size", label: Text(en: "Size", ko: "크기"), type: .choice,
                choices: [
                    Choice(value: .string("small"), label: Text(en: "Small", ko: "소형")),
                    Choice(value: .string("large"), label: Text(en: "Large", ko: "대형")),
                ], storage: .string),
            FieldSchema(
                name: "seats", jsonName: "seats", label: Text(en: "Seats", ko: "좌석 수"), type: .integer, minimum: 0,
                storage: .int),
            FieldSchema(
                name: "opens", jsonName: "opens", label: Text(en: "Opens", ko: "사용 시작일"), type: .date, storage: .string),
            FieldSchema(
                name: "closes", jsonName: "closes", label: Text(en: "Closes", ko: "사용 종료일"), type: .date,
                notBefore: "opens", storage: .string),
            FieldSchema(
                name: "currency", jsonName: "currency", label: Text(en: "Currency", ko: "통화"), type: .string,
                format: .currencyCode, storage: .string),
        ],
        importing: ImportSchema(order: 99, task: Text(en: "Import rooms", ko: "회의실 가져오기"), key: ["account", "name"]))

    static let storage = Storage<MeetingRoom>(domain: .references([.account]), immutable: [.account])
    static let rules = Rule<MeetingRoom>.ordered("PERIOD")

    /// What the owner's migration would say of it.
    static let migration = """
        CREATE TABLE onboarding.meeting_room (
            account uuid NOT NULL CONSTRAINT meeting_room_account_fkey REFERENCES onboarding.customer_account,
            name text NOT NULL, size text, seats integer, opens date, closes date, currency text);
        SELECT onboarding.make_record('meeting_room');
        ALTER TABLE onboarding.meeting_room \
        ADD COLUMN name_alike uuid GENERATED ALWAYS AS (onboarding.alike_key(name)) STORED;
        CREATE UNIQUE INDEX meeting_room_natural_key ON onboarding.meeting_room (account, name_alike) NULLS NOT DISTINCT;
        """

    private static func system(_ name: String, _ storage: FieldStorage = .string) -> FieldSchema {
        FieldSchema(
            name: name, jsonName: name, label: Text(en: name, ko: name),
            type: storage == .timestamp ? .datetime : .string,
            outputOnly: true, storage: storage)
    }

    private var values = Array(repeating: FieldValue.null, count: Field.allCases.count)

    subscript(fieldAt index: Int) -> FieldValue {
        get { values[index] }
        set { values[index] = newValue == .string("") ? .null : newValue }
    }

    mutating func setField(at index: Int, to value: FieldValue) throws(WireError) { self[fieldAt: index] = value }

    private func text(_ field: Field) -> String { self[field: field].string ?? "" }

    var id: String {
        get { text(.id) }
        set { self[field: .id] = .string(newValue) }
    }
    var etag: String {
        get { text(.etag) }
        set { self[field: .etag] = .string(newValue) }
    }
    var domain: String {
        get { text(.domain) }
        set { self[field: .domain] = .string(newValue) }
    }
    var createdAt: Timestamp? {
        get { self[field: .createdAt].timestamp }
        set { self[field: .createdAt] = newValue.map(FieldValue.timestamp) ?? .null }
    }
    var createdBy: String {
        get { text(.createdBy) }
        set { self[field: .createdBy] = .string(newValue) }
    }
    var updatedAt: Timestamp? {
        get { self[field: .updatedAt].timestamp }
        set { self[field: .updatedAt] = newValue.map(FieldValue.timestamp) ?? .null }
    }
    var updatedBy: String {
        get { text(.updatedBy) }
        set { self[field: .updatedBy] = .string(newValue) }
    }
}

/// A page of meeting rooms.
struct MeetingRoomPage: ListResponse, Unsent {
    var resources: [MeetingRoom] = []
    var nextPageToken = ""
    var totalSize: Int64?

    init() {}

    init(resources: [MeetingRoom], nextPageToken: String, totalSize: Int64?) {
        (self.resources, self.nextPageToken, self.totalSize) = (resources, nextPageToken, totalSize)
    }
}

/// A meeting room that is to be created or changed.
struct MeetingRoomWrite: CreateRequest, UpdateRequest, Unsent {
    var resource: MeetingRoom?
    var updateMask: FieldMask?
    var requestID = ""
    var validateOnly = false
}

/// A message without a form on the wire, for nobody sends it.
protocol Unsent: Message {}

extension Unsent {
    static var fullName: String { "ale.test.\(Self.self)" }
    static func decode(protobuf: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Self { Self() }
    static func decode(json: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Self { Self() }
    func encodeProtobuf() throws(WireError) -> [UInt8] { [] }
    func encodeJSON() throws(WireError) -> [UInt8] { Array("{}".utf8) }
}
