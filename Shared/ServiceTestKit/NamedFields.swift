import Wire

extension RecordMessage {
    /// The value of the field `name`, which must exist: for tests that go through the fields of every record. The product
    /// names fields by their keys.
    public subscript(named name: String) -> FieldValue {
        get { self[fieldAt: Self.position(of: name)] }
        set { self[fieldAt: Self.position(of: name)] = newValue }
    }

    private static func position(of name: String) -> Int {
        guard let index = schema.index(of: name) else { preconditionFailure("\(schema.table) has no field \(name)") }
        return index
    }
}
