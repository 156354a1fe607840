import Flows
import PlaybooksWire
import Wire

/// How a message stands in YAML: its fields, each read and written by one declaration, so that what is exported is what
/// is imported.
struct YAMLForm<M: Message>: Sendable {
    let fields: [YAMLField<M>]

    init(_ fields: [YAMLField<M>]) { self.fields = fields }

    /// Reads a mapping. Keys that the message does not have, and values of another kind, are noted in `faults`; what is
    /// right beside them is read all the same, so that all faults are found at once.
    /// Keys that are `besides` belong to somebody else.
    func read(
        _ tree: YAMLTree, _ place: FaultPlace, _ faults: inout [FormFault], besides: Set<String> = []
    ) -> M {
        var message = M()
        guard case .mapping(let members) = tree.value else {
            faults.append(FormFault(place, tree.line, Text(en: "Fields are expected here.", ko: "필드가 있어야 합니다.")))
            return message
        }
        let inside = place.named(members)
        for member in members where !besides.contains(member.key) {
            guard let field = fields.first(where: { $0.name == member.key }) else {
                let known = fields.map(\.name).joined(separator: ", ")
                faults.append(
                    FormFault(
                        inside.at(named: member.key), member.line,
                        Text(
                            en: "There is no such field; there are \(known).", ko: "이러한 필드가 없습니다. 가능한 필드: \(known)")))
                continue
            }
            field.read(member.value, inside.at(named: member.key), &message, &faults)
        }
        return message
    }

    /// The message without the fields that are empty.
    func write(_ message: M) -> YAMLText {
        .mapping(
            fields.compactMap { field in
                field.write(message).map { (field.name, $0) }
            })
    }
}

/// One field of a message in YAML.
struct YAMLField<M: Message>: Sendable {
    let name: String
    let read: @Sendable (YAMLTree, FaultPlace, inout M, inout [FormFault]) -> Void
    /// Nothing for an empty field.
    let write: @Sendable (M) -> YAMLText?

    static func text(_ name: DefinitionField, _ path: WritableKeyPath<M, String> & Sendable) -> YAMLField {
        YAMLField(name: name.rawValue) { tree, place, message, faults in
            guard let text = tree.text(place, &faults) else { return }
            message[keyPath: path] = text
        } write: { message in
            message[keyPath: path].isEmpty ? nil : .text(message[keyPath: path])
        }
    }

    static func flag(_ name: DefinitionField, _ path: WritableKeyPath<M, Bool> & Sendable) -> YAMLField {
        YAMLField(name: name.rawValue) { tree, place, message, faults in
            guard case .scalar(.bool(let flag)) = tree.value else {
                return faults.append(
                    FormFault(place, tree.line, Text(en: "true or false is expected.", ko: "true 또는 false여야 합니다.")))
            }
            message[keyPath: path] = flag
        } write: { message in
            message[keyPath: path] ? .plain("true") : nil
        }
    }

    static func number(_ name: DefinitionField, _ path: WritableKeyPath<M, Int32> & Sendable) -> YAMLField {
        YAMLField(name: name.rawValue) { tree, place, message, faults in
            guard let number = tree.number(place, &faults) else { return }
            message[keyPath: path] = number
        } write: { message in
            message[keyPath: path] == 0 ? nil : .plain(String(message[keyPath: path]))
        }
    }

    static func texts(_ name: DefinitionField, _ path: WritableKeyPath<M, [String]> & Sendable) -> YAMLField {
        YAMLField(name: name.rawValue) { tree, place, message, faults in
            for (place, tree) in tree.elements(place, &faults) {
                if let text = tree.text(place, &faults) { message[keyPath: path].append(text) }
            }
        } write: { message in
            let texts = message[keyPath: path]
            return texts.isEmpty ? nil : .sequence(texts.map(YAMLText.text))
        }
    }

    static func numbers(_ name: DefinitionField, _ path: WritableKeyPath<M, [Int32]> & Sendable) -> YAMLField {
        YAMLField(name: name.rawValue) { tree, place, message, faults in
            for (place, tree) in tree.elements(place, &faults) {
                if let number = tree.number(place, &faults) { message[keyPath: path].append(number) }
            }
        } write: { message in
            let numbers = message[keyPath: path]
            return numbers.isEmpty ? nil : .sequence(numbers.map { .plain(String($0)) })
        }
    }

    static func one<Inner: Message>(
        _ name: DefinitionField, _ path: WritableKeyPath<M, Inner?> & Sendable, _ form: YAMLForm<Inner>
    ) -> YAMLField {
        YAMLField(name: name.rawValue) { tree, place, message, faults in
            message[keyPath: path] = form.read(tree, place, &faults)
        } write: { message in
            message[keyPath: path].map(form.write)
        }
    }

    /// A list of messages; `level` says what kind of place each of them is.
    static func many<Inner: Message>(
        _ name: DefinitionField, _ path: WritableKeyPath<M, [Inner]> & Sendable, _ form: YAMLForm<Inner>,
        _ level: FaultPlace.Level = .field
    ) -> YAMLField {
        YAMLField(name: name.rawValue) { tree, place, message, faults in
            for (place, tree) in tree.elements(place, &faults) {
                message[keyPath: path].append(form.read(tree, place.entering(level), &faults))
            }
        } write: { message in
            let list = message[keyPath: path]
            return list.isEmpty ? nil : .sequence(list.map(form.write))
        }
    }
}

/// A fault of a definition, with the line of the text that it was read from.
struct FormFault: Sendable, Equatable {
    let place: FaultPlace
    let line: Int
    let text: Text

    init(_ place: FaultPlace, _ line: Int, _ text: Text) {
        (self.place, self.line, self.text) = (place, line, text)
    }
}

extension YAMLTree {
    fileprivate func text(_ place: FaultPlace, _ faults: inout [FormFault]) -> String? {
        if case .scalar(.string(let text)) = value { return text }
        faults.append(
            FormFault(
                place, line,
                Text(
                    en: "A text is expected; put numbers, true, false and empty values in quotes.",
                    ko: "텍스트여야 합니다. 숫자, true, false, 빈 값은 따옴표로 묶으세요.")))
        return nil
    }

    fileprivate func number(_ place: FaultPlace, _ faults: inout [FormFault]) -> Int32? {
        if case .scalar(let scalar) = value, let number = scalar.int.flatMap(Int32.init(exactly:)) { return number }
        faults.append(FormFault(place, line, Text(en: "A whole number is expected.", ko: "정수여야 합니다.")))
        return nil
    }

    fileprivate func elements(_ place: FaultPlace, _ faults: inout [FormFault]) -> [(FaultPlace, YAMLTree)] {
        guard case .sequence(let nodes) = value else {
            faults.append(FormFault(place, line, Text(en: "A list is expected.", ko: "목록이어야 합니다.")))
            return []
        }
        return nodes.enumerated().map { (place.element($0), $1) }
    }
}
