import Records
import Wire

// Real messages with small decisions of their own: what a service decides is tested with the service. Everything but
// the domain is left to the dictionary.

extension Touchpoint: StandardRecord {
    public typealias Creation = CreateTouchpointRequest
    public typealias Modification = UpdateTouchpointRequest
    public typealias Page = ListTouchpointsResponse

    public static let storage = Storage<Touchpoint>(
        domain: .caller, computed: [.daysRemaining(until: "due_date")],
        customer: CustomerAccess(writable: ["subject", "description"]), immutable: ["channel"],
        constraints: [DatabaseRule("T-01", constraint: "touchpoint_subject_once", field: "subject", subjectOnce)])

    public static let rules: [Rule<Touchpoint>] = [
        .ordered("T-02", "due_date", notAfter: "meeting_date")
    ]

    public static let lifecycle: Lifecycle<Touchpoint>? = Lifecycle<Touchpoint>(
        moves: Lifecycle<Touchpoint>.workMoves, reopened: "in_progress", tie: Lifecycle<Touchpoint>.workProgress,
        closingRule: "T-03",
        reopeningRule: "T-04", closingNeeds: ["close_notes"])

    static let subjectOnce = Text(en: "There is one of this subject.", ko: "같은 제목이 있습니다.")
}

extension DefinitionRecord: StandardRecord {
    public typealias Creation = CreateDefinitionRecordRequest
    public typealias Modification = UpdateDefinitionRecordRequest
    public typealias Page = ListDefinitionRecordsResponse

    public static let storage = Storage<DefinitionRecord>(visibility: .definition, domain: .caller, named: ["flow"])
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
            product_related boolean, subject text NOT NULL CONSTRAINT touchpoint_subject_once UNIQUE,
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
