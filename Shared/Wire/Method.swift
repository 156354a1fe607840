/// One rpc: its address and, in its type, its request and response. Generated as constants, one per rpc.
public struct Method<Request: Message, Response: Message>: Sendable {
    /// The service that answers: `customer-success`.
    public let service: String
    /// Where to send the request: `ale.v1.customer-success.touchpoints.create`.
    public let subject: String
    /// The name of the rpc: `CreateTouchpoint`.
    public let name: String
    /// The first sentence of the rpc's comment.
    public let summary: String
    /// What the access rules are asked about whoever calls; nil where no single one decides.
    public let need: MethodNeed?
    /// Whether the request has a place for the id under which it is carried out once.
    public let takesRequestID: Bool

    /// A method; written by the generator.
    public init(
        service: String, subject: String, name: String, summary: String, need: MethodNeed? = nil,
        takesRequestID: Bool = false
    ) {
        self.service = service
        self.subject = subject
        self.name = name
        self.summary = summary
        self.need = need
        self.takesRequestID = takesRequestID
    }

    /// The same facts without the types.
    public var info: MethodInfo {
        MethodInfo(
            service: service, subject: subject, name: name, summary: summary, requestType: Request.fullName,
            responseType: Response.fullName, need: need, takesRequestID: takesRequestID)
    }
}

/// What a method is among the operations of the access rules.
public struct MethodNeed: Sendable, Hashable {
    /// The operations of the access rules.
    public enum Operation: String, Sendable {
        case read, create, write, delete
    }

    /// What is done.
    public let operation: Operation
    /// The table whose access rows decide: `touchpoint`.
    public let table: String
    /// The field whose access rows decide before those of the table: `comments`; nil for none.
    public let field: String?

    /// A need; written by the generator.
    public init(_ operation: Operation, on table: String, field: String? = nil) {
        self.operation = operation
        self.table = table
        self.field = field
    }
}

/// One rpc without the types of its messages: what lists of methods and tests handle.
public struct MethodInfo: Sendable, Hashable {
    /// The service that answers: `customer-success`.
    public let service: String
    /// Where to send the request.
    public let subject: String
    /// The name of the rpc: `CreateTouchpoint`.
    public let name: String
    /// The first sentence of the rpc's comment.
    public let summary: String
    /// The proto name of the request.
    public let requestType: String
    /// The proto name of the response.
    public let responseType: String
    /// What the access rules are asked about whoever calls; nil where no single one decides.
    public let need: MethodNeed?
    /// Whether the request has a place for the id under which it is carried out once.
    public let takesRequestID: Bool

    /// The facts of one rpc.
    public init(
        service: String, subject: String, name: String, summary: String, requestType: String, responseType: String,
        need: MethodNeed? = nil, takesRequestID: Bool = false
    ) {
        self.service = service
        self.subject = subject
        self.name = name
        self.summary = summary
        self.requestType = requestType
        self.responseType = responseType
        self.need = need
        self.takesRequestID = takesRequestID
    }
}
