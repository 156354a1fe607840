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

    /// A method; written by the generator.
    public init(service: String, subject: String, name: String, summary: String) {
        self.service = service
        self.subject = subject
        self.name = name
        self.summary = summary
    }

    /// The same facts without the types.
    public var info: MethodInfo {
        MethodInfo(
            service: service, subject: subject, name: name, summary: summary, requestType: Request.fullName,
            responseType: Response.fullName)
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

    /// The facts of one rpc.
    public init(
        service: String, subject: String, name: String, summary: String, requestType: String, responseType: String
    ) {
        self.service = service
        self.subject = subject
        self.name = name
        self.summary = summary
        self.requestType = requestType
        self.responseType = responseType
    }
}
