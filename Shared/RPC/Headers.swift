import NATS

/// The headers of a request or an answer: those of NATS. Named here so that users of this module need not import it.
public typealias Headers = NATS.Headers

extension Headers {
    /// The bytes the headers take on the wire, with the line that begins them and the one that ends them.
    var byteCount: Int {
        fields.isEmpty ? 0 : fields.reduce(12) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
    }
}
