import Filters
import PlaybooksWire
import RPC
import Records
import Wire

/// What activities ask for.
extension PlaybookCheck {
    mutating func look(at inputs: [(ActivityInput, FaultPlace)]) {
        for (input, place) in inputs {
            input.field.isEmpty ? look(atOwn: input, place) : look(atField: input, place)
        }
    }

    /// An input that sets a field of the parent record, which says what it is.
    private mutating func look(atField input: ActivityInput, _ place: FaultPlace) {
        description(input.label, place.at(.label))
        guard let parent else { return }
        guard let field = parent.schema.field(input.field) else {
            return fault(place.at(.field), "The record has no such field.", "레코드에 이러한 필드가 없습니다.")
        }
        guard !field.outputOnly else {
            return fault(place.at(.field), "Only the system writes this field.", "시스템만 변경할 수 있는 필드입니다.")
        }
        value(input.default, of: field, place.at(.default))
    }

    private mutating func look(atOwn input: ActivityInput, _ place: FaultPlace) {
        label(input.label, place.at(.label))
        let type = InputType(input.type)
        if type == nil { fault(place.at(.type), "There is no such type of input.", "이러한 입력 유형이 없습니다.") }
        if type == .field(.choice) {
            choices(input.choices, place.at(.choices))
        } else if !input.choices.isEmpty, type != nil {
            fault(place.at(.choices), "Only a choice has values to choose from.", "선택 유형에만 선택 항목을 지정할 수 있습니다.")
        }
        reference(type, input.reference, input.referenceFilter, place)
        if type == .rows {
            if input.columns.isEmpty { fault(place.at(.columns), "There is no column.", "열이 없습니다.") }
            for (index, column) in input.columns.enumerated() {
                let inner = place.at(.columns).element(index)
                label(column.label, inner.at(.label))
                let type = InputType(column.type)
                if type == .rows || type == nil {
                    fault(inner.at(.type), "There is no such type of column.", "이러한 열 유형이 없습니다.")
                }
                reference(type, column.reference, column.referenceFilter, inner)
            }
        } else if !input.columns.isEmpty {
            fault(place.at(.columns), "Only rows have columns.", "행 유형에만 열을 지정할 수 있습니다.")
        }
        if type != nil, let wrong = InputText(input, over: nil).fault(in: input.default) {
            fault(place.at(.default), wrong.text.en, wrong.text.ko)
        }
    }

    private mutating func choices(_ choices: [InputChoice], _ place: FaultPlace) {
        if choices.isEmpty { fault(place, "There is nothing to choose from.", "선택 항목이 없습니다.") }
        var known: Set<String> = []
        for (index, choice) in choices.enumerated() {
            let inner = place.element(index)
            label(choice.label, inner.at(.label))
            if choice.value.isEmpty || !known.insert(choice.value).inserted {
                fault(inner.at(.value), "The value is missing or stands twice.", "값이 없거나 중복되었습니다.")
            }
        }
    }

    private mutating func reference(_ type: InputType?, _ table: String, _ filter: String, _ place: FaultPlace) {
        let refers = type?.refers == true
        let named = table.tablesNamed
        if refers, named.isEmpty || !named.allSatisfy(world.canLookUp) {
            fault(place.at(.reference), "There is no such table.", "이러한 테이블이 없습니다.")
        }
        if !refers, !table.isEmpty || !filter.isEmpty {
            fault(place.at(.reference), "Only references name a table.", "참조 유형에만 테이블을 지정할 수 있습니다.")
        }
        condition(
            filter, over: world.made(table)?.filterFields, place.at(.referenceFilter), functions: Self.all)
    }

    /// A value in text form that a field gets.
    mutating func value(_ text: String, of field: FieldSchema, _ place: FaultPlace) {
        if let wrong = field.fault(inText: text) { fault(place, wrong.en, wrong.ko) }
    }
}
