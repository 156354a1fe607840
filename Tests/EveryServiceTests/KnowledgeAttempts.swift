/// How the knowledge base is tried.
extension Attempt {
    /// Methods by "<collection>.<verb>".
    static let knowledge: [String: Own] = {
        let edit = { (json: String) in own(json, .provider("write", on: article), of: article) }
        let read = { (json: String) in own(json, .provider("read", on: version), of: nil) }
        let record = #""table": "onboarding_case", "record": "$ID""#
        return [
            "knowledge_articles.publish": edit(#"{"id": "$ID"}"#),
            // With an etag that is stale: what follows is asked of an article that is published.
            "knowledge_articles.withdraw": edit(#"{"id": "$ID", "etag": "0"}"#),
            "knowledge_articles.list_versions": own(
                #"{"article": "$ID"}"#, .provider("read", on: article), of: article),
            "knowledge_articles.get_version": own(
                #"{"article": "$ID", "version": 1}"#, .provider("read", on: article), of: article),
            "knowledge_articles.read": own(
                #"{"article": "$ID"}"#, .operation("read", on: version), of: article),
            "knowledge_articles.search": read(#"{"query": ""}"#),
            "knowledge_articles.list_related": own(
                "{\(record)}", .provider("read", on: version), of: "onboarding_case"),
            "knowledge_articles.list_shared": own(
                "{\(record)}", .operation("read", on: version), of: "onboarding_case"),
            "knowledge_links.relate": own(
                #"{"article": "$ID"}"#, .provider("create", on: link), of: article),
            "knowledge_links.detach": own(
                #"{"id": "$ID"}"#, .provider("create", on: link), of: link),
        ]
    }()

    /// How consumers are registered.
    static let registrations: [String: Own] = [
        "consumer_registrations.register": own(
            #"{"consumerRegistration": {}}"#, .operation("create", on: registration), of: registration),
        "consumer_registrations.start": own(
            #"{"id": "$ID"}"#, .operation("write", on: registration), of: registration),
    ]

    private static let registration = "consumer_registration"
    private static let article = "knowledge_article"
    private static let version = "knowledge_version"
    private static let link = "knowledge_link"
}
