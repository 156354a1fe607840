/// An error inside a run, in the shape of RFC 7807: what `raise` makes, `catch` matches and a failed run ends with.
public struct FlowError: Error, Sendable, Hashable {
    /// URI that names the kind; the standard kinds are constants below.
    public var type: String
    /// Status in the manner of HTTP, 400 to 599.
    public var status: Int
    /// Short summary, the same for every error of the kind.
    public var title: String
    /// What happened this time.
    public var detail: String
    /// Path of the task that failed; set by the machine.
    public var instance: String

    /// Common beginning of the standard kinds of the DSL.
    public static let standard = "https://serverlessworkflow.io/spec/1.0.0/errors/"
    /// A value did not have the expected shape.
    public static let validation = standard + "validation"
    /// An expression failed.
    public static let expression = standard + "expression"
    /// A call was answered with a problem.
    public static let communication = standard + "communication"
    /// A call was refused because the caller may not do it.
    public static let authorization = standard + "authorization"
    /// Something took too long.
    public static let timeout = standard + "timeout"
    /// A bound of the machine was reached, or a subflow failed.
    public static let runtime = standard + "runtime"

    /// An error. `instance` is filled in by the machine when it is left empty.
    public init(type: String, status: Int, title: String, detail: String = "", instance: String = "") {
        self.type = type
        self.status = status
        self.title = title
        self.detail = detail
        self.instance = instance
    }

    /// The error as expressions see it.
    public var json: JSONValue {
        [
            "type": .string(type), "status": .number(Double(status)), "title": .string(title),
            "detail": .string(detail), "instance": .string(instance),
        ]
    }

    /// Reads what ``json`` wrote; `nil` when a member is missing.
    public init?(json: JSONValue) {
        guard let type = json["type"]?.string, let status = json["status"]?.int, let title = json["title"]?.string
        else { return nil }
        self.init(
            type: type, status: status, title: title, detail: json["detail"]?.string ?? "",
            instance: json["instance"]?.string ?? "")
    }
}
