/// What a call hands on to the calls it makes, without the handler's doing: the client takes its deadline, trace,
/// token and language from here.
public struct CallContext: Sendable {
    /// The context of the running task; nil outside a call.
    @TaskLocal public static var current: CallContext?

    /// The moment by which the call must be answered. Calls made inside it end no later.
    public var deadline: Deadline
    /// The trace of the call.
    public var trace: TraceContext
    /// The caller's bearer token, for calls made on the caller's behalf.
    public var bearer: String?
    /// The language of the caller's texts: `en` or `ko`.
    public var language: String

    /// A context with the given parts.
    public init(deadline: Deadline, trace: TraceContext, bearer: String? = nil, language: String = "en") {
        self.deadline = deadline
        self.trace = trace
        self.bearer = bearer
        self.language = language
    }

    /// Runs `body` with this context as ``current``.
    public func run<Result: Sendable>(
        _ body: () async throws(Problem) -> Result
    ) async throws(Problem) -> Result {
        // `withValue` forgets the type of the error, so the outcome travels as a value.
        let outcome: Swift.Result<Result, Problem> = await Self.$current.withValue(self) {
            do throws(Problem) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }
}
