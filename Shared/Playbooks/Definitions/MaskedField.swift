import PlaybooksWire
import RPC
import Wire

/// A field of a definition that an update may change, by its path in the mask of the request (AIP-134).
struct MaskedField<Value: Sendable>: Sendable {
    let path: String
    /// Takes the field over.
    private let take: @Sendable (inout Value, Value) -> Void
    /// Whether a request without a mask changes it.
    private let isSaid: @Sendable (Value) -> Bool

    /// The field that `path` leads to; a request without a mask changes it when `isSaid`.
    init<Field>(
        _ path: [DefinitionField], _ field: WritableKeyPath<Value, Field> & Sendable,
        isSaid: @escaping @Sendable (Field) -> Bool = { _ in false }
    ) {
        self.path = path.map(\.rawValue).joined(separator: ".")
        take = { $0[keyPath: field] = $1[keyPath: field] }
        self.isSaid = { isSaid($0[keyPath: field]) }
    }

    /// Changes what `mask` names, or what `said` says without one. INVALID_ARGUMENT for what cannot be changed.
    static func apply(
        _ said: Value, to value: inout Value, _ mask: FieldMask?, _ fields: [MaskedField]
    ) throws(Problem) {
        guard let paths = mask?.paths, !paths.isEmpty else {
            for field in fields where field.isSaid(said) { field.take(&value, said) }
            return
        }
        for path in paths {
            guard let field = fields.first(where: { $0.path == path }) else {
                throw .invalid(
                    field: UpdatePlaybookDefinitionRequest.Field.updateMask,
                    Text(en: "\(path) cannot be changed.", ko: "변경할 수 없는 필드입니다: \(path)"), rule: "AIP-134")
            }
            field.take(&value, said)
        }
    }
}
