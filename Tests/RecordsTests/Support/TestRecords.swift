import CustomerSuccessWire
import OnboardingWire
import PlayLauncherWire
import Records
import Wire

/// A type of the tests around a generated message: same wire form, same dictionary, decisions of its own.
///
/// The messages themselves get no conformance here. The services declare theirs, all tests link into one program, and
/// of two conformances of one type it is undefined which one is used.
@dynamicMemberLookup
protocol WrappedRecord: Record where Field == Wrapped.Field {
    associatedtype Wrapped: RecordMessage
    var wrapped: Wrapped { get set }
    init(wrapped: Wrapped)
}

extension WrappedRecord {
    static var fullName: String { Wrapped.fullName }
    static var schema: RecordSchema { Wrapped.schema }

    static func decode(protobuf: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Self {
        Self(wrapped: try Wrapped.decode(protobuf: protobuf, limits: limits))
    }

    static func decode(json: UnsafeRawBufferPointer, limits: WireLimits) throws(WireError) -> Self {
        Self(wrapped: try Wrapped.decode(json: json, limits: limits))
    }

    func encodeProtobuf() throws(WireError) -> [UInt8] { try wrapped.encodeProtobuf() }
    func encodeJSON() throws(WireError) -> [UInt8] { try wrapped.encodeJSON() }

    mutating func setField(at index: Int, to value: FieldValue) throws(WireError) {
        try wrapped.setField(at: index, to: value)
    }

    subscript(fieldAt index: Int) -> FieldValue {
        get { wrapped[fieldAt: index] }
        set { wrapped[fieldAt: index] = newValue }
    }

    subscript<Value>(dynamicMember path: WritableKeyPath<Wrapped, Value>) -> Value {
        get { wrapped[keyPath: path] }
        set { wrapped[keyPath: path] = newValue }
    }

    var id: String {
        get { wrapped.id }
        set { wrapped.id = newValue }
    }
    var etag: String {
        get { wrapped.etag }
        set { wrapped.etag = newValue }
    }
    var domain: String {
        get { wrapped.domain }
        set { wrapped.domain = newValue }
    }
    var createdAt: Timestamp? {
        get { wrapped.createdAt }
        set { wrapped.createdAt = newValue }
    }
    var createdBy: String {
        get { wrapped.createdBy }
        set { wrapped.createdBy = newValue }
    }
    var updatedAt: Timestamp? {
        get { wrapped.updatedAt }
        set { wrapped.updatedAt = newValue }
    }
    var updatedBy: String {
        get { wrapped.updatedBy }
        set { wrapped.updatedBy = newValue }
    }
}

// Small decisions of the tests' own: what a service decides is tested with the service. Everything but the domain is
// left to the dictionary.

/// A touchpoint as these tests decide.
struct TestTouchpoint: WrappedRecord {
    var wrapped = Touchpoint()

    static let storage = Storage<TestTouchpoint>(
        domain: .caller, computed: [.daysRemaining(until: .dueDate)],
        customer: CustomerAccess(writable: [.subject, .description]), immutable: [.channel],
        constraints: [DatabaseRule("T-01", constraint: "touchpoint_subject_once", field: .subject, subjectOnce)],
        ruled: [.account, .engagement, .watchList, .workNotesList])

    static let rules: [Rule<TestTouchpoint>] = [
        .ordered("T-02", .dueDate, notAfter: .meetingDate),
        .advice("T-05", field: .subject, loud) { change, _ in
            change.changes(.subject) && change.new.subject?.hasSuffix("!") == true
        },
    ]

    static let loud = Text(en: "No need to shout.", ko: "소리칠 필요는 없습니다.")

    static let lifecycle: Lifecycle<TestTouchpoint>? = Lifecycle<TestTouchpoint>(
        moves: [
            "new": ["in_progress", "canceled"], "in_progress": ["paused", "closed", "canceled"],
            "paused": ["in_progress", "closed", "canceled"],
        ], reopened: "in_progress",
        tie: .init(
            .progress,
            [
                "new": ["not_started"], "in_progress": ["on_track", "at_risk"], "paused": ["paused", "at_risk"],
                "closed": ["completed"], "canceled": ["canceled"],
            ]), closingRule: "T-03", reopeningRule: "T-04",
        closingNeeds: [.closeNotes])

    static let subjectOnce = Text(en: "There is one of this subject.", ko: "같은 제목이 있습니다.")
}

/// A definition that the domains below share.
struct TestDefinitionRecord: WrappedRecord {
    var wrapped = DefinitionRecord()

    static let storage = Storage<TestDefinitionRecord>(visibility: .definition, domain: .caller, ruled: [.flow])
}

extension Replica {
    /// What touchpoints refer to.
    static let soldProducts = Replica(
        SoldProduct.self, fields: [.name], readers: .everybody, get: OnboardingAPI.getSoldProduct,
        list: OnboardingAPI.listSoldProducts)
}

/// The tables of the records, written out as a service's migration would.
enum TestTables {
    static let header = """
        id uuid PRIMARY KEY, revision bigint NOT NULL, created_at timestamptz NOT NULL, created_by text NOT NULL,
        updated_at timestamptz NOT NULL, updated_by text NOT NULL, domain text COLLATE "C" NOT NULL
        """

    /// For the schema of customer-success.
    static let touchpoints = """
        CREATE SEQUENCE customer_success.touchpoint_number;
        CREATE TABLE customer_success.touchpoint (\(header), number text NOT NULL UNIQUE, account uuid,
            engagement uuid, channel text, contact uuid, assigned_to text, squad uuid[] NOT NULL DEFAULT '{}',
            category text, state text NOT NULL, progress text, priority integer, due_date date, product uuid,
            product_related boolean, confirms_contact boolean,
            subject text NOT NULL CONSTRAINT touchpoint_subject_once UNIQUE,
            watch_list text[] NOT NULL DEFAULT '{}', work_notes_list text[] NOT NULL DEFAULT '{}',
            description text NOT NULL, meeting_date date, meeting_type text, active boolean NOT NULL,
            closed_at timestamptz, closed_by text, close_notes text);
        CREATE INDEX touchpoint_domain ON customer_success.touchpoint (domain, id);
        SELECT customer_success.separate('touchpoint');
        CREATE TABLE customer_success.effect (
            id bigint GENERATED ALWAYS AS IDENTITY, consumer text, event uuid, record uuid, revision bigint,
            domain text COLLATE "C" NOT NULL);
        SELECT customer_success.separate('effect');
        CREATE TABLE customer_success.location (
            id uuid PRIMARY KEY, revision bigint NOT NULL, domain text COLLATE "C" NOT NULL, name text, city text);
        SELECT customer_success.separate('location');
        CREATE TABLE customer_success.sold_product (
            id uuid PRIMARY KEY, revision bigint NOT NULL, domain text COLLATE "C" NOT NULL, name text);
        SELECT customer_success.separate('sold_product');
        """

    /// For the schema of play-launcher.
    static let definitions = """
        CREATE TABLE play_launcher.definition_record (\(header), flow text NOT NULL, category text NOT NULL,
            sub_category uuid, state text, "order" integer, title text NOT NULL, description text,
            active boolean NOT NULL);
        CREATE INDEX definition_record_domain ON play_launcher.definition_record (domain, id);
        SELECT play_launcher.separate('definition_record', 'definition');
        """
}
