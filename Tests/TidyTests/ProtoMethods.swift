/// One rpc as its proto file declares it.
struct ProtoMethod: Hashable {
    /// `CreateTouchpoint`.
    let name: String
    /// `customer-success`, from the package.
    let service: String
    /// `ale.v1.customer-success.touchpoints.create`.
    let subject: String
    /// The file it stands in.
    let path: String

    /// The last two tokens of the subject: `touchpoints`, `create`.
    var collection: Substring { subject.split(separator: ".").dropLast().last ?? "" }
    var verb: Substring { subject.split(separator: ".").last ?? "" }

    /// The name of the generated constant: `createTouchpoint`.
    var constant: String { name.prefix(1).lowercased() + name.dropFirst() }

    /// Every rpc of the repository.
    static let all: [ProtoMethod] = Repository.completeProtos.filter { $0.path.hasSuffix("_service.proto") }.flatMap(
        methods)

    /// The rpcs of one file: `rpc Name(…) returns (…) { option (….method) = {subject: "…"}; }`.
    static func methods(in file: SourceFile) -> [ProtoMethod] {
        var service = ""
        var name: String?
        var found: [ProtoMethod] = []
        for line in file.lines {
            let code = line.prefix { $0 != "/" }.drop { $0 == " " }
            if code.hasPrefix("package ale.") {
                let parts = code.dropFirst("package ".count).split(separator: ".")
                service = parts.count > 1 ? String(parts[1].map { $0 == "_" ? "-" : $0 }) : ""
            }
            if code.hasPrefix("rpc ") {
                name = String(code.dropFirst(4).prefix { $0 != "(" && $0 != " " })
            }
            if let method = name, let start = code.range(of: "subject: \"")?.upperBound {
                let subject = code[start...].prefix { $0 != "\"" }
                let whole = "ale.v1.\(service).\(subject)"
                found.append(ProtoMethod(name: method, service: service, subject: whole, path: file.path))
                name = nil
            }
        }
        return found
    }
}

extension Substring {
    /// Where the text first occurs.
    func range(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
