import Flows
import Wire
import WireCatalog

extension CompiledFlow {
    /// What people read of a question of the wizard. Flows are refused without it; one that was saved before says the field
    /// that the answer fills, else the kind of record that is chosen, else which question it is.
    func label(of question: FlowQuestion) -> Text {
        question.label.map { Text($0) } ?? labelOfField(filledBy: question.name)
            ?? Catalog.schemas.first { $0.table == question.reference }?.label ?? position(of: question)
    }

    private func labelOfField(filledBy answer: String) -> Text? {
        fields(filledBy: answer).lazy.compactMap { method, name in
            FlowMethod.schema(method)?.fields.first { $0.jsonName == name }?.label
        }.first
    }

    private func position(of question: FlowQuestion) -> Text {
        let number = (wizard.firstIndex(of: question) ?? 0) + 1
        return Text(en: "Question \(number)", ko: "입력 항목 \(grouped: number)")
    }
}
