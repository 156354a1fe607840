import Foundation
import Korean
import PlaybooksWire
import Wire

/// How the fields of a playbook are called, and what they say, for those who compare two versions.
enum PlaybookFields {
    /// A path of fields in words: "Inputs ‘go_live’ › Mandatory".
    static func title(_ path: String, _ reader: Reader) -> String {
        path.split(separator: ".").map { segment in
            let parts = segment.split(separator: "[")
            let name = String(parts.first ?? "")
            let word = words[name.replacing("_", with: "").lowercased()].map(reader.callAsFunction) ?? name
            return parts.count > 1 ? "\(word) ‘\(parts[1].dropLast())’" : word
        }.joined(separator: " › ")
    }

    /// A value in words: its JSON where there are none.
    static func value(_ json: String, _ reader: Reader) -> String {
        guard let value = try? JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed) else {
            return json
        }
        switch (json, value) {
        case ("true", _): return reader(Text(en: "Yes", ko: "예"))
        case ("false", _): return reader(Text(en: "No", ko: "아니요"))
        case (_, let text as String): return text
        case (_, let list as [String]): return list.joined(separator: ", ")
        default: return json
        }
    }

    /// What was added, in short: its kind, what it makes and asks for.
    static func content(_ activity: PlannedActivity, _ reader: Reader) -> String {
        var parts = [activity.kind]
        if let table = activity.creates?.table { parts.append(table) }
        parts += activity.inputs.map { input in
            guard let label = input.label, !label.en.isEmpty else { return input.key }
            return reader(Text(en: label.en, ko: label.ko.isEmpty ? label.en : label.ko))
        }
        return parts.filter { !$0.isEmpty }.joined(separator: " · ")
    }

    private static let words: [String: Text] = [
        "after": Text(en: "Behind which", ko: "선행 활동"), "assignee": Text(en: "Assignee", ko: "담당자"),
        "calendar": Text(en: "Calendar", ko: "달력"), "calendars": Text(en: "Calendars", ko: "달력"),
        "canceledcondition": Text(en: "Canceled when", ko: "취소 조건"),
        "choices": Text(en: "Choices", ko: "선택 항목"), "closedcondition": Text(en: "Closed when", ko: "종결 조건"),
        "columns": Text(en: "Columns", ko: "열"), "condition": Text(en: "Condition", ko: "조건"),
        "creates": Text(en: "What it makes", ko: "생성할 레코드"), "days": Text(en: "Days", ko: "일수"),
        "default": Text(en: "Default", ko: "기본값"), "description": Text(en: "Description", ko: "설명"),
        "due": Text(en: "Due date", ko: "기한"), "en": Text(en: "English", ko: "영어"),
        "event": Text(en: "Event", ko: "이벤트"), "expression": Text(en: "Expression", ko: "식"),
        "field": Text(en: "Field", ko: "필드"), "fields": Text(en: "Fields", ko: "필드"),
        "from": Text(en: "Counted from", ko: "계산 기준"), "fromfield": Text(en: "From the field", ko: "원본 필드"),
        "holidays": Text(en: "Holidays", ko: "휴일"), "inputs": Text(en: "Inputs", ko: "입력 항목"),
        "kind": Text(en: "Kind", ko: "종류"), "ko": Text(en: "Korean", ko: "한국어"),
        "label": Text(en: "Name", ko: "이름"), "localized": Text(en: "Text for people", ko: "표시 텍스트"),
        "mandatory": Text(en: "Mandatory", ko: "필수"), "optional": Text(en: "May be skipped", ko: "건너뛰기 가능"),
        "reference": Text(en: "Refers to", ko: "참조 테이블"),
        "referencefilter": Text(en: "What may be chosen", ko: "선택 조건"),
        "responsibility": Text(en: "Responsibility", ko: "담당 업무"), "start": Text(en: "Start", ko: "시작"),
        "switchedoff": Text(en: "Switched off", ko: "사용 안 함"), "table": Text(en: "Table", ko: "테이블"),
        "text": Text(en: "Text", ko: "텍스트"), "trigger": Text(en: "Started by", ko: "시작 이벤트"),
        "type": Text(en: "Type", ko: "유형"), "user": Text(en: "User", ko: "사용자"),
        "when": Text(en: "When", ko: "시점"), "workingdays": Text(en: "Working days", ko: "영업일"),
    ]
}
